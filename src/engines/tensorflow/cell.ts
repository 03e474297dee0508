// The contract of a layer's arithmetic in TensorFlow: forward beside backward, over one batch, inside one scope.
// In: rows of a batch. Out: rows, and gradients. Not here: any layer (layers/), losses, optimizers.

import type { PlannedLayer } from '../../layers/plan.ts';
import type { Batch } from '../reference/cell.ts';
import type { Id, Kernels } from './kernels.ts';
import type { Reading } from './reading.ts';
import type { Store } from './store.ts';

/** States of a recurrent layer, or their gradients: (B, U) each; `c` of an lstm alone. */
export interface State {
  readonly h: Id;
  readonly c: Id | null;
}

/** A batch, or a stretch of its steps, on its way through the network. Rows are time-major: row t · B + b of a sequence, row b else. */
export interface Pass {
  readonly k: Kernels;
  readonly batch: Batch;
  /** Steps of the stretch, and the batch's step it begins with. */
  readonly steps: number;
  readonly first: number;
  /** Whether states go on, from the stretch before or to the next one. */
  readonly goesOn: boolean;
  /** By layer: what it begins with (none: zeros), and where it ended. */
  readonly begins: Map<string, State>;
  readonly ends: Map<string, State>;
  /** Gradients of those, the latter's given, the former's found on the way back. */
  readonly toBegins: Map<string, State>;
  readonly toEnds: Map<string, State>;
  /** The rows' order for a layer that reads forward or backward; null where it reads them as they stand. */
  reading(reversed: boolean): Reading | null;
  /** The batch's ids, in the order of a reading. */
  tokens(reading: Reading | null): Tokens;
}

/** Ids that stand for one-hot rows. */
export interface Tokens {
  /** (T · B) with −1 for a row of zeros. */
  readonly ids: Id;
  /** (T · B) never below 0. */
  readonly safe: Id;
  /** (T · B, 1) 0 where the id is −1, else 1; null where none is. */
  readonly known: Id | null;
}

export interface Cell {
  /** Rows (rows, features); of ids, `input` is not read. */
  forward(pass: Pass, input: Id): Id;
  /**
   * Sets its weights' gradients; gives the gradient of its input where that is asked for, else null. Follows a forward pass in the same scope;
   * what that pass saved is gone afterwards.
   */
  backward(pass: Pass, gradient: Id, asked: boolean): Id | null;
}

export type MakeCell<Spec> = (spec: Spec, layer: PlannedLayer, store: Store) => Cell;

/** Rows of a layer's input or output. */
export function rowsOf({ batch, steps }: Pass, flow: { readonly sequence: boolean }): number {
  return flow.sequence ? steps * batch.windows : batch.windows;
}
