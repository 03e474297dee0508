// Where the held-out parts begin: the last windows in time order are test, before them validation, before that training.
// In: all windows, what to hold out. Out: positions, so that every part is targetsBetween(…) and none crosses. Not here: the cutting (cuts.ts).

import { ForecastError } from '../core/errors.ts';
import type { Segment } from '../core/sequence.ts';
import { cutoffAt, cutsOf, fromAt, longestContext, targetSpan, targetsBetween } from './cuts.ts';
import type { CutRange, Cuts, WindowShape } from './window.ts';

/** What to hold out: a fraction of the windows (0 < x < 1), a count of windows (≥ 1), or 0 for none. */
export interface HeldOut {
  readonly validation: number;
  readonly test: number;
}

export interface SplitPositions {
  /** First target position of the first validation window, or the start of the segment it opens; null: no validation part. */
  readonly validation: number | null;
  /** The same of the first test window; null: no test part. */
  readonly test: number | null;
  /** Windows before splitting. */
  readonly windows: number;
}

/** How a refusal speaks of what is windowed: what its positions are, and what would help beside a shorter context. */
export interface Wording {
  readonly unit: 'rows' | 'tokens';
  readonly instead: string | null;
}

const ROWS: Wording = { unit: 'rows', instead: null };

/**
 * Positions that part the windows by time: training = floor(n · (1 − validation − test)) windows, then validation, then test.
 * Training windows are targetsBetween(cuts, shape, 0, validation ?? test ?? end), validation up to `test`, so windows whose targets
 * straddle a position fall to neither side. Errors: E_DATA_TOO_SHORT where a part would hold no window.
 */
export function splitPositions(
  cuts: Cuts,
  shape: WindowShape,
  held: HeldOut,
  segments: readonly Segment[],
  wording: Wording = ROWS,
): SplitPositions {
  if (cuts.count === 0) throw tooShortToCut(shape, held, segments, wording);
  const found = tryToSplit(cuts, shape, held);
  if (found === null) throw tooShortToSplit(cuts, shape, held, segments, wording);
  return found;
}

/** How many windows each part asks for, in time order: training, validation, test. */
export function partSizes(
  windows: number,
  held: HeldOut,
): { readonly training: number; readonly validation: number; readonly test: number } {
  const test = held.test >= 1 ? held.test : windows - wholePart(windows * (1 - held.test));
  const fractions = (held.validation < 1 ? held.validation : 0) + (held.test < 1 ? held.test : 0);
  const counts = (held.validation >= 1 ? held.validation : 0) + (held.test >= 1 ? held.test : 0);
  const asked = wholePart(windows * (1 - fractions)) - counts;
  const training = Math.min(asked, windows - test - (held.validation > 0 ? 1 : 0));
  return { training, validation: windows - training - test, test };
}

/** floor, forgiving the last bits of a decimal fraction: 10 · (1 − 0.2 − 0.4) is 4, not 3.9999999999999996. */
function wholePart(x: number): number {
  return Math.floor(x + 1e-9);
}

/** null where a part asked for would hold no window. */
function tryToSplit(cuts: Cuts, shape: WindowShape, held: HeldOut): SplitPositions | null {
  const sizes = partSizes(cuts.count, held);
  if (sizes.training < 1) return null;
  const validation = sizes.validation > 0 ? positionBefore(cuts, shape, sizes.training) : null;
  const test = sizes.test > 0 ? positionBefore(cuts, shape, cuts.count - sizes.test) : null;
  const end = Number.POSITIVE_INFINITY;
  if (targetsBetween(cuts, shape, 0, validation ?? test ?? end).count === 0) return null;
  if (validation !== null && targetsBetween(cuts, shape, validation, test ?? end).count === 0) return null;
  return { validation, test, windows: cuts.count };
}

/** Where the part that begins with window i begins: its segment's start where it is the first of it, else its first target. */
function positionBefore(cuts: Cuts, shape: WindowShape, i: number): number {
  const from = fromAt(cuts, i);
  const opens = i > 0 && fromAt(cuts, i - 1) !== from;
  return opens ? from : targetSpan(shape, from, cutoffAt(cuts, i)).start;
}

