// The one window of the program, as offsets: which positions are read, which are predicted.
// In: a cutoff inside a segment. Out: its input and target spans. Not here: choosing cutoffs (cuts.ts), batches (batches.ts), copying values (engines/).

/**
 * The shape all windows of a run share. A window at cutoff c in a segment that starts at s reads the inputs
 * [max(s, c − context), c) and predicts, for targets `last`, the positions [c + lead, c + lead + horizon); for targets
 * `every`, at each input position p, the positions [p + 1 + lead, p + 1 + lead + horizon).
 */
export interface WindowShape {
  readonly context: number; // T at most
  readonly horizon: number; // H
  /** Steps left out between the last input and the first target. */
  readonly lead: number;
  readonly targets: 'last' | 'every';
  /** Windows shorter than the context: padded with 0 on the left to the full context, or kept at their own length (a batch holds one length). */
  readonly pad: 'left' | 'none';
  /** Whether recurrent layers skip the padding instead of reading its zeros. */
  readonly mask: boolean;
}

/** Cut points as arithmetic ranges: nothing is materialised, however long the series. */
export interface CutRange {
  /** Start of the segment the windows stay inside. */
  readonly from: number;
  /** First cutoff; the k-th is first + k · stride. */
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

export interface Cuts {
  readonly ranges: readonly CutRange[];
  /** Windows in all ranges together. */
  readonly count: number;
}

/** The two kinds of cutting: `sliding` reads full contexts only; `prefixes` starts with one known position and grows. */
export interface Cutting {
  readonly kind: 'sliding' | 'prefixes';
  readonly stride: number;
}
