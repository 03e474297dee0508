// Outputs of a network that carries its state: each range of cuts is read once, from its first window's first input to its last cutoff.
// In: a machine and windows of ids. Out: rows in the windows' order. Not here: networks whose windows begin at zero (predict.ts).

import { nextTurn } from '../../core/turn.ts';
import type { Windows } from '../engine.ts';
import { interrupted } from '../means.ts';
import { roomForOutputs } from '../outputs.ts';
import { beginsWith, copyAnswers, passOver, STRETCH } from '../passing.ts';
import { type Machine, work } from './machine.ts';
import type { Program } from './program.ts';
import type { Store } from './store.ts';
import { type Passed, putStreams, type Streams, takeStreams } from './streams.ts';

/** What a pass needs of a machine. */
export interface PassingMachine extends Pick<Machine, 'plan' | 'gather' | 'breath' | 'passed'> {
  readonly store: Pick<Store, 'version'>;
  readonly program: Pick<Program, 'batch' | 'carried' | 'size' | 'forward'>;
}

/** Logits (N, V). Errors: Interrupted. */
export async function predictCarried(
  machine: PassingMachine,
  windows: Windows,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const { plan, breath, store } = machine;
  const width = plan.outputs;
  const channel = windows.sequence.targets[0] as Float64Array;
  const outputs = roomForOutputs(windows.cuts.count, width);
  let done = 0; // windows of the ranges before
  for (const range of windows.cuts.ranges) {
    const { start, end } = passOver(range, windows.shape.context);
    const known = goOn(machine, channel, start, range.first);
    const streams: Streams = known?.streams ?? new Map();
    for (let at = start + (known?.ids.length ?? 0); at < end; ) {
      if (signal?.aborted) throw interrupted();
      const to = Math.min(end, at + STRETCH);
      copyAnswers(readOn(machine, windows, streams, at, to, at > start), at, to, range, width, outputs, done);
      at = to;
      if (breath.due(work(machine, 1))) await nextTurn();
    }
    machine.passed = { ids: channel.slice(start, end), streams, version: store.version };
    done += range.count;
  }
  return outputs;
}

/** What was read last, where it is what a pass from `start` reads before its first answer. It is handed over: nobody else goes on from it. */
function goOn(machine: PassingMachine, channel: Float64Array, start: number, first: number): Passed | null {
  const { passed, store } = machine;
  if (!passed || passed.version !== store.version || !beginsWith(passed.ids, channel, start, first)) return null;
  machine.passed = null;
  return passed;
}

/** Rows of outputs after each of the inputs [at, to). */
function readOn(
  { program, gather }: PassingMachine,
  windows: Windows,
  streams: Streams,
  at: number,
  to: number,
  goesOn: boolean,
): Float64Array {
  const { batch } = program;
  const shape = { ...windows.shape, context: STRETCH, pad: 'none' } as const;
  const cuts = { ranges: [{ from: at, first: to, count: 1, stride: 1 }], count: 1 };
  batch.training = false;
  batch.continues = Uint8Array.of(goesOn ? 1 : 0);
  gather.inputs({ ...windows, shape, cuts }, Int32Array.of(0), 0, 1, batch);
  program.size();
  putStreams(program, streams);
  const rows = program.forward(gather.input);
  takeStreams(program, streams);
  return rows;
}
