// RMSprop (Tieleman and Hinton 2012) as Keras computes it: v = rho v + (1 − rho) g²; w −= rate · g / √(v + epsilon). Described.

import * as z from 'zod';
import type { OptimizerKind, OptimizerOf } from './optimizer.ts';

export const rmsprop: OptimizerKind<OptimizerOf<'rmsprop'>> = {
  kind: 'rmsprop',
  summary: 'Steps divided by a running root mean square of the gradient.',
  moments: ['v'],
  options: z.strictObject({
    rho: z.number().min(0).lt(1).default(0.9).describe('memory of the running mean square; default 0.9'),
    epsilon: z.number().positive().default(1e-7).describe('added inside the root; default 1e-7'),
  }),
};
