// Many series in one file, through the runner as a stranger would: what is fitted together, what is left out, what a run leaves.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { check } from '../src/commands/check.ts';
import { compare } from '../src/commands/compare.ts';
import { init } from '../src/commands/init.ts';
import { inspect } from '../src/commands/inspect.ts';
import { reportOf } from '../src/commands/report-of.ts';
import { predict } from '../src/commands/stored.ts';
import type { Config } from '../src/config/config.ts';
import type { Series } from '../src/core/data.ts';
import type { ForecastError } from '../src/core/errors.ts';
import type { FittedNumbers } from '../src/core/forecaster.ts';
import { random } from '../src/core/random.ts';
import type { Calibration } from '../src/evaluate/intervals.ts';
import { openConfig } from '../src/prepare/open.ts';
import { usualRows } from '../src/prepare/panel.ts';
import { run } from '../src/run.ts';
import { seedHooks } from '../src/track/fitting.ts';
import { forecastRows } from '../src/track/forecast-rows.ts';
import type { Hooks } from '../src/track/outcome.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();

/** Characters of a string, at most, where that is tried: Node allows 512 MB. */
const LIMIT = 100_000;

/** A seeded series with a season of four: the same numbers on every machine. */
function wave(s: number, length: number): number[] {
  return Array.from(
    { length },
    (_, t) => 50 + 10 * s + 8 * Math.sin((Math.PI * t) / 2 + s) + ((t * 7 + s * 13) % 11) / 5,
  );
}

function wide(name: string, series: readonly (readonly number[])[], header = true): string {
  const most = Math.max(...series.map((values) => values.length));
  const lines = series.map((values, s) => [`s${s}`, ...values].join(','));
  const names = ['id', ...Array.from({ length: most }, (_, t) => `V${t + 2}`)].join(',');
  return space.write(name, `${[...(header ? [names] : []), ...lines].join('\n')}\n`);
}

const PANEL = wide(
  'panel.csv',
  Array.from({ length: 12 }, (_, s) => wave(s, 60 + 3 * s)),
);

describe('a run of many series', () => {
  test('a baseline that learns from all series is fitted to all, as in the backtest', async () => {
    const source = { kind: 'rows', file: PANEL, season: 4 };
    const of = (model: string, baselines: string[]): Promise<Awaited<ReturnType<typeof run>>> =>
      run(
        { name: model, source, window: { horizon: 4 }, model: { kind: model }, evaluate: { baselines, folds: 2 } },
        { out: join(space.path, `out-${model}`), root: space.path },
      );
    const asModel = await of('linear', ['last-value']);
    const asBaseline = await of('last-value', ['linear']);
    const rows = ({ result }: typeof asModel): unknown[] =>
      result.scores
        .filter(({ forecaster }) => forecaster === 'linear')
        .map(({ split, series, metrics }) => [split, series, metrics]);
    expect(rows(asModel).length).toBeGreaterThan(13);
    expect(rows(asBaseline)).toEqual(rows(asModel));
  });

  test('says how many series each task has done', async () => {
    const told = new Map<string, string>();
    await run(
      { name: 'told', source: { kind: 'rows', file: PANEL, season: 4 }, model: { kind: 'theta' } },
      {
        out: join(space.path, 'told'),
        root: space.path,
        on: (event) => {
          if (event.kind === 'count') told.set(event.task, `${event.done} of ${event.of}`);
        },
      },
    );
    const tasks = [...told.keys()];
    for (const task of ['fitting last-value', 'judging', 'theta, fold 1/5', 'forecasting'])
      expect(tasks).toContain(task);
    expect(new Set(told.values())).toEqual(new Set(['12 of 12']));
  });

  test('keeps a forecast row and its bounds in less than a kilobyte and a half', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const horizon = 20_000;
    const level = { level: 80, steps: new Float64Array(horizon).fill(1), sums: null, known: 99, needed: 4 };
    const calibration = {
      points: 99,
      pooledSteps: false,
      levels: [level, { ...level, level: 95 }],
      scales: new Map([['a/y', 1]]),
    } as unknown as Calibration;
    const fitted = { forecast: async () => ({ values: new Float64Array(horizon) }) } as unknown as FittedNumbers;
    const series = {
      id: 'a',
      length: 2,
      time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' },
      targets: [{ name: 'y', values: new Float64Array(2) }],
    };
    const asked = { horizon, nonNegative: false, integer: false };
    collect();
    const before = process.memoryUsage().heapUsed;
    const { rows } = await forecastRows(fitted, series as unknown as Series, asked, 0, calibration);
    collect();
    expect((process.memoryUsage().heapUsed - before) / rows.length).toBeLessThan(1500);
    expect(JSON.stringify(rows[9]?.lower)).toBe('{"80":-1,"95":-1}');
  });

  test('looks for no checkpoints of what has none', async () => {
    const looked: string[] = [];
    const resume = async (series: string): Promise<null> => {
      looked.push(series);
      return null;
    };
    const hooks = { resume } as unknown as Hooks;
    const config = { model: { kind: 'theta' }, train: {}, seed: 1 } as unknown as Config;
    expect((await seedHooks('a', config, hooks)).size).toBe(0);
    expect(looked).toEqual([]);
  });
});

