// Where the season comes from: what is written, the calendar, the rows before everything held out; and the known series of the world.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Loaded, Numbers, Series } from '../../src/core/data.ts';
import { random } from '../../src/core/random.ts';
import type { Frequency } from '../../src/core/time.ts';
import { loadData, openConfig } from '../../src/prepare/open.ts';
import { factsOf, withSeasons } from '../../src/prepare/seasons.ts';
import { seasonFact } from '../../src/report/seasons.ts';
import { SHARED } from '../oracles/shared.ts';

const INDEX: Frequency = { unit: 'index', count: 1 };

const written = (more: object = {}) =>
  parseConfig({ source: { kind: 'csv', file: 'x.csv' }, model: 'theta', ...more }).written;

function data(all: readonly ArrayLike<number>[], frequency: Frequency = INDEX): Loaded {
  const series = all.map(
    (values, i): Series => ({
      id: `s${i}`,
      length: values.length,
      time: { stamps: null, frequency, format: 'index', name: 'row' },
      targets: [{ name: 'y', values: Float64Array.from(values) }],
      past: [],
      future: [],
    }),
  );
  return { raw: { form: 'numbers', series } satisfies Numbers, sha256: '', warnings: [], notes: [] };
}

function seasonal(seed: number, length: number, periods: readonly number[], noise = 0.3): Float64Array {
  const draw = random(seed, 'seasonal');
  const shapes = periods.map((period) => Float64Array.from({ length: period }, () => draw.normal()));
  return Float64Array.from(
    { length },
    (_, t) => shapes.reduce((sum, shape) => sum + (shape[t % shape.length] as number), 0) + noise * draw.normal(),
  );
}

const rowsOf = (loaded: Loaded): number[] => (loaded.seasons ?? []).map(({ rows }) => rows);

describe('seasons', () => {
  it('a written season wins, one or several, in the order written', () => {
    const loaded = data([seasonal(1, 300, [12])]);
    expect(withSeasons(loaded, written({ source: { kind: 'csv', file: 'x.csv', season: 5 } })).seasons).toEqual([
      { rows: 5, by: 'written', autocorrelation: null },
    ]);
    const several = withSeasons(loaded, written({ source: { kind: 'csv', file: 'x.csv', season: [24, 7] } }));
    expect(rowsOf(several)).toEqual([24, 7]);
    expect(factsOf(several)).toMatchObject({ season: 24, seasons: [24, 7] });
  });

  it('without a calendar the data tell, and horizon and context follow', () => {
    const found = withSeasons(data([seasonal(2, 400, [12])]), written());
    expect(found.seasons).toMatchObject([{ rows: 12, by: 'data' }]);
    const config = settle(written(), factsOf(found));
    expect([config.predict.horizon, config.window.context]).toEqual([12, 24]);
  });

  it('the calendar stays where the data show no other season, and says that it is not seen', () => {
    const draw = random(3, 'walk');
    let level = 0;
    const walk = Float64Array.from({ length: 200 }, () => (level += draw.normal()));
    const { seasons = [] } = withSeasons(data([walk], { unit: 'month', count: 1 }), written());
    expect(seasons).toMatchObject([{ rows: 12, by: 'calendar' }]);
    expect(seasonFact(seasons)).toBe('season 12 (calendar, not seen in the data)');
  });

  it('the data contradict the calendar where it has nothing and another season is clear; people still plan by the calendar', () => {
    const found = withSeasons(data([seasonal(4, 800, [17])], { unit: 'month', count: 1 }), written());
    expect(found.seasons).toMatchObject([{ rows: 17, by: 'data' }]);
    expect(factsOf(found)).toMatchObject({ season: 17, cycle: 12 });
    expect(settle(written(), factsOf(found)).predict.horizon).toBe(12);
  });

  it('hours have days, and weeks where the data show them; days have weeks, and years', () => {
    const hour: Frequency = { unit: 'hour', count: 1 };
    const day: Frequency = { unit: 'day', count: 1 };
    expect(rowsOf(withSeasons(data([seasonal(5, 2000, [24])], hour), written()))).toEqual([24]);
    expect(rowsOf(withSeasons(data([seasonal(6, 2000, [24, 168])], hour), written()))).toEqual([24, 168]);
    const year = Float64Array.from({ length: 2500 }, (_, t) => 3 * Math.sin((2 * Math.PI * t) / 365));
    const weekly = seasonal(7, 2500, [7]);
    const both = withSeasons(data([year.map((y, t) => y + (weekly[t] as number))], day), written());
    expect(rowsOf(both)).toEqual([7, 365]);
    expect(seasonFact(both.seasons ?? [])).toMatch(
      /^season 7 and 365 \(calendar, autocorrelation 0\.\d+ and 0\.\d+\)$/,
    );
  });

  it('of a panel half the series must show it', () => {
    const draw = random(8, 'noise');
    const noise = () => Float64Array.from({ length: 240 }, () => draw.normal());
    const strong = () => noise().map((y, t) => 0.4 * y + Math.sin((2 * Math.PI * t) / 6));
    expect(rowsOf(withSeasons(data([strong(), strong(), noise()]), written()))).toEqual([6]);
    expect(rowsOf(withSeasons(data([strong(), noise(), noise()]), written()))).toEqual([]);
    expect(rowsOf(withSeasons(data(Array.from({ length: 300 }, strong)), written()))).toEqual([6]);
  });

  it('generated series keep the season of their law, and none is looked for', () => {
    const made = written({ source: { kind: 'generated', series: 'sine', period: 20 } });
    expect(rowsOf(withSeasons({ ...data([seasonal(9, 200, [7])]), season: 20 }, made))).toEqual([20]);
    expect(withSeasons(data([seasonal(9, 200, [7])]), made).seasons).toBeUndefined();
  });

  it('series too short to cut, constant ones and zeros are looked at without a word', () => {
    for (const values of [[1], [1, 2], new Float64Array(30), new Float64Array(30).fill(5), [1, 2, 3, 4, 5]]) {
      expect(rowsOf(withSeasons(data([values]), written()))).toEqual([]);
      expect(rowsOf(withSeasons(data([values], { unit: 'month', count: 1 }), written()))).toEqual([12]);
    }
  });
});

