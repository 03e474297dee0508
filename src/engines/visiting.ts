// Which windows an engine reads, batch by batch: an epoch's, shuffled or in streams; and those of a pass that only measures.
// In: a network and windows. Out: batches, and what goes on from one to the next. Not here: the planning itself (window/batches.ts).

import { ForecastError } from '../core/errors.ts';
import type { Shuffle } from '../core/random.ts';
import type { Network } from '../models/network.ts';
import { type BatchPlan, planBatches, planPasses, planStreams } from '../window/batches.ts';
import type { TrainRequest, Windows } from './engine.ts';

export interface Visiting extends BatchPlan {
  /** The windows that `order` numbers. */
  readonly windows: Windows;
  /** (N) in the order of visiting: 1 where a window goes on where its stream stands; null: every window begins at zero. */
  readonly continues: Uint8Array | null;
}

/**
 * The batches of an epoch, shuffled `by` core's shuffle or what gives the same; `spent`: those of the epoch before, whose memory may be used.
 * Errors: E_DATA_TOO_SHORT where no range holds a window of a stream.
 */
export function planEpoch(
  network: Network,
  request: TrainRequest,
  epoch: number,
  by?: Shuffle,
  spent: BatchPlan | null = null,
): Visiting {
  const { training, batch, seed } = request;
  const shuffled = request.shuffle ? { seed, epoch, by } : null;
  if (!network.carry) {
    const { order, bounds } = planBatches(training.cuts, training.shape, batch, shuffled, spent);
    return { order, bounds, windows: training, continues: null };
  }
  const { cuts, ...plan } = planStreams(training.cuts, training.shape, batch, shuffled);
  if (cuts.count === 0) {
    throw new ForecastError('E_DATA_TOO_SHORT', `no stretch of ${training.shape.context} inputs to train a stream on`, {
      where: 'window.context',
      hint: 'shorten the context, or remove model.carry',
    });
  }
  return { ...plan, windows: { ...training, cuts } };
}

/** The batches of `count` epochs, one after the other. */
export function planEpochs(
  network: Network,
  request: TrainRequest,
  epoch: number,
  count: number,
  by: Shuffle | undefined,
  spent: BatchPlan | null,
): Visiting {
  const first = planEpoch(network, request, epoch, by, spent);
  if (count === 1) return first;
  const windows = first.order.length;
  const batches = first.bounds.length - 1;
  const order = new Int32Array(count * windows);
  const bounds = new Int32Array(count * batches + 1);
  let plan = first;
  for (let e = 0; e < count; e++) {
    if (e > 0) plan = planEpoch(network, request, epoch + e, by, plan);
    order.set(plan.order, e * windows);
    for (let k = 1; k <= batches; k++) bounds[e * batches + k] = e * windows + plan.bounds[k]!;
  }
  return { ...first, order, bounds };
}

/** The batches of a pass that measures: `size` windows each, or the ranges one after the other where the state is carried. */
export function planPass(network: Network, windows: Windows, size: number): Visiting {
  if (!network.carry) return { ...planBatches(windows.cuts, windows.shape, size, null), windows, continues: null };
  const { cuts, ...plan } = planPasses(windows.cuts, windows.shape);
  return { ...plan, windows: { ...windows, cuts, shape: { ...windows.shape, pad: 'none' } } };
}
