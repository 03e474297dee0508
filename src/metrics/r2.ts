// Coefficient of determination: the share of the actual values' variance that the forecast explains. Not here: adjusted versions.

import type { PointMetric } from './metric.ts';
import { meanOver, rootMeanSquare, scoreOf } from './pointwise.ts';
import { rmse } from './rmse.ts';

/** 1 − Σ(y − f)² / Σ(y − mean y)²; where y is constant 1 for a perfect forecast, else 0 (as scikit-learn). */
export const r2: PointMetric = {
  kind: 'r2',
  form: 'numbers',
  summary: 'Share of the variance explained; 1 is perfect, 0 is the mean of the actual values.',
  unit: 'share',
  better: 'higher',
  score: (input) => {
    const { actual } = input;
    const error = rmse.score(input).value;
    const mean = meanOver(input, (y) => y).value;
    if (error === null || mean === null) return rmse.score(input);
    const spread = rootMeanSquare(actual.length, (i) => (actual[i] as number) - mean);
    if (spread === 0) return scoreOf(error === 0 ? 1 : 0);
    const share = error / spread;
    return scoreOf(1 - share * share);
  },
};