describe('no leak', () => {
  const cases: { readonly [what: string]: object } = {
    defaults: {},
    'a test part': { split: { test: 0.3 } },
    'a validation part alone': { split: { validation: 0.4 }, evaluate: { folds: 0 } },
    'a test part alone': { split: { validation: 0, test: 40 }, evaluate: { folds: 0 } },
    'folds alone': { split: { validation: 0 }, evaluate: { folds: 4, step: 30 } },
    'a long horizon': { predict: { horizon: 60 }, evaluate: { folds: 2 } },
  };
  it.each(Object.keys(cases))('with %s, rows held out change no season', (what) => {
    const config = written(cases[what] as object);
    for (const [seed, periods] of [
      [10, [12]],
      [11, [24]],
      [12, []],
    ] as const) {
      const values = seasonal(seed, 480, periods);
      const own = withSeasons(data([values]), config);
      const settled = settle(config, factsOf(own));
      const { folds, step } = settled.evaluate;
      // The first row that anything judges: counted here by hand, from the windows and folds of the config.
      const { horizon, context } = settled.window;
      const windows = 480 - (context as number) - horizon + 1;
      const part = (share: number): number => (share >= 1 ? share : Math.ceil(windows * share - 1e-9));
      const { validation, test } = settled.split;
      const end = test > 0 ? 480 - horizon + 1 - part(test) : 480;
      const first = Math.min(
        validation + test > 0 ? 480 - horizon + 1 - part(test) - part(validation) : 480,
        folds > 0 ? end - settled.predict.horizon + 1 - folds * step : 480,
      );
      const draw = random(seed, 'other');
      for (const change of [() => 1e6 * draw.normal(), () => 0, (t: number) => 100 * Math.sin((2 * Math.PI * t) / 9)]) {
        const other = values.map((y, t) => (t >= first ? change(t) : y));
        expect(withSeasons(data([other]), config).seasons).toEqual(own.seasons);
      }
      // and the rows before it are what is looked at
      if (periods.length > 0) {
        const noise = values.map((y, t) => (t < first ? draw.normal() : y));
        expect(withSeasons(data([noise]), config).seasons).not.toEqual(own.seasons);
      }
    }
  });
});

