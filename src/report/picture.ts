// What the charts of a run are drawn from. Plain data. Not here: drawing (chart.ts, charts.ts), pages (terminal.ts, run-page.ts).

import type { EpochRecord } from '../engines/engine.ts';
import type { Split } from '../evaluate/score.ts';

/** The last stretch of one target and its forecast, in raw units. */
export interface Picture {
  readonly target: string;
  readonly history: { readonly values: readonly number[]; readonly times: readonly string[] };
  /** Values known, those before the stretch too. */
  readonly known: number;
  readonly forecast: readonly number[];
}

/** What the HTML report needs beside the result. */
export interface ReportInput {
  /** The first targets of the first series; none for text. */
  readonly panels: readonly Panel[];
  /** Losses of the trained networks, by series. */
  readonly losses: readonly LossCurve[];
  /** The resolved config as YAML. */
  readonly config: string;
  /** The run folder as it is called by default, relative to the project. */
  readonly folder: string;
}

/** One target of one series, rows counted from the series' first. */
export interface Panel {
  readonly series: string;
  readonly target: string;
  /** Rows known. */
  readonly length: number;
  /** The newest stretch, from row `from` to the last one known. */
  readonly from: number;
  readonly values: readonly number[];
  /** Time in milliseconds of rows `from` to the last one forecast; null where rows are only counted. */
  readonly stamps: readonly number[] | null;
  /** All rows, thinned, with their times; null where the stretch is all there is. */
  readonly whole: {
    readonly rows: readonly number[];
    readonly values: readonly number[];
    readonly stamps: readonly number[] | null;
  } | null;
  /** Row of the first forecast. */
  readonly forecastFrom: number;
  /** What the model said of rows it did not know. */
  readonly paths: readonly HeldPath[];
}

/** A forecast of rows that were held out, and what came. */
export interface HeldPath {
  readonly split: Split;
  /** Row of its first step. */
  readonly start: number;
  readonly values: readonly number[];
  readonly actual: readonly number[];
}

export interface LossCurve {
  readonly series: string;
  readonly records: readonly Pick<EpochRecord, 'epoch' | 'loss' | 'validationLoss'>[];
}
