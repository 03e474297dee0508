// Weighted absolute percentage error: all errors together in percent of all values together. Not here: percentages row by row (mape.ts).

import { mae } from './mae.ts';
import type { PointMetric } from './metric.ts';
import { mapScore, meanOver, undefinedScore } from './pointwise.ts';

/** 100 · Σ|y − f| / Σ|y|; undefined where every actual value is 0. */
export const wape: PointMetric = {
  kind: 'wape',
  form: 'numbers',
  summary: 'Sum of absolute errors in percent of the sum of actual values.',
  unit: '%',
  better: 'lower',
  score: (input) => {
    const size = meanOver(input, (y) => Math.abs(y)).value;
    if (size === 0) return undefinedScore('every actual value is 0: no percentage of their sum');
    return mapScore(mae.score(input), (error) => (100 * error) / (size ?? Number.NaN));
  },
};
