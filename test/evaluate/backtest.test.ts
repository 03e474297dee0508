import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import { Interrupted } from '../../src/core/errors.ts';
import type { NumberForecaster } from '../../src/core/forecaster.ts';
import { type BacktestPlan, backtest, foldsThatFit, planFolds } from '../../src/evaluate/backtest.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';

const plan = (of: Partial<BacktestPlan> = {}): BacktestPlan => ({
  folds: 3,
  step: 4,
  stride: 1,
  horizon: 2,
  lead: 0,
  history: null,
  ...of,
});

function seriesOf(values: readonly number[], id = 'y'): Series {
  return {
    id,
    length: values.length,
    time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' },
    targets: [{ name: id, values: Float64Array.from(values) }],
    past: [],
    future: [],
  };
}

const request = (past: Series): { until: number; validation: null; seed: number } => ({
  until: past.length,
  validation: null,
  seed: 1,
});

describe('folds', () => {
  it('the last origin is the last one whose targets are all known', () => {
    const folds = planFolds(30, plan(), 5);
    expect(folds.at(-1)?.origins.at(-1)).toBe(28);
    expect(folds.map(({ origins }) => origins[0])).toEqual([17, 21, 25]);
  });

  it('every fold leaves the rows that are needed, ends where the next begins, and no target lies beyond the data', () => {
    const many = fc.record({
      length: fc.integer({ min: 1, max: 200 }),
      step: fc.integer({ min: 1, max: 20 }),
      stride: fc.integer({ min: 1, max: 7 }),
      horizon: fc.integer({ min: 1, max: 12 }),
      lead: fc.integer({ min: 0, max: 3 }),
      least: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(many, ({ length, least, ...rest }) => {
        const bare = plan(rest);
        const folds = foldsThatFit(length, bare, least);
        if (folds === 0) return;
        const cut = planFolds(length, { ...bare, folds }, least);
        expect(cut[0]?.origins[0]).toBeGreaterThanOrEqual(least);
        for (const [k, { origins }] of cut.entries()) {
          const next = cut[k + 1]?.origins[0] ?? length - bare.lead - bare.horizon + 1;
          expect(next - (origins[0] as number)).toBe(bare.step);
          expect(origins.at(-1)).toBeLessThan(next);
        }
        expect(() => planFolds(length, { ...bare, folds: folds + 1 }, least)).toThrow(
          expect.objectContaining({ hint: `folds: ${folds}, or a smaller evaluate.step` }),
        );
      }),
    );
  });

  it('fewer folds possible than asked is refused with the number that is', () => {
    expect(() => planFolds(14, plan({ folds: 5 }), 5)).toThrow(
      '5 folds of 4 rows and horizon 2 need 26 rows, there are 14',
    );
  });
});

describe('a backtest', () => {
  it('of last-value repeats the value before each origin', async () => {
    const series = seriesOf(Array.from({ length: 30 }, (_, i) => i));
    const [track] = await backtest(
      FORECASTERS['last-value']?.create({}, { season: 1 }) as NumberForecaster,
      [{ series, folds: planFolds(30, plan(), 5) }],
      plan(),
      { request },
    );
    expect([...(track?.values ?? [])]).toEqual(
      [...(track?.origins ?? [])].flatMap((origin) => [origin - 1, origin - 1]),
    );
    expect([...(track?.fold ?? [])]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it('fits on nothing at or after the fold, and on the newest rows alone where the history slides', async () => {
    const seen: number[][] = [];
    const spy: NumberForecaster = {
      name: 'spy',
      fit: async (series, { until }) => {
        seen.push([...(series.targets[0]?.values ?? [])]);
        expect(until).toBe(series.length);
        return {
          name: 'spy',
          forecast: async (_, { cutoffs, horizon }) => ({ values: new Float64Array(cutoffs.length * horizon) }),
          state: () => ({}),
          dispose: () => {},
        };
      },
    };
    const series = seriesOf(Array.from({ length: 30 }, (_, i) => i));
    await backtest(spy, [{ series, folds: planFolds(30, plan(), 5) }], plan(), { request });
    expect(seen.map((rows) => [rows[0], rows.at(-1)])).toEqual([
      [0, 16],
      [0, 20],
      [0, 24],
    ]);
    seen.length = 0;
    await backtest(spy, [{ series, folds: planFolds(30, plan({ history: 10 }), 5) }], plan(), { request });
    expect(seen.map((rows) => [rows[0], rows.at(-1)])).toEqual([
      [7, 16],
      [11, 20],
      [15, 24],
    ]);
  });

  it('shows a forecaster of panels all series of a fold at once, whatever their lengths', async () => {
    const panels: string[][] = [];
    const fitted = (id: string) => ({
      name: 'pool',
      forecast: async (_: Series, { cutoffs, horizon }: { cutoffs: ArrayLike<number>; horizon: number }) => ({
        values: new Float64Array(cutoffs.length * horizon).fill(Number(id)),
      }),
      state: () => ({}),
      dispose: () => {},
    });
    const pool: NumberForecaster = {
      name: 'pool',
      fit: async (series) => fitted(series.id),
      fitPanel: async (panel) => {
        panels.push(panel.map(({ id }) => id));
        return panel.map(({ id }) => fitted(id));
      },
    };
    const walks = [30, 40].map((length, s) => {
      const series = seriesOf(new Array(length).fill(0), String(s));
      return { series, folds: planFolds(length, plan({ folds: 2 + s }), 5) };
    });
    const tracks = await backtest(pool, walks, plan(), { request });
    expect(panels).toEqual([
      ['0', '1'],
      ['0', '1'],
    ]); // the third fold has one series: fitted by itself
    expect(tracks.map(({ values }) => new Set(values))).toEqual([new Set([0]), new Set([1])]);
  });

  it('holds one fit at a time where each series is fitted by itself, and tells of each', async () => {
    const forecaster = FORECASTERS['last-value']?.create({}, { season: 1 }) as NumberForecaster;
    let held = 0;
    let most = 0;
    const counted: NumberForecaster = {
      ...forecaster,
      fit: async (past, asked) => {
        most = Math.max(most, ++held);
        return { ...(await forecaster.fit(past, asked)), dispose: () => held-- };
      },
    };
    const walks = [30, 40, 35].map((length) => ({
      series: seriesOf(Array.from({ length }, (_, i) => i)),
      folds: planFolds(length, plan(), 5),
    }));
    const told: number[][] = [];
    const tracks = await backtest(counted, walks, plan(), { request, counted: (...news) => told.push(news) });
    expect([held, most]).toEqual([0, 1]);
    expect(told).toEqual([0, 1, 2].flatMap((k) => [1, 2, 3].map((done) => [k, done, 3])));
    expect(tracks.map(({ values }) => values.length)).toEqual([24, 24, 24]);
  });

  it('takes a stored fold as it is', async () => {
    const series = seriesOf(Array.from({ length: 30 }, (_, i) => i));
    const fits: number[] = [];
    const stored = new Float64Array(8).fill(-1);
    const forecaster = FORECASTERS['last-value']?.create({}, { season: 1 }) as NumberForecaster;
    const [track] = await backtest(
      {
        ...forecaster,
        fit: async (past, asked) => {
          fits.push(past.length);
          return forecaster.fit(past, asked);
        },
      },
      [{ series, folds: planFolds(30, plan(), 5) }],
      plan(),
      { request, stored: async (k) => (k === 1 ? [stored] : null) },
    );
    expect(fits).toEqual([17, 25]);
    expect([...(track?.values.subarray(8, 16) ?? [])]).toEqual([...stored]);
  });

  it('that is stopped ends before the next forecast, of forecasters that never wait too', async () => {
    const controller = new AbortController();
    const series = seriesOf(Array.from({ length: 30 }, (_, i) => i));
    const forecaster = FORECASTERS.drift?.create({}, { season: 1 }) as NumberForecaster;
    let fits = 0;
    const counted: NumberForecaster = {
      ...forecaster,
      fit: async (past, asked) => {
        if (fits++ === 0) setImmediate(() => controller.abort());
        return forecaster.fit(past, asked);
      },
    };
    const asked = (past: Series) => ({ ...request(past), signal: controller.signal });
    const walk = { series, folds: planFolds(30, plan(), 5) };
    await expect(backtest(counted, [walk], plan(), { request: asked })).rejects.toBeInstanceOf(Interrupted);
    expect(fits).toBe(1);
  });

  it('is the same however many folds are fitted at once, and keeps what each network of an ensemble said', async () => {
    const waits = [9, 1, 4];
    const ensemble: NumberForecaster = {
      name: 'two',
      fit: async (past) => {
        await new Promise((resolve) => setTimeout(resolve, waits[past.length % 3]));
        return {
          name: 'two',
          forecast: async (_, { cutoffs, horizon }) => {
            const said = [1, 3].map((part) => new Float64Array(cutoffs.length * horizon).fill(part * past.length));
            return { values: new Float64Array(cutoffs.length * horizon).fill(2 * past.length), parts: said };
          },
          state: () => ({}),
          dispose: () => {},
        };
      },
    };
    const walks = [30, 38].map((length, s) => {
      const series = seriesOf(new Array(length).fill(0), String(s));
      return { series, folds: planFolds(length, plan({ folds: 2 + s }), 5) };
    });
    const kept = new Map<number, readonly Float64Array[]>();
    const keep = (k: number, said: readonly Float64Array[]): void => void kept.set(k, said);
    const one = await backtest(ensemble, walks, plan(), { request, done: keep });
    expect(await backtest(ensemble, walks, plan(), { request, together: 3 })).toEqual(one);
    const stored = async (k: number): Promise<readonly Float64Array[] | null> => kept.get(k) ?? null;
    expect(await backtest(ensemble, walks, plan(), { request, together: 2, stored })).toEqual(one);
    for (const { values, parts } of one) {
      expect(parts).toHaveLength(2);
      expect(parts?.map((part) => part.map((value) => 2 * value))).toEqual([values, values.map((value) => 3 * value)]);
    }
  });
});
