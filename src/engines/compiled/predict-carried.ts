// Outputs of a network that carries its state: each range of cuts is read once, from its first window's first input to its last cutoff.
// In: a machine and windows of ids. Out: rows in the windows' order. Not here: networks whose windows begin at zero (evaluate.ts).

import { nextTurn } from '../../core/turn.ts';
import type { Windows } from '../engine.ts';
import { roomForOutputs } from '../outputs.ts';
import { beginsWith, copyAnswers, passOver, STRETCH } from '../passing.ts';
import type { Bound } from './kernel.ts';
import {
  bind,
  type Machine,
  type Passed,
  passForward,
  type Stopping,
  type Streams,
  WORK_PER_TURN,
  workPerWindow,
} from './machine.ts';
import { hold } from './streams.ts';

/** Logits (N, V); null where the signal has stopped it. */
export async function predictCarried(
  machine: Machine,
  windows: Windows,
  signal: AbortSignal | undefined,
  stopping: Stopping,
): Promise<Float64Array | null> {
  const width = machine.plan.outputs;
  const channel = windows.sequence.targets[0] as Float64Array;
  const each = workPerWindow(machine, { ...windows.shape, context: 1 }, 1);
  const outputs = roomForOutputs(windows.cuts.count, width);
  const rows = new Float64Array(STRETCH * width);
  let done = 0; // windows of the ranges before
  let worked = 0;
  for (const range of windows.cuts.ranges) {
    const { start, end } = passOver(range, windows.shape.context);
    const known = goOn(machine, channel, start, range.first);
    const streams: Streams = known?.streams ?? { count: 1, data: null };
    for (let at = start + (known?.ids.length ?? 0); at < end; ) {
      const to = Math.min(end, at + STRETCH);
      const bound = boundOf(channel, at, to, at > start);
      const soon = passForward(machine, signal, stopping, (kernel) => {
        bind(machine, bound);
        hold(machine, kernel, streams);
        return kernel.predict(0, 1, rows.subarray(0, (to - at) * width), (to - at) * each);
      });
      if (!(soon instanceof Promise ? await soon : soon)) return null;
      copyAnswers(rows, at, to, range, width, outputs, done);
      worked = soon instanceof Promise ? 0 : worked + (to - at) * each;
      at = to;
      if (worked < WORK_PER_TURN) continue;
      worked = 0;
      await nextTurn();
    }
    machine.passed = { ids: channel.slice(start, end), streams, version: machine.version };
    done += range.count;
  }
  return outputs;
}

/** What was read last, where it is what a pass from `start` reads before its first answer. It is handed over: nobody else goes on from it. */
function goOn(machine: Machine, channel: Float64Array, start: number, first: number): Passed | null {
  const { passed, version } = machine;
  if (!passed || passed.version !== version || !beginsWith(passed.ids, channel, start, first)) return null;
  machine.passed = null;
  return passed;
}

/** Inputs [at, to) as one window, all of whose outputs are asked for. */
function boundOf(channel: Float64Array, at: number, to: number, goesOn: boolean): Bound {
  return {
    channels: [channel.subarray(at, to)],
    cutoffs: Int32Array.of(to - at),
    lengths: Int32Array.of(to - at, goesOn ? 1 : 0),
    settings: Int32Array.of(to - at, 0, 0, 0, 1, 0, 1, 1, 0),
    ahead: 0,
  };
}
