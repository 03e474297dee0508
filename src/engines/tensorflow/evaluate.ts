// Loss and accuracy over windows, and outputs after them, in TensorFlow. In: a machine and windows. Out: means; rows in the windows' order.
// Not here: training.

import { planVisits } from '../compiled/visits.ts';
import type { Windows } from '../engine.ts';
import { checkChannels, checkWindows } from '../reference/machine.ts';
import { nextTurn } from '../turn.ts';
import type { Measure } from './losses.ts';
import { type Machine, work } from './machine.ts';
import { unload } from './store.ts';

export interface Means {
  readonly loss: number;
  readonly accuracy: number | null;
}

/** Sums over a batch's rows. */
export interface Sums {
  readonly loss: number;
  readonly correct: number;
}

/** Means over the windows' targets, `size` windows at a time. */
export async function evaluate(machine: Machine, windows: Windows, size: number): Promise<Means> {
  const { program, gather, breath, k } = machine;
  checkWindows(machine, windows);
  const { order, bounds } = planVisits(machine.network, windows, size, null, true);
  const sums = { loss: 0, correct: 0, weight: 0 };
  const every = windows.shape.targets === 'every';
  for (let i = 0; i + 1 < bounds.length; i++) {
    program.batch.training = false;
    gather.inputs(windows, order, bounds[i]!, bounds[i + 1]!, program.batch);
    gather.goals(windows, order, bounds[i]!, bounds[i + 1]!, program.batch);
    const { loss, correct } = k.scope(() => readSums(machine, program.measure(gather, program.forward(gather), every)));
    unload(k, machine.store);
    sums.loss += loss;
    sums.correct += correct;
    sums.weight += gather.count;
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return { loss: sums.loss / sums.weight, accuracy: accuracyOf(machine, sums) };
}

export function readSums({ k }: Machine, { loss, correct }: Measure): Sums {
  return { loss: k.read(loss)[0]!, correct: correct === null ? 0 : k.read(correct)[0]! };
}

/** Share of right tokens; null for numbers. */
export function accuracyOf(
  { network }: Machine,
  sums: { readonly correct: number; readonly weight: number },
): number | null {
  return network.output.kind === 'tokens' ? sums.correct / sums.weight : null;
}

/** Rows a block of predictions may have: bounds the memory, whatever the number of windows. */
const BLOCK_ROWS = 16384;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). */
export async function predict(machine: Machine, windows: Windows): Promise<Float64Array> {
  const { program, gather, breath, plan, k } = machine;
  checkChannels(machine, windows);
  const block = Math.max(1, Math.min(256, Math.floor(BLOCK_ROWS / windows.shape.context)));
  const { order, bounds } = planVisits(machine.network, windows, block, null, false);
  const width = plan.outputs;
  const outputs = new Float64Array(windows.cuts.count * width);
  for (let i = 0; i + 1 < bounds.length; i++) {
    const start = bounds[i]!;
    program.batch.training = false;
    gather.inputs(windows, order, start, bounds[i + 1]!, program.batch);
    k.scope(() => {
      const rows = k.read(program.lastRows(program.forward(gather)));
      for (let b = 0; b < program.batch.windows; b++) {
        const to = order[start + b]! * width;
        for (let j = 0; j < width; j++) outputs[to + j] = rows[b * width + j]!;
        undo(machine, b, outputs, to);
      }
    });
    unload(k, machine.store);
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return outputs;
}

/** Undoes the normalisation of window b's outputs [(h · C + c) · Q + q] at `at`. */
function undo({ network, gather }: Machine, b: number, outputs: Float64Array, at: number): void {
  const { output } = network;
  if (output.kind !== 'numbers') return;
  const { horizon: H, targets: C, quantiles: Q } = output;
  for (let h = 0, to = at; h < H; h++) {
    for (let c = 0; c < C; c++) {
      const base = gather.bases[(b * H + h) * C + c]!;
      const scale = gather.scales[b * C + c]!;
      for (let q = 0; q < Q; q++, to++) outputs[to] = base + scale * outputs[to]!;
    }
  }
}
