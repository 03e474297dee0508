// Laws of the closed-form forecasters with fitted parameters, and their figures on a series everybody knows.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSeasonal, seasonalFactors } from '../../src/forecasters/decompose.ts';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { fitLine } from '../../src/forecasters/line.ts';
import { minimise } from '../../src/forecasters/nelder-mead.ts';
import { seriesOf } from '../encoders/data.ts';

interface Ask {
  readonly season?: number;
  readonly until?: number;
  readonly cutoff?: number;
  readonly horizon?: number;
}

async function fitOn(kind: string, x: ArrayLike<number>, written = {}, { season = 1, until = x.length }: Ask = {}) {
  const entry = FORECASTERS[kind] as NumberForecasterKind;
  const request = { until, validation: null, seed: 1 };
  return await entry.create(entry.options.parse(written), { season }).fit(seriesOf({ y: x }), request);
}

async function forecast(kind: string, x: ArrayLike<number>, written = {}, ask: Ask = {}): Promise<number[]> {
  const { cutoff = x.length, horizon = 6 } = ask;
  const fitted = await fitOn(kind, x, written, ask);
  return [...(await fitted.forecast(seriesOf({ y: x }), { cutoffs: [cutoff], horizon, lead: 0 })).values];
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}

const anyValues = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 8, maxLength: 40 });
const line = (a: number, b: number, length: number): number[] => Array.from({ length }, (_, t) => a + b * t);
const anyLine = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -100, max: 100 }));
const WAVE = [5, 9, 1, 7];

