// The order in which a recurrent layer reads its rows, where they do not simply stand in it: backwards, or past padding it must not read.
// In: a batch. Out: row numbers there and back. Rows read first are the windows' first known steps, so that no step needs a mask.

import type { Batch } from '../reference/cell.ts';
import type { Id, Kernels } from './kernels.ts';
import { addRowsAt, multiply, takeRows } from './operations.ts';

/** Of (T · B) rows; −1 stands for none. */
export interface Reading {
  /** The row that is read at each place of the order; past a window's end, its last. */
  readonly from: Int32Array;
  /** The same, −1 past a window's end. */
  readonly fromOrNone: Int32Array;
  /** The place whose state each row shows; −1 before a window's first known step read forward. */
  readonly at: Int32Array;
  /** (B) the place of each window's last state. */
  readonly last: Int32Array;
}

/** Null where rows are read as they stand. */
export function planReading(
  { windows, mask }: Pick<Batch, 'windows' | 'mask'>,
  steps: number,
  reversed: boolean,
): Reading | null {
  if (!reversed && !mask) return null;
  const rows = steps * windows;
  const reading = {
    from: new Int32Array(rows),
    fromOrNone: new Int32Array(rows),
    at: new Int32Array(rows),
    last: new Int32Array(windows),
  };
  for (let b = 0; b < windows; b++) {
    let first = 0;
    while (mask && first < steps - 1 && mask[first * windows + b] === 0) first++;
    const length = steps - first;
    reading.last[b] = (length - 1) * windows + b;
    for (let place = 0; place < steps; place++) {
      const read = Math.min(place, length - 1);
      const row = (reversed ? steps - 1 - read : first + read) * windows + b;
      reading.from[place * windows + b] = row;
      reading.fromOrNone[place * windows + b] = place < length ? row : -1;
    }
    for (let t = 0; t < steps; t++) {
      const place = reversed ? Math.min(steps - 1 - t, length - 1) : t - first;
      reading.at[t * windows + b] = place < 0 ? -1 : place * windows + b;
    }
  }
  return reading;
}

const numbers = (k: Kernels, values: Int32Array) => k.ints(values, [values.length]);

/** Rows in the order of reading. */
export function inOrder(k: Kernels, reading: Reading | null, rows: Id): Id {
  return reading ? takeRows(k, rows, numbers(k, reading.from)) : rows;
}

/** Gradient of `inOrder`. */
export function inOrderBack(k: Kernels, reading: Reading | null, gradient: Id): Id {
  return reading ? addRowsAt(k, gradient, numbers(k, reading.fromOrNone), reading.from.length) : gradient;
}

/** States in the order of reading, each at the rows that show it. */
export function inPlace(k: Kernels, reading: Reading | null, states: Id): Id {
  if (!reading) return states;
  const shown = takeRows(
    k,
    states,
    numbers(
      k,
      reading.at.map((place) => Math.max(0, place)),
    ),
  );
  if (!reading.at.includes(-1)) return shown;
  const there = Float32Array.from(reading.at, (place) => (place < 0 ? 0 : 1));
  return multiply(k, shown, k.floats(there, [there.length, 1]));
}

/** Gradient of `inPlace`. */
export function inPlaceBack(k: Kernels, reading: Reading | null, gradient: Id): Id {
  return reading ? addRowsAt(k, gradient, numbers(k, reading.at), reading.at.length) : gradient;
}

/** (B, U) the last state of each window. */
export function lastStates(k: Kernels, reading: Reading, states: Id): Id {
  return takeRows(k, states, numbers(k, reading.last));
}

/** Gradient of `lastStates`. */
export function lastStatesBack(k: Kernels, reading: Reading, gradient: Id): Id {
  return addRowsAt(k, gradient, numbers(k, reading.last), reading.at.length);
}
