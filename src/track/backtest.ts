// What a run does with rolling origins: every contender walked through the same folds, scored, its errors made into intervals.
// In: contenders, series and where they end, the config. Out: rows, losses, intervals. Not here: the walk itself (evaluate/backtest.ts), tables (backtest-report.ts).

import type { Config } from '../config/config.ts';
import { firstFitRows } from '../config/defaults.ts';
import { type Column, rowsOf, type Series } from '../core/data.ts';
import type { FitRequest, NumberForecaster } from '../core/forecaster.ts';
import { type BacktestPlan, backtest, type Fold, planFolds, type Track, type Walk } from '../evaluate/backtest.ts';
import { fewInside } from '../evaluate/holding.ts';
import { type Calibration, calibrate, type ErrorPaths, halfWidths } from '../evaluate/intervals.ts';
import { type Answer, errorsAt, type Losses, namedRows, type ScoreRow, scoreAnswers } from '../evaluate/score.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { holdOut, windowShape } from '../prepare/cutting.ts';
import type { BacktestReport } from '../report/result.ts';
import { backtestReport, intervalsOf, partErrors } from './backtest-report.ts';
import { pathId } from './forecast-rows.ts';
import { DRAWN, type HeldPaths, heldOutOf } from './held-out.ts';
import { type Hooks, requestOf } from './outcome.ts';
import { stillWarnings } from './still.ts';

/** A forecaster that takes part, and whether it is a baseline. */
export interface Contestant {
  readonly forecaster: NumberForecaster;
  readonly baseline: boolean;
  /** Folds it can be fitted on at the same time; absent: one. */
  readonly together?: number;
}

/** A series and the row its folds end before: that of its test part, or its length. */
export interface Course {
  readonly series: Series;
  readonly end: number;
}

export interface BacktestOutcome {
  /** Rows, losses and the model's forecasts of each series, in order. */
  readonly series: readonly {
    readonly rows: readonly ScoreRow[];
    readonly losses: Losses;
    readonly held: readonly HeldPaths[];
  }[];
  readonly report: BacktestReport;
  /** The model's: targets are named "series/target". */
  readonly calibration: Calibration;
  /** The model's errors. */
  readonly errors: readonly ErrorPaths[];
  /** Of each network of an ensemble, root mean square over all origins, the mean of several targets or series; null: it is none. */
  readonly parts: readonly (number | null)[] | null;
}

/** Null where the config asks for no folds. Errors: E_DATA_TOO_SHORT where fewer are possible than asked, and those of the fits. */
export async function runBacktest(
  config: Config,
  courses: readonly Course[],
  contestants: readonly Contestant[],
  season: number,
  metrics: readonly string[],
  hooks: Hooks,
): Promise<BacktestOutcome | null> {
  if (config.evaluate.folds === 0) return null;
  const { kind } = config.model;
  const { levels, intervals: method } = config.evaluate;
  const plan = planOf(config);
  const { horizon, lead } = plan;
  const walks = walksOf(config, courses, plan, season);
  const tracks = new Map<string, readonly Track[]>();
  for (const contestant of contestants)
    tracks.set(contestant.forecaster.name, await walked(contestant, walks, plan, config, hooks));
  const own = tracks.get(kind) as readonly Track[];
  const judged = walks.map(({ series, folds }, s) => {
    const { rows, losses } = scoreAnswers({
      answers: answersOf(contestants, tracks, s),
      series,
      cutoffs: originsOf(folds),
      horizon,
      lead,
      until: (folds[0] as Fold).origins[0] as number,
      season,
      metrics,
      split: 'backtest',
    });
    const held = s < DRAWN ? heldOutOf(series, { ...(own[s] as Track), split: 'backtest', horizon, lead }) : [];
    return { rows: namedRows(rows, walks.length, series.id), losses, held };
  });
  const calibrated = (of: readonly ErrorPaths[]): Calibration =>
    calibrate(of, { horizon, lead, season, levels, method });
  const errors = errorsOf(walks, own, plan);
  const calibration = calibrated(errors);
  warnIntervals(calibration, hooks);
  for (const warning of stillWarnings(walks, calibration)) hooks.warn(warning);
  // One after the other: the errors of a large panel are let go before the next one's are made.
  const intervals = [...tracks].map(([name, of]) =>
    intervalsOf(name, name === kind ? calibration : calibrated(errorsOf(walks, of, plan))),
  );
  return {
    series: judged,
    calibration,
    errors,
    parts: partErrors(walks, own, plan, season),
    report: backtestReport({ walks, tracks, plan, season, intervals, metric: metrics[0] as string }, kind),
  };
}

/** One contestant at every origin of every fold. */
async function walked(
  { forecaster, together = 1 }: Contestant,
  walks: readonly Walk[],
  plan: BacktestPlan,
  config: Config,
  hooks: Hooks,
): Promise<readonly Track[]> {
  const { name } = forecaster;
  const quiet = (): void => {}; // what is odd about a model is said once, of its first fit
  return await backtest(forecaster, walks, plan, {
    together,
    request: (past, s, k) => {
      const { id } = (walks[s] as Walk).series;
      return requestAt(config, past, plan, {
        ...(hooks.signal ? { signal: hooks.signal } : {}),
        warn: quiet,
        progress: (_, p) => hooks.progress(`${id} fold ${k + 1}/${plan.folds}`, p),
      });
    },
    counted: (k, done, of) => hooks.counted(`${name}, fold ${k + 1}/${plan.folds}`, done, of),
    // Closed forms are quicker than the disk.
    ...(FORECASTERS[name]
      ? {}
      : { stored: (k) => hooks.storedFold(name, k), done: (k, values) => hooks.keepFold(name, k, values) }),
  });
}

