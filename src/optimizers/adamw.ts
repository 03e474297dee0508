// AdamW (Loshchilov and Hutter 2019): every weight first shrinks by rate · decay, then Adam. Described.

import * as z from 'zod';
import { type AdamOptions, adamFields, betas } from './adam.ts';
import type { OptimizerKind, OptimizerOf } from './optimizer.ts';

export interface AdamwOptions extends AdamOptions {
  readonly decay: number;
}

export const adamw: OptimizerKind<OptimizerOf<'adamw'>, AdamwOptions> = {
  kind: 'adamw',
  summary: 'Adam with decoupled weight decay.',
  moments: ['m', 'v'],
  options: z.strictObject({
    ...adamFields,
    decay: z
      .number()
      .min(0)
      .default(0.004)
      .describe('share of each weight taken off per step, times the rate; default 0.004'),
  }),
  spell: (options, rate) => ({ kind: 'adamw', rate, ...betas(options), decay: options.decay }),
};
