// Recurrent states that go on from batch to batch: out of the memories they are kept in, and back. In: a pass. Out: its first states, and its last.
// Not here: which windows go on (window/batches.ts), how memories are kept (reference/streams.ts).

import type { Network } from '../../models/network.ts';
import type { Carried } from '../reference/cell.ts';
import type { Pass } from './cell.ts';
import type { Id } from './kernels.ts';

/** A memory of each state of each recurrent layer; none where nothing is carried. */
export function carriedBy({ layers, carry }: Network): { readonly layer: string; readonly memory: Carried }[] {
  if (!carry) return [];
  return layers.flatMap((spec) =>
    'sequences' in spec
      ? (spec.kind === 'lstm' ? ['h', 'c'] : ['h']).map((name) => ({
          layer: spec.name,
          memory: { name, units: spec.units, values: new Float64Array(0) },
        }))
      : [],
  );
}

/** Every layer begins where its streams stand; at zero where `continues` is 0. */
export function begin(pass: Pass, carried: ReturnType<typeof carriedBy>, continues: Uint8Array): void {
  for (const { layer, memory } of carried) {
    const B = pass.batch.windows;
    const first = new Float32Array(B * memory.units);
    for (let i = 0; i < first.length; i++) {
      first[i] = continues[Math.floor(i / memory.units)] === 1 ? (memory.values[i] ?? 0) : 0;
    }
    const id: Id = pass.k.floats(first, [B, memory.units]);
    const { h, c } = pass.begins.get(layer) ?? { h: -1, c: null };
    pass.begins.set(layer, memory.name === 'h' ? { h: id, c } : { h, c: id });
  }
}

/** Where the streams of this batch stand now, in the order of the memories. */
export function endsOf(pass: Pass, carried: ReturnType<typeof carriedBy>): readonly Id[] {
  return carried.map(({ layer, memory }) => {
    const end = pass.ends.get(layer);
    return (memory.name === 'h' ? end?.h : end?.c) as Id;
  });
}

/** Keeps them; streams the batch did not read stay. */
export function keep(pass: Pass, carried: ReturnType<typeof carriedBy>): void {
  for (const [i, id] of endsOf(pass, carried).entries()) {
    const { memory } = carried[i]!;
    const values = pass.k.read(id);
    const kept = new Float64Array(Math.max(memory.values.length, values.length));
    kept.set(memory.values);
    kept.set(values as Float32Array);
    memory.values = kept;
  }
}
