// One pass over a range of windows by a network that carries its state: where it reads, what of it was read before, whose answers it gives.
// In: ranges, ids, rows of outputs. Out: stretches, rows in the windows' order. Not here: the arithmetic of a pass (each engine's).

import type { CutRange } from '../window/window.ts';

/** Steps read at a time: bounds the memory, changes no bit. */
export const STRETCH = 64;

/** The inputs [start, end) of a range's pass: from its first window's first one to its last cutoff. */
export function passOver(range: CutRange, context: number): { readonly start: number; readonly end: number } {
  return {
    start: Math.max(range.from, range.first - context),
    end: range.first + (range.count - 1) * range.stride,
  };
}

/** Whether `ids`, read before, are what a pass from `start` reads before its first answer, at cutoff `first`. */
export function beginsWith(ids: ArrayLike<number>, channel: Float64Array, start: number, first: number): boolean {
  if (ids.length > first - 1 - start) return false;
  for (let i = 0; i < ids.length; i++) if (ids[i] !== channel[start + i]) return false;
  return true;
}

/** Copies the answers at the range's cutoffs in (at, to]: the one after position p is the row that read p. `done`: windows of the ranges before. */
export function copyAnswers(
  rows: Float64Array,
  at: number,
  to: number,
  range: CutRange,
  width: number,
  outputs: Float64Array,
  done: number,
): void {
  const from = Math.max(0, Math.ceil((at + 1 - range.first) / range.stride));
  for (let k = from; k < range.count && range.first + k * range.stride <= to; k++) {
    const row = range.first + k * range.stride - 1 - at;
    outputs.set(rows.subarray(row * width, (row + 1) * width), (done + k) * width);
  }
}
