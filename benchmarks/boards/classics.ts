// The boards of one series: last parts held out, each also asked at rolling origins before its test part.
// In: small well-known files. Out: boards. Not here: who takes part (box.ts).

import { rowsOf, type Series } from '../../src/core/data.ts';
import type { Fold, Walk } from '../../src/evaluate/backtest.ts';
import type { Board, Part } from './board.ts';
import { box } from './box.ts';
import { seriesIn, type Written } from './data.ts';
import { type Answered, answered, pooled } from './score.ts';

interface Form {
  readonly name: string;
  readonly source: Written;
  readonly horizon: number;
  /** Rows of the test part, the last ones. */
  readonly rows: number;
  /**
   * `origin`: all of them from one origin. `rolling`: from every origin, by one fit. `refitted`: from every origin, fitted anew at each.
   */
  readonly asked: 'origin' | 'rolling' | 'refitted';
  readonly season: number;
  readonly seasons: readonly number[];
  readonly metrics: readonly string[];
  /** Steps that count: all, or the last one alone. */
  readonly steps?: 'last';
  /** Folds of the validation part, each of as many rows as the test part (`rolling`, `refitted`). */
  readonly folds?: number;
  /** Too many rows for a network within a minute. */
  readonly many?: boolean;
}

const csv = (file: string, target: string, more: object = {}): Written => ({ kind: 'csv', file, target, ...more });
const AIR = csv('classics/air-passengers.csv', 'Passengers', { time: 'Month' });
const monthly = { season: 12, seasons: [12], asked: 'origin' } as const;

const FORMS: readonly Form[] = [
  ...[12, 24, 36].map((rows) => ({
    name: `air-passengers-${rows}`,
    source: AIR,
    ...monthly,
    horizon: rows,
    rows,
    metrics: ['rmse', 'mape'],
  })),
  {
    name: 'air-passengers-6-ahead',
    source: AIR,
    season: 12,
    seasons: [12],
    horizon: 6,
    rows: 24,
    asked: 'refitted',
    metrics: ['mape'],
    steps: 'last',
  },
  {
    name: 'us-retail-24',
    source: csv('classics/us-retail-sales-monthly.csv', 'y', { time: 'ds' }),
    ...monthly,
    horizon: 24,
    rows: 24,
    metrics: ['rmse'],
  },
  {
    name: 'champagne-12',
    source: csv('classics/monthly-champagne-sales.csv', 'Sales', { time: 'Month' }),
    ...monthly,
    horizon: 12,
    rows: 12,
    metrics: ['rmse'],
  },
  {
    name: 'shampoo',
    source: csv('classics/shampoo-sales.csv', 'Sales'),
    season: 1,
    seasons: [],
    horizon: 1,
    rows: 12,
    asked: 'refitted',
    metrics: ['rmse'],
  },
  {
    name: 'min-temperatures',
    source: csv('classics/daily-min-temperatures.csv', 'Temp', { time: 'Date', gaps: 'keep' }),
    season: 365,
    seasons: [365],
    horizon: 1,
    rows: 365,
    asked: 'rolling',
    metrics: ['rmse'],
    folds: 2,
    many: true,
  },
  {
    name: 'taylor',
    source: csv('energy/taylor-demand-30min.csv', 'Y'),
    season: 336,
    seasons: [48, 336],
    horizon: 336,
    rows: 336,
    asked: 'origin',
    metrics: ['smape'],
    many: true,
  },
  {
    name: 'sunspots',
    source: csv('classics/sunspots-monthly.csv', 'Sunspots', { time: 'Month' }),
    season: 132,
    seasons: [132],
    horizon: 132,
    rows: 132,
    asked: 'origin',
    metrics: ['rmse'],
    many: true,
  },
  {
    name: 'sp500',
    source: csv('stocks/sp500-daily-ohlcv.csv', 'close', { time: 'date', gaps: 'keep' }),
    season: 1,
    seasons: [],
    horizon: 1,
    rows: 250,
    asked: 'rolling',
    metrics: ['rmse'],
    folds: 5,
    many: true,
  },
];

const ORIGINS = 5;

