// Loss and accuracy over windows, and outputs after them, in turns of bounded work. In: a machine and windows. Out: means; rows in the windows' order.
// Not here: training.

import type { Windows } from '../engine.ts';
import { checkChannels, checkWindows } from '../reference/machine.ts';
import { nextTurn } from '../turn.ts';
import { bind, type Machine, noMemory, windowsPerTurn } from './machine.ts';
import { planVisits } from './visits.ts';

export interface Means {
  readonly loss: number;
  readonly accuracy: number | null;
}

/** Means over the windows' targets, `size` windows at a time. */
export async function evaluate(machine: Machine, windows: Windows, size: number): Promise<Means> {
  const { network, kernel } = machine;
  checkWindows(machine, windows);
  const { bounds, bound } = planVisits(network, windows, size, null, true);
  const turn = windowsPerTurn(machine, windows.shape, 1);
  const sums = { loss: 0, correct: 0, weight: 0 };
  const results = new Float64Array(3);
  let seen = 0;
  for (let k = 0; k + 1 < bounds.length; k++) {
    bind(machine, bound);
    if (!kernel.evaluate(bounds[k]!, bounds[k + 1]!, results)) throw noMemory(machine);
    sums.loss += results[0]!;
    sums.correct += results[1]!;
    sums.weight += results[2]!;
    seen += bounds[k + 1]! - bounds[k]!;
    if (seen < turn) continue;
    seen = 0;
    await nextTurn();
  }
  machine.bound = null; // what was read is not held
  return { loss: sums.loss / sums.weight, accuracy: accuracyOf(machine, sums) };
}

/** Share of right tokens; null for numbers. */
export function accuracyOf(
  { network }: Pick<Machine, 'network'>,
  sums: { readonly correct: number; readonly weight: number },
): number | null {
  return network.output.kind === 'tokens' ? sums.correct / sums.weight : null;
}

/** Windows a block of predictions may have: bounds the memory, whatever their number. */
const BLOCK = 256;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). */
export async function predict(machine: Machine, windows: Windows): Promise<Float64Array> {
  const { network, kernel, plan } = machine;
  checkChannels(machine, windows);
  const width = plan.outputs;
  const turn = windowsPerTurn(machine, windows.shape, 1);
  const { order, bounds, bound } = planVisits(network, windows, Math.min(BLOCK, turn), null, false);
  const outputs = new Float64Array(windows.cuts.count * width);
  const block = new Float64Array(Math.min(BLOCK, turn, windows.cuts.count) * width);
  let seen = 0;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const [start, end] = [bounds[k]!, bounds[k + 1]!];
    bind(machine, bound);
    if (!kernel.predict(start, end, block.subarray(0, (end - start) * width))) throw noMemory(machine);
    for (let i = start, from = 0; i < end; i++, from += width) {
      outputs.set(block.subarray(from, from + width), order[i]! * width);
    }
    seen += end - start;
    if (seen < turn) continue;
    seen = 0;
    await nextTurn();
  }
  machine.bound = null;
  return outputs;
}
