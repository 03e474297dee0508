// Mean absolute scaled error (Hyndman and Koehler 2006): mae beside that of the seasonal naive forecast inside the training part.
// In: pairs, training values, season. Out: 1 is as good as naive in-sample. Not here: the baseline's held-out error (evaluate/).

import { mae } from './mae.ts';
import type { PointMetric } from './metric.ts';
import { meanSize, scaledBy } from './pointwise.ts';

/** mae / mean |train[t] − train[t − season]|; undefined where that mean is 0 or the training part too short. */
export const mase: PointMetric = {
  kind: 'mase',
  form: 'numbers',
  summary: 'Mean absolute error, scaled by the naive error inside the training part.',
  unit: 'naive errors',
  better: 'lower',
  score: (input) => scaledBy(input, mae.score(input), meanSize),
};
