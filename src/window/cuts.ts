// Where windows are cut, as arithmetic ranges of cutoffs: all of a sequence, those inside a span, or an explicit list.
// In: segments, the window's shape, the kind of cutting. Out: Cuts, and look-ups by window number. Not here: splits (split.ts), batches (batches.ts).

import type { Segment } from '../core/sequence.ts';
import type { CutRange, Cuts, Cutting, WindowShape } from './window.ts';

/**
 * Every window of a sequence, in time order. `sliding` starts where a full context is known, `prefixes` where one position is;
 * either way the last target stays inside the segment: cutoff + lead + horizon ≤ end. Segments too short give no window.
 */
export function cut(segments: readonly Segment[], shape: WindowShape, cutting: Cutting): Cuts {
  const least = cutting.kind === 'sliding' ? shape.context : 1;
  const ranges: CutRange[] = [];
  for (const segment of segments) {
    const first = segment.start + least;
    const last = segment.end - shape.lead - shape.horizon;
    if (last < first) continue;
    const count = Math.floor((last - first) / cutting.stride) + 1;
    ranges.push({ from: segment.start, first, count, stride: cutting.stride });
  }
  return cutsOf(ranges);
}

/** The longest context any window of these segments can fill, leaving room for the targets; 0 or less where no window fits. */
export function longestContext(
  segments: readonly Segment[],
  shape: { readonly lead: number; readonly horizon: number },
): number {
  const longest = segments.reduce((most, segment) => Math.max(most, segment.end - segment.start), 0);
  return longest - shape.lead - shape.horizon;
}

/** Windows at an explicit list of cutoffs; froms[i] is the start of the segment window i stays inside. Kept in the order given. */
export function cutsAt(cutoffs: ArrayLike<number>, froms: ArrayLike<number>): Cuts {
  const ranges: CutRange[] = [];
  let i = 0;
  while (i < cutoffs.length) {
    const from = froms[i] as number;
    const first = cutoffs[i] as number;
    const stride = froms[i + 1] === from ? (cutoffs[i + 1] as number) - first : 1;
    let count = 1;
    if (stride > 0) while (froms[i + count] === from && cutoffs[i + count] === first + count * stride) count++;
    ranges.push({ from, first, count, stride: stride > 0 ? stride : 1 });
    i += count;
  }
  return cutsOf(ranges);
}

/** Cuts made of ranges, in the order given. */
export function cutsOf(ranges: readonly CutRange[]): Cuts {
  return { ranges, count: ranges.reduce((sum, range) => sum + range.count, 0) };
}

/** Cutoff of window i: its inputs end before it. */
export function cutoffAt(cuts: Cuts, i: number): number {
  const r = rangeOf(cuts, i);
  const range = cuts.ranges[r] as CutRange;
  return range.first + (i - before(cuts, r)) * range.stride;
}

/** Start of the segment window i stays inside. */
export function fromAt(cuts: Cuts, i: number): number {
  return (cuts.ranges[rangeOf(cuts, i)] as CutRange).from;
}

/** Inputs window i reads: min(context, cutoff − from). */
export function lengthAt(cuts: Cuts, shape: WindowShape, i: number): number {
  const r = rangeOf(cuts, i);
  const range = cuts.ranges[r] as CutRange;
  return Math.min(shape.context, range.first + (i - before(cuts, r)) * range.stride - range.from);
}

/** First and one past the last target position of a window at this cutoff, over all of its steps for targets `every`. */
export function targetSpan(
  shape: WindowShape,
  from: number,
  cutoff: number,
): { readonly start: number; readonly end: number } {
  const end = cutoff + shape.lead + shape.horizon;
  if (shape.targets === 'last') return { start: cutoff + shape.lead, end };
  return { start: Math.max(from, cutoff - shape.context) + 1 + shape.lead, end };
}

/** The windows whose targets all lie in [a, b), in the same order. */
export function targetsBetween(cuts: Cuts, shape: WindowShape, a: number, b: number): Cuts {
  const ranges: CutRange[] = [];
  for (const range of cuts.ranges) {
    const earliest = earliestCutoff(shape, range.from, a);
    const latest = b - shape.lead - shape.horizon;
    const start = Math.max(0, Math.ceil((earliest - range.first) / range.stride));
    const end = Math.min(range.count, Math.floor((latest - range.first) / range.stride) + 1);
    if (end > start) ranges.push(part(range, start, end - start));
  }
  return cutsOf(ranges);
}

/** The least cutoff whose first target is at or after a; targets move right with the cutoff, so every later one is too. */
function earliestCutoff(shape: WindowShape, from: number, a: number): number {
  if (shape.targets === 'last') return a - shape.lead;
  if (from + 1 + shape.lead >= a) return Number.NEGATIVE_INFINITY;
  return a - 1 - shape.lead + shape.context;
}

/** Windows from … from + count − 1 (fewer where there are fewer). */
export function takeCuts(cuts: Cuts, from: number, count: number): Cuts {
  const ranges: CutRange[] = [];
  let before = 0;
  for (const range of cuts.ranges) {
    const start = Math.max(0, from - before);
    const end = Math.min(range.count, from + count - before);
    if (end > start) ranges.push(part(range, start, end - start));
    before += range.count;
  }
  return cutsOf(ranges);
}

function part(range: CutRange, start: number, count: number): CutRange {
  return { from: range.from, first: range.first + start * range.stride, count, stride: range.stride };
}

/** Number of the range window i lies in: the last one that starts at or before it. */
function rangeOf(cuts: Cuts, i: number): number {
  if (!(i >= 0 && i < cuts.count)) throw new RangeError(`window ${i} of ${cuts.count}`);
  if (cuts.ranges.length === 1) return 0;
  const starts = startsOf(cuts);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] as number) <= i) low = middle;
    else high = middle - 1;
  }
  return low;
}

function before(cuts: Cuts, range: number): number {
  return range === 0 ? 0 : (startsOf(cuts)[range] as number);
}

const known = new WeakMap<Cuts, Float64Array>();

/** Windows before each range, counted once per Cuts. */
function startsOf(cuts: Cuts): Float64Array {
  const cached = known.get(cuts);
  if (cached) return cached;
  const starts = new Float64Array(cuts.ranges.length);
  for (let r = 1; r < starts.length; r++)
    starts[r] = (starts[r - 1] as number) + (cuts.ranges[r - 1] as CutRange).count;
  known.set(cuts, starts);
  return starts;
}
