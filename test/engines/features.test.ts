import { describe, expect, it } from 'vitest';
import { NUMBERS } from './features.ts';
import { gradientError, oneBatch, roughWeights } from './harness.ts';

const TOLERANCE = 1e-6;

describe('gradients', () => {
  it.each(NUMBERS.map((s) => [s.name, s] as const))('are the slope of the loss: %s', (_, { network, all }) => {
    expect(gradientError(oneBatch(network, roughWeights(network, 5, 0.3), all))).toBeLessThan(TOLERANCE);
  });
});
