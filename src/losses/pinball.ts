// Pinball loss (Koenker and Bassett 1978): one output per quantile of each target. Described, not computed.

import * as z from 'zod';
import type { LossKind, LossOf } from './loss.ts';

export interface PinballOptions {
  readonly quantiles: readonly number[];
}

export const pinball: LossKind<LossOf<'pinball'>, PinballOptions> = {
  kind: 'pinball',
  form: 'numbers',
  summary: 'Quantile loss: one output per quantile, so that the network gives intervals.',
  options: z.strictObject({
    quantiles: z
      .array(z.number().gt(0).lt(1))
      .min(1)
      .refine((list) => list.every((q, i) => i === 0 || q > (list[i - 1] as number)), 'must rise')
      .default([0.1, 0.5, 0.9])
      .describe('quantiles to learn, rising, each between 0 and 1; default 0.1, 0.5, 0.9'),
  }),
  spell: (options) => ({ kind: 'pinball', quantiles: options.quantiles }),
  outputs: (spec) => spec.quantiles.length,
};
