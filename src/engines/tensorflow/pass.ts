// A batch, or a stretch of its steps, on its way: orders and ids are made when a layer first asks for them.
// In: a batch. Out: a Pass. Not here: which stretches there are (program.ts).

import type { Batch } from '../reference/cell.ts';
import type { Pass, Tokens } from './cell.ts';
import type { Kernels } from './kernels.ts';
import { planReading, type Reading } from './reading.ts';

/** Steps [from, to) of a batch; those after the known ones are never padded. */
export function createPass(k: Kernels, batch: Batch, from: number, to: number, goesOn: boolean): Pass {
  const readings = new Map<boolean, Reading | null>();
  const tokens = new Map<Reading | null, Tokens>();
  const steps = to - from;
  return {
    k,
    batch,
    steps,
    first: from,
    goesOn,
    begins: new Map(),
    ends: new Map(),
    toBegins: new Map(),
    toEnds: new Map(),
    reading(reversed) {
      const known = readings.get(reversed);
      if (known !== undefined) return known;
      const mask = from === 0 ? batch.mask : null;
      const planned = planReading({ windows: batch.windows, mask }, steps, reversed);
      readings.set(reversed, planned);
      return planned;
    },
    tokens(reading) {
      const made = tokens.get(reading) ?? uploadTokens(k, batch, steps, reading);
      tokens.set(reading, made);
      return made;
    },
  };
}

function uploadTokens(k: Kernels, { ids, windows }: Batch, steps: number, reading: Reading | null): Tokens {
  const rows = steps * windows;
  const all = (ids as Int32Array).subarray(0, rows);
  const values = reading ? reading.from.map((row) => all[row]!) : all.slice();
  const tensor = k.ints(values, [rows]);
  if (values.every((id) => id >= 0)) return { ids: tensor, safe: tensor, known: null };
  const safe = values.map((id) => Math.max(0, id));
  const known = Float32Array.from(values, (id) => (id < 0 ? 0 : 1));
  return { ids: tensor, safe: k.ints(safe, [rows]), known: k.floats(known, [rows, 1]) };
}
