// Mean absolute percentage error. Not here: a version that skips zeros; it would compare different rows.

import type { PointMetric } from './metric.ts';
import { meanOver, undefinedScore } from './pointwise.ts';

/** 100 · mean |y − f| / |y|; undefined where any actual value is 0. */
export const mape: PointMetric = {
  kind: 'mape',
  form: 'numbers',
  summary: 'Mean absolute error in percent of each actual value.',
  unit: '%',
  better: 'lower',
  score: (input) => {
    const zeros = Array.prototype.filter.call(input.actual, (y: number) => y === 0).length;
    if (zeros > 0)
      return undefinedScore(`${zeros} of ${input.actual.length} actual values are 0: no percentage of them`);
    return meanOver(input, (y, f) => (100 * Math.abs(y - f)) / Math.abs(y));
  },
};
