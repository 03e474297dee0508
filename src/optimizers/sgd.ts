// Stochastic gradient descent with momentum (Polyak 1964), described: m = momentum · m − rate · g; w += m.

import * as z from 'zod';
import type { OptimizerKind, OptimizerOf } from './optimizer.ts';

export const sgd: OptimizerKind<OptimizerOf<'sgd'>> = {
  kind: 'sgd',
  summary: 'Gradient descent, with momentum where asked for.',
  moments: ['m'],
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0).describe('share of the last step kept, 0 ≤ momentum < 1; default 0'),
  }),
};