const TSF = space.write(
  'months.tsf',
  `${[
    '@relation months',
    '@attribute series_name string',
    '@attribute start_timestamp date',
    '@frequency monthly',
    '@horizon 6',
    '@data',
    ...Array.from({ length: 10 }, (_, s) => `T${s}:20${10 + s}-01-01 00-00-00:${wave(s, 60).join(',')}`),
  ].join('\n')}\n`,
);

describe('a config made for a file of many series', () => {
  test.each([
    [PANEL, 'kind: rows', '12 series of 60 to 93 rows'],
    [TSF, 'kind: tsf', '10 series of 60 rows'],
  ])('names its kind, and runs: %s', async (file, kind, facts) => {
    const { files } = await init(file, { out: `${file}.yaml` });
    const text = readFileSync(files[0] as string, 'utf8');
    expect(text).toContain(kind);
    expect(text).toContain(facts);
    const { result } = await run(files[0] as string, { out: `${file}.out`, set: ['evaluate.folds=1'] });
    expect(result.data.series).toBe(file === TSF ? 10 : 12);
    expect(result.fit.model).toBe('linear');
  });

  test('is asked for the horizon the file tells', async () => {
    const { files } = await init(TSF, { out: `${TSF}.horizon.yaml` });
    expect(readFileSync(files[0] as string, 'utf8')).toContain('horizon: 6');
  });

  test('fits each series by itself where there is much to read', async () => {
    const file = wide(
      'wide.csv',
      Array.from({ length: 70 }, (_, s) => wave(s, 900)),
    );
    const { files } = await init(file, { out: `${file}.yaml` });
    expect(readFileSync(files[0] as string, 'utf8')).toContain('kind: theta');
  });

  test('inspect shows the first series, and says how many more there are', async () => {
    const { text, json } = await inspect(TSF);
    expect(text).toContain('series T0: 60 rows, 2010-01-01 … 2014-12-01, monthly, season 12');
    expect(text).toContain('… 7 more series with --json');
    expect(json.parts).toHaveLength(10);
  });
});

