// The contract of a loss' arithmetic: rows of outputs against rows of targets. Not here: any loss.

/** Rows of outputs beside what they should have been. */
export interface Measured {
  output: Float64Array;
  /** Where in `output` and `gradient` the first row begins. */
  offset: number;
  rows: number;
  /** Values in a row of outputs. */
  width: number;
  /** (rows, target values), or (rows) ids. */
  targets: Float64Array;
  /** (rows) 1 where a row counts; null where all do. */
  kept: Uint8Array | null;
  /** Rows that count. */
  count: number;
  /** Of the mean over the rows that count; null where only the loss is asked for. */
  gradient: Float64Array | null;
}

/** Sums over rows; `weight` counts them. */
export interface Tally {
  loss: number;
  correct: number;
  weight: number;
}

/** Adds each counting row's loss (the mean over its values) to the tally, and writes the gradient rows. */
export type LossCell = (measured: Measured, tally: Tally) => void;
export type MakeLoss<Spec> = (spec: Spec) => LossCell;
