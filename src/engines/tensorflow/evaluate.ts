// Loss and accuracy over windows, and outputs after them, in TensorFlow. In: a machine and windows. Out: means; rows in the windows' order.
// Not here: training.

import { nextTurn } from '../../core/turn.ts';
import { ownSteps } from '../../models/plan.ts';
import { planBatches } from '../../window/batches.ts';
import type { Windows } from '../engine.ts';
import { interrupted, type Means, meansOf, type Sums } from '../means.ts';
import { roomForOutputs } from '../outputs.ts';
import { checkBatches, checkChannels, checkWindows, everyStep } from '../reference/machine.ts';
import { placeRows } from '../reference/predict.ts';
import { type PassingMachine, predictCarried } from '../reference/predict-carried.ts';
import { putStreams, type Streams, takeStreams } from '../reference/streams.ts';
import { planPass } from '../visiting.ts';
import type { Id } from './kernels.ts';
import type { Measure } from './losses.ts';
import { type Machine, work } from './machine.ts';
import { checkReach } from './reach.ts';
import { unload } from './store.ts';

/** Means over the windows' targets, `size` windows at a time; null where the signal has stopped it. Errors: E_DATA_TOO_SHORT without windows. */
export async function measure(
  machine: Machine,
  windows: Windows,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Means | null> {
  const { program, gather, breath, k, network } = machine;
  checkWindows(machine, windows);
  checkBatches(windows, size, 'evaluate');
  checkReach(machine, windows);
  const { batch } = program;
  const { order, bounds, continues, windows: read } = planPass(network, windows, size);
  const streams: Streams = new Map();
  const sums = { loss: 0, correct: 0, weight: 0 };
  const every = everyStep(network, windows.shape);
  for (let i = 0; i + 1 < bounds.length; i++) {
    if (signal?.aborted) return null;
    const [start, end] = [bounds[i]!, bounds[i + 1]!];
    batch.training = false;
    batch.continues = continues?.subarray(start, end) ?? null;
    gather.inputs(read, order, start, end, batch);
    gather.goals(read, order, start, end, batch);
    if (continues) putStreams(program, streams);
    const { loss, correct } = k.scope(() => {
      const measure = program.measure(gather, program.forward(gather), every);
      k.settle([...sumsOf(measure), ...program.ends()], work(machine, 1));
      program.keep();
      return readSums(machine, measure);
    });
    if (continues) takeStreams(program, streams);
    unload(k, machine.store);
    sums.loss += loss;
    sums.correct += correct;
    sums.weight += gather.count;
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return meansOf(network, sums);
}

export function sumsOf({ loss, correct }: Measure): readonly Id[] {
  return correct === null ? [loss] : [loss, correct];
}

/** Sums over a batch's rows. */
export function readSums({ k }: Machine, { loss, correct }: Measure): Pick<Sums, 'loss' | 'correct'> {
  return { loss: k.read(loss)[0]!, correct: correct === null ? 0 : k.read(correct)[0]! };
}

/** Rows a block of predictions may have: bounds the memory, whatever the number of windows. */
const BLOCK_ROWS = 16384;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). */
export async function predict(machine: Machine, windows: Windows, signal?: AbortSignal): Promise<Float64Array> {
  const { program, gather, breath, plan, k, network } = machine;
  const { batch } = program;
  checkChannels(machine, windows);
  if (network.carry) return predictCarried(passing(machine), windows, signal);
  const outputs = roomForOutputs(windows.cuts.count, ownSteps(network) * plan.outputs);
  checkReach(machine, windows, false);
  const block = Math.max(1, Math.min(256, Math.floor(BLOCK_ROWS / windows.shape.context)));
  const { order, bounds } = planBatches(windows.cuts, windows.shape, block, null);
  for (let i = 0; i + 1 < bounds.length; i++) {
    if (signal?.aborted) throw interrupted();
    const start = bounds[i]!;
    batch.training = false;
    batch.continues = null;
    gather.inputs(windows, order, start, bounds[i + 1]!, batch);
    k.scope(() => {
      const [last] = k.settle([program.lastRows(program.forward(gather))], work(machine, 1)) as [Id];
      const rows = k.read(last);
      placeRows(machine, rows, 0, order.subarray(start), outputs);
    });
    unload(k, machine.store);
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return outputs;
}

/** The machine as a pass over a text needs it: rows of outputs read out of TensorFlow. */
function passing(machine: Machine): PassingMachine {
  const { k, program, store, plan, gather, breath } = machine;
  return {
    plan,
    gather,
    breath,
    store,
    program: {
      batch: program.batch,
      carried: program.carried,
      size: () => undefined,
      forward(input) {
        const rows = k.scope(() => {
          const [last] = k.settle([program.forward({ input, shifts: null }), ...program.ends()], work(machine, 1));
          program.keep();
          return Float64Array.from(k.read(last as Id));
        });
        unload(k, store);
        return rows;
      },
    },
    get passed() {
      return machine.passed;
    },
    set passed(value) {
      machine.passed = value;
    },
  };
}
