// The unlike forecasters that auto tries where a config names none, in the order in which a small budget takes them.
// In: the season, how many series. Out: members. Not here: which of them are good on a series (judge.ts). How they were found: docs/combinations.md.

import { FORECASTERS } from '../forecasters/index.ts';
import type { Member } from './combination.ts';

type Choice = Exclude<Member, string>;

/** Rows up to which a season has a number for each of them that is searched. */
const LONG_SEASON = 60;

/** Series from which on there are windows enough for a sixteenth of them, at one setting, to be as good as all. */
const MANY_SERIES = 30;

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

function plain(many: boolean): Choice[] {
  return [
    { kind: 'last-value' },
    log({ kind: 'theta' }),
    { kind: 'regression', lags: 3, means: [], harmonics: 0 },
    many ? { kind: 'linear', context: 52, ridge: 0.01, stride: 16, passes: 2 } : { kind: 'linear' },
    { kind: 'ses' },
    { kind: 'ets', error: 'additive' },
    { kind: 'theta' },
    { kind: 'trend-season', seasons: 'all', log: false },
    { kind: 'holt', damped: true },
    { kind: 'holt' },
    log({ kind: 'holt', damped: true }),
  ];
}

/** The pool of a series with `season` rows per season (1: none), or of a panel of `series`, of the kinds there are. */
export function poolOf(season: number, series = 1): Choice[] {
  const known = ({ kind, model }: Choice): boolean =>
    Object.hasOwn(FORECASTERS, kind === 'log-scale' ? (model as Choice).kind : kind);
  const pool =
    season < 2 ? plain(series >= MANY_SERIES) : season > LONG_SEASON ? longSeasonal(season) : seasonal(season);
  return pool.filter(known);
}