/** Series of the world: source options, and the seasons that should be found. */
const WORLD: readonly (readonly [file: string, options: object, seasons: readonly number[], by: string])[] = [
  ['classics/air-passengers.csv', {}, [12], 'calendar'],
  ['classics/aus-production-quarterly.csv', { target: 'Beer' }, [4], 'calendar'],
  ['classics/aus-wine-sales-monthly.csv', {}, [12], 'calendar'],
  [
    'classics/bike-sharing-hour.csv',
    { time: ['dteday', 'hr'], target: 'cnt', format: 'mdy', gaps: 'keep' },
    [24, 168],
    'calendar',
  ],
  ['classics/co2-mauna-loa-monthly.csv', { target: 'CO2', gaps: 'keep', fill: 'linear' }, [12], 'calendar'],
  ['classics/co2-mauna-loa-weekly.csv', { gaps: 'keep', fill: 'linear' }, [52], 'calendar'],
  ['classics/daily-min-temperatures.csv', { gaps: 'keep' }, [365], 'calendar'],
  ['classics/daily-max-temperatures.csv', { gaps: 'keep' }, [365], 'calendar'],
  ['classics/monthly-champagne-sales.csv', { fill: 'linear' }, [12], 'calendar'],
  ['classics/monthly-writing-paper-sales.csv', { target: 'Sales' }, [12], 'data'],
  ['classics/nyc-taxi-30min.csv', {}, [48, 336], 'calendar'],
  ['classics/shampoo-sales.csv', { target: 'Sales' }, [], 'none'],
  ['classics/nile-yearly.csv', {}, [], 'none'],
  ['classics/sunspots-monthly.csv', {}, [132], 'data'],
  ['classics/sunspots-yearly.csv', {}, [11], 'data'],
  ['classics/us-retail-sales-monthly.csv', {}, [12], 'calendar'],
  ['energy/taylor-demand-30min.csv', {}, [48, 336], 'data'],
  ['energy/opsd-germany-daily.csv', { target: 'Consumption' }, [7, 365], 'calendar'],
  ['messy/heart-rate-crlf-no-time.csv', {}, [], 'none'],
  [
    'retail/aus-retail-turnover-monthly.csv',
    { id: ['State', 'Industry'], time: 'Month', target: 'Turnover' },
    [12],
    'calendar',
  ],
  ['stocks/sp500-daily-ohlcv.csv', { target: 'close' }, [5], 'calendar'],
  ['stocks/sp500-monthly.csv', {}, [12], 'calendar'],
  ['stocks/gafa-stock-daily.csv', { id: 'Symbol', time: 'Date', target: 'Close' }, [5], 'calendar'],
];

const HERE = existsSync(join(SHARED, 'data'));
if (!HERE && process.env.CI) throw new Error('no shared data: set FORECAST_SHARED');

describe.skipIf(!HERE)('series of the world', () => {
  it.each(WORLD)('%s %o has seasons %o (%s)', async (file, options, seasons, by) => {
    const source = { kind: 'csv', file: join(SHARED, 'data', file), ...options };
    const opened = await openConfig({ source, model: 'theta' }, { allowOutside: true });
    const loaded = await loadData(opened);
    expect(rowsOf(loaded)).toEqual(seasons);
    for (const season of loaded.seasons ?? []) expect(season.by).toBe(by);
  });

  it.each(['sp500-daily-ohlcv', 'sp500-monthly', 'aapl-daily-ohlcv', 'stocks-monthly-5', 'gafa-stock-daily'])(
    'prices of %s, without their dates, have no season',
    async (name) => {
      const columns: { readonly [name: string]: object } = {
        'sp500-daily-ohlcv': { target: ['open', 'close'] },
        'aapl-daily-ohlcv': { target: ['AAPL.Open', 'AAPL.Close'] },
        'stocks-monthly-5': { id: 'symbol', target: 'price' },
        'gafa-stock-daily': { id: 'Symbol', time: 'Date', target: ['Open', 'Close'] },
      };
      const source = { kind: 'csv', file: join(SHARED, 'data', 'stocks', `${name}.csv`), ...columns[name] };
      const { raw } = await loadData(await openConfig({ source, model: 'theta' }, { allowOutside: true }));
      for (const { targets } of (raw as Numbers).series)
        for (const { values } of targets) expect(rowsOf(withSeasons(data([values]), written()))).toEqual([]);
    },
  );
});
