// Perplexity: among how many equally likely tokens the forecaster is torn. Not here: bits (bits-per-character.ts).

import type { LanguageMetric } from './metric.ts';
import { mapScore } from './pointwise.ts';
import { meanNats } from './tokens.ts';

/** exp(cross-entropy), in tokens. */
export const perplexity: LanguageMetric = {
  kind: 'perplexity',
  form: 'text',
  summary: 'exp of the cross-entropy: among how many equally likely tokens the forecaster is torn.',
  unit: 'tokens',
  better: 'lower',
  score: (input) => mapScore(meanNats(input), Math.exp),
};
