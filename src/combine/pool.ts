// The unlike forecasters that auto tries where a config names none, in the order in which a small budget takes them.
// In: the season. Out: members. Not here: which of them are good.

import { FORECASTERS } from '../forecasters/index.ts';
import type { Member } from './combination.ts';

type Choice = Exclude<Member, string>;

const log = (model: Choice): Choice => ({ kind: 'transformed', by: 'log', model });
const smoothing = (options: object): Choice => ({ kind: 'holt-winters', ...options });

/** Least squares on windows relative to their last value, told from the same row of the last season. */
const windowRidge = (season: number, log: boolean): Choice => ({
  kind: 'linear',
  context: 2 * season,
  ridge: 0.01,
  base: 'season',
  scale: 'series',
  loss: 'squares',
  intercept: true,
  log,
});

/** Different ideas first, their variants after them. */
function seasonal(season: number): Choice[] {
  return [
    { kind: 'seasonal-naive' },
    log({ kind: 'theta' }),
    smoothing({ seasonal: 'multiplicative' }),
    { kind: 'airline', log: true },
    log(smoothing({ damped: true })),
    windowRidge(season, true),
    { kind: 'theta' },
    smoothing({ seasonal: 'multiplicative', damped: true }),
    { kind: 'airline', log: false },
    windowRidge(season, false),
    log(smoothing({})),
    smoothing({}),
    { kind: 'trend-season', seasons: 5, log: true },
    { kind: 'trend-season', seasons: 3, log: true },
    { kind: 'ets' },
    { kind: 'mstl' },
    { kind: 'linear' },
  ];
}

function plain(): Choice[] {
  return [
    { kind: 'last-value' },
    { kind: 'theta' },
    { kind: 'holt', damped: true },
    { kind: 'ses' },
    { kind: 'drift' },
    log({ kind: 'theta' }),
    { kind: 'ets' },
    { kind: 'linear' },
    { kind: 'holt' },
    log({ kind: 'holt', damped: true }),
  ];
}

/** The pool of a series with `season` rows per season (1: none), of the kinds there are. */
export function poolOf(season: number): Choice[] {
  const known = ({ kind, model }: Choice): boolean =>
    Object.hasOwn(FORECASTERS, kind === 'transformed' ? (model as Choice).kind : kind);
  return (season >= 2 ? seasonal(season) : plain()).filter(known);
}
