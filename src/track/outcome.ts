// What the two tracks of a run (numbers.ts, text.ts) are given and give back, so that run.ts reads the same for both.
// In and out: types, and their small conversions from the config. Not here: any work.

import type { SeriesModel } from '../artifact/model.ts';
import type { Config } from '../config/config.ts';
import type { Warning } from '../core/errors.ts';
import type { FitRequest, Progress } from '../core/forecaster.ts';
import type { Calibration, ErrorPaths } from '../evaluate/intervals.ts';
import type { ScoreRow } from '../evaluate/score.ts';
import type { ModelSummary } from '../models/summary.ts';
import { spellOptimizer } from '../optimizers/index.ts';
import { spellSchedule } from '../optimizers/schedule.ts';
import type { NetworkFit, NetworkSetup, TrainOptions } from '../predict/network.ts';
import type { BacktestReport, Fit, ForecastRow, TextAnswer, TotalRow } from '../report/result.ts';
import type { TrainState } from '../train/state.ts';
import type { HeldPaths } from './held-out.ts';

/** What the edge lends to a fit: progress, warnings, checkpoints. */
export interface Hooks {
  readonly signal?: AbortSignal;
  readonly warn: (warning: Warning) => void;
  readonly progress: (series: string, progress: Progress) => void;
  /** How many of a panel's series a task ("judging") has done. */
  readonly counted: (task: string, done: number, of: number) => void;
  readonly summary: (summary: ModelSummary, samples: number) => void;
  readonly checkpointDue: () => boolean;
  readonly save: (series: string, state: TrainState) => Promise<void>;
  /** Keeps a finished training until the whole run is complete. */
  readonly keep: (series: string, state: TrainState) => Promise<void>;
  /** Forecasts of a finished fold of the backtest, one array per series that has it: an interrupted run does not make them again. */
  readonly keepFold: (forecaster: string, fold: number, values: readonly Float64Array[]) => Promise<void>;
  readonly storedFold: (forecaster: string, fold: number) => Promise<readonly Float64Array[] | null>;
  /** Where an interrupted (or continued) training of this series stood. */
  readonly resume: (series: string) => Promise<TrainState | null>;
}

/** What a fit leaves: everything the result, the report and the run folder are made of. */
export interface Outcome {
  /** The model's name in the scores. */
  readonly model: string;
  /** One per series. */
  readonly fits: readonly (Fit & { readonly series: string })[];
  /** Kinds of metrics; the first one decides. */
  readonly metrics: readonly string[];
  readonly scores: readonly ScoreRow[];
  /** Loss differences of the most honest split's windows (evaluate/score.ts), and the steps they overlap by; empty on training windows. */
  readonly differences: Float64Array;
  /** The best baseline's losses minus last-value's, likewise; absent: not compared. */
  readonly plain?: Float64Array;
  readonly overlap: number;
  readonly backtest: BacktestReport | null;
  /** The model's forecasts of held-out rows, target by target; empty for text. */
  readonly held: readonly HeldPaths[];
  /** The model's own, for forecasts made later. */
  readonly calibration: Calibration | null;
  /** The model's errors at rolling origins; empty where there were none. */
  readonly errors: readonly ErrorPaths[];
  readonly forecast: readonly ForecastRow[];
  readonly totals: readonly TotalRow[];
  readonly text: readonly TextAnswer[];
  readonly models: ReadonlyMap<string, SeriesModel>;
  /** Rows (numbers) or tokens (text). */
  readonly rows: number;
  /** Facts found on the way ("vocabulary of 66 ids"). */
  readonly notes: readonly string[];
}

/** The fit request's common part for one series. */
export function requestOf(
  seed: number,
  series: string,
  hooks: Pick<Hooks, 'signal' | 'warn' | 'progress'>,
): Omit<FitRequest, 'until' | 'validation'> {
  return {
    seed,
    warn: hooks.warn,
    progress: (progress) => hooks.progress(series, progress),
    ...(hooks.signal ? { signal: hooks.signal } : {}),
  };
}

/** A network plan's hooks for one series. */
export async function planHooks(series: string, hooks: Hooks): Promise<NonNullable<NetworkSetup['hooks']>> {
  return {
    summary: hooks.summary,
    checkpointDue: hooks.checkpointDue,
    save: (state) => hooks.save(series, state),
    resume: await hooks.resume(series),
  };
}

/** The training options of a config, as the network forecaster takes them. */
export function trainOptions({ train }: Pick<Config, 'train'>): TrainOptions {
  const { optimizer, schedule, rate, refit: _, seeds: __, ...rest } = train;
  return {
    ...rest,
    optimizer: spellOptimizer(optimizer, rate),
    schedule: spellSchedule(schedule),
  };
}

/** What a fit came to, as the result tells it. */
export function fitOf(model: string, series: string, fit: NetworkFit | null): Fit & { readonly series: string } {
  if (!fit)
    return {
      series,
      model,
      parameters: 0,
      samples: 0,
      epochs: 0,
      loss: null,
      validationLoss: null,
      accuracy: null,
      stoppedEarly: false,
    };
  const { history, best } = fit.state;
  // With early stopping on, the weights are the best epoch's, whether training stopped early or not.
  const shown = history.find((record) => record.epoch === best?.epoch) ?? history.at(-1);
  return {
    series,
    model,
    parameters: fit.parameters,
    samples: fit.samples,
    epochs: history.length,
    loss: shown?.loss ?? null,
    validationLoss: shown?.validationLoss ?? null,
    accuracy: shown?.accuracy ?? null,
    stoppedEarly: fit.stoppedEarly,
  };
}
