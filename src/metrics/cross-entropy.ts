// Cross-entropy: how surprised the forecaster is by the true token, on average. Not here: training on it (losses/).

import type { LanguageMetric } from './metric.ts';
import { meanNats } from './tokens.ts';

/** mean −ln p(true token), in nats. */
export const crossEntropy: LanguageMetric = {
  kind: 'cross-entropy',
  form: 'text',
  summary: 'Mean of −ln of the true token’s probability.',
  unit: 'nats per token',
  better: 'lower',
  score: meanNats,
};
