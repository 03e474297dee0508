import { describe, expect, it } from 'vitest';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { ridge } from '../../src/forecasters/ridge.ts';
import { seriesOf } from '../encoders/data.ts';

const rows = (n: number, of: (t: number) => number): Float64Array => Float64Array.from({ length: n }, (_, t) => of(t));
const noise = (t: number): number => Math.sin(t * t * 0.7) + Math.cos(t * 1.3 * t);

async function forecast(
  kind: string,
  y: Float64Array,
  written: object,
  horizon: number,
  season = 12,
): Promise<number[]> {
  const entry = FORECASTERS[kind] as NumberForecasterKind;
  const series = seriesOf({ y });
  const fitted = await entry
    .create(entry.options.parse(written), { season })
    .fit(series, { until: y.length, validation: null, seed: 1 });
  return [...(await fitted.forecast(series, { cutoffs: [y.length], horizon, lead: 0 })).values];
}
function near(found: readonly number[], expected: (h: number) => number, digits: number): void {
  for (const [h, value] of found.entries()) expect(value).toBeCloseTo(expected(h), digits);
}

describe('ridge', () => {
  it('solves (XᵀX + λ I) β = XᵀY, upper triangle alone', () => {
    const beta = ridge(Float64Array.of(4, 1, 2, -9, 3, 0.5, -9, -9, 2), Float64Array.of(1, 2, 3, 4, 5, 6), 3, 2, 0.5);
    const full = [4.5, 1, 2, 1, 3.5, 0.5, 2, 0.5, 2.5];
    for (let i = 0; i < 3; i++)
      for (let h = 0; h < 2; h++) {
        const sum = [0, 1, 2].reduce((all, k) => all + (full[i * 3 + k] as number) * (beta[k * 2 + h] as number), 0);
        expect(sum).toBeCloseTo(1 + i * 2 + h, 12);
      }
  });

  it('a column that repeats another gets no weight instead of an endless one', () => {
    const beta = ridge(Float64Array.of(2, 2, 2, 2), Float64Array.of(3, 3), 2, 1, 0);
    expect(beta[0]).toBeCloseTo(1.5, 12);
    expect(beta[1]).toBe(0);
  });
});

describe('regression', () => {
  it('gives the sine of a wave of two rows, which is rounding alone, no weight', async () => {
    const y = rows(81, (t) => 100 + ([5, -3, 2, -4][t % 4] as number) + noise(t));
    const entry = FORECASTERS.regression as NumberForecasterKind;
    const fitted = await entry
      .create(entry.options.parse({ lags: [], means: [], harmonics: 2 }), { season: 4 })
      .fit(seriesOf({ y }), { until: y.length, validation: null, seed: 1 });
    const { targets } = fitted.state() as { targets: { weights: number[] }[] };
    const weights = targets[0]?.weights as number[]; // sine and cosine of four rows, of two rows
    expect(weights).toHaveLength(4);
    expect(weights[2]).toBe(0);
    expect(weights[3]).toBeCloseTo(3.5, 0);
  });

  it('continues a recursion of two lags', async () => {
    const y = new Float64Array(60);
    y[0] = 1;
    y[1] = 2;
    for (let t = 2; t < 60; t++) y[t] = 5 + 1.6 * (y[t - 1] as number) - 0.9 * (y[t - 2] as number);
    const found = await forecast('regression', y, { lags: 2, means: [], harmonics: 0, ridge: 0 }, 4);
    let [a, b] = [y[58] as number, y[59] as number];
    near(
      found,
      () => {
        [a, b] = [b, 5 + 1.6 * b - 0.9 * a];
        return b;
      },
      6,
    );
  });

  it('continues the waves of a period that is not whole', async () => {
    const wave = (t: number): number =>
      10 + 4 * Math.sin((2 * Math.PI * t) / 10.5) - Math.cos((4 * Math.PI * t) / 10.5);
    const found = await forecast(
      'regression',
      rows(80, wave),
      { lags: [], means: [], harmonics: 2, period: 10.5, ridge: 0 },
      20,
    );
    near(found, (h) => wave(80 + h), 8);
  });

  it('adding to the values adds to the forecasts, and multiplying multiplies them', async () => {
    const y = rows(120, (t) => 20 + noise(t) + Math.sin(t / 2));
    const plain = await forecast('regression', y, {}, 6);
    near(
      await forecast(
        'regression',
        y.map((v) => 50 + 4 * v),
        {},
        6,
      ),
      (h) => 50 + 4 * (plain[h] as number),
      8,
    );
  });

  it('a forecast that runs away stays within a range of what was known, as after a step at the end, and follows a later step', async () => {
    const y = rows(30, (t) => 1.3 ** t);
    for (const value of await forecast('regression', y, { lags: 2, means: [], harmonics: 0 }, 500))
      expect(Math.abs(value)).toBeLessThan(2 * (y[29] as number));
    const sales = rows(96, (t) => 200 + 40 * Math.sin(t / 2) + 6 * Math.sin(t * t) + (t < 92 ? 0 : 300));
    const range = Math.max(...sales) - Math.min(...sales);
    for (const value of await forecast('regression', sales, { lags: [1, 2, 3, 12], means: [12] }, 24, 12))
      expect(value).toBeLessThanOrEqual(Math.max(...sales) + range + 1e-9);
    const series = seriesOf({ y: [...sales.slice(0, 80), ...sales.slice(0, 40).map((v) => v + 2000)] });
    const kind = FORECASTERS.regression as NumberForecasterKind;
    const options = kind.options.parse({ lags: 1, means: [], harmonics: 0 });
    const fitted = await kind.create(options, { season: 12 }).fit(series, { until: 80, validation: null, seed: 1 });
    const { values } = await fitted.forecast(series, { cutoffs: [120], horizon: 1, lead: 0 });
    expect(values[0]).toBeGreaterThan(1000);
  });
});

