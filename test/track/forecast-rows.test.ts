// Rows of a forecast: what the forecaster said, its intervals, and the sums over the horizon.

import { describe, expect, it } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import type { FittedNumbers } from '../../src/core/forecaster.ts';
import type { Calibration } from '../../src/evaluate/intervals.ts';
import { type Asked, forecastRows } from '../../src/track/forecast-rows.ts';

const series: Series = {
  id: 's',
  length: 9,
  time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' },
  targets: ['a', 'b'].map((name) => ({ name, values: new Float64Array(9) })),
  past: [],
  future: [],
};

/** Says 1.4 and 2.4 of the one target, −3.4 and −4.4 of the other. */
const fitted: FittedNumbers = {
  name: 'fixed',
  forecast: async () => ({ values: Float64Array.of(1.4, -3.4, 2.4, -4.4) }),
  state: () => ({}),
  dispose: () => {},
};

const calibration = {
  points: 9,
  pooledSteps: false,
  scales: new Map([
    ['s/a', 1],
    ['s/b', 10],
  ]),
  levels: [{ level: 80, steps: Float64Array.of(0.5, 0.75), sums: Float64Array.of(0.5, 1.5) }],
} as unknown as Calibration;

const said = async (asked: Partial<Asked>) => {
  const { rows, totals } = await forecastRows(
    fitted,
    series,
    { horizon: 2, nonNegative: false, integer: false, ...asked },
    0,
    calibration,
  );
  const plain = [...rows, ...totals].map(({ value, lower, upper }) => [lower?.['80'], value, upper?.['80']]);
  return { rows, plain };
};

describe('rows of a forecast', () => {
  it('are the steps after the last row, target by target, half a width below to half a width above', async () => {
    const { rows, plain } = await said({});
    expect(rows.map(({ target, step, time }) => [target, step, time])).toEqual([
      ['a', 1, '9'],
      ['a', 2, '10'],
      ['b', 1, '9'],
      ['b', 2, '10'],
    ]);
    const expected = [
      [0.9, 1.4, 1.9],
      [1.65, 2.4, 3.15],
      [-8.4, -3.4, 1.6],
      [-11.9, -4.4, 3.1],
      [2.3, 3.8, 5.3],
      [-22.8, -7.8, 7.2],
    ];
    expect(plain.flat()).toEqual(expected.flat().map((number) => expect.closeTo(number, 9)));
  });

  it('of whole numbers are rounded, their bounds outwards', async () => {
    expect((await said({ integer: true })).plain).toEqual([
      [0, 1, 2],
      [1, 2, 4],
      [-9, -3, 2],
      [-12, -4, 4],
      [1, 3, 5],
      [-22, -7, 8],
    ]);
  });

  it('of what is never below 0 are not, nor are their bounds', async () => {
    const { plain } = await said({ nonNegative: true });
    expect(plain.flat().every((number) => (number as number) >= 0)).toBe(true);
    expect(plain[2]).toEqual([0, 0, expect.closeTo(1.6, 9)]);
  });
});
