// Mean absolute error. Not here: scaling it (mase.ts).

import type { PointMetric } from './metric.ts';
import { meanOver } from './pointwise.ts';

/** mean |y − f|, in the data's unit. */
export const mae: PointMetric = {
  kind: 'mae',
  form: 'numbers',
  summary: 'Mean absolute error.',
  unit: 'as the data',
  better: 'lower',
  score: (input) => meanOver(input, (y, f) => Math.abs(y - f)),
};
