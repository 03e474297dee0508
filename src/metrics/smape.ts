// Symmetric percentage error as the M4 competition defines it, from 0 to 200. Not here: other definitions of the same name.

import type { PointMetric } from './metric.ts';
import { meanOver } from './pointwise.ts';

/** mean 200 · |y − f| / (|y| + |f|); a term 0/0 counts 0. */
export const smape: PointMetric = {
  kind: 'smape',
  form: 'numbers',
  summary: 'Symmetric percentage error (M4), 0 to 200.',
  unit: '%',
  better: 'lower',
  score: (input) =>
    meanOver(input, (y, f) => {
      const size = Math.abs(y) + Math.abs(f);
      return size === 0 ? 0 : 200 * (Math.abs(y - f) / size);
    }),
};
