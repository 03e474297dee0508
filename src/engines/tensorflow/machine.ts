// A compiled network's parts in TensorFlow. Not here: what is done with them (train.ts, evaluate.ts).

import { work as multiplyAdds, type Machine as ReferenceMachine } from '../reference/machine.ts';
import type { Kernels } from './kernels.ts';
import type { Program } from './program.ts';
import type { Recorder } from './recorder.ts';
import type { Store } from './store.ts';

/** The reference engine's, its numbers in TensorFlow's memory. */
export interface Machine extends Omit<ReferenceMachine, 'store' | 'program'> {
  readonly k: Kernels;
  readonly store: Store;
  readonly program: Program;
  readonly recorder: Recorder;
  /**
   * How many steps of batches of `size` windows are taken together, how many multiply-adds that saves each, and how often in a row it did not
   * work; null: not known yet.
   */
  together: { readonly size: number; readonly steps: number; readonly saved: number; misses: number } | null;
}

/** What a batch costs beside its multiply-adds: calls into TensorFlow. */
const CALLS = 4e6;

/** Multiply-adds of the batch at work, `passes` times the forward pass. */
export function work(machine: Machine, passes: number): number {
  return passes * CALLS + multiplyAdds(machine, passes);
}
