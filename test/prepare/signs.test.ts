// Whether recorded data are above 0, told of the rows before anything that is held out.

import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { Loaded, Series } from '../../src/core/data.ts';
import { withSigns } from '../../src/prepare/signs.ts';

const ROWS = 60;
const { written } = parseConfig({
  source: { kind: 'csv', file: 'x.csv' },
  model: 'lstm-regressor',
  split: { test: 6 },
});

/** Series of ones, but for what is changed: [series, row, value]. */
function data(count: number, ...changes: readonly (readonly [number, number, number])[]): Loaded {
  const series = Array.from({ length: count }, (_, s): Series => {
    const values = new Float64Array(ROWS).fill(1);
    for (const [at, row, value] of changes) if (at === s) values[row] = value;
    return {
      id: `s${s}`,
      length: ROWS,
      time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' },
      targets: [{ name: 'y', values }],
      past: [],
      future: [],
    };
  });
  return { raw: { form: 'numbers', series }, seasons: [], sha256: '', warnings: [], notes: [] };
}

describe('data are above 0', () => {
  test('where every value of every series is', () => {
    expect(withSigns(data(3), written).positive).toBe(true);
  });

  test.each([
    ['0 in the first row', [0, 0, 0]],
    ['a value below 0 in another series', [2, 20, -1]],
    ['a value that is none', [1, 20, Number.NaN]],
  ] as const)('but for %s', (_, change) => {
    expect(withSigns(data(3, change), written).positive).toBe(false);
  });

  test('whatever stands in rows that are held out', () => {
    const last = Array.from({ length: 6 }, (_, k) => [0, ROWS - 1 - k, -1] as const);
    expect(withSigns(data(1, ...last), written).positive).toBe(true);
  });

  test('is not asked of data that are made', () => {
    const made = parseConfig({ source: { kind: 'generated', series: 'counting' }, model: 'lstm-regressor' }).written;
    expect(withSigns(data(1), made).positive).toBeUndefined();
  });
});