describe('smoothing', () => {
  it('ses with alpha 1 is last-value', async () => {
    await fc.assert(
      fc.asyncProperty(anyValues, async (x) => {
        expectNear(await forecast('ses', x, { alpha: 1 }), await forecast('last-value', x), 1e-9);
      }),
    );
  });

  it('ses without weight stays at its start', async () => {
    expect(await forecast('ses', [5, 9, 2], { alpha: 0, level: 3 })).toEqual(new Array(6).fill(3));
  });

  it('holt with beta 0 keeps the slope it started with', async () => {
    await fc.assert(
      fc.asyncProperty(anyValues, fc.double({ min: -100, max: 100, noNaN: true }), async (x, trend) => {
        const path = await forecast('holt', x, { beta: 0, trend });
        const first = path[0] as number;
        expectNear(path, line(first, trend, 6), 1e-9);
      }),
    );
  });

  it('holt with beta 0 and trend 0 is ses', async () => {
    await fc.assert(
      fc.asyncProperty(anyValues, fc.double({ min: 0.05, max: 1, noNaN: true }), async (x, alpha) => {
        const level = x[0] as number;
        const [one] = await forecast('ses', x, { alpha, level });
        expectNear(await forecast('holt', x, { alpha, beta: 0, trend: 0, level }), new Array(6).fill(one), 1e-12);
      }),
    );
  });

  it('holt with phi 1 is holt undamped', async () => {
    const fixed = { alpha: 0.4, beta: 0.2, level: 1, trend: 2 };
    const x = [3, 4, 9, 7, 12, 11];
    expect(await forecast('holt', x, { ...fixed, damped: true, phi: 1 })).toEqual(await forecast('holt', x, fixed));
  });

  it('holt goes on along a line', async () => {
    await fc.assert(
      fc.asyncProperty(anyLine, async ([a, b]) => {
        const x = line(a, b, 26);
        expectNear(await forecast('holt', x.slice(0, 20)), x.slice(20), 1e-6);
      }),
      { numRuns: 30 },
    );
  });

  it('holt-winters goes on along a line with a season, added or multiplied', async () => {
    const added = Array.from({ length: 46 }, (_, t) => 100 + 2 * t + (WAVE[t % 4] as number));
    expectNear(await forecast('holt-winters', added.slice(0, 40), {}, { season: 4 }), added.slice(40), 0.01);
    const multiplied = Array.from({ length: 46 }, (_, t) => (100 + 2 * t) * (WAVE[t % 4] as number));
    const written = { seasonal: 'multiplicative' };
    expectNear(
      await forecast('holt-winters', multiplied.slice(0, 40), written, { season: 4 }),
      multiplied.slice(40),
      0.01,
    );
  });

  it('multiplying a positive series multiplies the multiplicative forecast', async () => {
    const x = Array.from({ length: 40 }, (_, t) => (50 + t) * (WAVE[t % 4] as number) + ((t * 7) % 5));
    const once = await forecast('holt-winters', x, { seasonal: 'multiplicative' }, { season: 4 });
    const scaled = x.map((v) => v * 1024);
    const thousand = await forecast('holt-winters', scaled, { seasonal: 'multiplicative' }, { season: 4 });
    expectNear(
      thousand,
      once.map((v) => v * 1024),
      1e-9,
    );
  });

  it('values nine orders of magnitude apart leave a multiplicative forecast finite', async () => {
    const x = [
      1, 1e6, 236, 1.3, 0.0135, 1.56, 0.001, 1.8, 1e6, 30855, 0.001, 1e6, 0.001, 121110, 2606, 0.0037, 1e6, 0.0013,
    ];
    for (const trend of ['none', 'additive']) {
      for (const gamma of [0.5, 1]) {
        const written = { seasonal: 'multiplicative', trend, gamma };
        expect((await forecast('holt-winters', x, written, { season: 4, until: 10 })).every(Number.isFinite)).toBe(
          true,
        );
      }
    }
  });

  it('zeros and negatives under a multiplicative season or a logarithm are refused, with row and hint', async () => {
    const x = [4, 6, 8, 1, 5, 6, 9, 2, 4, 0, 7, 1];
    for (const [kind, written, hint] of [
      ['holt-winters', { seasonal: 'multiplicative' }, 'seasonal: additive'],
      ['airline', { log: true }, 'log: false'],
      ['theta', { deseasonalise: 'multiplicative' }, 'deseasonalise: additive, or auto'],
      ['naive2', { deseasonalise: 'multiplicative' }, 'deseasonalise: additive, or auto'],
    ] as const) {
      const error = { code: 'E_DATA_RANGE', message: expect.stringContaining('row 10 has 0'), where: 'y', hint };
      await expect(forecast(kind, x, written, { season: 4 })).rejects.toMatchObject(error);
    }
    // Fitted before the zero came, met by it later.
    const later = { code: 'E_DATA_RANGE', where: 'y' };
    const ask = { season: 4, until: 9 };
    await expect(forecast('holt-winters', x, { seasonal: 'multiplicative' }, ask)).rejects.toMatchObject(later);
    await expect(forecast('airline', x, { log: true }, ask)).rejects.toMatchObject(later);
    expect(await forecast('airline', x, { log: true }, { ...ask, cutoff: 9 })).toHaveLength(6);
  });

  it.each(['airline', 'trend-season', 'mstl', 'regression', 'linear'])(
    'what falls to 0 or below after the fit stops no %s that took logarithms by itself, and counts as little',
    async (kind) => {
      const sold = [4, 6, 8, 2, 5, 6, 9, 2, 4, 7, 8, 2];
      const log = { log: 'auto' };
      const [gone, back, little] = await Promise.all(
        [0, -3, 1].map((y) => forecast(kind, [...sold, y], log, { season: 4, until: 12 })),
      );
      expect(gone).toEqual(back);
      if (kind !== 'linear') expect(gone).toEqual(little); // half of 2, the least known
      expect((gone as number[]).every((value) => value > 0 && value < 1e3)).toBe(true);
    },
  );

  it('a seasonal kind without a season, or with a start of another length, is refused', async () => {
    const conflict = { code: 'E_CONFIG_CONFLICT' };
    await expect(forecast('holt-winters', [1, 2, 3, 4])).rejects.toMatchObject(conflict);
    await expect(forecast('airline', [1, 2, 3, 4])).rejects.toMatchObject(conflict);
    const start = { start: { seasonals: [1, 2] } };
    await expect(forecast('holt-winters', [1, 2, 3, 4], start, { season: 4 })).rejects.toMatchObject(conflict);
    const factors = { factors: [1, 2], deseasonalise: 'additive' };
    await expect(forecast('theta', [1, 2, 3, 4], factors, { season: 4 })).rejects.toMatchObject(conflict);
    await expect(forecast('theta', [1, 2], { factors: [1, 2] }, { season: 2 })).rejects.toMatchObject(conflict);
  });
});

