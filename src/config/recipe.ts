// The recipe of a network for one recorded series: what an lstm-regressor is where a config spells out no units and no layers.
// In: the model as written and what the data are. Out: encoders, window, model, training, calendar. Not here: what is written (defaults.ts).

import { ENCODERS } from '../encoders/index.ts';
import { isOpen, lstmRegressor, PLAIN } from '../models/lstm-regressor.ts';
import { OPTIMIZERS } from '../optimizers/index.ts';
import { SCHEDULES } from '../optimizers/schedule.ts';
import type { Choice, Config } from './config.ts';

/** What the recipe depends on. */
export interface RecipeTask {
  readonly model: Choice;
  /** Rows per season; 1: none. */
  readonly season: number;
  /** All seasons; absent: no other. */
  readonly seasons?: readonly number[] | undefined;
  /** Rows that the first fit of all can learn from. */
  readonly room: number;
  /** Series that are fitted one by one. */
  readonly series: number;
  /** Steps that will be asked for. */
  readonly horizon: number;
  /** Whether all target values are above 0 in the rows before anything that is held out. */
  readonly positive: boolean;
  /** Features of the calendar that tell the rows apart. */
  readonly calendar: readonly string[];
  /** Whether each step can be fed back: no columns of the past, no lead. */
  readonly feeds: boolean;
  /** Context as written; absent: by the recipe. */
  readonly context?: number | undefined;
}

export interface Recipe {
  readonly encoder: readonly Choice[];
  readonly context: number;
  /** Steps of a block: longer horizons feed blocks back. */
  readonly horizon: number;
  readonly calendar: readonly string[];
  readonly model: Choice;
  readonly train: Required<Pick<Config['train'], 'steps' | 'seeds' | 'batch' | 'optimizer' | 'rate' | 'schedule'>>;
}

/*
 * Chosen on rolling origins inside the training parts of 25 recorded series (docs/lstm.md): a small network, trained briefly. Windows
 * relative to their own level, in logarithms, make a growing season a constant one; running free in training as in use makes it live with
 * its own errors. No input tells the year: a network carries such a trend on at will.
 */
const UNITS = 12;
const STEPS = 200;
const BATCH = 16;
const RATE = 0.005;
const SEEDS = 5;
/** Beyond so many series chance averages out over them, and time does not. */
const SERIES_WITH_SEEDS = 4;
const FREE_STEPS = 24;
const CONTEXT_WITHOUT_SEASON = 24;
const LEVEL_WITHOUT_SEASON = 12;
const LEAST_CONTEXT = 12;
const MOST_CONTEXT = 96;

/** What a network is that the recipe is not for and that says nothing of its layers. */
export function plainModel(model: Choice): Choice {
  if (model.kind !== lstmRegressor.kind) return model;
  const units = isOpen(model) ? { units: PLAIN.units } : {};
  return { kind: model.kind, normalise: PLAIN.normalise, ...written(model), ...units };
}

/** Pure: the same task gives the same recipe. What the model's choice spells out stays as it is. */
export function recipeOf(task: RecipeTask): Recipe {
  const { model, horizon } = task;
  const { room } = task;
  const lags = lagsOf(task);
  const reach = (lags.at(-1) as number) - 1;
  const context = task.context ?? Math.max(1, Math.min(contextOf(task.season), Math.floor((room - reach) / 2)));
  const free = task.feeds && model.freeRun === undefined && model.bidirectional !== true;
  const block = Math.max(1, Math.min(FREE_STEPS, room - reach - context - LEAST_CONTEXT));
  const season = task.season > 1 ? task.season : LEVEL_WITHOUT_SEASON;
  const warmup = Math.min(Math.floor(season / 2), context - 1);
  return {
    encoder: [
      ...(task.positive ? [{ kind: 'log', ...presetsOf(ENCODERS, 'log'), below: 'least' }] : []),
      { kind: 'standard' },
    ],
    context,
    horizon: free ? Math.min(horizon, block) : horizon,
    // A network that gives all steps at once would read every step's calendar at each.
    calendar: free ? task.calendar : [],
    model: {
      normalise: { kind: 'mean', count: Math.min(season, context) },
      skip: true,
      lags,
      ...(free ? { freeRun: true, ...(warmup > 0 ? { warmup } : {}) } : {}),
      ...written(model),
      units: [UNITS],
    } as unknown as Choice,
    train: {
      steps: STEPS,
      seeds: task.series > SERIES_WITH_SEEDS ? 1 : SEEDS,
      batch: BATCH,
      optimizer: { kind: 'adamw', ...presetsOf(OPTIMIZERS, 'adamw') },
      rate: RATE,
      schedule: { kind: 'one-cycle', ...presetsOf(SCHEDULES, 'one-cycle') },
    },
  };
}

