// Loss and accuracy over windows, without dropout. In: a machine and windows. Out: means. Not here: training.

import { nextTurn } from '../../core/turn.ts';
import type { Windows } from '../engine.ts';
import { planPass } from '../visiting.ts';
import type { Tally } from './losses/loss.ts';
import { checkBatches, checkWindows, everyStep, interrupted, type Machine, work } from './machine.ts';
import { putStreams, type Streams, takeStreams } from './streams.ts';

export interface Means {
  readonly loss: number;
  readonly accuracy: number | null;
}

/** Means over the windows' targets, `size` windows at a time. Errors: E_DATA_TOO_SHORT without windows, Interrupted. */
export async function evaluate(machine: Machine, windows: Windows, size: number, signal?: AbortSignal): Promise<Means> {
  const means = await measure(machine, windows, size, signal);
  if (!means) throw interrupted();
  return means;
}

/** The same; null where the signal has stopped it. */
export async function measure(
  machine: Machine,
  windows: Windows,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Means | null> {
  const { program, gather, breath, network } = machine;
  checkWindows(machine, windows);
  checkBatches(windows, size, 'evaluate');
  const { batch } = program;
  const { order, bounds, continues, windows: read } = planPass(network, windows, size);
  const streams: Streams = new Map();
  const tally: Tally = { loss: 0, correct: 0, weight: 0 };
  for (let k = 0; k + 1 < bounds.length; k++) {
    if (signal?.aborted) return null;
    batch.training = false;
    batch.continues = continues?.subarray(bounds[k]!, bounds[k + 1]!) ?? null;
    gather.inputs(read, order, bounds[k]!, bounds[k + 1]!, batch);
    gather.goals(read, order, bounds[k]!, bounds[k + 1]!, batch);
    program.size();
    if (continues) putStreams(program, streams);
    program.forward(gather.input, gather.shifts);
    if (continues) takeStreams(program, streams);
    program.measure(gather.targets, gather.kept, gather.count, everyStep(network, windows.shape), tally);
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
