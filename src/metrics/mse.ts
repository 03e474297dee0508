// Mean squared error. Not here: its root (rmse.ts).

import type { PointMetric } from './metric.ts';
import { meanOver, undefinedScore } from './pointwise.ts';

/** mean (y − f)², in the data's unit squared; undefined where there are errors and their squares vanish: 0 is said of a perfect forecast alone. */
export const mse: PointMetric = {
  kind: 'mse',
  form: 'numbers',
  summary: 'Mean squared error.',
  unit: 'as the data, squared',
  better: 'lower',
  score: (input) => {
    const score = meanOver(input, (y, f) => (y - f) * (y - f));
    const { actual, forecast } = input;
    if (score.value !== 0 || Array.from(actual).every((y, i) => y - (forecast[i] as number) === 0)) return score;
    return undefinedScore('the squares of the errors are too small for float64');
  },
};
