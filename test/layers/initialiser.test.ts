import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { firstValues } from '../../src/layers/initialiser.ts';
import type { WeightPlan } from '../../src/layers/layer.ts';

const draw = (shape: readonly number[], initialiser: WeightPlan['initialiser'], purpose = 'init/test') =>
  firstValues({ name: 'w', shape, initialiser }, random(7, purpose));

const deviation = (values: Float64Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

it('the same seed and purpose draw the same values, another purpose others', () => {
  expect(draw([4, 8], 'glorot-uniform')).toEqual(draw([4, 8], 'glorot-uniform'));
  expect(draw([4, 8], 'glorot-uniform', 'init/other')).not.toEqual(draw([4, 8], 'glorot-uniform'));
});

it('glorot-uniform stays within √(6 / (in + out)) and fills it', () => {
  const values = draw([60, 90], 'glorot-uniform');
  const limit = Math.sqrt(6 / 150);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(Math.max(...values)).toBeGreaterThan(0.99 * limit);
  expect(deviation(values)).toBeCloseTo(limit / Math.sqrt(3), 2);
});

it.each([
  ['glorot-normal', Math.sqrt(2 / 150)],
  ['he-normal', Math.sqrt(2 / 60)],
  ['he-uniform', Math.sqrt(2 / 60)],
  ['uniform', 0.05 / Math.sqrt(3)],
] as const)('%s has its standard deviation', (initialiser, expected) => {
  expect(deviation(draw([60, 90], initialiser)) / expected).toBeCloseTo(1, 1);
});

describe.each([
  [5, 20],
  [16, 16],
  [20, 5],
])('orthogonal (%i, %i)', (rows, columns) => {
  it('has orthonormal vectors along its shorter side', () => {
    const m = draw([rows, columns], 'orthogonal');
    const short = Math.min(rows, columns);
    const at = (i: number, k: number) => (rows <= columns ? m[i * columns + k] : m[k * columns + i]) as number;
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < short; j++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) dot += at(i, k) * at(j, k);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });
});

it('identity has ones where state meets itself, in every block', () => {
  expect([...draw([2, 4], 'identity')]).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
});

it('a list fills equal blocks of the last axis', () => {
  expect([...draw([8], [0, 1, 0, 2])]).toEqual([0, 0, 1, 1, 0, 0, 2, 2]);
});
