// The contract of a layer's arithmetic: forward beside backward, over one batch, in buffers sized once.
// In: a batch and the rows before. Out: rows, and gradients. Not here: any layer (layers/), losses, optimizers.

import type { PlannedLayer } from '../../layers/plan.ts';
import type { Store } from './store.ts';

/** What all layers know of the batch at work. Rows are time-major: row t · B + b of a sequence, row b else. */
export interface Batch {
  steps: number; // T
  windows: number; // B
  /** (T · B) token ids, −1 for none; null for numbers. */
  ids: Int32Array | null;
  /** (T · B) 1 where a recurrent layer reads, 0 where it carries its state over; null where every step is read. */
  mask: Uint8Array | null;
  /** Dropout is on, and what backward needs is kept. */
  training: boolean;
  seed: number;
  epoch: number;
  /** Step inside the epoch. */
  step: number;
}

export interface Cell {
  /** Rows given by the last forward pass; may be longer than the batch needs. */
  readonly output: Float64Array;
  /** Makes room for T steps of B windows; never shrinks. */
  size(steps: number, windows: number, training: boolean): void;
  forward(batch: Batch, input: Float64Array): void;
  /** Adds to the weights' gradients; overwrites `inputGradient` where it is asked for. Follows a forward pass of the same batch. */
  backward(batch: Batch, input: Float64Array, outputGradient: Float64Array, inputGradient: Float64Array | null): void;
}

export type MakeCell<Spec> = (spec: Spec, layer: PlannedLayer, store: Store) => Cell;

/** The same array where it is long enough, else a longer one. */
export function room(array: Float64Array, length: number): Float64Array {
  return array.length >= length ? array : new Float64Array(length);
}

export const EMPTY: Float64Array = new Float64Array(0);
