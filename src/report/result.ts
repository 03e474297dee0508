// The run's result: the JSON a program reads, and the one value every picture and table is made from.
// Not here: rendering (terminal.ts), files (artifact/).

import type { CombinationReport } from '../combine/combination.ts';
import type { Warning } from '../core/errors.ts';
import type { Season } from '../core/season.ts';
import type { Decision } from '../evaluate/decision.ts';
import type { ScoreRow } from '../evaluate/score.ts';
import type { Shape } from '../evaluate/shape.ts';

export type { Decision, ScoreRow };

export interface Result {
  readonly name: string;
  readonly seed: number;
  /** `build`: the instruction set, where it changes the bits. */
  readonly engine: { readonly kind: string; readonly build?: string; readonly reason: string };
  readonly data: {
    /** Rows (numbers) or tokens (text) of all series together. */
    readonly rows: number;
    readonly series: number;
    readonly start: string | null;
    readonly end: string | null;
    readonly frequency: string | null;
    /** Rows of the first season, by which errors are scaled; 1 where there is none. */
    readonly season: number | null;
    /** All seasons and how each is known; empty where there is none, absent in runs of older versions. */
    readonly seasons?: readonly Season[];
    readonly sha256: string;
    /** Targets, inputs or the vocabulary: plain facts. */
    readonly notes: readonly string[];
  };
  /** One per fitted network; several where each series is fitted by itself (then `fit` is their sum or mean and `fits` lists them). */
  readonly fit: Fit;
  readonly fits?: readonly (Fit & { readonly series: string })[];
  readonly scores: readonly ScoreRow[];
  /** Rolling origins; null where there was no backtest. */
  readonly backtest: BacktestReport | null;
  readonly decision: Decision;
  readonly verdict: string;
  readonly forecast: readonly ForecastRow[];
  /** Sums over the whole horizon, with their own intervals: what is needed until then. Empty where there was no backtest. */
  readonly totals: readonly TotalRow[];
  readonly text: readonly TextAnswer[];
  readonly warnings: readonly Warning[];
}

export interface Fit {
  readonly model: string;
  readonly parameters: number;
  /** Training windows. */
  readonly samples: number;
  readonly epochs: number;
  readonly loss: number | null;
  readonly validationLoss: number | null;
  readonly accuracy: number | null;
  readonly stoppedEarly: boolean;
  /** The second fit, on all rows, that the forecast comes from; absent where there was none. */
  readonly refit?: { readonly samples: number; readonly epochs?: number };
  /** What a combination did with its members, at the fit that the forecast comes from; absent for a single forecaster. */
  readonly combination?: CombinationReport;
}

export interface ForecastRow {
  readonly series: string;
  readonly target: string;
  readonly step: number;
  readonly time: string;
  readonly value: number;
  readonly lower?: { readonly [level: string]: number };
  readonly upper?: { readonly [level: string]: number };
}

/** The sum of a target's forecasts, steps 1 … `steps`. */
export interface TotalRow {
  readonly series: string;
  readonly target: string;
  readonly steps: number;
  readonly value: number;
  readonly lower: { readonly [level: string]: number };
  readonly upper: { readonly [level: string]: number };
}

/** What rolling origins showed. `metric`: the deciding one, by which folds and steps are told. */
export interface BacktestReport {
  readonly metric: string;
  /** Rows between two fits, and rows a fit learned from (null: all before it). */
  readonly step: number;
  readonly history: number | null;
  /** `until`: the last row known to the fit, of the series that is known longest; `origins`: forecasts made, all series together. */
  readonly folds: readonly {
    readonly fold: number;
    readonly until: string;
    readonly origins: number;
    readonly scores: { readonly [forecaster: string]: number | null };
  }[];
  readonly steps: readonly { readonly forecaster: string; readonly values: readonly (number | null)[] }[];
  readonly intervals: readonly IntervalReport[];
  /** What the model's forecasts look like, where somebody should know: a flat line, or the last value handed on. */
  readonly shape: Shape | null;
}

/** How a forecaster's intervals were calibrated, and how they cover, each fold judged by what was known before it. */
export interface IntervalReport {
  readonly forecaster: string;
  /** Forecasts calibrated on. */
  readonly points: number;
  readonly pooledSteps: boolean;
  /** The highest level, in percent, that the errors known can support. */
  readonly supports: number;
  readonly levels: readonly {
    readonly level: number;
    readonly supported: boolean;
    readonly known: number;
    readonly needed: number;
    readonly coverage: number | null;
    /** Errors the coverage was judged on; 0 where none could be. */
    readonly judged: number;
    readonly coverageByStep: readonly (number | null)[] | null;
    /** The same of sums of steps 1 … h. */
    readonly coverageOfSums: number | null;
    readonly msis: number | null;
  }[];
}

export interface TextAnswer {
  readonly prompt: string;
  /** The prompt and what was generated after it. */
  readonly text: string;
  /** The likeliest tokens at the first generated step. */
  readonly next: readonly { readonly token: string; readonly probability: number }[];
}
