// The contract of a layer's arithmetic: forward beside backward, over one batch, in buffers sized once.
// In: a batch and the rows before. Out: rows, and gradients. Not here: any layer (layers/), losses, optimizers.

import type { PlannedLayer } from '../../layers/plan.ts';
import type { Store } from './store.ts';

/** What all layers know of the batch at work. Rows are time-major: row t · B + b of a sequence, row b else. */
export interface Batch {
  steps: number; // T, own steps of a network that runs free included
  windows: number; // B
  /** Steps whose inputs are known before the network runs; those after them stand on its own outputs. */
  known: number;
  /** Steps [from, to) are at work in this call: all at once, or one by one where the network runs free. */
  from: number;
  to: number;
  /** (B) 1 where recurrent layers go on from where stream b stands, 0 where they begin at zero; null: every window begins at zero. */
  continues: Uint8Array | null;
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

/** A batch of nothing, before the first one is gathered. */
export function emptyBatch(): Batch {
  return {
    steps: 0,
    windows: 0,
    known: 0,
    from: 0,
    to: 0,
    continues: null,
    ids: null,
    mask: null,
    training: false,
    seed: 0,
    epoch: 0,
    step: 0,
  };
}

/** What a recurrent layer remembers of one kind ("h", "c") between batches. */
export interface Carried {
  readonly name: string;
  readonly units: number;
  /** (streams, units) */
  values: Float64Array;
}

export interface Cell {
  /** Rows given by the last forward pass; may be longer than the batch needs. */
  readonly output: Float64Array;
  /** Makes room for T steps of B windows; never shrinks. */
  size(steps: number, windows: number, training: boolean): void;
  /** Of a layer that goes through time forwards. */
  readonly carried?: readonly Carried[];
  /** Rows of the batch's steps [from, to); those before them stand as the calls before left them. */
  forward(batch: Batch, input: Float64Array): void;
  /**
   * Adds to the weights' gradients; overwrites the rows of `inputGradient` where it is asked for. Follows a forward pass of the same batch; calls
   * for stretches of steps go from the last one to the first.
   */
  backward(batch: Batch, input: Float64Array, outputGradient: Float64Array, inputGradient: Float64Array | null): void;
}

export type MakeCell<Spec> = (spec: Spec, layer: PlannedLayer, store: Store) => Cell;

/** The same array where it is long enough, else a longer one. */
export function room(array: Float64Array, length: number): Float64Array {
  return array.length >= length ? array : new Float64Array(length);
}

export const EMPTY: Float64Array = new Float64Array(0);
