// rows · K, or rows of K by id: what a dense layer and the input side of recurrent layers share. In: rows. Out: rows, gradients of K and of the rows.

import type { Pass, Tokens } from './cell.ts';
import type { Id } from './kernels.ts';
import { addRowsAt, multiply, product, takeRows } from './operations.ts';
import type { Slot } from './store.ts';

/** What a layer reads: rows, or ids that stand for them. */
export type Source = Id | Tokens;

/** source · K. */
export function project({ k }: Pass, source: Source, kernel: Pick<Slot, 'value'>): Id {
  if (typeof source === 'number') return product(k, source, kernel.value);
  const rows = takeRows(k, kernel.value, source.safe);
  return source.known === null ? rows : multiply(k, rows, source.known);
}

/** Sets K's gradient; gives the rows' where it is asked for. */
export function projectBack({ k }: Pass, source: Source, kernel: Slot, gradient: Id, asked: boolean): Id | null {
  if (typeof source !== 'number') {
    kernel.gradient = addRowsAt(k, gradient, source.ids, kernel.shape[0] as number);
    return null;
  }
  kernel.gradient = product(k, source, gradient, 1);
  return asked ? product(k, gradient, kernel.value, 2) : null;
}
