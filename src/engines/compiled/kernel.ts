// The contract between the driver of compiled engines and the kernels behind it, whichever way they were built.
// In: plain arrays. Out: plain arrays and sums. Not here: how calls reach the kernels (wasm/, native/), what they compute (kernels/).

/** What can be read and written of a network, one value per weight: 1 and 2 are the optimizer's moments in its own order. */
export const WEIGHTS = 0;
export const MOMENTS: readonly [1, 2] = [1, 2];
export const GRADIENT = 3;

/** A network as numbers: describe.ts writes it, kernels.cpp reads it. */
export interface Description {
  readonly ints: Int32Array;
  readonly reals: Float64Array;
}

/** Windows as the kernels read them: positions in channels that all begin at the same place. */
export interface Bound {
  readonly channels: readonly Float64Array[];
  /** (N) one past the last input, and the number of inputs, in the order of visiting. */
  readonly cutoffs: Int32Array;
  readonly lengths: Int32Array;
  /** context, lead, pad left, mask, targets at every step. */
  readonly settings: Int32Array;
}

/** One network in memory. Every call is synchronous; false or −1 says that there was no memory for it. */
export interface Kernel {
  /** `bind` copies: what was bound stays as it was. Else it has to be bound again whenever others had their turn. */
  readonly copies: boolean;
  write(which: number, values: Float32Array): void;
  read(which: number, into: Float32Array): void;
  /** kind, option1, option2, epsilon, decay, steps made. */
  optimizer(settings: Float64Array): void;
  save(): boolean;
  fallBack(): void;
  bind(bound: Bound): boolean;
  /**
   * rates.length steps over windows [bounds[k], bounds[k + 1]). settings: seed, epoch, first step, clip (below 0: none), whether
   * the last step's weights must be finite. results: sums of loss, correct and weight, to which the steps'
   * own are added; the last gradient norm. Gives the steps made before one was not finite.
   */
  train(bounds: Int32Array, rates: Float64Array, settings: Float64Array, results: Float64Array): number;
  /** results: sums of loss, correct and weight over windows [start, end). */
  evaluate(start: number, end: number, results: Float64Array): boolean;
  /** outputs: (end − start, values). */
  predict(start: number, end: number, outputs: Float64Array): boolean;
  destroy(): void;
}

/** Null where there is no memory. */
export type CreateKernel = (description: Description, values: number) => Kernel | null;
