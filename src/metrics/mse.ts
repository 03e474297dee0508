// Mean squared error. Not here: its root (rmse.ts).

import type { PointMetric } from './metric.ts';
import { meanOver } from './pointwise.ts';

/** mean (y − f)², in the data's unit squared. */
export const mse: PointMetric = {
  kind: 'mse',
  form: 'numbers',
  summary: 'Mean squared error.',
  unit: 'as the data, squared',
  better: 'lower',
  score: (input) => meanOver(input, (y, f) => (y - f) * (y - f)),
};
