// The baseline of slow levels: the mean of the newest values.
// In: values before the cutoff. Out: the mean of the last few, at every step. Not here: the mean of all (mean.ts).

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

export interface WindowAverageOptions {
  readonly size?: number | undefined;
}

/** f = mean of the last `size` values; of all where fewer are known. Summed as distances from the last, so that an offset costs no digits. */
export const windowAverage: NumberForecasterKind<WindowAverageOptions> = {
  kind: 'window-average',
  form: 'numbers',
  baseline: false,
  summary: 'The mean of the last few values, one season of them where nothing else is said.',
  options: z.strictObject({
    size: z.number().int().min(1).optional().describe('Values averaged, a count of rows, default one season'),
  }),
  create: (options, context) => {
    const size = options.size ?? context.season;
    return fromPast('window-average', { size }, (values) => {
      let meanAt = { cutoff: 0, mean: 0 };
      return (cutoff) => {
        if (meanAt.cutoff !== cutoff) meanAt = { cutoff, mean: meanBefore(values, cutoff, Math.min(size, cutoff)) };
        return meanAt.mean;
      };
    });
  },
};

function meanBefore(values: Float64Array, cutoff: number, count: number): number {
  const last = values[cutoff - 1] as number;
  let sum = 0;
  for (let t = cutoff - count; t < cutoff; t++) sum += (values[t] as number) - last;
  return last + sum / count;
}
