// Loss and accuracy over windows, and outputs after them, in turns of bounded work. In: a machine and windows. Out: means; rows in the windows' order.
// Not here: training.

import { nextTurn } from '../../core/turn.ts';
import { ownSteps } from '../../models/plan.ts';
import type { Windows } from '../engine.ts';
import { interrupted, type Means, meansOf } from '../means.ts';
import { roomForOutputs } from '../outputs.ts';
import { checkBatches, checkChannels, checkWindows } from '../reference/machine.ts';
import { planPass } from '../visiting.ts';
import type { Soon } from './kernel.ts';
import {
  bind,
  type Machine,
  passForward,
  type Stopping,
  type Streams,
  stopOnAbort,
  WORK_PER_TURN,
  workPerWindow,
} from './machine.ts';
import { predictCarried } from './predict-carried.ts';
import { hold } from './streams.ts';
import { planVisits, visitsOf } from './visits.ts';

/** Means over the windows' targets, `size` windows at a time; null where the signal has stopped it. Errors: E_DATA_TOO_SHORT without windows, E_BUG where the network is disposed of meanwhile. */
export async function measure(
  machine: Machine,
  windows: Windows,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Means | null> {
  const stopping = stopOnAbort(machine, signal);
  try {
    return await measureAll(machine, windows, size, signal, stopping);
  } finally {
    stopping.end();
    machine.kernel.unbind();
  }
}

async function measureAll(
  machine: Machine,
  windows: Windows,
  size: number,
  signal: AbortSignal | undefined,
  stopping: Stopping,
): Promise<Means | null> {
  const { network } = machine;
  checkWindows(machine, windows);
  checkBatches(windows, size, 'evaluate');
  const { bounds, bound } = visitsOf(network, planPass(network, windows, size), true);
  const streams: Streams | null = network.carry ? { count: 1, data: null } : null;
  const each = workPerWindow(machine, windows.shape, 1);
  const sums = { loss: 0, correct: 0, weight: 0 };
  const results = new Float64Array(3);
  let worked = 0;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const [start, end] = [bounds[k]!, bounds[k + 1]!];
    const work = (end - start) * each;
    const soon = passForward(machine, signal, stopping, (kernel) => {
      bind(machine, bound);
      hold(machine, kernel, streams);
      return kernel.evaluate(start, end, results, work);
    });
    if (!(soon instanceof Promise ? await soon : soon)) return null;
    sums.loss += results[0]!;
    sums.correct += results[1]!;
    sums.weight += results[2]!;
    worked = soon instanceof Promise ? 0 : worked + work;
    if (worked < WORK_PER_TURN) continue;
    worked = 0;
    await nextTurn();
  }
  return meansOf(network, sums);
}

/** Windows a block of predictions may have: bounds the memory, whatever their number. */
const BLOCK = 4096;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). Errors: E_BUG where the network is disposed of meanwhile, Interrupted. */
export async function predict(machine: Machine, windows: Windows, signal?: AbortSignal): Promise<Float64Array> {
  checkChannels(machine, windows);
  const stopping = stopOnAbort(machine, signal);
  try {
    const pass = machine.network.carry ? predictCarried : predictBlocks;
    const soon = pass(machine, windows, signal, stopping);
    const outputs = soon instanceof Promise ? await soon : soon;
    if (!outputs) throw interrupted();
    return outputs;
  } finally {
    stopping.end();
    machine.kernel.unbind();
  }
}

/** Null where the signal has stopped it. One window is small work: where it can be done at once, nothing is waited for. */
function predictBlocks(
  machine: Machine,
  windows: Windows,
  signal: AbortSignal | undefined,
  stopping: Stopping,
): Soon<Float64Array | null> {
  const width = machine.plan.outputs * ownSteps(machine.network);
  const each = workPerWindow(machine, windows.shape, 1);
  if (windows.cuts.count !== 1) return predictMany(machine, windows, signal, stopping, width, each);
  const { bound } = planVisits(machine.network, windows, 1, false);
  const outputs = new Float64Array(width);
  const soon = passForward(machine, signal, stopping, (kernel) => {
    bind(machine, bound);
    return kernel.predict(0, 1, outputs, each);
  });
  if (soon instanceof Promise) return soon.then((goesOn) => (goesOn ? outputs : null));
  return soon ? outputs : null;
}

/** `width`: values of a window; `each`: its multiply-adds. */
async function predictMany(
  machine: Machine,
  windows: Windows,
  signal: AbortSignal | undefined,
  stopping: Stopping,
  width: number,
  each: number,
): Promise<Float64Array | null> {
  const { network } = machine;
  const size = Math.max(1, Math.min(BLOCK, Math.floor(machine.kernel.turn / each)));
  const outputs = roomForOutputs(windows.cuts.count, width);
  const { order, bounds, bound } = planVisits(network, windows, size, false);
  const block = new Float64Array(Math.min(size, windows.cuts.count) * width);
  let worked = 0;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const [start, end] = [bounds[k]!, bounds[k + 1]!];
    const work = (end - start) * each;
    const soon = passForward(machine, signal, stopping, (kernel) => {
      bind(machine, bound);
      return kernel.predict(start, end, block.subarray(0, (end - start) * width), work);
    });
    if (!(soon instanceof Promise ? await soon : soon)) return null;
    for (let i = start, from = 0; i < end; i++, from += width) {
      outputs.set(block.subarray(from, from + width), order[i]! * width);
    }
    worked = soon instanceof Promise ? 0 : worked + work;
    if (worked < WORK_PER_TURN) continue;
    worked = 0;
    await nextTurn();
  }
  return outputs;
}
