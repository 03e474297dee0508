// The baseline of random walks: tomorrow is like today.
// In: values before the cutoff. Out: the last one, at every step. Not here: seasons (seasonal-naive.ts).

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

/** f = x[cutoff − 1] at every step. Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2. */
export const lastValue: NumberForecasterKind<Record<string, never>> = {
  kind: 'last-value',
  form: 'numbers',
  baseline: true,
  summary: 'Repeats the last known value.',
  options: z.strictObject({}),
  create: () => fromPast('last-value', {}, (values) => (cutoff) => values[cutoff - 1] as number),
};
