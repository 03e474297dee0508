// The contract between the driver of compiled engines and the kernels behind it, whichever way they were built.
// In: plain arrays. Out: plain arrays and sums. Not here: how calls reach the kernels (wasm/, native/), what they compute (kernels/).

import type { Shuffle } from '../../core/random.ts';

/** What can be read and written of a network, one value per weight: 1 and 2 are the optimizer's moments in its own order. */
export const WEIGHTS = 0;
export const MOMENTS: readonly [1, 2] = [1, 2];
/** Times their number: where streams stand, as h, and c of an LSTM, of each recurrent layer: (streams, units). */
export const STREAMS = 16;

/** A network as numbers: describe.ts writes it, kernels.cpp reads it. */
export interface Description {
  readonly ints: Int32Array;
  readonly reals: Float64Array;
}

/** Windows as the kernels read them: positions in channels that all begin at the same place. */
export interface Bound {
  readonly channels: readonly Float64Array[];
  /** (N) one past the last input, in the order of visiting. */
  readonly cutoffs: Int32Array;
  /** (N) the number of inputs, or empty where all windows have as many. After them, where `settings` say so: how many positions before each cutoff may be read, flags of windows that go on where their stream stands. */
  readonly lengths: Int32Array;
  /** context, lead, pad left, mask, targets at every step, where those two begin in `lengths` (0: not there), outputs of every step, the inputs of all windows (0: `lengths` has them). */
  readonly settings: Int32Array;
  /** Positions from each cutoff on that may be read, as far as channels have them. */
  readonly ahead: number;
}

/** Numbers a training tells of each epoch. */
export const RESULTS = 5;

/** What a call gave: 0 and 1 of evaluate and predict, 2 of all. */
export const NO_MEMORY = 0;
export const DONE = 1;
export const STOPPED = 2;

/** At once, or later where another thread does the work. */
export type Soon<T> = T | Promise<T>;

/**
 * One network in memory. While a promise is pending the driver makes no other call that works (train, evaluate, predict, bind, save,
 * fallBack); `abort` may come at any time, and reads and writes that somebody asks for then wait for it, or throw where they cannot.
 * Arrays handed over with a call that works stay as they are until its promise settles; results and outputs are filled by then.
 */
export interface Kernel {
  /** Multiply-adds a call should take at most: about 10 ms where it works on the caller's thread, about 100 ms where it does not. */
  readonly turn: number;
  /** Whether a call may hold several epochs: worth it where a thread is woken for each call. */
  readonly manyEpochs: boolean;
  /** Core's, or what gives the same. */
  readonly shuffle: Shuffle;
  write(which: number, values: Float32Array): void;
  read(which: number, into: Float32Array): void;
  /** kind, option1, option2, epsilon, decay, steps made. */
  optimizer(settings: Float64Array): void;
  save(): boolean;
  fallBack(): void;
  /** What the next call that works reads. */
  bind(bound: Bound): boolean;
  /** Lets go of what was bound, so that windows once read are not held. */
  unbind(): void;
  /**
   * rates.length steps over windows [bounds[k], bounds[k + 1]): a part of an epoch, or whole epochs of as many steps each. settings: seed, (first)
   * epoch, first step, clip (below 0: none), whether an epoch's last weights must be finite. results (epochs, RESULTS): sums of loss, correct
   * and weight, to which the steps' own are added; the last gradient norm; why it ended (0 all steps made, 1 one was not finite, 2 aborted: the
   * step begun changed nothing). Between two epochs it saves. Gives the steps made; −1 where there is no memory. `work`: multiply-adds of the
   * call, by which it may choose its thread; `crowded`: whether other trainings wait for this one.
   */
  train(
    bounds: Int32Array,
    rates: Float64Array,
    settings: Float64Array,
    results: Float64Array,
    work: number,
    crowded?: boolean,
  ): Soon<number>;
  /** results: sums of loss, correct and weight over windows [start, end), as one batch. Gives DONE, NO_MEMORY or STOPPED. */
  evaluate(start: number, end: number, results: Float64Array, work: number): Soon<number>;
  /** outputs: (end − start, values). Gives DONE, NO_MEMORY or STOPPED. */
  predict(start: number, end: number, outputs: Float64Array, work: number): Soon<number>;
  /** The call at work, if there is one, ends within a step. */
  abort(): void;
  destroy(): void;
}

/** Null where there is no memory. */
export type CreateKernel = (description: Description, values: number) => Kernel | null;
