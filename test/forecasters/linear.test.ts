import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import type { FitRequest } from '../../src/core/forecaster.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { fourier } from '../../src/forecasters/fourier.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { type Equations, type LinearForm, prepare, type Trace, weightsOf } from '../../src/forecasters/linear-fit.ts';
import { outerSums } from '../../src/forecasters/outer-sums.ts';
import {
  slidingMoments,
  slidingProducts,
  slidingWeights,
  transformSize,
} from '../../src/forecasters/sliding-moments.ts';
import { seriesOf } from '../encoders/data.ts';

const rows = (n: number, of: (t: number) => number): Float64Array => Float64Array.from({ length: n }, (_, t) => of(t));
const noise = (t: number): number => Math.sin(t * t * 0.7) + Math.cos(t * 1.3 * t);
const noPause = async (): Promise<void> => {};
const kind = FORECASTERS.linear as NumberForecasterKind;
const request = (series: Series, horizon: number): FitRequest => ({
  until: series.length,
  validation: null,
  horizon,
  lead: 0,
  seed: 1,
});

async function panel(all: readonly Float64Array[], written: object, horizon: number, season = 4): Promise<number[][]> {
  const series = all.map((y) => seriesOf({ y }));
  const forecaster = kind.create(kind.options.parse(written), { season });
  const fits = await forecaster.fitPanel?.(
    series,
    series.map((one) => request(one, horizon)),
  );
  return Promise.all(
    (fits ?? []).map(async (fitted, s) => {
      const { values } = await fitted.forecast(series[s] as Series, {
        cutoffs: [(series[s] as Series).length],
        horizon,
        lead: 0,
      });
      return [...values];
    }),
  );
}

describe('fourier', () => {
  it('forward and back is the same times the size', () => {
    for (const size of [4, 8, 64, 128, 1024]) {
      const [re, im] = [rows(size, noise), rows(size, (t) => noise(t + 0.5))];
      const [a, b] = [re.slice(), im.slice()];
      fourier(size).forward(a, b);
      fourier(size).inverse(a, b);
      for (let t = 0; t < size; t++) {
        expect((a[t] as number) / size).toBeCloseTo(re[t] as number, 12);
        expect((b[t] as number) / size).toBeCloseTo(im[t] as number, 12);
      }
    }
  });

  it('a circular correlation is a product with the conjugate', () => {
    const [x, y] = [rows(32, noise), rows(32, (t) => noise(t * 1.1))];
    const [xr, xi, yr, yi] = [x.slice(), new Float64Array(32), y.slice(), new Float64Array(32)];
    fourier(32).forward(xr, xi);
    fourier(32).forward(yr, yi);
    const re = xr.map((a, k) => a * (yr[k] as number) + (xi[k] as number) * (yi[k] as number));
    const im = xr.map((a, k) => a * (yi[k] as number) - (xi[k] as number) * (yr[k] as number));
    fourier(32).inverse(re, im);
    for (let lag = 0; lag < 32; lag++) {
      const sum = x.reduce((all, a, t) => all + a * (y[(t + lag) % 32] as number), 0);
      expect((re[lag] as number) / 32).toBeCloseTo(sum, 10);
    }
  });
});

describe('sliding moments', () => {
  it('are the sums over windows taken one by one, whatever the transform and however many weights', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 20, max: 150 }),
        fc.integer({ min: 0, max: 3 }),
        async (context, reach, n, skip) => {
          const span = context + reach;
          const values = rows(n, noise);
          const some = rows(n - span + 1, (k) => (skip > 0 && k % (skip + 1) === 0 ? 0 : 1 + noise(k) / 9));
          const all = rows(n - span + 1, (k) => 1 + noise(k + 0.5) / 9);
          const size = transformSize(context, n);
          const found = await slidingMoments([{ values, weights: [some, all] }], 2, context, span, size, noPause);
          for (const [set, weights] of [some, all].entries())
            for (let i = 0; i < context; i++)
              for (let j = i; j < span; j++) {
                const sum = weights.reduce(
                  (s, w, k) => s + w * (values[k + i] as number) * (values[k + j] as number),
                  0,
                );
                expect(found[set]?.[i * span + j]).toBeCloseTo(sum, 9);
              }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('sliding products are x · β of each window', async () => {
    const [context, outputs, n] = [7, 3, 200];
    const values = rows(n, noise);
    const beta = rows(context * outputs, (i) => noise(i + 0.3));
    const found = new Float64Array((n - context + 1) * outputs);
    await slidingProducts(values, n - context + 1, slidingWeights(beta, context, outputs, 64), found, noPause);
    for (let k = 0; k + context <= n; k++)
      for (let h = 0; h < outputs; h++) {
        let sum = 0;
        for (let i = 0; i < context; i++) sum += (values[k + i] as number) * (beta[i * outputs + h] as number);
        expect(found[k * outputs + h]).toBeCloseTo(sum, 10);
      }
  });
});

