// Every forecaster in the box with the settings it is tried with: which of them stands for it is decided on the validation part.
// In: the seasons of a board, what its values are like. Out: contestants. Not here: judging.

import type { Choice, Contestant, Setting } from './board.ts';

export interface Facts {
  /** What the board's own figures are scaled by; 1: none. */
  readonly season: number;
  readonly horizon: number;
  /** Seasons worth trying, the shortest first; none: []. */
  readonly seasons: readonly number[];
  /** Many series: what is slow is tried with fewer settings. */
  readonly panel: boolean;
  /** Whether every value is above 0. */
  readonly positive: boolean;
  /** Whether a network is trained, too. */
  readonly network?: boolean;
  /** Whether there are too many rows for a network within a minute. */
  readonly many?: boolean;
}

const log = (model: Choice): Choice => ({ kind: 'log-scale', model });

/** Contestants in the order of the README. */
export function box(facts: Facts): Contestant[] {
  const seasons = facts.seasons.filter((season) => season >= 2);
  return [
    ...(facts.network ? [network(facts)] : []),
    ...plain(facts, seasons),
    ...(seasons.length > 0 ? seasonal(facts, seasons) : []),
    ...combined(facts, seasons),
  ];
}

function contestant(
  kind: string,
  weight: number,
  models: readonly (Choice | Setting)[],
  combination = false,
): Contestant {
  const settings = models.map(
    (one): Setting => ('model' in one && !('kind' in one) ? (one as Setting) : { model: one as Choice }),
  );
  const once = new Map(settings.map((setting) => [JSON.stringify(setting), setting]));
  return { name: kind, settings: [...once.values()], weight, combination };
}

/** At each of these seasons. */
function each(model: Choice, seasons: readonly number[]): Setting[] {
  return seasons.map((season) => ({ model, season }));
}

/** As a config that names it alone has it. */
function network({ many }: Facts): Contestant {
  return { ...contestant('lstm-regressor', 95, [{ kind: 'lstm-regressor' }]), ...(many ? { long: true } : {}) };
}

function plain(facts: Facts, seasons: readonly number[]): Contestant[] {
  const { season, positive, panel } = facts;
  const longest = seasons.at(-1) ?? season;
  const logarithms = (model: Choice): Choice[] => (positive ? [model, log(model)] : [model]);
  return [
    contestant('last-value', 1, [{ kind: 'last-value' }]),
    contestant('mean', 1, [{ kind: 'mean' }]),
    contestant('drift', 1, logarithms({ kind: 'drift' })),
    contestant('seasonal-naive', 1, [
      { kind: 'seasonal-naive' },
      ...seasons.filter((own) => own !== season).map((own) => ({ kind: 'seasonal-naive', season: own })),
    ]),
    contestant('window-average', 1, [
      { kind: 'window-average', size: Math.max(2, season) },
      { kind: 'window-average', size: Math.max(2, longest) },
    ]),
    contestant('naive2', 1, [{ kind: 'naive2' }]),
    contestant('ses', 2, [{ kind: 'ses' }, { kind: 'ses', deseasonalise: 'auto' }]),
    contestant('holt', 3, [{ kind: 'holt' }, ...logarithms({ kind: 'holt', damped: true })]),
    contestant('theta', 3, logarithms({ kind: 'theta' })),
    contestant('croston', 2, [{ kind: 'croston' }]),
    contestant('tsb', 2, [{ kind: 'tsb' }]),
    contestant('ets', 30, [
      ...each({ kind: 'ets' }, shortest(seasons, season)),
      ...(panel ? [] : [{ kind: 'ets', seasonal: 'none' }]),
    ]),
    contestant('linear', 40, linears(facts, seasons)),
    contestant('regression', 6, regressions(seasons, positive)),
  ];
}

/** With its own choice of settings and, all windows alike, with long contexts and few penalties, on panels of shorter seasons the mean of many contexts; of one series with many rows, where the choice is made again at each origin, with those alone. */
function linears({ season, panel, many }: Facts, seasons: readonly number[]): Choice[] {
  const longest = seasons.at(-1) ?? season;
  const linear = { kind: 'linear', season: seasons.length > 1 ? [...seasons] : longest };
  const of = (context: number | number[], ridge: number): Choice => ({ ...linear, context, ridge, weigh: 'equal' });
  const long = longContext(longest);
  const several = [2, 3, 4, 5, 6, 7, 8].map((seasons) => seasons * longest);
  if (panel)
    return [
      linear,
      of(long, 1e-3),
      of(long, 1e-2),
      ...(longest < LONG ? [of(6 * longest, 1e-3), of(several, 1e-3)] : []),
    ];
  if (many) return [of(long, 1e-3), of(long, 1e-2), of(long, 0.1), { ...of(long, 0.1), base: 'season' }];
  return [linear, { ...linear, base: 'season' }, { ...linear, loss: 'squares' }];
}