describe('series with too few rows', () => {
  const source = (file: string): object => ({ kind: 'rows', file, season: 4 });
  const shorter = (name: string, lengths: readonly number[]): string =>
    wide(
      name,
      lengths.map((length, s) => wave(s, length)),
    );

  test('are refused by the longest where none is long enough, with what makes that one do', async () => {
    const file = shorter('none.csv', [20, 40, 30]);
    const of = (folds: number): ReturnType<typeof run> =>
      run(
        { source: source(file), model: 'theta', evaluate: { folds } },
        { out: `${file}.${folds}.out`, root: space.path },
      );
    const refused = await of(60).catch((error: unknown) => error as ForecastError);
    expect(refused).toMatchObject({ code: 'E_DATA_TOO_SHORT', where: 'evaluate.folds' });
    expect((refused as ForecastError).message).toMatch(/^"s1", the longest of 3 series: 60 folds .* there are 40$/);
    const folds = Number(/^folds: (\d+),/.exec((refused as ForecastError).hint as string)?.[1]);
    const { result } = await of(folds);
    expect(result.backtest?.folds).toHaveLength(folds);
    expect(result.warnings.map(({ code }) => code)).toContain('W_SERIES_SHORT');
  });

  test('among many that are long enough are named in a warning, and change nothing for the others', async () => {
    const good = Array.from({ length: 9 }, () => 60);
    const [alone, beside] = [shorter('good.csv', good), shorter('fragments.csv', [...good, 1, 3, 2, 5])];
    const config = (file: string): object => ({ source: source(file), model: { kind: 'theta' } });
    const of = (file: string): ReturnType<typeof run> => run(config(file), { out: `${file}.out`, root: space.path });
    const [{ result: want }, { result }] = [await of(alone), await of(beside)];
    expect(result.warnings).toEqual([
      {
        code: 'W_SERIES_SHORT',
        message:
          '"s9" (1), "s11" (2), "s10" (3) and 1 more of 13 series have too few rows for the windows and folds asked for: they are forecast, not judged',
      },
    ]);
    expect(result.scores).toEqual(want.scores);
    const judged = new Set(want.forecast.map(({ series }) => series));
    expect(result.forecast.filter(({ series }) => judged.has(series))).toEqual(want.forecast);
  });

  test('but no fragments do not take folds and intervals from those that have rows for them, unless they are most', async () => {
    const of = async (name: string, lengths: readonly number[], folds?: number) => {
      const file = shorter(`${name}.csv`, lengths);
      const config = { source: { ...source(file), season: 12 }, model: { kind: 'theta' }, evaluate: { folds } };
      const { result } = await run(config, { out: `${file}.out`, root: space.path });
      return { folds: result.backtest?.folds.length ?? 0, warned: result.warnings.map(({ code }) => code) };
    };
    expect(await of('new-product', [54, 54, 54, 54, 54, 14])).toEqual({ folds: 5, warned: ['W_SERIES_SHORT'] });
    expect(await of('half-new', [54, 54, 54, 14, 15, 16])).toEqual({ folds: 5, warned: ['W_SERIES_SHORT'] });
    expect(await of('mostly-new', [54, 54, 14, 15, 16])).toEqual({ folds: 0, warned: [] });
    expect(await of('no-folds', [54, 54, 54, 54, 54, 14], 0)).toEqual({ folds: 0, warned: [] });
  });

  test.each([
    ['theta', 'theta', 'theta'],
    ['linear', 'linear', 'linear'],
    ['holt-winters', 'holt-winters', 'seasonal-naive'],
    ['a combination', { kind: 'average', members: ['ses', 'drift'] }, 'average'],
    ['a network', { kind: 'lstm-regressor', units: [2] }, 'seasonal-naive'],
    [
      'a network among others',
      { kind: 'average', members: ['ses', { kind: 'lstm-regressor', units: [2] }] },
      'seasonal-naive',
    ],
  ])('are forecast like the others, or by what can be fitted: %s', async (name, model, by) => {
    const file = shorter(`${name.replaceAll(' ', '-')}.csv`, [60, 60, 60, 1, 6]);
    const folder = `${file}.out`;
    const { result } = await run(
      { source: source(file), window: { horizon: 3 }, model, train: { epochs: 1 }, evaluate: { folds: 1 } },
      { out: folder, root: space.path },
    );
    expect(result.data.series).toBe(5);
    expect(result.forecast.map(({ series }) => series)).toEqual(
      ['s0', 's1', 's2', 's3', 's4'].flatMap((id) => [id, id, id]),
    );
    const of = (id: string): number[] =>
      result.forecast.filter(({ series }) => series === id).map(({ value }) => value);
    for (const id of ['s3', 's4']) expect(of(id).every(Number.isFinite)).toBe(true);
    expect(of('s3')).toEqual(
      [wave(3, 1)[0], wave(3, 1)[0], wave(3, 1)[0]].map((value) => expect.closeTo(value as number, 6)),
    );
    if (by === 'seasonal-naive') expect(of('s4')).toEqual(wave(4, 5).slice(2));
    const [note] = result.data.notes.filter((one) => one.startsWith('series too short to be judged'));
    expect(note).toMatch(new RegExp(`(^series too short to be judged: 2 by ${by}$)|(1 by ${by}.* 1 by )`));
    expect(result.scores.some(({ series }) => series === 's4')).toBe(false);
    expect(result.forecast.filter(({ series }) => series === 's4').some(({ lower }) => lower)).toBe(false);
    expect((await predict(folder, { root: space.path })).rows).toEqual(result.forecast);
    const now = await predict(folder, { root: space.path, data: file });
    expect(now.rows).toEqual(result.forecast);
    const came = [60, 60, 60, 1, 6].flatMap((length, s) => wave(s, length + 3).map((value) => `s${s},${value}`));
    const actuals = space.write(`${name}-came.csv`, `series,value\n${came.join('\n')}\n`);
    const { report } = await check(folder, { data: actuals });
    expect(report.series).toBe(5);
    expect(report.scores.map(({ forecaster }) => forecaster)).toContain('last-value');
  });

  test('have none where the longer ones cut as short cannot be fitted, and the run ends as ever', async () => {
    const file = shorter('none.csv', [...Array.from({ length: 12 }, () => 60), 11]);
    const members = ['holt-winters', { kind: 'holt-winters', damped: true }];
    const { result } = await run(
      { source: { kind: 'rows', file, season: 5 }, model: { kind: 'average', members } },
      { out: `${file}.out`, root: space.path },
    );
    const short = result.forecast.filter(({ series }) => series === 's12');
    expect(short.length).toBeGreaterThan(0);
    expect(short.every(({ value, lower }) => Number.isFinite(value) && !lower)).toBe(true);
  });

  test.each(['ses', 'linear'])(
    'borrow intervals that hold about what they promise from longer ones cut as short: %s',
    async (kind) => {
      const [panel, known, horizon] = [360, 60, 3];
      const drawn = Array.from({ length: panel }, (_, s) => {
        const draw = random(s, 'borrowed');
        const size = Math.exp(draw.normal());
        let level = 50 * size;
        return Array.from({ length: known + horizon }, () => {
          level += 0.3 * size * draw.normal();
          return level + size * draw.normal();
        });
      });
      const short = (s: number): boolean => s % 2 === 1;
      const rows = drawn.map((values, s) => values.slice(short(s) ? known - 6 - (s % 5) : 0, known));
      const file = wide(`borrowed-${kind}.csv`, rows);
      const config = {
        source: { kind: 'rows', file, season: 1 },
        model: { kind },
        predict: { horizon },
        evaluate: { baselines: ['last-value'] },
      };
      const { result } = await run(config, { out: `${file}.out`, root: space.path });
      const lent = result.forecast.filter(({ series }) => short(Number(series.slice(1))));
      expect(lent).toHaveLength((panel / 2) * horizon);
      for (const level of ['80', '95']) {
        const inside = lent.filter(({ series, step, lower, upper }) => {
          const value = drawn[Number(series.slice(1))]?.[known + step - 1] as number;
          return (lower?.[level] as number) <= value && value <= (upper?.[level] as number);
        });
        expect(Math.abs((100 * inside.length) / lent.length - Number(level))).toBeLessThan(6);
      }
      const [note] = result.data.notes.filter((one) => one.startsWith('series too short to be judged'));
      expect(note).toBe(
        `series too short to be judged: 180 by ${kind}; intervals of 180 are borrowed from longer ones cut as short`,
      );
      expect((await predict(`${file}.out`, { root: space.path })).rows).toEqual(result.forecast);
    },
  );

  test('by the horizon that is asked for, not by themselves', async () => {
    const file = shorter('half.csv', [60, 60, 60, 30]);
    const of = async (horizon: number): Promise<number> => {
      const config = { source: source(file), window: { horizon, context: 8 }, model: { kind: 'theta' } };
      const { result } = await run(config, { out: `${file}.${horizon}`, root: space.path });
      return new Set(result.scores.flatMap(({ series }) => series ?? [])).size;
    };
    expect(await of(2)).toBe(4);
    expect(await of(12)).toBe(3);
  });
});

