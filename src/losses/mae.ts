// Mean absolute error: its optimum is the conditional median. Described, not computed.

import * as z from 'zod';
import type { LossKind, LossOf } from './loss.ts';

export const mae: LossKind<LossOf<'mae'>, object> = {
  kind: 'mae',
  form: 'numbers',
  summary: 'Mean absolute error; learns the median, and outliers weigh little.',
  options: z.strictObject({}),
  spell: () => ({ kind: 'mae' }),
  outputs: () => 1,
};
