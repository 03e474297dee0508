// The unlike forecasters that auto tries where a config names none, in the order in which a small budget takes them.
// In: the season, how many series. Out: members. Not here: which of them are good on a series (judge.ts). How they were found: docs/combinations.md.

import { FORECASTERS } from '../forecasters/index.ts';
import type { Member } from './combination.ts';

type Choice = Exclude<Member, string>;

/** Rows up to which a season has a number for each of them that is searched. */
const LONG_SEASON = 60;

/** Series from which on there are windows enough for an eighth of them, at one setting, to be nearly as good as all. */
const MANY_SERIES = 30;
const PANEL_STRIDE = 8;
/** Rows from which on a series is long: there is room to judge side by side, and windows enough to learn from. */
export const MANY_ROWS = 4000;
/** The longest context of a member. */
const MOST_CONTEXT = 504;

const log = (model: Choice): Choice => ({ kind: 'log-scale', model });
const smoothing = (options: object): Choice => ({ kind: 'holt-winters', ...options });
const lags = (...rows: number[]): number[] => [...new Set(rows)].sort((a, b) => a - b);

/** Least squares on windows relative to their last value, told from the same row of the last season. */
const windowRidge = (season: number): Choice => ({
  kind: 'linear',
  context: 2 * season,
  ridge: 0.01,
  base: 'season',
  scale: 'series',
  loss: 'squares',
  intercept: true,
  log: 'auto',
});

/** The robust linear model of all series of a large panel. */
function pooled(season: number, rows: number): Choice {
  return { kind: 'linear', context: longContext(season, rows), ridge: 0.001, stride: PANEL_STRIDE, passes: 2 };
}

/**
 * Long series: what is fitted to the whole past. Who follows the newest level is right as long as a turn of affairs lasts, and weights
 * learnt in one season do not hold in the next; within a season ahead the level is worth following.
 */
function wholePast(season: number, rows: number, reach: number): Choice[] {
  return [
    { kind: 'seasonal-naive' },
    { kind: 'regression' },
    { kind: 'regression', lags: lags(1, 2, 3, season), means: [season], harmonics: 3 },
    ...(reach <= season ? [{ kind: 'airline' }, { kind: 'mstl' }] : []),
    { kind: 'linear', context: MOST_CONTEXT, ridge: 0.1, scale: 'series', log: false, loss: 'squares' },
    { kind: 'linear', context: longContext(season, rows), ridge: 1, loss: 'squares' },
  ];
}

/** The longest context of a few that leaves half the usual rows to learn from. */
function longContext(season: number, rows: number): number {
  const contexts = season >= 2 ? [2, 3, 5, 14].map((seasons) => seasons * season) : [26, 52, 104, 260];
  const fitting = contexts.filter((context) => context <= Math.min(MOST_CONTEXT, rows / 2));
  return (fitting.at(-1) ?? contexts[0]) as number;
}

/** Different ideas first. */
function seasonal(season: number): Choice[] {
  return [
    { kind: 'seasonal-naive' },
    log({ kind: 'ets', error: 'additive' }),
    { kind: 'airline' },
    { kind: 'trend-season', seasons: 5 },
    { kind: 'theta' },
    { kind: 'regression', lags: lags(1, 2, 3, season), means: [season], harmonics: 3 },
    { kind: 'mstl' },
    { kind: 'ets', seasonal: 'additive' },
    windowRidge(season),
    { kind: 'trend-season', seasons: 'all', halfLife: 2 },
    { kind: 'trend-season', seasons: 'all' },
    smoothing({ damped: true }),
    { kind: 'trend-season', seasons: 5, log: false },
    { kind: 'ses', deseasonalise: 'auto' },
    { kind: 'ets' },
  ];
}

/** Where a season has very many rows, smoothing each of them follows noise: fewer kinds that do, more that do not. */
function longSeasonal(season: number): Choice[] {
  const means = [6, 2, 1].map((part) => Math.max(2, Math.round(season / part)));
  return [
    { kind: 'seasonal-naive' },
    { kind: 'regression' },
    { kind: 'regression', lags: 12, means, harmonics: 2 },
    { kind: 'mstl' },
    { kind: 'trend-season', seasons: 'all' },
    { kind: 'airline' },
    { kind: 'theta' },
    log({ kind: 'theta' }),
    smoothing({ trend: 'none' }),
    { kind: 'ses' },
    { kind: 'ets', seasonal: 'none' },
    windowRidge(season),
    { ...windowRidge(season), base: 'last', ridge: 0.1 },
  ];
}

function plain(): Choice[] {
  return [
    { kind: 'last-value' },
    log({ kind: 'theta' }),
    { kind: 'regression', lags: 3, means: [], harmonics: 0 },
    { kind: 'linear' },
    { kind: 'ses' },
    { kind: 'ets', error: 'additive' },
    { kind: 'theta' },
    { kind: 'trend-season', seasons: 'all', log: false },
    { kind: 'holt', damped: true },
    { kind: 'holt' },
    log({ kind: 'holt', damped: true }),
  ];
}

/** What the pool is for. */
interface Ground {
  /** Rows per season; 1: none. */
  readonly season: number;
  readonly series?: number;
  /** Usual ones of a series. */
  readonly rows?: number;
  /** Steps from the last known row to the last one forecast. */
  readonly reach?: number;
}

/** The pool of a series or panel, of the kinds there are. A large panel is first told by what the windows of all its series teach together. */
export function poolOf({ season, series = 1, rows = 0, reach = 1 }: Ground): Choice[] {
  const many = series >= MANY_SERIES;
  if (!many && rows >= MANY_ROWS && season >= 2 && season <= LONG_SEASON) return wholePast(season, rows, reach);
  const alone = season < 2 ? plain() : season > LONG_SEASON ? longSeasonal(season) : seasonal(season);
  const known = ({ kind, model }: Choice): boolean =>
    Object.hasOwn(FORECASTERS, kind === 'log-scale' ? (model as Choice).kind : kind);
  const pool = alone.filter(known);
  return many ? [pooled(season, rows), ...pool.filter(({ kind }) => kind !== 'linear')] : pool;
}
