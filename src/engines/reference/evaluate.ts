// Loss and accuracy over windows, without dropout. In: a machine and windows. Out: means. Not here: training.

import { nextTurn } from '../../core/turn.ts';
import type { Windows } from '../engine.ts';
import { type Means, meansOf } from '../means.ts';
import { planPass } from '../visiting.ts';
import type { Tally } from './losses/loss.ts';
import { checkBatches, checkWindows, everyStep, type Machine, work } from './machine.ts';
import { putStreams, type Streams, takeStreams } from './streams.ts';

/** Means over the windows' targets, `size` windows at a time; null where the signal has stopped it. Errors: E_DATA_TOO_SHORT without windows. */
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
  return meansOf(network, tally);
}
