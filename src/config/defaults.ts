// Defaults that depend on other keys or on the data: the only place that knows them.
// In: a config as written and what the data are. Out: the full config. What is written stays exactly as written.

import { ENCODERS } from '../encoders/index.ts';
import { foldsThatFit } from '../evaluate/backtest.ts';
import type { Choice, Config } from './config.ts';
import type { Written } from './schema.ts';

/** What defaults may depend on: known once the source has loaded. */
export interface Facts {
  readonly form: 'numbers' | 'text';
  /** Steps per season by the calendar; 1 where there is none. */
  readonly season: number;
  /** Rows of the shortest series, or characters of the text. */
  readonly rows: number;
}

/** Sources of recorded data hold something out and are scaled; all others (generated, text) get exactly what is written. */
const RECORDED: ReadonlySet<string> = new Set(['csv', 'rows', 'tsf']);
const RECORDED_VALIDATION = 0.2;
const HORIZON_WITHOUT_SEASON = 12;
const CONTEXT_WITHOUT_SEASON = 24;
const FOLDS = 5;
const BACKTEST_SHARE = 0.2;

/** Fills in what is not written. Pure: same config and facts, same result. */
export function settle(written: Written, facts: Facts): Config {
  const recorded = RECORDED.has(written.source.kind);
  const horizon = horizonOf(written, facts, recorded);
  const windowHorizon = written.window.horizon ?? horizon;
  const kind = written.window.kind ?? 'sliding';
  const predict = written.predict;
  return {
    name: written.name,
    seed: written.seed,
    source: written.source,
    split: {
      validation: written.split.validation ?? (recorded ? RECORDED_VALIDATION : 0),
      test: written.split.test ?? 0,
    },
    encoder: written.encoder ?? [defaultEncoder(facts, recorded)],
    window: {
      kind,
      context: written.window.context === undefined ? contextOf(kind, facts, windowHorizon) : written.window.context,
      horizon: windowHorizon,
      stride: written.window.stride ?? 1,
      lead: written.window.lead ?? 0,
      targets: written.window.targets ?? 'last',
      pad: written.window.pad ?? (kind === 'prefixes' ? 'left' : 'none'),
      mask: written.window.mask ?? false,
    },
    model: written.model,
    engine: written.engine,
    train: { ...written.train, refit: written.train.refit ?? (recorded && facts.form === 'numbers') },
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
    evaluate: { ...written.evaluate, ...foldsOf(written, facts, recorded, horizon) },
  };
}

/** One season of a recorded series (12 steps where it has none), at most a tenth of its rows; one step of anything else. */
function horizonOf(written: Written, facts: Facts, recorded: boolean): number {
  const asked = written.predict.horizon ?? written.window.horizon;
  if (asked !== undefined) return asked;
  if (!recorded || facts.form === 'text') return 1;
  return Math.min(facts.season > 1 ? facts.season : HORIZON_WITHOUT_SEASON, Math.max(1, Math.floor(facts.rows / 10)));
}

/**
 * Recorded series are walked through five times over the last fifth of their rows (before a test part), where two seasons and ten
 * forecasts' rows come before it; in fewer folds where rows are few, and not at all where even one does not fit.
 */
function foldsOf(written: Written, facts: Facts, recorded: boolean, horizon: number): { folds: number; step: number } {
  const { folds, step } = written.evaluate;
  const usable = usableRows(written, facts);
  const { lead = 0, context } = written.window;
  const region = Math.max(1, Math.floor(usable * BACKTEST_SHARE) - horizon - lead + 1);
  const shared = step ?? Math.max(1, Math.floor(region / (folds || FOLDS)));
  if (folds !== undefined) return { folds, step: shared };
  if (!recorded || facts.form === 'text' || written.window.kind === 'prefixes') return { folds: 0, step: shared };
  const least = leastRows(context ?? contextOf('sliding', facts, horizon) ?? 1, horizon, lead, facts.season);
  const plan = { step: shared, stride: written.evaluate.stride, horizon, lead, history: null };
  return { folds: Math.min(FOLDS, foldsThatFit(usable, plan, least)), step: shared };
}

/** Rows a backtest's first fit has at least: ten windows, and two seasons. */
export function leastRows(context: number, horizon: number, lead: number, season: number): number {
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
  if (facts.season > 1 && 2 * facts.season <= room) return 2 * facts.season;
  if (facts.season > 1 && facts.season <= room) return facts.season;
  return Math.min(CONTEXT_WITHOUT_SEASON, room);
}

/** standard for recorded numbers, words for text, none otherwise. Its options are its own defaults. */
function defaultEncoder(facts: Facts, recorded: boolean): Choice {
  const kind = facts.form === 'text' ? 'words' : recorded ? 'standard' : 'none';
  return { kind, ...(ENCODERS[kind]?.options.parse({}) as object) };
}
