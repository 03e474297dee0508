// Coefficient of determination: the share of the actual values' variance that the forecast explains. Not here: adjusted versions.

import type { PointMetric } from './metric.ts';
import { meanOver, scoreOf } from './pointwise.ts';

/** 1 − Σ(y − f)² / Σ(y − mean y)²; where y is constant 1 for a perfect forecast, else 0 (as scikit-learn). */
export const r2: PointMetric = {
  kind: 'r2',
  form: 'numbers',
  summary: 'Share of the variance explained; 1 is perfect, 0 is the mean of the actual values.',
  unit: 'share',
  better: 'higher',
  score: (input) => {
    const errors = meanOver(input, (y, f) => (y - f) * (y - f));
    if (errors.value === null) return errors;
    const mean = meanOver(input, (y) => y).value ?? Number.NaN;
    const variance = meanOver(input, (y) => (y - mean) * (y - mean)).value ?? Number.NaN;
    if (variance === 0) return scoreOf(errors.value === 0 ? 1 : 0);
    return scoreOf(1 - errors.value / variance);
  },
};