/** Points by which a level may miss what it promises before that is a warning, and errors judged from which on. */
const MOST_MISSED = 0.2;
const JUDGED_ENOUGH = 20;
/** What chance gives so rarely is not called chance. */
const CHANCE = 0.05;

/** What keeps an interval from its promise is said: too few past errors for a level, or a level that did not hold going forward. */
function warnIntervals({ levels }: Calibration, hooks: Hooks): void {
  for (const { level, steps, known, needed, coverage, judged } of levels) {
    if (steps === null) {
      const message = `no ${level} % interval: it needs ${needed} past errors, the backtest has ${known}`;
      hooks.warn({ code: 'W_FEW_ERRORS', message });
    } else if (coverage !== null && judged >= JUDGED_ENOUGH && coverage < level / 100 - MOST_MISSED) {
      const message = `${level} % intervals held ${Math.round(100 * coverage)} % of ${judged} errors: errors grew from fold to fold`;
      hooks.warn({ code: 'W_COVERAGE', message });
    }
  }
}

/**
 * Intervals are made of the rows before a test part: where it turns out unlike them, as after a step at the end, they must not stand there as if
 * they had held. Forecasts of the test part that do not overlap are counted.
 */
export function warnOutside(held: readonly HeldPaths[], calibration: Calibration | null, hooks: Hooks): void {
  for (const { level } of calibration?.levels ?? []) {
    const paths = held.flatMap(({ series, target, paths }) => {
      const widths = halfWidths(calibration as Calibration, pathId(series, target), level);
      const tested = widths ? paths.filter(({ split }) => split === 'test') : [];
      return tested.map(({ values, actual }) =>
        values
          .slice(0, widths?.length)
          .map((value, h) => Math.abs((actual[h] as number) - value) <= (widths?.[h] as number)),
      );
    });
    const judged = paths.flat();
    const inside = judged.filter(Boolean).length;
    const sizes = paths.map(({ length }) => length);
    if (inside >= judged.length * (level / 100 - MOST_MISSED) || fewInside(sizes, level / 100, inside) > CHANCE)
      continue;
    const share = Math.round((100 * inside) / judged.length);
    const message = `${level} % intervals held ${share} % of ${judged.length} errors of the test part: it is unlike the rows before it`;
    hooks.warn({ code: 'W_COVERAGE', message });
  }
}

/** Before anything is trained: the origins of each series' folds; null where there are none. Errors: E_DATA_TOO_SHORT where rows allow fewer than are asked for. */
export function plannedOrigins(
  config: Config,
  courses: readonly Course[],
  season: number,
): readonly (readonly number[])[] | null {
  if (config.evaluate.folds === 0) return null;
  const origins = new Map<readonly Fold[], readonly number[]>();
  return walksOf(config, courses, planOf(config), season).map(({ folds }) => {
    if (!origins.has(folds)) origins.set(folds, originsOf(folds));
    return origins.get(folds) as readonly number[];
  });
}

function planOf({ evaluate, predict, window }: Config): BacktestPlan {
  const { folds, step, stride, history } = evaluate;
  return { folds, step, stride, horizon: predict.horizon, lead: window.lead, history };
}

/** Series that end at the same row share their folds. */
function walksOf(config: Config, courses: readonly Course[], plan: BacktestPlan, season: number): Walk[] {
  const least = firstFitRows(config, season);
  const planned = new Map<number, Fold[]>();
  return courses.map(({ series, end }) => {
    const folds = planned.get(end) ?? planFolds(end, plan, Math.min(least, plan.history ?? least));
    planned.set(end, folds);
    return { series: rowsOf(series, 0, end), folds };
  });
}

/** What a fold's fit may learn from: all of its past; early stopping holds the config's share of that out. */
function requestAt(
  config: Config,
  past: Series,
  plan: BacktestPlan,
  hooks: Parameters<typeof requestOf>[2],
): FitRequest {
  const { horizon, lead } = plan;
  return {
    ...requestOf(config.seed, past.id, hooks),
    horizon,
    lead,
    until: past.length,
    validation: config.train.patience === null ? null : heldOutPosition(config, past),
  };
}

/** Where the newest windows of a past begin that early stopping watches. */
function heldOutPosition(config: Config, past: Series): number | null {
  const untested = { ...config, split: { ...config.split, test: 0 } };
  return holdOut(untested, windowShape(config, past), past.length).parts.validation;
}

function answersOf(
  contestants: readonly Contestant[],
  tracks: ReadonlyMap<string, readonly Track[]>,
  s: number,
): Answer[] {
  return contestants.map(({ forecaster, baseline }) => ({
    forecaster: forecaster.name,
    baseline,
    values: (tracks.get(forecaster.name) as readonly Track[])[s]?.values as Float64Array,
  }));
}

function originsOf(folds: readonly Fold[]): number[] {
  return folds.flatMap(({ origins }) => origins);
}

/** Errors of one forecaster, target by target. */
function errorsOf(walks: readonly Walk[], tracks: readonly Track[], { horizon, lead }: BacktestPlan): ErrorPaths[] {
  return walks.flatMap(({ series, folds }, s) => {
    const track = tracks[s] as Track;
    const { origins, fold } = track;
    const first = (folds[0] as Fold).origins[0] as number;
    return errorsAt(series, track, horizon, lead).map((errors, c): ErrorPaths => {
      const target = series.targets[c] as Column;
      return { id: pathId(series.id, target.name), errors, origins, fold, train: target.values.subarray(0, first) };
    });
  });
}
