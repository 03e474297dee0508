// The baseline of steady growth: the line through the first and the last known value goes on.
// In: values before the cutoff. Out: that line. Not here: a fitted trend.

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

/** f = last + ahead · (last − first) / (cutoff − 1). Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2. */
export const drift: NumberForecasterKind<Record<string, never>> = {
  kind: 'drift',
  form: 'numbers',
  baseline: true,
  summary: 'Goes on along the line through the first and the last known value.',
  options: z.strictObject({}),
  create: () =>
    fromPast('drift', {}, (values) => (cutoff, ahead) => {
      const last = values[cutoff - 1] as number;
      if (cutoff === 1) return last; // one value has no slope
      return last + (ahead * (last - (values[0] as number))) / (cutoff - 1);
    }),
};
