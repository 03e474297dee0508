// Recurrent states that go on from batch to batch, kept apart for each training and each pass, so that none disturbs another.
// In: a program's memories. Out: states by name, as checkpoints save them. Not here: which windows go on (window/batches.ts).

import type { Tensors } from '../../core/tensor.ts';
import type { Carried } from './cell.ts';

/** A program, as far as its memories go. */
export interface Remembering {
  readonly carried: readonly { readonly layer: string; readonly memory: Carried }[];
}

/** States by layer and kind ("lstm#h"), one row a stream. */
export type Streams = Map<string, Float64Array>;

/** What the last range read left: where it stands, so that a text that grows is not read again from its beginning. */
export interface Passed {
  readonly ids: Float64Array;
  readonly streams: Streams;
  /** The weights it was read with. */
  readonly version: number;
}

const PREFIX = 'carried/';

/** Puts states where the next batch reads them. */
export function putStreams(program: Remembering, streams: Streams): void {
  for (const { layer, memory } of program.carried)
    memory.values = streams.get(`${layer}#${memory.name}`) ?? new Float64Array(0);
}

/** Takes the states the last batch left. */
export function takeStreams(program: Remembering, streams: Streams): void {
  for (const { layer, memory } of program.carried) streams.set(`${layer}#${memory.name}`, memory.values);
}

/** As checkpoints save them: ("carried/lstm#h": (streams, units)). */
export function streamTensors(program: Remembering, streams: Streams | null): Tensors {
  if (streams === null) return new Map();
  return new Map(
    program.carried.map(({ layer, memory }) => {
      const data = (streams.get(`${layer}#${memory.name}`) ?? new Float64Array(0)).slice();
      return [`${PREFIX}${layer}#${memory.name}`, { shape: [data.length / memory.units, memory.units], data }];
    }),
  );
}

/** Moments and carried states, told apart. */
export function partTensors(tensors: Tensors): { readonly moments: Tensors; readonly streams: Streams | null } {
  const all = [...tensors];
  const streams = all.filter(([name]) => name.startsWith(PREFIX));
  return {
    moments: new Map(all.filter(([name]) => !name.startsWith(PREFIX))),
    streams:
      streams.length === 0
        ? null
        : new Map(streams.map(([name, { data }]) => [name.slice(PREFIX.length), Float64Array.from(data)])),
  };
}
