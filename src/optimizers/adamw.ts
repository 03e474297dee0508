// AdamW (Loshchilov and Hutter 2019): every weight first shrinks by rate · decay, then Adam. Described.

import * as z from 'zod';
import { adamFields } from './adam.ts';
import type { OptimizerKind, OptimizerOf } from './optimizer.ts';

export const adamw: OptimizerKind<OptimizerOf<'adamw'>> = {
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
};
