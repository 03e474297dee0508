import { describe, expect, it } from 'vitest';
import { NUMBERS } from './features.ts';
import { gradientError, oneBatch, roughWeights } from './harness.ts';

const TOLERANCE = 1e-6;

describe('gradients', () => {
  it.each(NUMBERS.map((s) => [s.name, s] as const))('are the slope of the loss: %s', (_, { network, all }) => {
    expect(gradientError(oneBatch(network, gentle(network), all))).toBeLessThan(TOLERANCE);
  });
});

/** Rough weights; an affine's gamma near 1, since outputs are divided by it. */
function gentle(network: (typeof NUMBERS)[number]['network']) {
  const weights = new Map(roughWeights(network));
  const gamma = weights.get('normalise/gamma');
  if (gamma) weights.set('normalise/gamma', { ...gamma, data: gamma.data.map((v) => 1.2 + 0.3 * v) as Float64Array });
  return weights;
}