describe('the rows that defaults go by', () => {
  const usual = (lengths: readonly number[], season = 1): number =>
    usualRows(
      lengths.map((length) => ({ length }) as Series),
      season,
    );
  const times = (n: number, length: number): number[] => Array.from({ length: n }, () => length);

  test.each([
    ['one series', [7], 1, 7],
    ['equal series', times(9, 60), 12, 60],
    ['a fragment among many', [...times(50, 300), 3], 1, 300],
    ['a short one among many', [...times(50, 1000), 45], 1, 1000],
    ['as many short ones as in M4 Weekly', [...times(65, 80), ...times(294, 1000)], 1, 80],
    ['the same, too short for their season', [...times(65, 80), ...times(294, 1000)], 52, 1000],
    ['all lengths alike', Array.from({ length: 200 }, (_, i) => i + 1), 12, 26],
  ])('%s', (_, lengths, season, rows) => {
    expect(usual(lengths, season)).toBe(rows);
  });
});

describe('series that never change', () => {
  const flat = (value: number): number[] => Array.from({ length: 60 }, () => value);
  const many = Array.from({ length: 6 }, (_, s) => wave(s, 60));
  const config = (file: string): object => ({
    source: { kind: 'rows', file, season: 4 },
    window: { horizon: 4 },
    model: { kind: 'theta' },
  });

  test('among others have no MASE: the mean is of the others, which decide, and it is said', async () => {
    const alone = wide('changing.csv', many);
    const beside = wide('flat.csv', [...many, flat(0), flat(7)]);
    const of = (file: string): ReturnType<typeof run> => run(config(file), { out: `${file}.out`, root: space.path });
    const [{ result: want }, { result }] = [await of(alone), await of(beside)];
    const mase = ({ scores }: typeof want): unknown[] =>
      scores.filter(({ series }) => series === undefined).map(({ split, metrics }) => [split, metrics.mase]);
    expect(mase(result)).toEqual(mase(want));
    expect(mase(result).flat()).not.toContain(null);
    expect(result.backtest?.folds.every(({ scores }) => scores.theta !== null)).toBe(true);
    expect(result.decision.ship).toBe(want.decision.ship);
    expect(result.data.notes).toContain('MASE is undefined for 2 of 8 series: not in its mean');
    expect(result.forecast.filter(({ series }) => series === 's6').map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  });

  test('alone are forecast, and nothing is claimed', async () => {
    const { result } = await run(config(wide('zeros.csv', [flat(0), flat(0)])), {
      out: join(space.path, 'zeros'),
      root: space.path,
    });
    expect(result.forecast.every(({ value }) => value === 0)).toBe(true);
    expect(result.decision.skill).toBeNull();
  });
});

describe('a metric that is undefined for all that is judged', () => {
  test.each([
    ['MASE, of training parts shorter than a season', { file: [40, 40], season: 52, zero: false }, undefined, 'mae'],
    ['MAPE, of zeros', { file: [60], season: 4, zero: true }, ['mape', 'smape', 'mae'], 'smape'],
  ])(
    'decides nothing, the next one does, and it is said: %s',
    async (what, { file, season, zero }, metrics, decides) => {
      const series = file.map((length, s) => wave(s, length).map((value, t) => (zero && t % 5 === 0 ? 0 : value)));
      const source = { kind: 'rows', file: wide(`${what.slice(0, 4)}.csv`, series), season };
      const config = {
        source,
        window: { horizon: 3, context: 4 },
        model: 'theta',
        evaluate: metrics ? { metrics } : {},
      };
      const { result } = await run(config, { out: join(space.path, what.slice(0, 4)), root: space.path });
      const first = (metrics?.[0] ?? 'mase').toUpperCase();
      const note = result.data.notes.find((one) => one.includes('decides'));
      expect(note).toMatch(new RegExp(`^${first} is undefined here \\(.+\\): (?:MAE|sMAPE) decides$`));
      const deciding = result.scores.filter(({ series, skill }) => series === undefined && skill !== null);
      expect(deciding.length).toBeGreaterThan(3);
      for (const { metrics: own } of deciding) {
        expect(Object.keys(own)[0]).toBe(decides);
        expect(own[first.toLowerCase()]).toBeNull();
      }
      expect(result.decision.skill).not.toBeNull();
      expect(result.verdict).toContain(decides === 'mae' ? 'MAE' : 'sMAPE');
      if (result.backtest) expect(result.backtest.metric).toBe(decides);
    },
  );
});

describe('series of unequal ends', () => {
  test('are each continued from their own last row', async () => {
    const lines = ['id,month,y'];
    const last = [48, 60, 51];
    for (const [s, length] of last.entries()) {
      for (const [t, value] of wave(s, length).entries()) {
        lines.push(`s${s},${2010 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')},${value}`);
      }
    }
    const file = space.write('ends.csv', `${lines.join('\n')}\n`);
    const source = { kind: 'csv', file, id: 'id', time: 'month', target: 'y' };
    const { result } = await run(
      { source, window: { horizon: 3 }, model: { kind: 'theta' } },
      { out: join(space.path, 'ends'), root: space.path },
    );
    const first = result.forecast.filter(({ step }) => step === 1).map(({ series, time }) => [series, time]);
    expect(first).toEqual([
      ['s0', '2014-01'],
      ['s1', '2015-01'],
      ['s2', '2014-04'],
    ]);
  });
});

test('times are told of all series, though the first has ended', async () => {
  const rows = [30, 48].flatMap((length, s) =>
    wave(s, length).map((y, t) => `s${s},${2000 + Math.floor(t / 4)}-${3 * (t % 4) + 1},${y}`),
  );
  const file = space.write('ended.csv', `id,month,y\n${rows.join('\n')}\n`);
  const config = {
    source: { kind: 'csv', file, id: 'id' },
    model: { kind: 'theta' },
    predict: { horizon: 2 },
    evaluate: { folds: 2, step: 2 },
  };
  const { result } = await run(config, { out: join(space.path, 'ended'), root: space.path });
  expect([result.data.start, result.data.end]).toEqual(['2000-01', '2011-10']);
  expect(result.backtest?.folds.map(({ until }) => until)).toEqual(['2010-07', '2011-01']);
});

test('a run of many series is told on a page of the terminal and on one small page of HTML', async () => {
  const file = wide(
    'many.csv',
    Array.from({ length: 120 }, (_, s) => wave(s, 80)),
  );
  const config = {
    source: { kind: 'rows', file, season: 4 },
    window: { horizon: 8 },
    model: { kind: 'ses' },
  };
  const { text, report } = await run(config, { out: join(space.path, 'many'), root: space.path });
  expect(text.split('\n').length).toBeLessThanOrEqual(30);
  expect(text).toMatch(/^s0 value .*\ns1 value .*\ns2 value .*\ns3 value .*\n… 956 more in forecast.csv$/m);
  expect(statSync(report as string).size).toBeLessThan(500_000);
});

test('predict reads a newer file as the run read its own, short as its series may be', async () => {
  const file = wide(
    'then.csv',
    Array.from({ length: 3 }, (_, s) => wave(s, 60)),
  );
  const source = { kind: 'rows', file, season: 4 };
  const { folder, result } = await run(
    { source, window: { horizon: 4 }, model: { kind: 'seasonal-naive' } },
    { out: join(space.path, 'then'), root: space.path },
  );
  expect((await predict(folder, { root: space.path })).rows).toEqual(result.forecast);
  const newer = wide(
    'now.csv',
    Array.from({ length: 3 }, (_, s) => [s, s + 1, s + 2, s + 3, s + 4]),
  );
  const { rows } = await predict(folder, { data: newer, root: space.path });
  expect(rows.filter(({ series }) => series === 's2').map(({ value }) => value)).toEqual([3, 4, 5, 6]);
});

test('a result that is longer than a string can be is read by whoever asks for it', async () => {
  const rows = Array.from({ length: 40 }, (_, s) =>
    wave(s, 60).map((y, t) => `s${s},${2000 + Math.floor(t / 4)}-${3 * (t % 4) + 1},${y}`),
  );
  const file = space.write('large.csv', `id,month,y\n${rows.flat().join('\n')}\n`);
  const config = {
    source: { kind: 'csv', file, id: 'id' },
    window: { horizon: 4 },
    model: { kind: 'auto', members: ['seasonal-naive', 'theta'] },
    evaluate: { folds: 2 },
  };
  const options = { out: join(space.path, 'large'), root: space.path };
  const { folder, result } = await run(config, options);
  expect(statSync(join(folder, 'result.json')).size).toBeGreaterThan(LIMIT);
  const real = Buffer.prototype.toString;
  const spy = vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (this: Buffer, ...how) {
    const text = real.apply(this, how);
    if (text.length > LIMIT) throw new RangeError('Invalid string length');
    return text;
  });
  try {
    expect((await run(config, options)).result).toEqual(result);
    expect((await openConfig(folder)).expects).toBe(result.data.sha256);
    expect((await reportOf(folder)).result()).toEqual(result);
    expect((await predict(folder, { root: space.path })).rows).toEqual(result.forecast);
    expect((await compare([folder, folder])).json).toMatchObject({ runs: [{ model: 'auto' }, { model: 'auto' }] });
    const came = result.forecast.filter(({ step }) => step === 1).map(({ series, time }) => `${series},${time},60`);
    const actuals = space.write('came.csv', `id,month,y\n${came.join('\n')}\n`);
    expect((await check(folder, { data: actuals })).report.known).toBe(40);
  } finally {
    spy.mockRestore();
  }
});
