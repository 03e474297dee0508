// The probabilities a token is drawn from, in this order: repetition, temperature, top-k, softmax, top-p, renormalise.
// In: logits (V), options, recent ids. Out: probabilities (V) that sum to 1. Not here: the draw (temperature.ts).

import { ForecastError } from '../../core/errors.ts';
import type { SamplerOptions } from './sampler.ts';

/**
 * Next-token probabilities (V); 0 for padding and for what top-k and top-p leave out. Repetition: Keskar et al. 2019 (CTRL) §4.1;
 * top-p: Holtzman et al. 2020, the token that crosses p stays. Errors: E_TRAIN_DIVERGED (NaN logit), E_CONFIG_RANGE (temperature).
 */
export function distribution(
  logits: ArrayLike<number>,
  options: SamplerOptions,
  recent: ArrayLike<number> = [],
): Float64Array {
  if (!(options.temperature > 0 && Number.isFinite(options.temperature))) {
    throw new ForecastError('E_CONFIG_RANGE', `temperature ${options.temperature} is not above 0`, {
      where: 'predict.temperature',
      hint: 'use a temperature such as 0.8, or sampler: greedy',
    });
  }
  const scores = penalised(logits, options, recent);
  // Divided after the shift to 0 as the largest: the same probabilities, and no temperature can overflow.
  const top = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  for (let id = 0; id < scores.length; id++) scores[id] = ((scores[id] as number) - top) / options.temperature;
  if (options.topK !== null && options.topK < scores.length) keepLargest(scores, options.topK);
  const probabilities = normalised(scores.map((score) => Math.exp(score)));
  if (options.topP === null || options.topP >= 1) return probabilities;
  keepNucleus(probabilities, options.topP);
  return normalised(probabilities);
}

/** A copy of the logits with recent tokens made less likely and padding impossible. */
export function penalised(
  logits: ArrayLike<number>,
  { repetition, padding }: Pick<SamplerOptions, 'repetition' | 'padding'>,
  recent: ArrayLike<number>,
): Float64Array {
  const scores = Float64Array.from(logits);
  if (scores.some((score) => Number.isNaN(score) || score === Number.POSITIVE_INFINITY)) {
    throw new ForecastError('E_TRAIN_DIVERGED', 'the network gave a logit that is not a finite number', {
      hint: 'train again with a lower train.rate or train.clip: 1',
    });
  }
  if (repetition !== 1) {
    for (const id of new Set(Array.from(recent))) {
      if (!(id >= 0 && id < scores.length)) continue;
      const score = scores[id] as number;
      scores[id] = score > 0 ? score / repetition : score * repetition;
    }
  }
  if (padding) scores[0] = Number.NEGATIVE_INFINITY;
  return scores;
}

/** The id of the largest score; of equal ones the lowest id. */
export function largest(scores: Float64Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if ((scores[id] as number) > (scores[best] as number)) best = id;
  return best;
}

function keepLargest(scores: Float64Array, k: number): void {
  for (const id of falling(scores).subarray(k)) scores[id] = Number.NEGATIVE_INFINITY;
}

/** Keeps tokens, likeliest first, while the sum before them is below p. */
function keepNucleus(probabilities: Float64Array, p: number): void {
  let before = 0;
  for (const id of falling(probabilities)) {
    const probability = probabilities[id] as number;
    if (before >= p) probabilities[id] = 0;
    before += probability;
  }
}

/** Ids by falling value; of equal ones the lower id first. */
function falling(values: Float64Array): Int32Array {
  const ids = Int32Array.from(values, (_, id) => id);
  return ids.sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
}

function normalised(weights: Float64Array): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
