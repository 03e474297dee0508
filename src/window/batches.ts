// Which windows train together, and in which order: a permutation of window numbers and where each batch ends; or parallel streams.
// In: cuts, the window's shape, the batch size, a seed and epoch. Out: a BatchPlan or a StreamPlan. Not here: gathering values (engines/).

import { random, type Shuffle, shuffle } from '../core/random.ts';
import { cutsOf } from './cuts.ts';
import type { CutRange, Cuts, WindowShape } from './window.ts';

/** Batch k holds the windows order[bounds[k]] … order[bounds[k + 1] − 1]. */
export interface BatchPlan {
  readonly order: Int32Array; // (N)
  readonly bounds: Int32Array; // (batches + 1)
}

/** The draws of an epoch's order; `by` where something quicker than core's gives the same. */
export interface Shuffled {
  readonly seed: number;
  readonly epoch: number;
  readonly by?: Shuffle | undefined;
}

/**
 * The batches of one epoch; `shuffled` null keeps time order. Every window is in exactly one batch; the last, smaller batch is kept.
 * With pad `none` and windows of unequal lengths a batch holds one length only, and the batches are visited in a seeded order.
 * `spent`: a plan of the epoch before that nobody reads any more, whose memory may be used.
 */
export function planBatches(
  cuts: Cuts,
  shape: WindowShape,
  batch: number,
  shuffled: Shuffled | null,
  spent: BatchPlan | null = null,
): BatchPlan {
  const order = spent?.order.length === cuts.count ? spent.order : new Int32Array(cuts.count);
  if (shuffled) (shuffled.by ?? shuffle)(shuffled.seed, shuffled.epoch, cuts.count, order);
  else for (let i = 0; i < order.length; i++) order[i] = i;
  if (shape.pad === 'left' || haveOneLength(cuts, shape))
    return { order, bounds: evenBounds(order.length, batch, spent) };

  const grouped = groupByLength(cuts, shape, order, batch);
  return shuffled ? visitInOrder(grouped, shuffled) : grouped;
}

function haveOneLength(cuts: Cuts, shape: WindowShape): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const range of cuts.ranges) {
    // Lengths grow with the cutoff, so a range's ends are its extremes.
    const last = range.first + (range.count - 1) * range.stride;
    least = Math.min(least, shape.context, range.first - range.from);
    most = Math.max(most, Math.min(shape.context, last - range.from));
  }
  return least >= most;
}

function evenBounds(count: number, batch: number, spent: BatchPlan | null): Int32Array {
  const length = Math.ceil(count / batch) + 1;
  const bounds = spent?.bounds.length === length ? spent.bounds : new Int32Array(length);
  for (let k = 1; k < bounds.length; k++) bounds[k] = Math.min(count, k * batch);
  return bounds;
}

/** A stable counting sort by length, each length chopped into batches of its own. */
function groupByLength(cuts: Cuts, shape: WindowShape, order: Int32Array, batch: number): BatchPlan {
  const lengths = lengthsOf(cuts, shape);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const next = new Int32Array(longest + 2); // where the next window of each length goes
  for (const length of lengths) (next[length + 1] as number)++;
  const bounds = [0];
  for (let length = 1; length < next.length; length++) {
    const count = next[length] as number;
    const start = next[length - 1] as number;
    for (let end = batch; end < count; end += batch) bounds.push(start + end);
    if (count > 0) bounds.push(start + count);
    next[length] = start + count;
  }
  const grouped = new Int32Array(order.length);
  for (const i of order) {
    const length = lengths[i] as number;
    grouped[next[length] as number] = i;
    (next[length] as number)++;
  }
  return { order: grouped, bounds: Int32Array.from(bounds) };
}

/** Length of every window, range by range. */
function lengthsOf(cuts: Cuts, shape: WindowShape): Int32Array {
  const lengths = new Int32Array(cuts.count);
  let i = 0;
  for (const range of cuts.ranges) {
    const first = range.first - range.from;
    for (let k = 0; k < range.count; k++) lengths[i++] = Math.min(shape.context, first + k * range.stride);
  }
  return lengths;
}

/** The same batches in a seeded order, so that short windows do not always come first. */
function visitInOrder(plan: BatchPlan, shuffled: Shuffled): BatchPlan {
  const batches = plan.bounds.length - 1;
  const visit = Int32Array.from({ length: batches }, (_, k) => k);
  const draws = random(shuffled.seed, `batches/${shuffled.epoch}`);
  for (let k = batches - 1; k > 0; k--) {
    const j = draws.integer(k + 1);
    const swapped = visit[k] as number;
    visit[k] = visit[j] as number;
    visit[j] = swapped;
  }
  const order = new Int32Array(plan.order.length);
  const bounds = new Int32Array(plan.bounds.length);
  for (let k = 0; k < batches; k++) {
    const from = plan.bounds[visit[k] as number] as number;
    const to = plan.bounds[(visit[k] as number) + 1] as number;
    order.set(plan.order.subarray(from, to), bounds[k] as number);
    bounds[k + 1] = (bounds[k] as number) + to - from;
  }
  return { order, bounds };
}

