// Root of the mean squared error: large misses count more than in mae. Not here: scaling it (rmsse.ts).

import type { PointMetric } from './metric.ts';
import { rootMeanSquare, scoreOf, undefinedScore } from './pointwise.ts';

/** √mean (y − f)², in the data's unit. */
export const rmse: PointMetric = {
  kind: 'rmse',
  form: 'numbers',
  summary: 'Root mean squared error.',
  unit: 'as the data',
  better: 'lower',
  score: ({ actual, forecast }) =>
    actual.length === 0
      ? undefinedScore('there is nothing to score')
      : scoreOf(rootMeanSquare(actual.length, (i) => (actual[i] as number) - (forecast[i] as number))),
};
