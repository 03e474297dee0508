// Mean error with its sign: whether forecasts lie above or below. Not here: its size beside other errors.

import type { PointMetric } from './metric.ts';
import { meanOver } from './pointwise.ts';

/** mean (f − y), in the data's unit: above 0 the forecast is too high; best is 0. */
export const bias: PointMetric = {
  kind: 'bias',
  form: 'numbers',
  summary: 'Mean of forecast minus actual; above 0 forecasts are too high, best is 0.',
  unit: 'as the data',
  better: 'zero',
  score: (input) => meanOver(input, (y, f) => f - y),
};
