// Recurrent states that go on from batch to batch: each training and each pass has its own, and the kernel holds one at a time.
// In: a machine. Out: states in the kernel, or as tensors by name. Not here: which windows go on (window/batches.ts).

import type { Tensors } from '../../core/tensor.ts';
import { type Kernel, STREAMS } from './kernel.ts';
import type { Machine, Streams } from './machine.ts';

const PREFIX = 'carried/';

/** Makes the kernel go on from these streams. */
export function hold(machine: Machine, kernel: Kernel, streams: Streams | null): void {
  if (streams === null || machine.holder === streams) return;
  if (machine.holder) machine.holder.data = takeStreams(machine, kernel, machine.holder.count);
  if (streams.data) kernel.write(STREAMS * streams.count, streams.data);
  machine.holder = streams;
}

function takeStreams(machine: Machine, kernel: Kernel, count: number): Float32Array {
  const data = new Float32Array(count * statesOf(machine).reduce((sum, { units }) => sum + units, 0));
  kernel.read(STREAMS * count, data);
  return data;
}

/** As checkpoints save them: ("carried/lstm#h": (streams, units)). */
export function streamTensors(machine: Machine): Tensors {
  const { streams, kernel, holder } = machine;
  if (!streams) return new Map();
  const data = holder === streams ? takeStreams(machine, kernel, streams.count) : streams.data;
  if (!data) return new Map();
  let at = 0;
  return new Map(
    statesOf(machine).map(({ name, units }) => {
      const values = data.slice(at, at + streams.count * units);
      at += values.length;
      return [PREFIX + name, { shape: [streams.count, units], data: values }];
    }),
  );
}

/** Moments and carried states, told apart. */
export function partTensors(
  machine: Machine,
  tensors: Tensors,
): { readonly moments: Tensors; readonly streams: Streams | null } {
  const states = statesOf(machine).map(({ name }) => tensors.get(PREFIX + name));
  const moments = new Map([...tensors].filter(([name]) => !name.startsWith(PREFIX)));
  const count = states[0]?.shape[0];
  if (count === undefined) return { moments, streams: null };
  const flat = states.flatMap((tensor) => [...(tensor?.data ?? [])]);
  return { moments, streams: { count, data: Float32Array.from(flat) } };
}

/** The states of a network in the kernels' order. */
function statesOf({ plan }: Pick<Machine, 'plan'>): { readonly name: string; readonly units: number }[] {
  return plan.layers.flatMap(({ spec }) => {
    if (spec.kind !== 'lstm' && spec.kind !== 'gru' && spec.kind !== 'simple-rnn') return [];
    const kinds = spec.kind === 'lstm' ? ['h', 'c'] : ['h'];
    return kinds.map((kind) => ({ name: `${spec.name}#${kind}`, units: spec.units }));
  });
}
