import { describe, expect, it } from 'vitest';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { loess, seasonalComponents } from '../../src/forecasters/stl.ts';
import { seriesOf } from '../encoders/data.ts';

const day = [3, -1, -4, 0, 2, 0];
const week = Array.from({ length: 42 }, (_, i) => Math.round(5 * Math.sin((2 * Math.PI * i) / 42)));
const rows = (n: number, of: (t: number) => number): Float64Array => Float64Array.from({ length: n }, (_, t) => of(t));
const at = (pattern: readonly number[], t: number): number => pattern[t % pattern.length] as number;

async function forecast(y: Float64Array, written: object, horizon: number): Promise<number[]> {
  const kind = FORECASTERS.mstl as NumberForecasterKind;
  const series = seriesOf({ y });
  const fitted = await kind
    .create(kind.options.parse(written), { season: 6 })
    .fit(series, { until: y.length, validation: null, seed: 1 });
  return [...(await fitted.forecast(series, { cutoffs: [y.length], horizon, lead: 0 })).values];
}

describe('loess', () => {
  it('local lines leave a straight line as it is, local means a constant', () => {
    const line = rows(40, (t) => 7 - 3 * t);
    for (const [t, value] of loess(line, 11, 1).entries()) expect(value).toBeCloseTo(line[t] as number, 9);
    for (const value of loess(
      rows(40, () => 5),
      11,
      0,
    ))
      expect(value).toBeCloseTo(5, 12);
  });
});

describe('seasonalComponents', () => {
  it('finds the season on a straight line', () => {
    const [season] = seasonalComponents(
      rows(60, (t) => 100 + 2 * t + at(day, t)),
      [6],
      [11],
    );
    for (const [t, value] of (season as Float64Array).entries()) expect(Math.abs(value - at(day, t))).toBeLessThan(0.3);
  });

  it('a line has next to no season: local means bend a little at its ends', () => {
    const [season] = seasonalComponents(
      rows(60, (t) => 100 + 2 * t),
      [6],
      [11],
    );
    for (const value of season as Float64Array) expect(Math.abs(value)).toBeLessThan(0.3); // 2 a row
    for (const value of (season as Float64Array).subarray(20, 40)) expect(Math.abs(value)).toBeLessThan(0.1);
  });

  it('tells two seasons apart', () => {
    const components = seasonalComponents(
      rows(420, (t) => at(day, t) + at(week, t) + 0.05 * t),
      [6, 42],
      [11, 15],
    );
    for (let t = 0; t < 420; t++) {
      const both = (components[0]?.[t] as number) + (components[1]?.[t] as number);
      expect(Math.abs(both - at(day, t) - at(week, t))).toBeLessThan(0.6);
    }
  });
});

describe('mstl', () => {
  it('continues two seasons on a line', async () => {
    const truth = (t: number): number => 50 + 0.1 * t + at(day, t) + at(week, t);
    const found = await forecast(rows(420, truth), { season: [6, 42], log: false }, 42);
    for (const [h, value] of found.entries()) expect(Math.abs(value - truth(420 + h))).toBeLessThan(1);
  });

  it('takes out no season of which less than two are known', async () => {
    const y = rows(30, (t) => 10 + (t % 5));
    expect(await forecast(y, { season: [5, 20] }, 7)).toEqual(await forecast(y, { season: 5 }, 7));
  });

  it('adding to the values adds to the forecasts, and multiplying multiplies them', async () => {
    const y = rows(60, (t) => 30 + at(day, t) + Math.sin(t * t));
    const plain = await forecast(y, { log: false }, 9);
    const moved = await forecast(
      y.map((v) => v + 1000),
      { log: false },
      9,
    );
    const scaled = await forecast(
      y.map((v) => v * 8),
      {},
      9,
    );
    const logs = await forecast(y, {}, 9);
    for (let h = 0; h < 9; h++) {
      expect((moved[h] as number) - 1000).toBeCloseTo(plain[h] as number, 2);
      expect((scaled[h] as number) / 8).toBeCloseTo(logs[h] as number, 2);
    }
  });
});
