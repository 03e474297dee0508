// Which windows train together, and in which order: a permutation of window numbers and where each batch ends.
// In: cuts, the window's shape, the batch size, a seed and epoch. Out: a BatchPlan. Not here: gathering values (engines/).

import { random, shuffle } from '../core/random.ts';
import type { Cuts, WindowShape } from './window.ts';

/** Batch k holds the windows order[bounds[k]] … order[bounds[k + 1] − 1]. */
export interface BatchPlan {
  readonly order: Int32Array; // (N)
  readonly bounds: Int32Array; // (batches + 1)
}

/**
 * The batches of one epoch; `shuffled` null keeps time order. Every window is in exactly one batch; the last, smaller batch is kept.
 * With pad `none` and windows of unequal lengths a batch holds one length only, and the batches are visited in a seeded order.
 */
export function planBatches(
  cuts: Cuts,
  shape: WindowShape,
  batch: number,
  shuffled: { readonly seed: number; readonly epoch: number } | null,
): BatchPlan {
  const order = new Int32Array(cuts.count);
  if (shuffled) shuffle(shuffled.seed, shuffled.epoch, cuts.count, order);
  else for (let i = 0; i < order.length; i++) order[i] = i;
  if (shape.pad === 'left' || haveOneLength(cuts, shape)) return { order, bounds: evenBounds(order.length, batch) };

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

function evenBounds(count: number, batch: number): Int32Array {
  const bounds = new Int32Array(Math.ceil(count / batch) + 1);
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
function visitInOrder(plan: BatchPlan, shuffled: { readonly seed: number; readonly epoch: number }): BatchPlan {
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
