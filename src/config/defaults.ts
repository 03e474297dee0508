// Defaults that depend on other keys or on the data: the only place that knows them.
// In: a config as written and what the data are. Out: the full config. What is written stays exactly as written.

import { hasNetwork } from '../combine/member.ts';
import { ENCODERS } from '../encoders/index.ts';
import { foldsThatFit } from '../evaluate/backtest.ts';
import { isOpen } from '../models/lstm-regressor.ts';
import { OPTIMIZERS } from '../optimizers/index.ts';
import { partSizes } from '../window/split.ts';
import type { Choice, Config } from './config.ts';
import { plainModel, type Recipe, recipeOf } from './recipe.ts';
import type { Written } from './schema.ts';

/** What defaults may depend on: known once the source has loaded. */
export interface Facts {
  /** Whether generated series are walked through folds too, as recorded ones are; absent: no. */
  readonly walked?: boolean;
  readonly form: 'numbers' | 'text';
  /** Steps of the first season; 1 where there is none. */
  readonly season: number;
  /** All seasons, `season` first; absent: no other. */
  readonly seasons?: readonly number[];
  /** Steps after which people plan anew: the calendar's season where there is one, though the data may have another; absent: `season`. */
  readonly cycle?: number;
  /** Steps the data themselves say are to be forecast; absent: they say nothing. */
  readonly horizon?: number;
  /** Rows of the shortest series (fragments in a panel apart), or characters of the text. */
  readonly rows: number;
  /** Series; absent: one. */
  readonly series?: number;
  /** Whether all target values are above 0 in the rows before anything that is held out; absent: not known. */
  readonly positive?: boolean;
  /** Features of the calendar that tell the rows apart; absent: none. */
  readonly calendar?: readonly string[];
}

/** Sources of recorded data hold something out and are scaled; all others (generated, text) get exactly what is written. */
const RECORDED: ReadonlySet<string> = new Set(['csv', 'rows', 'tsf']);
const RECORDED_VALIDATION = 0.2;
const HORIZON_WITHOUT_SEASON = 12;
const CONTEXT_WITHOUT_SEASON = 24;
const FOLDS = 5;
const BACKTEST_SHARE = 0.2;
/** Of all rows, what the first fold's fit has at the least, held-out parts taken off. */
const EARLY_SHARE = 0.6;

/** Whether a source's data were recorded rather than made by a law. */
export function isRecorded({ source }: Pick<Written, 'source'>): boolean {
  return RECORDED.has(source.kind);
}

/** Fills in what is not written. Pure: same config and facts, same result. */
export function settle(written: Written, facts: Facts): Config {
  const recorded = isRecorded(written);
  const horizon = horizonOf(written, facts, recorded);
  const recipe = recipeFor(written, facts, horizon);
  const windowHorizon = written.window.horizon ?? recipe?.horizon ?? horizon;
  const kind = written.window.kind ?? kindOf(written);
  const context = recipe?.context ?? contextOf(kind, facts, windowHorizon);
  const predict = written.predict;
  return {
    name: written.name,
    seed: written.seed,
    source: sourceOf(written, recipe),
    split: {
      validation: written.split.validation ?? (recorded ? RECORDED_VALIDATION : 0),
      test: written.split.test ?? 0,
    },
    encoder: written.encoder ?? recipe?.encoder ?? [defaultEncoder(facts, recorded)],
    window: {
      kind,
      context: written.window.context === undefined ? context : written.window.context,
      horizon: windowHorizon,
      stride: written.window.stride ?? 1,
      lead: written.window.lead ?? 0,
      targets: written.window.targets ?? 'last',
      pad: written.window.pad ?? (kind === 'prefixes' ? 'left' : 'none'),
      mask: written.window.mask ?? false,
    },
    model: recipe?.model ?? plainModel(written.model),
    engine: written.engine,
    train: trainOf(written, recipe, recorded && facts.form === 'numbers'),
    predict: {
      horizon,
      prompt: predict.prompt ?? null,
      length: predict.length ?? 20,
      sampler: predict.sampler ?? 'greedy',
      temperature: predict.temperature ?? 1,
      topK: predict.topK ?? null,
      topP: predict.topP ?? null,
      repetition: predict.repetition ?? 1,
      nonNegative: predict.nonNegative ?? false,
      integer: predict.integer ?? false,
    },
    evaluate: { ...written.evaluate, ...foldsOf(written, facts, recorded, horizon, windowHorizon, recipe) },
  };
}

/** The recipe where the config leaves the network of a recorded series open; null: there is none. */
function recipeFor(written: Written, facts: Facts, horizon: number): Recipe | null {
  const { window, source, model } = written;
  const cut = (window.kind ?? 'sliding') === 'sliding' && (window.targets ?? 'last') === 'last';
  if (!isRecorded(written) || facts.form === 'text' || !cut || !isOpen(model)) return null;
  return recipeOf({
    model,
    season: facts.season,
    seasons: facts.seasons,
    room: Math.floor(facts.rows * EARLY_SHARE),
    series: facts.series ?? 1,
    horizon,
    positive: facts.positive ?? false,
    calendar: facts.calendar ?? [],
    feeds: (window.lead ?? 0) === 0 && ((source.past ?? []) as readonly string[]).length === 0,
    context: window.context ?? undefined,
  });
}

/** Lines of a text are short and end where they end: each token follows what its line has before it, unless a context is written. */
function kindOf({ source, window }: Written): Config['window']['kind'] {
  return source.kind === 'text' && source.document === 'line' && window.context === undefined ? 'prefixes' : 'sliding';
}

