// Mean squared error: its optimum is the conditional mean. Described, not computed.

import * as z from 'zod';
import type { LossKind, LossOf } from './loss.ts';

export const mse: LossKind<LossOf<'mse'>, object> = {
  kind: 'mse',
  form: 'numbers',
  summary: 'Mean squared error; learns the mean.',
  options: z.strictObject({}),
  spell: () => ({ kind: 'mse' }),
  outputs: () => 1,
};
