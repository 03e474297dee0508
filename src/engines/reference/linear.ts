// x · K + b for rows of numbers, or rows of K by id: what a dense layer and the input side of recurrent layers share.
// In: rows. Out: rows, and the gradients of K, b and x. Not here: activations, states.

import { type Batch, EMPTY, room } from './cell.ts';
import { COLUMNS, multiply, pack, panelSize, ROWS } from './product.ts';
import type { Slot, Store } from './store.ts';

/** (W) what is added to every row, and its gradient. */
export type Bias = Pick<Slot, 'values' | 'gradient'>;

export interface Linear {
  size(rows: number, training: boolean): void;
  /** Rows [first, first + rows) of out = input · K + b. */
  forward(batch: Batch, input: Float64Array, first: number, rows: number, out: Float64Array): void;
  /** Adds to the gradients of K and b from the same rows; those of `inputGradient` are overwritten, or added to where `add`. */
  backward(
    batch: Batch,
    input: Float64Array,
    first: number,
    rows: number,
    gradient: Float64Array,
    inputGradient: Float64Array | null,
    add: boolean,
  ): void;
}

/** `bias` null: none. Where `ids`, rows of the input are looked up in K, and −1 stands for a row of zeros. */
export function linear(store: Store, kernel: Slot, bias: Bias | null, ids: boolean): Linear {
  const [features, width] = kernel.shape as [number, number]; // F, W
  const panels = packedWeight(store, kernel, width, features, 1, width);
  const transposed = packedWeight(store, kernel, features, width, width, 1);
  let rowPanels = EMPTY;
  let gradientPanels = EMPTY;

  return {
    size(rows, training) {
      if (ids) return;
      rowPanels = room(rowPanels, panelSize(rows, features, ROWS));
      if (!training) return;
      rowPanels = room(rowPanels, Math.max(panelSize(features, rows, ROWS), panelSize(rows, width, ROWS)));
      gradientPanels = room(gradientPanels, panelSize(width, rows, COLUMNS));
    },

    forward(batch, input, first, rows, out) {
      startWithBias(bias?.values ?? null, first, rows, width, out);
      if (ids) {
        addRows(kernel.values, batch.ids as Int32Array, first, rows, width, out);
        return;
      }
      pack(input, first * features, rows, features, features, 1, ROWS, rowPanels);
      multiply(rowPanels, features, 0, panels(), features, 0, features, rows, width, out, first * width, width);
    },

    backward(batch, input, first, rows, gradient, inputGradient, add) {
      if (bias) addColumnSums(gradient, first, rows, width, bias.gradient);
      if (ids) {
        scatterRows(gradient, batch.ids as Int32Array, first, rows, width, kernel.gradient);
        return;
      }
      pack(input, first * features, features, rows, 1, features, ROWS, rowPanels);
      pack(gradient, first * width, width, rows, 1, width, COLUMNS, gradientPanels);
      multiply(rowPanels, rows, 0, gradientPanels, rows, 0, rows, features, width, kernel.gradient, 0, width);
      if (!inputGradient) return;
      const at = first * features;
      if (!add) inputGradient.fill(0, at, at + rows * features);
      pack(gradient, first * width, rows, width, width, 1, ROWS, rowPanels);
      multiply(rowPanels, width, 0, transposed(), width, 0, width, rows, features, inputGradient, at, features);
    },
  };
}

/** A weight packed as right operand, packed again only after the weights changed. */
export function packedWeight(
  store: Store,
  slot: Slot,
  lines: number,
  depth: number,
  lineStride: number,
  depthStride: number,
): () => Float64Array {
  let panels = EMPTY;
  let version = -1;
  return () => {
    if (version !== store.version) {
      panels = room(panels, panelSize(lines, depth, COLUMNS));
      pack(slot.values, 0, lines, depth, lineStride, depthStride, COLUMNS, panels);
      version = store.version;
    }
    return panels;
  };
}

export function startWithBias(
  bias: Float64Array | null,
  first: number,
  rows: number,
  width: number,
  out: Float64Array,
): void {
  if (!bias) {
    out.fill(0, first * width, (first + rows) * width);
    return;
  }
  for (let row = 0, at = first * width; row < rows; row++) {
    for (let j = 0; j < width; j++) out[at++] = bias[j]!;
  }
}

function addRows(
  kernel: Float64Array,
  ids: Int32Array,
  first: number,
  rows: number,
  width: number,
  out: Float64Array,
): void {
  for (let row = first; row < first + rows; row++) {
    const id = ids[row]!;
    if (id < 0) continue;
    for (let j = 0, from = id * width, to = row * width; j < width; j++) out[to + j]! += kernel[from + j]!;
  }
}

function scatterRows(
  gradient: Float64Array,
  ids: Int32Array,
  first: number,
  rows: number,
  width: number,
  kernelGradient: Float64Array,
): void {
  for (let row = first; row < first + rows; row++) {
    const id = ids[row]!;
    if (id < 0) continue;
    for (let j = 0, to = id * width, from = row * width; j < width; j++) kernelGradient[to + j]! += gradient[from + j]!;
  }
}

/** sums += the sum of rows [first, first + rows). */
export function addColumnSums(
  values: Float64Array,
  first: number,
  rows: number,
  width: number,
  sums: Float64Array,
): void {
  for (let row = 0, at = first * width; row < rows; row++) {
    for (let j = 0; j < width; j++) sums[j]! += values[at++]!;
  }
}
