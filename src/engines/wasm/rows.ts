// The rows of the channels that some windows read, so that only those go into a memory: one stretch, or each window's own where the windows lie
// far apart. In: what is bound, a range of windows. Out: rows, and cutoffs among them. Not here: the memory (kernel.ts).

import type { Bound } from '../compiled/kernel.ts';

export interface Rows {
  readonly count: number;
  /** Where the stretch begins; null: window after window. */
  readonly start: number | null;
}

/** Those of windows [from, to). */
export function rowsOf(bound: Bound, from: number, to: number): Rows {
  const { cutoffs, ahead } = bound;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  let each = 0;
  for (let i = from; i < to; i++) {
    const cutoff = cutoffs[i]!;
    const before = beforeOf(bound, i);
    start = Math.min(start, cutoff - before);
    end = Math.max(end, cutoff + ahead);
    each += before + ahead;
  }
  if (end - start > each) return { count: each, start: null };
  return { count: Math.max(0, end - start), start };
}

/** Cutoffs of windows [from, to) among their rows. */
export function cutoffsAmong({ start }: Rows, bound: Bound, from: number, to: number, into: Int32Array): void {
  const { cutoffs, ahead } = bound;
  let row = 0;
  for (let i = from; i < to; i++) {
    into[i - from] = start === null ? row + beforeOf(bound, i) : cutoffs[i]! - start;
    row += beforeOf(bound, i) + ahead;
  }
}

/** A channel's rows, as far as it has them. */
export function copyRows(
  { start, count }: Rows,
  bound: Bound,
  from: number,
  channel: Float64Array,
  into: Float64Array,
): void {
  if (start !== null) {
    into.set(channel.subarray(start, start + count));
    return;
  }
  const { cutoffs, ahead } = bound;
  let row = 0;
  for (let i = from; row < count; i++) {
    const end = cutoffs[i]! + ahead;
    // Row by row: most windows are too short for a copy of their own to be worth a call.
    for (let at = cutoffs[i]! - beforeOf(bound, i); at < end; at++) into[row++] = channel[at]!;
  }
}

/** How many positions before its cutoff a window may read. */
function beforeOf({ lengths, settings }: Bound, window: number): number {
  const befores = settings[5]!;
  return befores > 0 ? lengths[befores + window]! : settings[8]! || lengths[window]!;
}
