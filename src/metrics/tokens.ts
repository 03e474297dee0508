// What language metrics share: the mean over scored tokens. In: ln p of true tokens. Out: a Score. Not here: any metric.

import type { LanguageInput, Score } from './metric.ts';

/** Mean of −ln p in nats; undefined where no token was scored. */
export function meanNats({ logProbability }: LanguageInput): Score {
  if (logProbability.length === 0) return { value: null, reason: 'there is nothing to score' };
  let sum = 0;
  for (let i = 0; i < logProbability.length; i++) sum -= logProbability[i] as number;
  const mean = sum / logProbability.length;
  if (Number.isFinite(mean)) return { value: mean + 0 };
  return { value: null, reason: 'a true token was given probability 0' };
}
