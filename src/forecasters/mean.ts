// The baseline of noise around a level: the mean of all that is known.
// In: values before the cutoff. Out: their mean, at every step. Not here: means of a recent window.

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

/** f = mean x[0, cutoff) at every step. Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2. */
export const mean: NumberForecasterKind<Record<string, never>> = {
  kind: 'mean',
  form: 'numbers',
  baseline: true,
  summary: 'The mean of all values so far.',
  options: z.strictObject({}),
  create: () =>
    fromPast('mean', {}, (values, last) => {
      const means = runningMeans(values, last);
      return (cutoff) => means[cutoff] as number;
    }),
};

/** means[c] is the mean of values[0, c); summed as distances from the first value, so that a large offset costs no digits. */
function runningMeans(values: Float64Array, last: number): Float64Array {
  const first = values[0] as number;
  const means = new Float64Array(last + 1);
  let sum = 0;
  for (let t = 0; t < last; t++) {
    sum += (values[t] as number) - first;
    means[t + 1] = first + sum / (t + 1);
  }
  return means;
}