describe('theta and naive2', () => {
  it('theta goes on along a straight line with half its slope', async () => {
    await fc.assert(
      fc.asyncProperty(anyLine, async ([a, b]) => {
        const x = line(a, b, 20);
        expectNear(await forecast('theta', x), line(x[19]! + b / 2, b / 2, 6), 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it('naive2 without a season is last-value', async () => {
    await fc.assert(
      fc.asyncProperty(anyValues, async (x) => {
        expect(await forecast('naive2', x)).toEqual(await forecast('last-value', x));
      }),
    );
  });

  it('naive2 on a pure season is seasonal-naive, where multiplied and where added', async () => {
    for (const shift of [0, -5]) {
      const x = Array.from({ length: 40 }, (_, t) => (WAVE[t % 4] as number) + shift);
      const expected = await forecast('seasonal-naive', x, {}, { season: 4 });
      expectNear(await forecast('naive2', x, {}, { season: 4 }), expected, 1e-12);
    }
  });

  it('a season is found where there is one, not in a line, a constant or three values', () => {
    const season = Float64Array.from({ length: 40 }, (_, t) => WAVE[t % 4] as number);
    expect(isSeasonal(season, 4)).toBe(true);
    expect(isSeasonal(season.slice(0, 11), 4)).toBe(false); // under three seasons
    expect(isSeasonal(new Float64Array(40).fill(0.1), 4)).toBe(false);
    expect(isSeasonal(Float64Array.from(line(0, 1, 40)), 12)).toBe(false);
    expect(isSeasonal(season, 1)).toBe(false);
  });

  it('seasonal factors are the ones that were put in, of even and of odd seasons', () => {
    for (const wave of [WAVE, [2, 6, 1]]) {
      const mean = wave.reduce((sum, v) => sum + v, 0) / wave.length;
      const m = wave.length;
      const added = Float64Array.from({ length: 5 * m }, (_, t) => 10 + 3 * t + (wave[t % m] as number));
      expectNear(
        [...seasonalFactors(added, m, 'additive')],
        wave.map((v) => v - mean),
        1e-12,
      );
      const level = Float64Array.from({ length: 5 * m }, (_, t) => 8 * (wave[t % m] as number));
      expectNear(
        [...seasonalFactors(level, m, 'multiplicative')],
        wave.map((v) => v / mean),
        1e-12,
      );
    }
  });
});

describe('the airline model', () => {
  it('without moving averages repeats the season with the change since', async () => {
    const x = [4, 6, 8, 1, 5, 6, 9, 2, 4, 8];
    const written = { log: false, theta: 0, seasonalTheta: 0 };
    expectNear(await forecast('airline', x, written, { season: 4, horizon: 4 }), [11, 4, 6, 10], 1e-12);
  });

  it('forecasts one step as its own recursion says', async () => {
    const [theta, seasonalTheta] = [0.5, -0.3];
    const x = [4, 6, 8, 1, 5, 6, 9, 2, 4, 8];
    const at = (list: readonly number[], t: number): number => (t < 0 ? 0 : (list[t] as number));
    const errors: number[] = [];
    const mean: number[] = []; // one-step forecasts
    for (let t = 0; t <= x.length; t++) {
      const old =
        theta * at(errors, t - 1) + seasonalTheta * at(errors, t - 4) - theta * seasonalTheta * at(errors, t - 5);
      mean[t] = t < 5 ? Number.NaN : at(x, t - 1) + at(x, t - 4) - at(x, t - 5) - old;
      errors[t] = t < 5 ? 0 : at(x, t) - (mean[t] as number);
    }
    for (const cutoff of [5, 7, 10]) {
      const ask = { season: 4, horizon: 1, cutoff };
      expectNear(
        await forecast('airline', x, { log: false, theta, seasonalTheta }, ask),
        [mean[cutoff] as number],
        1e-12,
      );
    }
  });
});

describe('intermittent demand', () => {
  it('regular demand is its size over its interval', async () => {
    const x = Array.from({ length: 30 }, (_, t) => (t % 3 === 2 ? 6 : 0));
    expectNear(await forecast('croston', x), new Array(6).fill(2), 1e-12);
    expectNear(await forecast('croston', x, { variant: 'sba', alpha: 0.2 }), new Array(6).fill(1.8), 1e-12);
  });

  it('croston by hand', async () => {
    // sizes 4, then 4 + .5 (2 − 4) = 3; intervals 2, then 2 + .5 (3 − 2) = 2.5
    expectNear(await forecast('croston', [0, 4, 0, 0, 2, 0], { alpha: 0.5 }), new Array(6).fill(1.2), 1e-12);
  });

  it('tsb by hand', async () => {
    // from the start on: chance 1/2, 1/4, 5/8, 5/16, 21/32; size 3, 3, 3.5, 3.5, 2.75
    expectNear(
      await forecast('tsb', [0, 4, 0, 2], { alpha: 0.5, beta: 0.5 }),
      new Array(6).fill((21 / 32) * 2.75),
      1e-12,
    );
  });

  it('demand that dies out goes to 0 with tsb and stays with croston', async () => {
    const x = [...Array.from({ length: 20 }, (_, t) => (t % 2 === 0 ? 4 : 0)), ...new Array(60).fill(0)];
    expect((await forecast('tsb', x, { alpha: 0.1, beta: 0.2 }))[0]).toBeLessThan(1e-4);
    expect((await forecast('croston', x, { alpha: 0.1 }))[0]).toBeGreaterThan(1.5);
  });
});

describe('the search', () => {
  it('finds the foot of a curved valley, and of a bowl in three variables', () => {
    const free = { step: 0.5, min: -10, max: 10 };
    const valley = (p: Float64Array): number => {
      const [x, y] = p as unknown as [number, number];
      return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x);
    };
    const { point } = minimise(valley, [
      { ...free, start: -1.2 },
      { ...free, start: 1 },
    ]);
    expectNear([...point], [1, 1], 1e-4);
    const bowl = minimise(
      (p) => p.reduce((sum, v, d) => sum + (v - d) * (v - d), 0),
      [0, 0, 0].map((start) => ({ ...free, start })),
    );
    expectNear([...bowl.point], [0, 1, 2], 1e-5);
  });

  it('stays within its bounds, ends on one, and passes over values that are not finite', () => {
    const seen: number[] = [];
    const slope = (p: Float64Array): number => {
      seen.push(p[0] as number);
      return (p[0] as number) < 0.2 ? Number.NaN : -(p[0] as number);
    };
    expect(minimise(slope, [{ start: 0.5, step: 0.3, min: 0.1, max: 1 }]).point[0]).toBe(1);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...seen)).toBeLessThanOrEqual(1);
  });

  it('a start that cannot be bettered is returned as it is', () => {
    const start = { start: 0.1, step: 0.2, min: 0, max: 1 };
    expect([...minimise(() => 7, [start, start]).point]).toEqual([0.1, 0.1]);
    expect(minimise(() => 7, [])).toEqual({ point: new Float64Array(0), value: 7 });
  });

  it('chooses no worse than any parameter on a grid', async () => {
    const x = [3, 5, 4, 8, 6, 9, 7, 12, 9, 14, 11];
    const squares = async (written: object) => {
      const fitted = await fitOn('ses', x, { level: 3, ...written });
      const cutoffs = x.slice(1).map((_, t) => t + 1);
      const { values } = await fitted.forecast(seriesOf({ y: x }), { cutoffs, horizon: 1, lead: 0 });
      return values.reduce((sum, value, t) => sum + (value - x[t + 1]!) * (value - x[t + 1]!), 0);
    };
    const chosen = await squares({});
    for (let alpha = 0.01; alpha <= 1; alpha += 0.01)
      expect(chosen).toBeLessThanOrEqual((await squares({ alpha })) + 1e-9);
  });
});

it('the line through points on a line is that line', () => {
  fc.assert(
    fc.property(anyLine, ([a, b]) => {
      const { intercept, slope } = fitLine(line(a, b, 9));
      expectNear([intercept, slope], [a, b], 1e-12);
    }),
  );
});
