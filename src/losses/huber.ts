// Huber's loss (Huber 1964): squared for small errors, absolute for large ones. Described, not computed.

import * as z from 'zod';
import type { LossKind, LossOf } from './loss.ts';

export interface HuberOptions {
  readonly delta: number;
}

export const huber: LossKind<LossOf<'huber'>, HuberOptions> = {
  kind: 'huber',
  form: 'numbers',
  summary: 'Squared for errors up to delta, absolute beyond.',
  options: z.strictObject({
    delta: z
      .number()
      .positive()
      .default(1)
      .describe('error at which squared turns into absolute, encoded units; default 1'),
  }),
  spell: (options) => ({ kind: 'huber', delta: options.delta }),
  outputs: () => 1,
};
