// Root of the mean squared error: large misses count more than in mae. Not here: scaling it (rmsse.ts).

import type { PointMetric } from './metric.ts';
import { mse } from './mse.ts';
import { mapScore } from './pointwise.ts';

/** √mean (y − f)², in the data's unit. */
export const rmse: PointMetric = {
  kind: 'rmse',
  form: 'numbers',
  summary: 'Root mean squared error.',
  unit: 'as the data',
  better: 'lower',
  score: (input) => mapScore(mse.score(input), Math.sqrt),
};