/** With the recipe's calendar where none is written. */
function sourceOf({ source }: Written, recipe: Recipe | null): Choice {
  const calendar = recipe?.calendar ?? [];
  return source.calendar !== undefined || calendar.length === 0 ? source : { ...source, calendar };
}

const PLAIN = {
  epochs: 100,
  batch: 32,
  optimizer: { kind: 'adam', ...(OPTIMIZERS.adam.options.parse({}) as object) },
  rate: 0.001,
  schedule: { kind: 'constant' },
} as const;

/** Steps count only where no epochs are written. */
function trainOf({ train }: Written, recipe: Recipe | null, refit: boolean): Config['train'] {
  const { steps, ...open } = recipe?.train ?? {};
  const own = train.steps ?? (train.epochs === undefined ? steps : undefined);
  const written = Object.fromEntries(Object.entries(train).filter(([, value]) => value !== undefined));
  return {
    ...PLAIN,
    ...open,
    ...(written as typeof train),
    ...(own ? { steps: own } : {}),
    refit: train.refit ?? refit,
  };
}

/** One season of a recorded series (12 steps where it has none), at most a tenth of its rows; one step of anything else. */
function horizonOf(written: Written, facts: Facts, recorded: boolean): number {
  const asked = written.predict.horizon ?? written.window.horizon;
  if (asked !== undefined) return asked;
  if (!recorded || facts.form === 'text') return 1;
  if (facts.horizon !== undefined) return Math.min(facts.horizon, Math.max(1, Math.floor((facts.rows - 1) / 2)));
  const cycle = cycleOf(facts);
  return Math.min(cycle > 1 ? cycle : HORIZON_WITHOUT_SEASON, Math.max(1, Math.floor(facts.rows / 10)));
}

/**
 * Recorded series are walked through five times over the last fifth of their rows (before a test part), where two seasons and ten
 * forecasts' rows come before it; in fewer folds where rows are few, and not at all where even one does not fit.
 */
function foldsOf(
  written: Written,
  facts: Facts,
  recorded: boolean,
  horizon: number,
  windowHorizon: number,
  recipe: Recipe | null,
): { folds: number; step: number } {
  const { folds, step } = written.evaluate;
  const usable = usableRows(written, facts);
  const { lead = 0, context } = written.window;
  const region = Math.max(1, Math.floor(usable * BACKTEST_SHARE) - horizon - lead + 1);
  const shared = step ?? Math.max(1, Math.floor(region / (folds || FOLDS)));
  if (folds !== undefined) return { folds, step: shared };
  const walked = recorded || facts.walked === true;
  if (!walked || facts.form === 'text' || written.window.kind === 'prefixes') return { folds: 0, step: shared };
  const read = context ?? recipe?.context ?? contextOf('sliding', facts, windowHorizon) ?? 1;
  const reach = reachOf(recipe?.model ?? written.model);
  const least = leastRows(read + reach, windowHorizon, lead, facts.season);
  const plan = { step: shared, stride: written.evaluate.stride, horizon, lead, history: null };
  const known = Math.min(usable, testBegins(written, facts, read, windowHorizon));
  return { folds: Math.min(FOLDS, foldsThatFit(known, plan, least)), step: shared };
}

/** The first row a test window is to forecast: no fold may know it. Rows of the windows before it, which reach into the test part, are lost. */
function testBegins({ split, window }: Written, { rows }: Facts, context: number, horizon: number): number {
  const { stride = 1, lead = 0 } = window;
  const windows = Math.floor((rows - context - lead - horizon) / stride) + 1;
  const { test } = partSizes(windows, { validation: split.validation ?? RECORDED_VALIDATION, test: split.test ?? 0 });
  return test < 1 ? rows : context + lead + (windows - test) * stride;
}

function cycleOf({ cycle, season }: Facts): number {
  return cycle ?? season;
}

/** Rows before a window that its lags read. */
function reachOf(model: Choice): number {
  const { lags } = model;
  return Array.isArray(lags) ? Math.max(...(lags as readonly number[])) - 1 : 0; // a count of lags is regression's
}

/** Rows the first fit of a backtest has at least; of closed forms two seasons. */
export function firstFitRows({ model, window }: Pick<Config, 'model' | 'window'>, season: number): number {
  if (!hasNetwork(model)) return Math.max(3, 2 * season + 1);
  return leastRows((window.context ?? 1) + reachOf(model), window.horizon, window.lead, season);
}

/** Ten windows, and two seasons. */
function leastRows(context: number, horizon: number, lead: number, season: number): number {
  return Math.max(context + lead + horizon + 9, 2 * season + 1);
}

/** Rows before the test part. */
function usableRows({ split, window }: Written, { rows }: Facts): number {
  const test = split.test ?? 0;
  return test < 1 ? Math.floor(rows * (1 - test)) : rows - test * (window.stride ?? 1);
}

/**
 * Two seasons where they fit into a third of the rows, one season where that fits, else as much of 24 steps as fits beside the
 * horizon; prefixes read as far back as there is text.
 */
function contextOf(kind: Config['window']['kind'], facts: Facts, horizon: number): number | null {
  if (kind === 'prefixes') return null;
  const room = Math.max(1, Math.floor(facts.rows / 3) - horizon);
  const cycle = cycleOf(facts);
  if (cycle > 1 && 2 * cycle <= room) return 2 * cycle;
  if (cycle > 1 && cycle <= room) return cycle;
  return Math.min(CONTEXT_WITHOUT_SEASON, room);
}

/** standard for recorded numbers, words for text, none otherwise. Its options are its own defaults. */
function defaultEncoder(facts: Facts, recorded: boolean): Choice {
  const kind = facts.form === 'text' ? 'words' : recorded ? 'standard' : 'none';
  return { kind, ...(ENCODERS[kind]?.options.parse({}) as object) };
}
