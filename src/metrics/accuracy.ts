// Accuracy: how often the likeliest token is the true one. Not here: the five likeliest.

import type { LanguageMetric } from './metric.ts';
import { undefinedScore } from './pointwise.ts';

/** Share of tokens whose likeliest candidate was the true one. */
export const accuracy: LanguageMetric = {
  kind: 'accuracy',
  form: 'text',
  summary: 'Share of tokens where the likeliest one is the true one.',
  unit: 'share',
  better: 'higher',
  score: ({ correct }) => {
    if (correct.length === 0) return undefinedScore('there is nothing to score');
    let hits = 0;
    for (let i = 0; i < correct.length; i++) hits += correct[i] as number;
    return { value: hits / correct.length };
  },
};
