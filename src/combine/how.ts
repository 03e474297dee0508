// How the forecasts of members become one: the option.
// In: nothing. Out: a zod field. Not here: the arithmetic (blend.ts).

import * as z from 'zod';
import type { How } from './blend.ts';

export const how: z.ZodType<How> = z
  .enum(['mean', 'median'])
  .default('mean')
  .describe('What is taken of the forecasts, step by step: mean (default) or median') as unknown as z.ZodType<How>;