describe('outer sums', () => {
  it('are the weighted products of the rows taken one by one, whatever their number and width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 11 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 140 }),
        (n, more, count) => {
          const width = n + more;
          const z = Array.from({ length: count }, (_, k) => rows(width, (i) => noise(k * width + i)));
          const sums = outerSums(n, width);
          for (const [k, row] of z.entries()) sums.next(1 + noise(k) / 3).set(row);
          const found = sums.found();
          expect(found === null).toBe(count === 0);
          for (let i = 0; i < n; i++)
            for (let j = i; j < width && found; j++) {
              const plain = z.reduce(
                (s, row, k) => s + (1 + noise(k) / 3) * (row[i] as number) * (row[j] as number),
                0,
              );
              expect(found[i * width + j]).toBeCloseTo(plain, 10);
            }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('linear', () => {
  const form: LinearForm = {
    context: 24,
    reach: 6,
    subtract: true,
    windowScale: true,
    base: 12,
    intercept: false,
    absolute: true,
    passes: 3,
    stride: 1,
  };
  const trace = (values: Float64Array): Trace => ({ values, log: false, unit: 1, floor: 1e-3, costs: [null] });
  const solved = async (traces: readonly Trace[], own = form, context = own.context) => {
    const reference = (equations: Equations) => weightsOf(equations, own, context, 1e-3, true);
    const [found] = await (await prepare(traces, own, noPause)).equations(reference);
    return reference(found as Equations);
  };

  it('learns the same by transforms as window by window', async () => {
    const long = rows(2999, (t) => noise(t) + 3 * Math.sin((2 * Math.PI * t) / 12) + t / 50);
    // Cut into rows of one chunk each, the same windows are too few for transforms.
    const pieces: Float64Array[] = [];
    for (let from = 0; from + 40 <= 2999; from += 11) pieces.push(long.subarray(from, from + 40));
    const whole = await solved([trace(long)]);
    const parts = await solved(pieces.map(trace));
    for (let i = 0; i < 24 * 6; i++) expect(parts.beta[i]).toBeCloseTo(whole.beta[i] as number, 7);
  });

  it('a shorter context is a corner of a longer one: the same weights from the same windows', async () => {
    const y = rows(400, (t) => noise(t) + 3 * Math.sin((2 * Math.PI * t) / 12));
    for (const intercept of [false, true]) {
      const own = { ...form, windowScale: false, intercept };
      const corner = await solved([trace(y)], own, 14);
      const alone = await solved([trace(y.subarray(10))], { ...own, context: 14 });
      for (let i = 0; i < 10 * 6; i++) expect(corner.beta[i]).toBe(0);
      for (let i = 0; i < 14 * 6; i++) expect(corner.beta[10 * 6 + i]).toBeCloseTo(alone.beta[i] as number, 8);
      for (let h = 0; h < 6; h++) expect(corner.intercept[h]).toBeCloseTo(alone.intercept[h] as number, 8);
    }
  });

  it('of very many windows the passes before the last look at 30,000, spread evenly over series and rows, the last at all', async () => {
    const own = { ...form, context: 2, reach: 1, base: 0, subtract: false, windowScale: false };
    // Inputs of ± 1 where a window is counted, else 0: the corner of XᵀWX is the sum of the weights of the counted.
    const counts = async (counted: (s: number, t: number) => boolean, passes = 1): Promise<number[]> => {
      const traces = Array.from({ length: 32 }, (_, s) =>
        trace(rows(4002, (t) => (counted(s, t) ? Math.sign(noise(t)) : 0))),
      );
      const seen: number[] = [];
      const reference = (equations: Equations) => {
        seen.push(equations.gram[0] as number);
        return weightsOf(equations, own, 2, 1e-3, true);
      };
      const [found] = await (await prepare(traces, { ...own, passes }, noPause)).equations(reference);
      return [...seen, found?.gram[0] as number];
    };
    const [first, second, third, last] = (await counts(() => true, 3)) as [number, number, number, number];
    expect(first).toBeGreaterThan(28_000);
    expect(first).toBeLessThan(36_000);
    for (const pass of [second, third]) expect(pass / first).toBeCloseTo(1, 9); // weighed anew, with mean 1
    expect(last / 128_000).toBeCloseTo(1, 9);
    const shares = [(s: number) => s < 16, (s: number) => s % 2 === 0, (_: number, t: number) => t < 2001];
    for (const half of shares) expect(Math.abs(((await counts(half))[0] as number) / first - 0.5)).toBeLessThan(0.05);
  });

  it('what the first passes leave out hardly moves the weights', async () => {
    const own = { ...form, context: 6, reach: 1, base: 0, windowScale: false };
    const of = (s: number) =>
      rows(4000, (t) => Math.sin(t / 3 + s) + Math.sin(t / 7.3) + noise(t + 4001 * s) ** 3 / 20);
    const [many, few] = await Promise.all(
      [16, 4].map((series) =>
        solved(
          Array.from({ length: series }, (_, s) => trace(of(s))),
          own,
        ),
      ), // 64,000 windows and 16,000
    );
    for (let i = 0; i < 6; i++) expect(many?.beta[i]).toBeCloseTo(few?.beta[i] as number, 1);
  });

  it('settings that cannot be told apart are averaged: what is chosen forecasts the mean of what each forecasts alone', async () => {
    const y = rows(160, (t) => 10 + Math.sin((2 * Math.PI * t) / 12) + 0.3 * noise(t));
    const written = { context: 18, log: false, loss: 'squares' };
    const series = seriesOf({ y });
    const { settings } = (
      await kind.create(kind.options.parse(written), { season: 12 }).fit(series, request(series, 6))
    ).state() as unknown as { settings: { ridge: number }[] };
    expect(settings.length).toBeGreaterThan(1);
    const [found] = await panel([y], written, 6, 12);
    const alone = await Promise.all(settings.map(({ ridge }) => panel([y], { ...written, ridge }, 6, 12)));
    for (let h = 0; h < 6; h++) {
      const mean = alone.reduce((sum, [one]) => sum + (one?.[h] as number), 0) / alone.length;
      expect(found?.[h]).toBeCloseTo(mean, 9);
    }
  });

  it('of a list of contexts and penalties it forecasts the mean of what each forecasts alone', async () => {
    const y = [rows(160, (t) => 10 + Math.sin((2 * Math.PI * t) / 12) + 0.3 * noise(t)), rows(30, (t) => noise(t))];
    const written = { log: false, loss: 'squares' };
    const all = await panel(y, { ...written, context: [18, 6, 30], ridge: [0.01, 1] }, 6, 12);
    const alone = await Promise.all(
      [18, 6, 30].flatMap((context) => [0.01, 1].map((ridge) => panel(y, { ...written, context, ridge }, 6, 12))),
    );
    for (const s of [0, 1])
      for (let h = 0; h < 6; h++)
        expect(all[s]?.[h]).toBeCloseTo(alone.reduce((sum, one) => sum + (one[s]?.[h] as number), 0) / 6, 9);
  });

  it('every penalty of a list counts once, however many of its settings are good', async () => {
    const y = rows(120, (t) => Math.exp(0.01 * t) * (10 + 3 * Math.sin((2 * Math.PI * t) / 12) + 0.5 * noise(t)));
    const series = seriesOf({ y });
    const learned = async (written: object) => {
      const options = kind.options.parse({ context: 18, log: false, ...written });
      const state = (await kind.create(options, { season: 12 }).fit(series, request(series, 6))).state();
      return state as unknown as { settings: { ridge: number; weigh: string }[]; models: [{ weights: number[] }] };
    };
    const { settings, models } = await learned({ ridge: [0.001, 1] });
    expect(settings.map(({ weigh, ridge }) => `${weigh} ${ridge}`)).toEqual(['equal 0.001', 'owa 0.001', 'equal 1']);
    const [equal, owa, both] = await Promise.all(
      [
        { ridge: 0.001, weigh: 'equal' },
        { ridge: 0.001, weigh: 'owa' },
        { ridge: [0.001, 1], weigh: 'equal' },
      ].map(async (written) => (await learned(written)).models[0].weights),
    );
    for (const [i, weight] of models[0].weights.entries()) {
      const [one, two] = [equal?.[i] as number, owa?.[i] as number];
      const other = 2 * (both?.[i] as number) - one; // of the penalty 1, windows weighed the same
      expect(weight).toBeCloseTo(((one + two) / 2 + other) / 2, 9);
    }
  });

  it('every context of a list stays, with the penalties that are good for it', async () => {
    const series = seriesOf({ y: rows(160, (t) => 10 + Math.sin((2 * Math.PI * t) / 12) + 0.3 * noise(t)) });
    const fitted = await kind
      .create(kind.options.parse({ context: [1, 24] }), { season: 12 })
      .fit(series, request(series, 6));
    const { settings } = fitted.state() as unknown as { settings: { context: number; ridge: number }[] };
    expect([...new Set(settings.map(({ context }) => context))]).toEqual([1, 24]); // of which 1 forecasts far worse
    expect(settings.length).toBeLessThan(36);
  });

  it('settings that are clearly worse are left out of the mean', async () => {
    const y = rows(300, (t) => 10 + Math.sin((2 * Math.PI * t) / 12) + 0.01 * noise(t));
    const series = seriesOf({ y });
    const fitted = await kind
      .create(kind.options.parse({ log: false }), { season: 12 })
      .fit(series, request(series, 6));
    const { settings } = fitted.state() as unknown as { settings: { ridge: number }[] };
    for (const { ridge } of settings) expect(ridge).toBeLessThan(1);
  });

  it('continues a season that grows, one series alone', async () => {
    const y = rows(120, (t) => Math.exp(0.02 * t) * (10 + 3 * Math.sin((2 * Math.PI * t) / 12)));
    const [found] = await panel([y], { context: 26, ridge: 1e-9 }, 12, 12);
    const truth = rows(12, (h) => Math.exp(0.02 * (120 + h)) * (10 + 3 * Math.sin((2 * Math.PI * (120 + h)) / 12)));
    for (let h = 0; h < 12; h++) expect((found?.[h] as number) / (truth[h] as number)).toBeCloseTo(1, 2);
  });

  it('a series too short to learn from is forecast by what the others taught', async () => {
    const wave = (n: number, size: number): Float64Array =>
      rows(n, (t) => size * (5 + Math.sin((2 * Math.PI * t) / 8)));
    const [, short] = await panel([wave(200, 1), wave(18, 40)], { context: 16, ridge: 1e-6 }, 8, 8);
    for (let h = 0; h < 8; h++) expect(short?.[h]).toBeCloseTo(40 * (5 + Math.sin((2 * Math.PI * (18 + h)) / 8)), 1);
  });

  it('scaling the values scales the forecasts; moving them moves them, without logarithms and choice', async () => {
    const y = rows(100, (t) => 40 + 5 * Math.sin(t / 3) + noise(t));
    for (const written of [{}, { log: false }, { log: false, scale: 'series', loss: 'squares' }, { weigh: 'owa' }]) {
      const [plain] = await panel([y], written, 5);
      const [scaled] = await panel([y.map((v) => v * 1000)], written, 5);
      for (let h = 0; h < 5; h++) expect((scaled?.[h] as number) / 1000).toBeCloseTo(plain?.[h] as number, 5);
    }
    const written = { log: false, context: 12, ridge: 1e-3, weigh: 'equal' }; // a choice by percentages sees the level
    const [plain] = await panel([y], written, 5);
    const [moved] = await panel([y.map((v) => v - 500)], written, 5);
    for (let h = 0; h < 5; h++) expect((moved?.[h] as number) + 500).toBeCloseTo(plain?.[h] as number, 5);
  });

  it('one wild value moves absolute errors less than squares', async () => {
    const y = rows(200, (t) => 20 + 4 * Math.sin(t / 4) + 0.2 * noise(t));
    const wild = y.map((v, t) => (t === 120 ? 90 : v));
    const gap = async (loss: string): Promise<number> => {
      const written = { log: false, loss, context: 12, ridge: 1e-3 };
      const [[a], [b]] = [await panel([y], written, 6), await panel([wild], written, 6)];
      return (a as number[]).reduce((sum, v, h) => sum + Math.abs(v - (b?.[h] as number)), 0);
    };
    expect(await gap('absolute')).toBeLessThan(0.5 * (await gap('squares')));
  });

  it('asked for more steps than it learned, it goes on from its own', async () => {
    const y = rows(90, (t) => 10 + Math.sin((2 * Math.PI * t) / 6));
    const series = seriesOf({ y });
    const fitted = await kind
      .create(kind.options.parse({ context: 12, ridge: 1e-8 }), { season: 6 })
      .fit(series, request(series, 4));
    const { values } = await fitted.forecast(series, { cutoffs: [90], horizon: 19, lead: 0 });
    for (let h = 0; h < 19; h++) expect(values[h]).toBeCloseTo(10 + Math.sin((2 * Math.PI * (90 + h)) / 6), 2);
  });

  it('choose: validation judges settings on the validation part and learns nothing from it', async () => {
    const y = rows(160, (t) => 10 + Math.sin((2 * Math.PI * t) / 12) + 0.3 * noise(t));
    const series = seriesOf({ y });
    const fitOn = (written: object, given: Float64Array) =>
      kind
        .create(kind.options.parse(written), { season: 12 })
        .fit(seriesOf({ y: given }), { ...request(series, 6), validation: 120 });
    const written = { context: 18, log: false, loss: 'squares' };
    const found = (await fitOn({ ...written, choose: 'validation' }, y)).state();
    const newest = (await fitOn(written, y)).state();
    expect(found.settings).not.toEqual(newest.settings);
    const settings = found.settings as unknown as { ridge: number }[];
    const other = y.map((v, t) => (t < 120 ? v : v * 7));
    const alone = await Promise.all(
      settings.map(async ({ ridge }) => (await fitOn({ ...written, ridge }, other)).state()),
    );
    const weightsIn = ({ models }: JsonObject): number[] => (models as unknown as [{ weights: number[] }])[0].weights;
    for (const [i, weight] of weightsIn(found).entries()) {
      const mean = alone.reduce((sum, one) => sum + (weightsIn(one)[i] as number), 0) / alone.length;
      expect(weight).toBeCloseTo(mean, 12);
    }
  });

  it('series of one row, of zeros alone and below 0 spoil nothing in a panel', async () => {
    const wave = (t: number): number => 10 + Math.sin((2 * Math.PI * t) / 8);
    for (const weigh of ['equal', 'owa', 'auto']) {
      const odd = [rows(1, () => 3), rows(60, () => 0), rows(60, (t) => -wave(t))];
      const found = await panel([rows(200, wave), ...odd], { context: 16, ridge: 1e-6, weigh }, 4, 8);
      for (let h = 0; h < 4; h++) {
        expect(found[0]?.[h]).toBeCloseTo(wave(200 + h), 2);
        expect(found[1]?.[h]).toBe(3);
        expect(found[2]?.[h]).toBe(0);
        expect(found[3]?.[h]).toBeCloseTo(-wave(60 + h), 1);
      }
      expect(await panel([rows(60, () => 0)], { weigh }, 3)).toEqual([[0, 0, 0]]);
    }
  });

  it('stops at the turn it is asked to, and a fit of one long series has many of them', async () => {
    const series = seriesOf({ y: rows(6000, noise) });
    for (const asked of [0, 1, 40, 120]) {
      const stop = new AbortController();
      let turns = 0;
      const count = (): void => {
        if (turns === asked) stop.abort();
        turns++;
        if (turns < asked + 100) setImmediate(count);
      };
      setImmediate(count);
      const fit = kind
        .create(kind.options.parse({}), { season: 4 })
        .fit(series, { ...request(series, 4), signal: stop.signal });
      await expect(fit).rejects.toThrow('interrupted');
      expect(turns).toBeLessThan(asked + 5);
    }
  });

  it('stops while it forecasts from very many rows, too', async () => {
    const series = seriesOf({ y: rows(6000, noise) });
    const fitted = await kind
      .create(kind.options.parse({ context: 8, ridge: 1 }), { season: 4 })
      .fit(series, request(series, 4));
    const stop = new AbortController();
    const cutoffs = Array.from({ length: 5000 }, (_, i) => 500 + i);
    const asked = fitted.forecast(series, { cutoffs, horizon: 4, lead: 0, signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toThrow('interrupted');
  });

  it('refuses what cannot be learned in one line each', async () => {
    await expect(panel([rows(5, noise)], { log: false }, 8)).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    await expect(panel([rows(50, (t) => t - 3)], { log: true }, 2)).rejects.toMatchObject({ code: 'E_DATA_RANGE' });
    for (const context of [3, [8, 3]])
      await expect(panel([rows(50, noise)], { base: 'season', context }, 2)).rejects.toMatchObject({
        code: 'E_CONFIG_CONFLICT',
      });
  });
});

describe('linear, told of columns known in advance,', () => {
  const ROWS = 210;
  const AHEAD = 14;
  type Columns = Readonly<Record<string, Float64Array>>;
  const flag = rows(ROWS + AHEAD, (t) => (t < ROWS ? Number(t % 23 === 5 || t % 31 === 11) : Number(t === ROWS + 3)));
  const usual = (t: number): number => Math.exp(0.04 * noise(t)) * (10 + 3 * Math.sin((2 * Math.PI * t) / 7));
  const doubled = rows(ROWS, (t) => usual(t) * (flag[t] === 1 ? 2 : 1));

  /** The forecasts of each target of each series (S, C, H), and what was learned. */
  async function told(all: readonly { y: Columns; future: Columns }[], written: object = {}, horizon = 6) {
    const series = all.map(({ y, future }) => seriesOf(y, {}, future));
    const forecaster = kind.create(kind.options.parse(written), { season: 7 });
    const fits = await forecaster.fitPanel?.(
      series,
      series.map((one) => request(one, 6)),
    );
    return Promise.all(
      (fits ?? []).map(async (fitted, s) => {
        const { targets, length } = series[s] as Series;
        const { values } = await fitted.forecast(series[s] as Series, { cutoffs: [length], horizon, lead: 0 });
        const state = fitted.state() as unknown as { targets: { ahead: Record<string, number> }[] };
        return {
          ahead: state.targets.map(({ ahead }) => ahead),
          steps: targets.map((_, c) => values.filter((_, i) => i % targets.length === c)),
        };
      }),
    );
  }
  const near = (found: ArrayLike<number> | undefined, h: number, actual: number): void => {
    expect(Math.abs((found?.[h] as number) / actual - 1)).toBeLessThan(0.15);
  };

  it.each([
    {},
    { log: false, scale: 'series' },
    { base: 'season', loss: 'squares' },
    { subtract: 'none', intercept: true },
    { context: [9, 21], ridge: [0.01, 0.1], weigh: 'owa' },
    { stride: 2, choose: 'validation' },
  ])('a holiday that doubles sales is found and expected on its day alone: %o', async (written) => {
    const [found] = await told([{ y: { y: doubled }, future: { flag } }], written);
    for (let h = 0; h < 6; h++) near(found?.steps[0], h, usual(ROWS + h) * (h === 3 ? 2 : 1));
  });

  it('its weight is the planted one: the logarithm of 2, the price elasticity', async () => {
    const price = rows(ROWS + AHEAD, (t) => Math.log(2 + (Math.floor(t / 17 + Math.sin(t)) % 3)));
    const y = rows(ROWS, (t) => (doubled[t] as number) * Math.exp(-1.5 * (price[t] as number)));
    const [found] = await told([{ y: { y }, future: { flag, price } }]);
    expect(found?.ahead[0]?.flag).toBeCloseTo(Math.log(2), 1);
    expect(found?.ahead[0]?.price).toBeCloseTo(-1.5, 1);
  });

  it('steps beyond those it learned know of theirs', async () => {
    const late = flag.map((one, t) => (t < ROWS ? one : Number(t === ROWS + 9)));
    const [found] = await told([{ y: { y: doubled }, future: { flag: late } }], {}, 12);
    for (let h = 0; h < 12; h++) near(found?.steps[0], h, usual(ROWS + h) * (h === 9 ? 2 : 1));
  });

  it('a series of a panel that never had such a day is told by the others, whatever its level', async () => {
    const never = rows(ROWS, (t) => 500 * usual(t + 3));
    const early = flag.map((one, t) => (t < ROWS ? 0 : one));
    const others = [1, 40].map((size) => ({ y: { y: doubled.map((v) => size * v) }, future: { flag } }));
    for (const written of [{}, { log: false }]) {
      const found = await told([...others, { y: { y: never }, future: { flag: early } }], written);
      near(found[2]?.steps[0], 3, 1000 * usual(ROWS + 6));
      near(found[2]?.steps[0], 2, 500 * usual(ROWS + 5));
    }
  });

  it('targets of one series have effects of their own', async () => {
    const halved = rows(ROWS, (t) => 70 * usual(t) * (flag[t] === 1 ? 0.5 : 1));
    const [found] = await told([{ y: { up: doubled, down: halved }, future: { flag } }]);
    expect(found?.ahead[0]?.flag).toBeCloseTo(Math.log(2), 1);
    expect(found?.ahead[1]?.flag).toBeCloseTo(-Math.log(2), 1);
  });

  it('the unit of a column changes nothing, and what never moves says nothing', async () => {
    const other = { flag: flag.map((one) => 3 - 1000 * one), still: flag.map(() => 7) };
    const [one] = await told([{ y: { y: doubled }, future: { flag } }]);
    const [two] = await told([{ y: { y: doubled }, future: other }]);
    for (let h = 0; h < 6; h++) expect(two?.steps[0]?.[h]).toBeCloseTo(one?.steps[0]?.[h] as number, 6);
    expect(two?.ahead[0]?.still).toBe(0);
  });

  it('columns that have nothing to say hardly change a forecast', async () => {
    const idle = Object.fromEntries(
      [1, 2, 3, 4, 5].map((k) => [`n${k}`, rows(ROWS + AHEAD, (t) => noise(t * (1 + 0.37 * k) + k))]),
    );
    const plain = rows(ROWS, usual);
    const [blind] = await panel([plain], {}, 6, 7);
    const [found] = await told([{ y: { y: plain }, future: idle }]);
    for (let h = 0; h < 6; h++)
      expect(Math.abs((found?.steps[0]?.[h] as number) / (blind?.[h] as number) - 1)).toBeLessThan(0.02);
  });

  it('other columns than it learned from are refused, and those that end too early', async () => {
    const series = seriesOf({ y: doubled }, {}, { flag });
    const fitted = await kind.create(kind.options.parse({}), { season: 7 }).fit(series, request(series, 6));
    const ask = (future: Columns, horizon: number) =>
      fitted.forecast(seriesOf({ y: doubled }, {}, future), { cutoffs: [ROWS], horizon, lead: 0 });
    await expect(ask({ promo: flag }, 6)).rejects.toMatchObject({ code: 'E_DATA_COLUMN' });
    await expect(ask({ flag }, AHEAD + 1)).rejects.toMatchObject({ code: 'E_DATA_FUTURE' });
  });
});
