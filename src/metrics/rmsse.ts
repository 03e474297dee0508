// Root mean squared scaled error: as mase.ts, with squares. Not here: M5's cut of leading zeros from the training part.

import type { PointMetric } from './metric.ts';
import { rootMeanSquare, scaledBy } from './pointwise.ts';
import { rmse } from './rmse.ts';

/** √(mse / mean (train[t] − train[t − season])²); undefined as mase is. */
export const rmsse: PointMetric = {
  kind: 'rmsse',
  form: 'numbers',
  summary: 'Root mean squared error, scaled by the naive error inside the training part.',
  unit: 'naive errors',
  better: 'lower',
  score: (input) => scaledBy(input, rmse.score(input), rootMeanSquare),
};
