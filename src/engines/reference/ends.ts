// What stands at the two ends of a network's layers: the learnable affine of normalised values, and the skip from inputs to outputs.
// In: rows of inputs, rows of the last layer. Out: rows, and gradients, forward beside backward. Not here: layers, losses, normalising (gather.ts).

import type { Network } from '../../models/network.ts';
import { inputWidth, lagsOf, outputWidth } from '../../models/plan.ts';
import { type Batch, EMPTY, room } from './cell.ts';
import { type Linear, linear } from './linear.ts';
import type { Store } from './store.ts';

export interface Ends {
  /** Whether the way back needs the gradient of the input. */
  readonly needsInput: boolean;
  size(steps: number, windows: number, training: boolean): void;
  /** What the first layer reads, for the batch's steps at work. */
  enter(batch: Batch, input: Float64Array): Float64Array;
  /** What leaves, from the rows of the last layer. */
  leave(batch: Batch, layer: Float64Array): Float64Array;
  /** Turns the gradient of what leaves, in place, into that of the last layer; adds to the weights' gradients. Follows `enter` and `leave`. */
  leaveBack(batch: Batch, gradient: Float64Array): void;
  /** Adds the skip's part to the gradient of what the first layer read, then turns it, in place, into that of the input. */
  enterBack(batch: Batch, input: Float64Array, gradient: Float64Array, inputGradient: Float64Array | null): void;
}

/** Where a network has neither: everything passes as it is. */
export const OPEN: Ends = {
  needsInput: false,
  size: () => undefined,
  enter: (_, input) => input,
  leave: (_, layer) => layer,
  leaveBack: () => undefined,
  enterBack: () => undefined,
};

/** `every`: the last layer gives every step's row, not the last one's alone. */
export function createEnds(network: Network, store: Store, every: boolean): Ends {
  const skip = store.slots.get('skip/kernel');
  const gamma = store.slots.get('normalise/gamma');
  const beta = store.slots.get('normalise/beta');
  if (network.output.kind === 'tokens' || (!skip && !gamma)) return OPEN;
  const { targets: C, quantiles: Q } = network.output;
  const F = inputWidth(network);
  const W = outputWidth(network);
  const affine = gamma && beta ? { gamma, beta } : null;
  const relative = C * lagsOf(network).length; // features that are values of target channels
  const product: Linear | null = skip ? linear(store, skip, null, false) : null;
  let entered = EMPTY; // (T · B, F) inputs times gamma plus beta
  let current = EMPTY; // (T · B, F) what the first layer reads
  let left = EMPTY; // (rows, W)
  let straight = EMPTY; // (rows, W) the skip's part
  const rowsOf = (steps: number, windows: number) => (every ? steps * windows : windows);
  const firstOf = (batch: Batch) => (every ? batch.from * batch.windows : 0);
  const countOf = (batch: Batch) => rowsOf(batch.to - batch.from, batch.windows);
  const lastRow = (batch: Batch) => (batch.steps - 1) * batch.windows;
  /** Rows the skip reads: the same as leave, or those of the last step. */
  const read = (batch: Batch, rows: Float64Array) => (every ? rows : rows.subarray(lastRow(batch) * F));

  return {
    needsInput: affine !== null,

    size(steps, windows, training) {
      if (affine) entered = room(entered, steps * windows * F);
      left = room(left, rowsOf(steps, windows) * W);
      if (!product) return;
      straight = room(straight, rowsOf(steps, windows) * W);
      product.size(rowsOf(steps, windows), training);
    },

    enter(batch, input) {
      current = affine ? entered : input;
      if (!affine) return input;
      for (let row = batch.from * batch.windows; row < batch.to * batch.windows; row++) {
        for (let f = 0, at = row * F; f < F; f++, at++) {
          const c = f % C;
          entered[at] = f < relative ? affine.gamma.values[c]! * input[at]! + affine.beta.values[c]! : input[at]!;
        }
      }
      return entered;
    },

    leave(batch, layer) {
      const first = firstOf(batch);
      const rows = countOf(batch);
      product?.forward(batch, read(batch, current), first, rows, straight);
      for (let row = first; row < first + rows; row++) {
        for (let j = 0, at = row * W; j < W; j++, at++) {
          const value = product ? layer[at]! + straight[at]! : layer[at]!;
          const c = Math.floor(j / Q) % C;
          left[at] = affine ? (value - affine.beta.values[c]!) / affine.gamma.values[c]! : value;
        }
      }
      return left;
    },

    leaveBack(batch, gradient) {
      if (!affine) return;
      const first = firstOf(batch);
      for (let row = first; row < first + countOf(batch); row++) {
        for (let j = 0, at = row * W; j < W; j++, at++) {
          const c = Math.floor(j / Q) % C;
          const before = gradient[at]! / affine.gamma.values[c]!;
          affine.gamma.gradient[c]! -= before * left[at]!;
          affine.beta.gradient[c]! -= before;
          gradient[at] = before;
        }
      }
    },

    enterBack(batch, input, gradient, inputGradient) {
      product?.backward(
        batch,
        read(batch, current),
        firstOf(batch),
        countOf(batch),
        gradient,
        inputGradient && read(batch, inputGradient),
        true,
      );
      if (!affine || !inputGradient) return;
      for (let row = batch.from * batch.windows; row < batch.to * batch.windows; row++) {
        for (let f = 0, at = row * F; f < relative; f++, at++) {
          const c = f % C;
          affine.gamma.gradient[c]! += inputGradient[at]! * input[at]!;
          affine.beta.gradient[c]! += inputGradient[at]!;
          inputGradient[at]! *= affine.gamma.values[c]!;
        }
      }
    },
  };
}
