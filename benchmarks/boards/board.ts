// What a board is: series, the origins that are asked, who takes part with which settings, and how answers are scored.
// Not here: any board, fitting (judge.ts), rendering (accuracy.ts).

import type { Series } from '../../src/core/data.ts';
import type { Track, Walk } from '../../src/evaluate/backtest.ts';

/** Figures by name; null where undefined. */
export type Figures = { readonly [metric: string]: number | null };

/** Origins to forecast from, series by series, and what their answers come to. */
export interface Part {
  readonly walks: readonly Walk[];
  /** Position inside a fold's past from which rows are held out inside the fit; default none. */
  readonly heldOut?: (past: Series) => number | null;
  score(tracks: readonly Track[]): Figures;
}

/** A forecaster as a config writes it. */
export type Choice = { readonly kind: string; readonly [option: string]: unknown };

/** One way to set a forecaster up; `season` where it is not the board's, `seasons` where it is told of several, that one first. */
export interface Setting {
  readonly model: Choice;
  readonly season?: number;
  readonly seasons?: readonly number[];
}

/** A forecaster on a board, with the settings its validation part chooses from. */
export interface Contestant {
  readonly name: string;
  readonly settings: readonly Setting[];
  /** Whether it is made of others: then no "single" forecaster. */
  readonly combination?: boolean;
  /** Takes minutes: only where that is asked for. */
  readonly long?: boolean;
  /** Long ones are begun first. */
  readonly weight: number;
}

/** What a contestant is asked for. */
export interface Asked {
  /** Whether the test part may be looked at. */
  readonly look: boolean;
  readonly say?: (what: string) => void;
}

export interface Board {
  readonly name: string;
  readonly group: string;
  /** One sentence: what is asked of which rows. */
  readonly protocol: string;
  readonly horizon: number;
  readonly season: number;
  /** Figures in the order they are shown; the first one decides, and chooses settings on the validation part. */
  readonly metrics: readonly string[];
  readonly contestants: readonly Contestant[];
  /** Origins before everything held out: settings are chosen here, and nothing else is. */
  validation(): Part;
  /** Looked at once. */
  test(): Part;
  /** Both parts hold out the same rows from every fit: the one made for validation forecasts the test part, too. */
  readonly fittedOnce?: boolean;
  /** Whether validation asks at five or more origins that are refitted: what `auto` is judged by. */
  readonly rolling: boolean;
  /** Conformal intervals from the errors of the validation part are scored on the test part. */
  readonly intervals: boolean;
  /** Counts worth printing: windows, origins. */
  readonly counts: { readonly [what: string]: number };
  /** How a contestant is judged where it is not by walks over series. */
  judge?(contestant: Contestant, asked: Asked): Promise<Row>;
}

/** One line of a board. */
export interface Row {
  readonly forecaster: string;
  readonly ours: boolean;
  /** Figures on the validation part (rolling origins where the board has them); null for peers and where it could not be fitted. */
  readonly validation: Figures | null;
  /** Null where the test part was not looked at. */
  readonly test: Figures | null;
  /** Processor time over all settings and both parts. */
  readonly seconds: number | null;
  /** The setting that the validation part chose, as written. */
  readonly setting?: string;
  /** Every setting that was tried, with its deciding figure. */
  readonly tried?: readonly { readonly setting: string; readonly error: number | null }[];
  /** Figures of each seed of a network. */
  readonly seeds?: readonly {
    readonly seed: number;
    readonly validation: Figures | null;
    readonly test: Figures | null;
  }[];
  readonly combination?: boolean;
  /** Where a peer's figure comes from. */
  readonly source?: string;
  /** Date and commit, where they are not those of the board. */
  readonly measured?: string;
  /** Why there is no figure. */
  readonly reason?: string;
}
