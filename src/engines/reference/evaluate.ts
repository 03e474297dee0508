// Loss and accuracy over windows, without dropout. In: a machine and windows. Out: means. Not here: training.

import { planBatches } from '../../window/batches.ts';
import type { Windows } from '../engine.ts';
import { nextTurn } from '../turn.ts';
import type { Tally } from './losses/loss.ts';
import { checkWindows, type Machine, work } from './machine.ts';

/** Means over the windows' targets, `size` windows at a time. */
export async function evaluate(
  machine: Machine,
  windows: Windows,
  size: number,
): Promise<{ readonly loss: number; readonly accuracy: number | null }> {
  const { program, gather, breath } = machine;
  checkWindows(machine, windows);
  const { order, bounds } = planBatches(windows.cuts, windows.shape, size, null);
  const tally: Tally = { loss: 0, correct: 0, weight: 0 };
  for (let k = 0; k + 1 < bounds.length; k++) {
    program.batch.training = false;
    gather.inputs(windows, order, bounds[k]!, bounds[k + 1]!, program.batch);
    gather.goals(windows, order, bounds[k]!, bounds[k + 1]!, program.batch);
    program.size();
    program.forward(gather.input);
    program.measure(gather.targets, gather.kept, gather.count, windows.shape.targets === 'every', tally);
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return { loss: tally.loss / tally.weight, accuracy: accuracyOf(machine, tally) };
}

/** Share of right tokens; null for numbers. */
export function accuracyOf(
  machine: Machine,
  sums: { readonly correct: number; readonly weight: number },
): number | null {
  return machine.network.output.kind === 'tokens' ? sums.correct / sums.weight : null;
}
