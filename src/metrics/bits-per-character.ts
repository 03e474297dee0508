// Cross-entropy in bits; of characters where the tokens are characters, of words where they are words. Not here: nats (cross-entropy.ts).

import type { LanguageMetric } from './metric.ts';
import { mapScore } from './pointwise.ts';
import { meanNats } from './tokens.ts';

/** cross-entropy / ln 2, in bits per token. */
export const bitsPerCharacter: LanguageMetric = {
  kind: 'bits-per-character',
  form: 'text',
  summary: 'Cross-entropy in bits per token (per character where tokens are characters).',
  unit: 'bits per token',
  better: 'lower',
  score: (input) => mapScore(meanNats(input), (nats) => nats / Math.LN2),
};