const LONG = 100;
const MOST_CONTEXT = 504;

/** Five seasons, three of long ones; where there is none a hundred rows. */
function longContext(season: number): number {
  if (season < 2) return LONG;
  return season >= LONG ? Math.min(3 * season, MOST_CONTEXT) : 5 * season;
}

function regressions(seasons: readonly number[], positive: boolean): Choice[] {
  const longest = seasons.at(-1);
  const lags = [...new Set([1, 2, 3, ...seasons])].sort((a, b) => a - b);
  const own: Choice[] = [{ kind: 'regression' }, { kind: 'regression', lags, ...(longest ? { period: longest } : {}) }];
  const year: Choice[] = longest === 365 ? [{ kind: 'regression', period: 365.25 }] : [];
  return [...own, ...year, ...(positive ? [{ ...(own[1] as Choice), log: true }] : [])];
}

/** Seasons short enough to have a number for each of their rows smoothed; of many only the shortest. */
function shortest(seasons: readonly number[], season: number): number[] {
  const own = seasons.filter((rows) => rows === season);
  if (own.length > 0 && seasons.length === 1) return own;
  return [...new Set(season === 1 ? [1] : seasons.slice(0, 1))];
}

function seasonal({ positive, panel, season }: Facts, seasons: readonly number[]): Contestant[] {
  const shortest = seasons.filter((own) => own === season || !panel);
  const used = shortest.length > 0 ? shortest : seasons.slice(0, 1);
  const smoothing: Choice[] = [
    { kind: 'holt-winters' },
    ...(panel ? [] : [{ kind: 'holt-winters', damped: true }]),
    ...(positive
      ? [
          { kind: 'holt-winters', seasonal: 'multiplicative' },
          ...(panel
            ? []
            : [
                { kind: 'holt-winters', seasonal: 'multiplicative', damped: true },
                log({ kind: 'holt-winters' }),
                log({ kind: 'holt-winters', damped: true }),
              ]),
        ]
      : []),
  ];
  const airline: Choice[] = positive
    ? [
        { kind: 'airline', log: true },
        { kind: 'airline', log: false },
      ]
    : [{ kind: 'airline', log: false }];
  const trends: Choice[] = [3, 5, 'all' as const].map((of) => ({ kind: 'trend-season', seasons: of }));
  const many = seasons.length > 1 ? { season: [...seasons] } : { season: seasons[0] as number };
  return [
    contestant(
      'holt-winters',
      25,
      smoothing.flatMap((model) => each(model, used)),
    ),
    contestant(
      'airline',
      10,
      airline.flatMap((model) => each(model, used)),
    ),
    contestant(
      'trend-season',
      8,
      trends.flatMap((model) => each(model, used)),
    ),
    contestant('mstl', 30, [
      { kind: 'mstl', ...many },
      ...(seasons.length > 1 ? [{ kind: 'mstl', season: seasons[0] as number }] : []),
    ]),
  ];
}

/** Rows per season from which on smoothing each of them takes minutes where it is fitted again and again. */
const MANY_STATES = 24;

/** Unlike ideas, the same on every board; of many rows with the settings of linear fixed, which would be chosen again in every fold. */
function membersOf({ season, panel, many }: Facts, seasons: readonly number[]): Choice[] {
  const longest = seasons.at(-1) ?? season;
  const known = { season: seasons.length > 1 ? [...seasons] : longest };
  const fixed = { context: longContext(longest), ridge: 1e-3, weigh: 'equal', passes: 2 };
  return [
    { kind: 'theta' },
    ...((seasons[0] ?? 1) < MANY_STATES || season === 1 ? [{ kind: 'ets' }] : []),
    ...(seasons.length > 0 ? [{ kind: 'mstl', ...known }] : [{ kind: 'holt', damped: true }]),
    { kind: 'linear', ...known, ...(panel || many ? fixed : {}) },
    ...(season >= 2 ? [{ kind: 'seasonal-naive', season: longest }] : []),
  ];
}

function combined(facts: Facts, seasons: readonly number[]): Contestant[] {
  const { season, panel } = facts;
  const members = membersOf(facts, seasons);
  const used = [...new Set([season, ...seasons.slice(0, 1)])];
  const autos = each({ kind: 'auto' }, used).map((one) => {
    const others = seasons.filter((rows) => rows !== one.season);
    return one.season !== 1 && others.length > 0 ? { ...one, seasons: [one.season as number, ...others] } : one;
  });
  const means: Choice[] = [
    { kind: 'average', members },
    ...(panel ? [] : [{ kind: 'average', members, how: 'median' }]),
  ];
  return [
    contestant('average', 80, means, true),
    contestant('weighted', 90, [{ kind: 'weighted', members }], true),
    contestant('auto', 100, autos, true),
  ];
}