function tooShortToCut(
  shape: WindowShape,
  held: HeldOut,
  segments: readonly Segment[],
  { unit, instead }: Wording,
): ForecastError {
  const room = longestContext(segments, shape);
  const rows = room + shape.lead + shape.horizon;
  // What is named leaves windows for every part, too; those of several documents are parted together.
  const splits = (other: Partial<WindowShape>): boolean => {
    if (segments.length > 1) return true;
    const own = { ...shape, ...other };
    const count = rows - own.context - own.lead - own.horizon + 1;
    return count > 0 && tryToSplit(cutsOf([{ from: 0, first: own.context, count, stride: 1 }]), own, held) !== null;
  };
  const context = leastThat(0, room - 1, (less) => splits({ context: room - less }));
  const longest = rows - shape.lead - 1;
  const horizon = leastThat(0, longest - 1, (less) => splits({ context: 1, horizon: longest - less }));
  const nearer = horizon === null ? '' : ` or horizon ≤ ${longest - horizon}`;
  const lead = shape.lead > 0 ? ` + lead ${shape.lead}` : '';
  const what = segments.length > 1 ? `the longest of ${segments.length} documents has ${rows}` : `has ${rows}`;
  const least = room < 1 ? 1 : shape.context;
  const input = room < 1 ? '1 input' : `context ${shape.context}`;
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `${input}${lead} + horizon ${shape.horizon} needs ≥ ${least + shape.lead + shape.horizon} ${unit}, ${what}`,
    {
      where: 'window',
      hint:
        context === null
          ? `${instead ?? `give more ${unit}`}${nearer}`
          : `try context ≤ ${room - context}${instead === null ? '' : `, or ${instead}`}`,
    },
  );
}

function tooShortToSplit(
  cuts: Cuts,
  shape: WindowShape,
  held: HeldOut,
  segments: readonly Segment[],
  { unit }: Wording,
): ForecastError {
  const rows = segments.reduce((sum, segment) => sum + segment.end - segment.start, 0);
  const extra = leastThat(1, 1 << 24, (more) => tryToSplit(lengthened(cuts, more), shape, held) !== null);
  const stride = (cuts.ranges.at(-1) as CutRange).stride;
  const needs = extra === null ? '' : `: needs ≥ ${rows + extra * stride} ${unit}, has ${rows}`;
  const cutLess = leastThat(1, shape.context - 1, (less) => {
    const smaller = { ...shape, context: shape.context - less };
    return tryToSplit(withContext(cuts, shape, smaller.context), smaller, held) !== null;
  });
  const context = cutLess === null ? '' : `try context ≤ ${shape.context - cutLess}, or `;
  const parts = held.test > 0 ? `validation ${held.validation} and test ${held.test}` : `validation ${held.validation}`;
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `${cuts.count} window${cuts.count === 1 ? '' : 's'} cannot be split into training, ${parts}${needs}`,
    { where: 'split', hint: `${context}hold out less (windows whose targets straddle a split are dropped)` },
  );
}

/** The same cuts with more windows at the end. */
function lengthened(cuts: Cuts, more: number): Cuts {
  const last = cuts.ranges.at(-1) as CutRange;
  return cutsOf([...cuts.ranges.slice(0, -1), { ...last, count: last.count + more }]);
}

/** The same cuts for a shorter context: where windows began with a full one, they begin earlier. */
function withContext(cuts: Cuts, shape: WindowShape, context: number): Cuts {
  return cutsOf(
    cuts.ranges.map((range) => {
      if (range.first - range.from < shape.context) return range;
      const count = range.count + Math.floor((shape.context - context) / range.stride);
      return { ...range, first: range.from + context, count };
    }),
  );
}

/** Smallest n in [low, high] that holds, for a condition that stays true once it is; null where none does. */
function leastThat(low: number, high: number, holds: (n: number) => boolean): number | null {
  if (high < low || !holds(high)) return null;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