export async function classics(): Promise<Board[]> {
  return await Promise.all(FORMS.map(boardOf));
}

async function boardOf(form: Form): Promise<Board> {
  const [series] = (await seriesIn(form.source)) as [Series];
  return classic(form, series);
}

/** The board of a form over a series. */
function classic(form: Form, series: Series): Board {
  const { name, horizon, season, metrics } = form;
  const until = series.length - form.rows;
  const past = rowsOf(series, 0, until);
  const partOf = (of: Series, folds: readonly Fold[]): Part => ({
    walks: [{ series: of, folds }],
    score: scoreOf([{ series: of, folds }], form),
  });
  const values = series.targets[0]?.values as Float64Array;
  const validation = form.asked === 'origin' ? rollingOrigins(until, horizon, season) : foldsBefore(until, form);
  const origins = validation.reduce((sum, fold) => sum + fold.origins.length, 0);
  return {
    name,
    group: 'classics',
    protocol: `The last ${form.rows} of ${series.length} rows, ${TOLD[form.asked](form)}. Validation: ${origins} origins before them, ${validation.length} fits`,
    horizon,
    season,
    metrics,
    contestants: box({
      season,
      horizon,
      seasons: form.seasons,
      panel: false,
      positive: values.subarray(0, until).every((value) => value > 0),
      network: true,
      many: form.many ?? false,
    }),
    validation: () => partOf(past, validation),
    test: () => partOf(series, testFolds(until, form)),
    rolling: origins >= ORIGINS,
    intervals: false,
    counts: {},
  };
}

const TOLD = {
  origin: ({ rows }: Form) => `all ${rows} from one origin`,
  rolling: ({ horizon }: Form) => `${horizon} step ahead from every origin, fitted once`,
  refitted: ({ horizon, steps }: Form) =>
    `${horizon} ${horizon === 1 ? 'step' : 'steps'} ahead${steps === 'last' ? ' (the last of them alone counts)' : ''} from every origin, fitted anew at each`,
};

/** H, H + m/2, … rows before the end, five of them, where three seasons (36 rows without one) remain. */
function rollingOrigins(until: number, horizon: number, season: number): Fold[] {
  const step = Math.max(1, Math.floor(season / 2));
  const least = season >= 2 ? 3 * season : 36;
  const origins = Array.from({ length: ORIGINS }, (_, k) => until - horizon - (ORIGINS - 1 - k) * step);
  return origins.filter((origin) => origin >= least).map((origin) => ({ from: 0, origins: [origin] }));
}

/** As the test part is asked, right before it. */
function foldsBefore(until: number, form: Form): Fold[] {
  if (form.asked === 'refitted') return everyOrigin(until - form.rows, until, form.horizon);
  return Array.from({ length: form.folds ?? 1 }, (_, k) => {
    const first = until - ((form.folds ?? 1) - k) * form.rows;
    return { from: 0, origins: Array.from({ length: form.rows - form.horizon + 1 }, (_, i) => first + i) };
  });
}

function testFolds(until: number, form: Form): Fold[] {
  if (form.asked === 'origin') return [{ from: 0, origins: [until] }];
  if (form.asked === 'refitted') return everyOrigin(until, until + form.rows, form.horizon);
  return [{ from: 0, origins: Array.from({ length: form.rows - form.horizon + 1 }, (_, i) => until + i) }];
}

function everyOrigin(first: number, end: number, horizon: number): Fold[] {
  return Array.from({ length: end - horizon + 1 - first }, (_, i) => ({ from: 0, origins: [first + i] }));
}

function scoreOf(walks: readonly Walk[], form: Form): Part['score'] {
  const { horizon, season, metrics, steps } = form;
  return (tracks) => {
    const all = answered(walks, tracks, horizon);
    return pooled(steps === 'last' ? all.map((one) => lastSteps(one, horizon)) : all, metrics, season);
  };
}

function lastSteps(one: Answered, horizon: number): Answered {
  const last = (values: Float64Array): Float64Array => values.filter((_, i) => i % horizon === horizon - 1);
  return { ...one, actual: last(one.actual), forecast: last(one.forecast) };
}
