import { expect, it } from 'vitest';
import { shapeOf } from '../../src/evaluate/shape.ts';

const truth = Float64Array.from({ length: 60 }, (_, i) => 10 + 5 * Math.sin(i / 3));
const last = Float64Array.from({ length: 20 }, (_, n) => truth[Math.max(0, 3 * n - 1)] as number);
const each = (value: (n: number, h: number) => number) =>
  Float64Array.from({ length: 60 }, (_, i) => value(Math.floor(i / 3), i % 3));

it('the last value at every step is named a shifted copy, also when it is nudged', () => {
  expect(
    shapeOf(
      each((n) => last[n] as number),
      truth,
      last,
      3,
    ),
  ).toBe('shifted-copy');
  expect(
    shapeOf(
      each((n, h) => (last[n] as number) + 0.01 * h),
      truth,
      last,
      3,
    ),
  ).toBe('shifted-copy');
});

it('one level at every step is named a flat line', () => {
  expect(
    shapeOf(
      each(() => 10),
      truth,
      last,
      3,
    ),
  ).toBe('flat-line');
});

it('a forecast that follows the truth is neither, nor is one step of it', () => {
  expect(shapeOf(truth, truth, last, 3)).toBeNull();
  expect(
    shapeOf(
      each((n, h) => (truth[3 * n + h] as number) + 2),
      truth,
      last,
      3,
    ),
  ).toBeNull();
  expect(
    shapeOf(
      truth.map(() => 10),
      truth,
      truth.map(() => 12),
      1,
    ),
  ).toBeNull();
});

it('a series that does not move names nothing', () => {
  expect(shapeOf(new Float64Array(9).fill(1), new Float64Array(9).fill(1), [1, 1, 1], 3)).toBeNull();
});
