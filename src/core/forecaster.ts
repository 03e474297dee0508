// The one contract that baselines, networks and combinations share, for numbers and for text.
// In: a history and where it may be learned from. Out: something fitted that forecasts at any cutoffs. Not here: any forecaster.

import type { Series } from './data.ts';
import type { Warning } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { Sequence } from './sequence.ts';

/** Where learning stops. Positions index the history's axis (rows of a series, tokens of a text). */
export interface FitRequest {
  /** Positions [0, until) are known; nothing at or after it may be looked at. */
  readonly until: number;
  /** Positions [validation, until) are held out inside the fit (early stopping, history); null: nothing held out. */
  readonly validation: number | null;
  /** What will be asked for, where that changes what is learned: steps, and rows between the cutoff and the first of them. Default 1 and 0. */
  readonly horizon?: number;
  readonly lead?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly warn?: (warning: Warning) => void;
}

/** How far a fit has come. `step` of `steps` inside the running epoch; losses null until known. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number | null;
  readonly validationLoss: number | null;
  readonly accuracy: number | null;
}

/** Forecasts in raw units for N cutoffs, H steps, C targets: `values[(n · H + h) · C + c]`. */
export interface Forecasts {
  readonly values: Float64Array; // (N, H, C)
  /** What each network of an ensemble said by itself, each (N, H, C); absent for everything else. */
  readonly parts?: readonly Float64Array[];
}

export interface ForecastRequest {
  /** Forecast step h of cutoff c stands for position c + lead + h, h = 0 … horizon − 1; rows before c are known. */
  readonly cutoffs: ArrayLike<number>;
  readonly horizon: number;
  readonly lead: number;
  /** Stops a forecast of many cutoffs between two blocks of them: Interrupted. */
  readonly signal?: AbortSignal | undefined;
}

export interface NumberForecaster {
  readonly name: string;
  fit(series: Series, request: FitRequest): Promise<FittedNumbers>;
  /** Learns from several series at once (request k is series k's); absent: each is fitted by itself. One fitted forecaster per series, in order. */
  fitPanel?(panel: readonly Series[], requests: readonly FitRequest[]): Promise<readonly FittedNumbers[]>;
}

export interface FittedNumbers {
  readonly name: string;
  /** The first cutoff with enough rows before it; default 1. */
  readonly firstCutoff?: number;
  /** The one that it asks on another scale; absent: none. */
  readonly inside?: FittedNumbers;
  /** Many cutoffs in one call. `series` may be longer than the one fitted on, or a new one with the same columns. */
  forecast(series: Series, request: ForecastRequest): Promise<Forecasts>;
  /** Plain data that says what was learned. */
  state(): JsonObject;
  dispose(): void;
}

/** A forecaster of tokens. All of them share one vocabulary: cross-entropies compare only over the same outcomes. */
export interface TextForecaster {
  readonly name: string;
  fit(sequence: Sequence, request: FitRequest): Promise<FittedText>;
}

export interface FittedText {
  readonly name: string;
  /**
   * For the token at each cutoff c (what comes after positions [from, c)): ln p of the true token and whether it was the likeliest.
   * ln p is NaN where the true token is unknown (−1). The signal stops it between two blocks: Interrupted.
   */
  score(
    sequence: Sequence,
    cutoffs: ArrayLike<number>,
    froms: ArrayLike<number>,
    signal?: AbortSignal,
  ): Promise<{ readonly logProbability: Float64Array; readonly correct: Uint8Array }>;
  /**
   * The ids that follow `ids` as `choose` picks them, `steps` of them. Logits (V) need not be normalised; −∞: impossible.
   */
  continue(ids: Float64Array, steps: number, choose: (logits: Float64Array) => number): Promise<Float64Array>;
  state(): JsonObject;
  dispose(): void;
}
