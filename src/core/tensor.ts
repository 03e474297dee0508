// Named arrays of numbers: weights and optimizer moments. Row-major, last index fastest. Not here: arithmetic (engines/).

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array;
}

/** Weights by name ("lstm/kernel"), in the order of the layers. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Number of values in a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
