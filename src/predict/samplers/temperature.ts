// Draws the next token by its probability, sharpened or flattened. In: logits, one uniform. Out: an id. Not here: the order of the options.

import { distribution } from './distribution.ts';
import type { SamplerKind } from './sampler.ts';

/** A draw from `distribution`: temperature, top-k, top-p and repetition are its options. One uniform per token. */
export const temperature: SamplerKind = {
  kind: 'temperature',
  summary: 'Draws by probability, sharpened below temperature 1 and flattened above.',
  choose: (logits, recent, options, random) => draw(distribution(logits, options, recent), random.next()),
};

/** The smallest id whose cumulative probability is above u, for u in [0, 1). */
export function draw(probabilities: Float64Array, u: number): number {
  let sum = 0;
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    const probability = probabilities[id] as number;
    sum += probability;
    if (sum > u) return id;
    if (probability > 0) last = id;
  }
  return last; // rounding left the sum just below u
}
