// Root mean squared scaled error: as mase.ts, with squares. Not here: M5's cut of leading zeros from the training part.

import type { PointMetric } from './metric.ts';
import { mse } from './mse.ts';
import { mapScore, scaledBy } from './pointwise.ts';

/** √(mse / mean (train[t] − train[t − season])²); undefined as mase is. */
export const rmsse: PointMetric = {
  kind: 'rmsse',
  form: 'numbers',
  summary: 'Root mean squared error, scaled by the naive error inside the training part.',
  unit: 'naive errors',
  better: 'lower',
  score: (input) =>
    mapScore(
      scaledBy(input, mse.score(input), (difference) => difference * difference),
      Math.sqrt,
    ),
};
