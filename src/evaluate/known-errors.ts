// What is known of a target's errors at some time, and the scale they are told in.
// In: its errors (actual − forecast), origin by origin. Out: which of them are known, their mean, a scale. Not here: quantiles.

import { naiveScale } from '../metrics/pointwise.ts';

/** Errors (actual − forecast) of one target of one series at N origins, in time order. */
export interface ErrorPaths {
  readonly id: string;
  readonly errors: Float64Array; // (N, H)
  /** Rows known at each origin: the error of step h (from 0) is known lead + h + 1 rows later. Absent: no fold overlaps the next. */
  readonly origins?: ArrayLike<number>;
  /** Fold of each origin: intervals are calibrated anew before each, and judged on it. */
  readonly fold: ArrayLike<number>;
  /** Values learned from at first, whose seasonal differences are the scale where few errors are known. */
  readonly train: ArrayLike<number>;
}

export interface IntervalOptions {
  readonly horizon: number;
  /** Rows between an origin and its first step; default 0. */
  readonly lead?: number;
  readonly season: number;
  /** Percent, each above 0 and below 100. */
  readonly levels: readonly number[];
  /** `split`: quantiles of past errors; `adaptive`: their level is moved by the misses seen on the way (Gibbs and Candès 2021). */
  readonly method: 'split' | 'adaptive';
}

/** A target's error paths with the unit its errors are told in. */
export interface Item {
  readonly path: ErrorPaths;
  readonly origins: ArrayLike<number>; // (N)
  readonly prior: number | null;
}

export function itemOf(path: ErrorPaths, { horizon, lead = 0, season }: IntervalOptions): Item {
  const prior = naiveScale(path.train, season);
  const count = path.errors.length / horizon;
  const origins =
    path.origins ?? Float64Array.from({ length: count }, (_, n) => (path.fold[n] as number) * (horizon + lead));
  return { path, origins, prior };
}

/** What is known of a target's errors at some time: the first steps of each origin, and how their |error| adds up. */
export interface View {
  readonly item: Item;
  readonly known: Int32Array; // (N)
  readonly totals: Float64Array; // (N, H + 1): of no step, of the first, of the first two …
}

/** The errors of rows before `limit`. */
export function viewAt(item: Item, limit: number, { horizon, lead = 0 }: IntervalOptions): View {
  const { errors } = item.path;
  const { origins } = item;
  const known = new Int32Array(origins.length);
  const totals = new Float64Array(origins.length * (horizon + 1));
  for (let n = 0; n < origins.length; n++) {
    known[n] = Math.min(horizon, Math.max(0, limit - (origins[n] as number) - lead));
    const at = n * (horizon + 1);
    for (let h = 0; h < horizon; h++)
      totals[at + h + 1] = (totals[at + h] as number) + Math.abs(errors[n * horizon + h] as number);
  }
  return { item, known, totals };
}

/** A target's forecasts of the same step overlap where its origins are closer than the step is far: mean over the steps of how many do not. */
export function independentOf({ item, known }: View, horizon: number): number {
  const { origins } = item;
  let sum = 0;
  let steps = 0;
  for (let h = 0; h < horizon; h++) {
    let first = Number.NaN;
    let last = Number.NaN;
    let count = 0;
    for (let n = 0; n < known.length; n++) {
      if ((known[n] as number) <= h) continue;
      if (count === 0) first = origins[n] as number;
      last = origins[n] as number;
      count++;
    }
    if (count === 0) continue;
    sum += item.path.origins ? Math.min(count, (last - first + 1 + h) / (h + 1)) : count;
    steps++;
  }
  return steps > 0 ? sum / steps : 0;
}

/** Ratio of a target's own mean error to its seasonal differences, the median over the panel; 1 where none is known. */
export function ratioOf(views: readonly View[], horizon: number): number {
  const ratios = views.flatMap((view) => {
    const { prior } = view.item;
    const own = ownError(view, null, horizon);
    return prior === null || own.folds === 0 ? [] : [own.mean / prior];
  });
  return ratios.length > 0 ? median(ratios) : 1;
}

/**
 * (n v + k q) / (n + 1): v the mean error of n folds, as far as they do not overlap, q the seasonal scale, k the panel's usual ratio. Of one
 * series alone any constant does. `besides`: an origin whose fold and rows are left out, so that no error is measured by itself, nor by
 * another's error of its row.
 */
export function scaleOf(view: View, k: number, besides: number | null, horizon: number): number {
  const { prior } = view.item;
  const own = ownError(view, besides, horizon);
  if (own.folds === 0 && prior === null && besides !== null) return scaleOf(view, k, null, horizon);
  const guess = prior === null ? own.mean : k * prior;
  const folds = besides === null ? Math.min(own.folds, independentOf(view, horizon)) : own.folds;
  const scale = folds > 0 ? (folds * own.mean + guess) / (folds + 1) : guess;
  return scale > 0 ? scale : Number.MIN_VALUE; // no error at all: intervals of no width
}

/** No series counts for more than this many times its own scale. */
const MOST = 3;

/**
 * Scales to forecast by. Of a panel with one fold the errors are told in scales that know nothing of a series but its seasonal differences:
 * what knows its errors too is larger on the average, as those far above the usual ratio outweigh those below, and is taken back by as much.
 */
export function scalesOf(views: readonly View[], k: number, horizon: number): Float64Array {
  const scales = Float64Array.from(views, (view) => scaleOf(view, k, null, horizon));
  const folds = new Set(
    views.flatMap(({ item, known }) => Array.from(item.path.fold).filter((_, n) => known[n] !== 0)),
  );
  if (views.length === 1 || folds.size !== 1) return scales;
  const times = views.flatMap((view, i) => {
    const first = view.known.findIndex((known) => known > 0);
    if (first < 0) return [];
    const share = (scales[i] as number) / scaleOf(view, k, first, horizon);
    return [Math.min(MOST, Math.max(1 / MOST, share))];
  });
  const larger = meanOf(times);
  return scales.map((scale) => scale / larger);
}

/** Mean |error| of a target, and the folds it is of, those of which only a part of the rows counts as that part. */
function ownError(
  { item, known, totals }: View,
  besides: number | null,
  horizon: number,
): { readonly mean: number; readonly folds: number } {
  const { path, origins } = item;
  let sum = 0;
  let count = 0;
  let folds = 0;
  for (let n = 0; n < known.length; ) {
    const fold = path.fold[n] as number;
    let share = 0;
    let members = 0;
    for (; n < known.length && path.fold[n] === fold; n++) {
      const all = known[n] as number;
      if (all === 0) continue;
      members++;
      if (besides !== null && path.fold[besides] === fold) continue;
      const apart = besides === null ? horizon : (origins[besides] as number) - (origins[n] as number);
      const from = apart > 0 ? 0 : Math.min(all, Math.max(0, horizon + apart)); // rows after those of the origin left out
      const to = apart > 0 ? Math.min(all, apart) : all; // rows before them
      if (from === to) continue;
      const at = n * (horizon + 1);
      const part = (to - from) / all;
      sum += (((totals[at + to] as number) - (totals[at + from] as number)) / (to - from)) * part;
      share += part;
    }
    count += share;
    if (members > 0) folds += share / members;
  }
  return { mean: count > 0 ? sum / count : 0, folds };
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/** 0 of none. */
export function meanOf(values: ArrayLike<number>): number {
  return values.length > 0 ? sumOf(values) / values.length : 0;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half) - 1] as number)) / 2;
}