/** The value before, and those of the same step a season ago, of each season that rows are enough for. */
function lagsOf({ season, seasons = [season], room }: RecipeTask): readonly number[] {
  const known = seasons.filter((one) => one > 1 && one <= Math.floor(room / 3));
  return [1, ...[...new Set(known)].sort((a, b) => a - b)];
}

/** A season and a half. */
function contextOf(season: number): number {
  if (season <= 1) return CONTEXT_WITHOUT_SEASON;
  return Math.min(MOST_CONTEXT, Math.max(LEAST_CONTEXT, Math.round(1.5 * season)));
}

function written(model: Choice): object {
  return Object.fromEntries(Object.entries(model).filter(([, value]) => value !== undefined));
}

function presetsOf(
  table: { readonly [kind: string]: { readonly options: { parse(value: unknown): unknown } } },
  kind: string,
): object {
  return table[kind]?.options.parse({}) as object;
}

/** The recipe as `forecast explain recipe` tells it: each key, what it becomes, and why. */
export function recipeText(): string {
  const lines: readonly (readonly [key: string, value: string, why: string])[] = [
    [
      'encoder',
      'log, standard',
      'growing seasons become constant; log where all values known before held-out parts are above 0',
    ],
    [
      'window.context',
      '1½ seasons',
      `${LEAST_CONTEXT} … ${MOST_CONTEXT} steps, ${CONTEXT_WITHOUT_SEASON} without a season, fewer where rows are few`,
    ],
    ['window.horizon', `the horizon, ${FREE_STEPS} at most`, 'longer horizons feed blocks back'],
    [
      'source.calendar',
      'month or week of the year',
      'where that is the season; no year: a network carries a trend on at will',
    ],
    ['model.units', `[${UNITS}]`, 'larger networks were no better on 25 short series'],
    ['model.normalise', 'mean of the last season', 'each window is relative to its own level'],
    ['model.lags', '[1, season, …]', 'the value before, and that of the same step a season ago, of each season'],
    ['model.skip', 'true', 'the linear part of the answer is learned at once'],
    [
      'model.freeRun',
      'true',
      'trained on its own outputs, as it is used; not with source.past, a lead or bidirectional',
    ],
    ['model.warmup', 'half a season', 'first steps, which know little, do not count'],
    [
      'train.steps',
      `${STEPS} of ${BATCH} windows`,
      'more learns short series by heart; train.epochs written takes its place',
    ],
    ['train.optimizer', `adamw, rate ${RATE}`, 'with train.schedule one-cycle'],
    [
      'train.seeds',
      `${SEEDS}`,
      `their mean, as chance moves a short series' errors; 1 for more than ${SERIES_WITH_SEEDS} series`,
    ],
  ];
  const head = [
    'The recipe: what lstm-regressor is on a recorded series where neither model.units nor model.layers is written. Every key that is',
    'written stays as written; the run folder holds the config with all of them. A network left open inside a combination is the',
    'recipe whole, whatever the config says of encoder, window and train.',
    '',
  ];
  return [...head, ...lines.map(([key, value, why]) => `  ${key.padEnd(16)} ${value.padEnd(26)} ${why}`)].join('\n');
}