/** Batches of windows that go on where those of the batch before ended. */
export interface StreamPlan extends BatchPlan {
  /** Windows of `context` inputs: what the numbers in `order` refer to. */
  readonly cuts: Cuts;
  /** (N) in the order of visiting: 1 where a window begins where its stream's window of the batch before ended, 0 where a stream begins. */
  readonly continues: Uint8Array;
}

/**
 * One epoch of parallel streams: every range of cuts, from its first window's first input to its last cutoff, is chopped into windows of
 * `context` inputs side by side, from an offset below `context` drawn from (seed, epoch) where `shuffled`; the windows of all ranges, in order of time, are
 * dealt out in `streams` stretches of equal length, the first ones one window longer where they do not divide evenly. Batch k holds the
 * k-th window of every stream. The number of batches does not depend on the offset; what is left over at a range's ends, fewer than two
 * contexts, another epoch's offset reaches.
 */
export function planStreams(
  cuts: Cuts,
  shape: WindowShape,
  streams: number,
  shuffled: { readonly seed: number; readonly epoch: number } | null,
): StreamPlan {
  const { context } = shape;
  const offset = shuffled ? random(shuffled.seed, `streams/${shuffled.epoch}`).integer(context) : 0;
  const ranges: CutRange[] = [];
  for (const range of cuts.ranges) {
    const { start, end } = spanOf(range, context);
    if (end - start < context) continue;
    const count = Math.max(1, Math.floor((end - start - context + 1) / context));
    const first = start + Math.min(offset, end - start - count * context) + context;
    ranges.push({ from: range.from, first, count, stride: context });
  }
  return deal(cutsOf(ranges), streams);
}

/** Each range of cuts as one stream of its own, one window a batch, from its first window's first input to its last cutoff, nothing left out. */
export function planPasses(cuts: Cuts, shape: WindowShape): StreamPlan {
  const { context } = shape;
  const ranges: CutRange[] = [];
  const begins: number[] = [];
  let windows = 0;
  for (const range of cuts.ranges) {
    const { start, end } = spanOf(range, context);
    const count = Math.floor((end - start) / context);
    const rest = end - start - count * context;
    begins.push(windows);
    if (count > 0) ranges.push({ from: start, first: start + context, count, stride: context });
    if (rest > 0) ranges.push({ from: end - rest, first: end, count: 1, stride: 1 });
    windows += count + (rest > 0 ? 1 : 0);
  }
  const continues = new Uint8Array(windows).fill(1);
  for (const at of begins) if (at < windows) continues[at] = 0;
  const order = Int32Array.from({ length: windows }, (_, i) => i);
  return { cuts: cutsOf(ranges), order, bounds: Int32Array.from({ length: windows + 1 }, (_, k) => k), continues };
}

/** Inputs [start, end) that the windows of a range read together. */
function spanOf(range: CutRange, context: number): { readonly start: number; readonly end: number } {
  return { start: Math.max(range.from, range.first - context), end: range.first + (range.count - 1) * range.stride };
}

function deal(cuts: Cuts, streams: number): StreamPlan {
  const used = Math.min(streams, cuts.count);
  const steps = used > 0 ? Math.ceil(cuts.count / used) : 0;
  const long = cuts.count - used * (steps - 1); // streams of `steps` windows; the others have one less
  const order = new Int32Array(cuts.count);
  const continues = new Uint8Array(cuts.count);
  const bounds = new Int32Array(steps + 1);
  const opens = rangeStarts(cuts);
  let at = 0;
  for (let k = 0; k < steps; k++) {
    const wide = k < steps - 1 ? used : long;
    for (let b = 0; b < wide; b++, at++) {
      const window = b * (steps - 1) + Math.min(b, long) + k;
      order[at] = window;
      continues[at] = k > 0 && !opens.has(window) ? 1 : 0;
    }
    bounds[k + 1] = at;
  }
  return { cuts, order, bounds, continues };
}

/** Numbers of the windows that come first in their range. */
function rangeStarts(cuts: Cuts): ReadonlySet<number> {
  const starts = new Set<number>();
  let before = 0;
  for (const { count } of cuts.ranges) {
    starts.add(before);
    before += count;
  }
  return starts;
}
