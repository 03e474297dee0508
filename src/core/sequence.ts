// The one form every stage after the encoders speaks: channels over one time axis, cut into segments that windows never cross.
// Numbers and text alike: text is one target channel of integer ids. Not here: how it was encoded, how it is cut.

/** A stretch of positions [start, end) that windows stay inside: a series, or a document. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

export interface Sequence {
  /** Number of positions with known targets. */
  readonly length: number;
  readonly segments: readonly Segment[];
  /** C channels; each is read as input (up to the cutoff) and predicted (after it). Ids for text (−1: unknown, never a target). */
  readonly targets: readonly Float64Array[];
  /** P channels, inputs only, up to the cutoff. */
  readonly past: readonly Float64Array[];
  /** K channels, inputs, known up to cutoff + lead + horizon. */
  readonly future: readonly Float64Array[];
  /** null: numbers. Else: ids in [0, vocabulary), and whether id 0 is padding. */
  readonly tokens: { readonly vocabulary: number; readonly padding: boolean } | null;
}
