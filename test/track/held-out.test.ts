// What is drawn of forecasts at many origins: those that do not overlap, each target's own.

import { expect, test } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import { heldOutOf, joinedPaths } from '../../src/track/held-out.ts';

const LEAD = 1;
const HORIZON = 2;
const series: Series = {
  id: 's',
  length: 20,
  time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' },
  targets: ['a', 'b'].map((name, c) => ({ name, values: Float64Array.from({ length: 20 }, (_, t) => 100 * c + t) })),
  past: [],
  future: [],
};

/** Forecasts that tell their origin, step and target: 1000 n + 10 h + c. */
function held(origins: readonly number[], split: 'validation' | 'test' = 'test') {
  const values = Float64Array.from({ length: origins.length * HORIZON * 2 }, (_, i) => {
    const [n, h, c] = [Math.floor(i / (HORIZON * 2)), Math.floor(i / 2) % HORIZON, i % 2];
    return 1000 * n + 10 * h + c;
  });
  return heldOutOf(series, { split, origins, values, horizon: HORIZON, lead: LEAD });
}

test('the newest path and those before it that share no step, each beside what came, target by target', () => {
  const path = (n: number, origin: number, c: number) => ({
    split: 'test',
    start: origin + LEAD,
    values: [1000 * n + c, 1000 * n + 10 + c],
    actual: [100 * c + origin + LEAD, 100 * c + origin + LEAD + 1],
  });
  expect(held([10, 11, 12, 13, 14])).toEqual(
    ['a', 'b'].map((target, c) => ({
      series: 's',
      target,
      paths: [path(0, 10, c), path(2, 12, c), path(4, 14, c)],
    })),
  );
});

test('paths of two parts stand in time order', () => {
  const joined = joinedPaths([held([16]), held([10, 12], 'validation'), []]);
  expect(joined.map(({ target, paths }) => [target, paths.map(({ split, start }) => `${split} ${start}`)])).toEqual(
    ['a', 'b'].map((target) => [target, ['validation 11', 'validation 13', 'test 17']]),
  );
});