describe('regression on what is known in advance', () => {
  const holiday = (t: number): number => (t % 9 === 4 || t % 13 === 6 ? 1 : 0);
  const price = (t: number): number => 3 + ((t * 5) % 7) / 7;
  const y = rows(90, (t) => 40 + 12 * holiday(t) - 5 * price(t));
  const options = { lags: [], means: [], harmonics: 0, ridge: 0 };
  const made = () => {
    const entry = FORECASTERS.regression as NumberForecasterKind;
    return entry.create(entry.options.parse(options), { season: 7 });
  };
  const given = (until: number) => seriesOf({ y }, {}, { holiday: rows(until, holiday), price: rows(until, price) });
  const learned = () => made().fit(given(96), { until: 80, validation: null, seed: 1 });

  it('finds the effects of a holiday and a price, at the row they stand at', async () => {
    const fitted = await learned();
    const { values } = await fitted.forecast(given(96), { cutoffs: [90, 80], horizon: 6, lead: 0 });
    const told = [...rows(6, (h) => 90 + h), ...rows(6, (h) => 80 + h)];
    near([...values], (i) => 40 + 12 * holiday(told[i] as number) - 5 * price(told[i] as number), 9);
    expect(JSON.stringify(fitted.state())).toContain('"ahead":["holiday","price"]');
  });

  it('refuses a row nobody knows it of, and other columns than it learned from', async () => {
    const fitted = await learned();
    await expect(fitted.forecast(given(95), { cutoffs: [90], horizon: 5, lead: 1 })).rejects.toMatchObject({
      code: 'E_DATA_FUTURE',
      message: 'forecasting reads "holiday" up to row 96, it ends at row 95',
    });
    const other = seriesOf({ y }, {}, { holiday: rows(96, holiday) });
    await expect(fitted.forecast(other, { cutoffs: [90], horizon: 1, lead: 0 })).rejects.toMatchObject({
      code: 'E_DATA_COLUMN',
      message: 'future columns are [holiday], fitted on [holiday, price]',
    });
  });

  it('a class of a calendar that no row has known has no effect', async () => {
    const entry = FORECASTERS.regression as NumberForecasterKind;
    const series = seriesOf({ y }, {}, { never: rows(96, (t) => (t >= 92 ? 1 : 0)) });
    const fitted = await entry
      .create(entry.options.parse({}), { season: 7 })
      .fit(series, { until: 90, validation: null, seed: 1 });
    const flat = seriesOf({ y }, {}, { never: rows(96, () => 0) });
    const asked = { cutoffs: [90], horizon: 6, lead: 0 };
    expect(await fitted.forecast(series, asked)).toEqual(await fitted.forecast(flat, asked));
  });
});

describe('trend-season', () => {
  it('continues a line with a season, and growth with one on logarithms', async () => {
    const line = (t: number): number => 100 - t + [5, -2, -3][t % 3]!;
    near(await forecast('trend-season', rows(20, line), { log: false }, 9, 3), (h) => line(20 + h), 9);
    const growth = (t: number): number => Math.exp(0.1 * t) * [2, 1, 3][t % 3]!;
    near(await forecast('trend-season', rows(20, growth), { halfLife: 1 }, 6, 3), (h) => growth(20 + h), 8);
  });

  it('looks at the newest seasons alone, and starts from the last level', async () => {
    const y = rows(40, (t) => (t < 28 ? noise(t) * 9 : 3 * t));
    near(await forecast('trend-season', y, { seasons: 3, log: false }, 5, 4), (h) => 3 * (40 + h), 8);
    const jump = rows(60, (t) => 2 * t + (t >= 57 ? 10 : 0));
    const [first] = await forecast('trend-season', jump, { seasons: 'all', log: false, anchor: 2 }, 1, 4);
    expect(first).toBeGreaterThan(129);
  });
});

describe('seasonal-naive', () => {
  it('repeats the longest of several seasons that is known', async () => {
    const y = rows(10, (t) => t);
    expect(await forecast('seasonal-naive', y, { season: [3, 7, 20] }, 8)).toEqual([3, 4, 5, 6, 7, 8, 9, 3]);
  });
});
