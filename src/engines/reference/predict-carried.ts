// Outputs of a network that carries its state: each range of cuts is read once, from its first window's first input to its last cutoff.
// In: a machine and windows of ids. Out: rows in the windows' order. Not here: networks whose windows begin at zero (predict.ts).

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CutRange } from '../../window/window.ts';
import type { Windows } from '../engine.ts';
import { type Machine, work } from './machine.ts';
import type { Program } from './program.ts';
import type { Store } from './store.ts';
import { type Passed, putStreams, type Streams, takeStreams } from './streams.ts';

/** What a pass needs of a machine. */
export interface PassingMachine extends Pick<Machine, 'plan' | 'gather' | 'breath' | 'passed'> {
  readonly store: Pick<Store, 'version'>;
  readonly program: Pick<Program, 'batch' | 'carried' | 'size' | 'forward'>;
}

/** Steps read at a time: bounds the memory, changes no bit. */
const STRETCH = 64;

/** Logits (N, V). */
export async function predictCarried(machine: PassingMachine, windows: Windows): Promise<Float64Array> {
  const { plan, breath, store } = machine;
  const width = plan.outputs;
  const channel = windows.sequence.targets[0] as Float64Array;
  const outputs = new Float64Array(windows.cuts.count * width);
  let done = 0; // windows of the ranges before
  for (const range of windows.cuts.ranges) {
    const start = Math.max(range.from, range.first - windows.shape.context);
    const end = range.first + (range.count - 1) * range.stride;
    const known = goOn(machine, channel, start, range.first);
    const streams: Streams = known?.streams ?? new Map();
    for (let at = start + (known?.ids.length ?? 0); at < end; ) {
      const to = Math.min(end, at + STRETCH);
      copyRows(readOn(machine, windows, streams, at, to, at > start), at, to, range, width, outputs, done);
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
  if (!passed || passed.version !== store.version || passed.ids.length > first - 1 - start) return null;
  for (let i = 0; i < passed.ids.length; i++) if (passed.ids[i] !== channel[start + i]) return null;
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

/** The range's cutoffs in (at, to]: the one after position p is answered by the row that read p. */
function copyRows(
  rows: Float64Array,
  at: number,
  to: number,
  range: CutRange,
  width: number,
  outputs: Float64Array,
  done: number,
): void {
  const from = Math.max(0, Math.ceil((at + 1 - range.first) / range.stride));
  for (let k = from; k < range.count && range.first + k * range.stride <= to; k++) {
    const row = range.first + k * range.stride - 1 - at;
    for (let j = 0; j < width; j++) outputs[(done + k) * width + j] = rows[row * width + j]!;
  }
}
