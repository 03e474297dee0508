// What stands at the two ends of a network's layers, in TensorFlow: the learnable affine of normalised values, and the skip from inputs to outputs.
// In: rows of inputs, rows of the last layer. Out: rows, and gradients, forward beside backward. Not here: layers, losses, normalising (reference/gather.ts).

import type { Network } from '../../models/network.ts';
import { inputWidth, lagsOf, outputWidth } from '../../models/plan.ts';
import type { Pass } from './cell.ts';
import type { Id, Kernels } from './kernels.ts';
import {
  add,
  columnSums,
  divide,
  each,
  multiply,
  product,
  reshape,
  sliceRows,
  subtract,
  zerosAbove,
} from './operations.ts';
import type { Slot, Store } from './store.ts';

export interface Ends {
  /** Whether the way back needs the gradient of what the first layer read. */
  readonly needsInput: boolean;
  /** What the first layer reads. */
  enter(pass: Pass, input: Id): Id;
  /** What leaves, from the rows of the last layer. */
  leave(pass: Pass, layer: Id): Id;
  /** Gradient of the last layer's rows; sets the skip's gradient. Follows `enter` and `leave`. */
  leaveBack(pass: Pass, gradient: Id): Id;
  /** Gradient of the input, from that of what the first layer read; sets the affine's gradients. Follows `leaveBack`. */
  enterBack(pass: Pass, gradient: Id): Id;
}

/** Where a network has neither: everything passes as it is. */
const OPEN: Ends = {
  needsInput: false,
  enter: (_, input) => input,
  leave: (_, layer) => layer,
  leaveBack: (_, gradient) => gradient,
  enterBack: (_, gradient) => gradient,
};

/** `every`: the last layer gives every step's row, not the last one's alone. */
export function createEnds(network: Network, store: Store, every: boolean): Ends {
  const skip = store.slots.get('skip/kernel');
  const gamma = store.slots.get('normalise/gamma');
  const beta = store.slots.get('normalise/beta');
  if (network.output.kind === 'tokens' || (!skip && !gamma)) return OPEN;
  const F = inputWidth(network);
  const W = outputWidth(network);
  const { targets: C, quantiles: Q } = network.output;
  const relative = C * lagsOf(network).length; // features that are values of target channels
  const affine = gamma && beta ? { gamma, beta } : null;
  /** Which channel a feature, or an output, is of: a matrix (C, width) of zeros and ones. */
  const ofFeatures = channels(C, F, (f) => (f < relative ? f % C : -1));
  const ofOutputs = channels(C, W, (j) => Math.floor(j / Q) % C);
  const others = Float32Array.from({ length: F }, (_, f) => (f < relative ? 0 : 1));
  let read: Id = -1; // (rows, F) what the skip reads
  let entered: Id = -1; // (T · B, F)
  let left: Id = -1; // (rows, W)
  let slopes: Id = -1; // (1, W) gamma of each output's channel
  let factors: Id = -1; // (1, F) gamma of each feature's channel, 1 of the others
  let before: Id = -1; // gradient of the last layer's rows

  /** (1, width) a value per channel, spread over the columns. */
  const spread = (k: Kernels, { value }: Slot, of: Float32Array): Id =>
    product(k, reshape(k, value, [1, C]), k.floats(of, [C, of.length / C]));
  /** (C) sums of columns by channel. */
  const gathered = (k: Kernels, columns: Id, of: Float32Array): Id =>
    reshape(k, product(k, reshape(k, columns, [1, of.length / C]), k.floats(of, [C, of.length / C]), 2), [C]);

  return {
    needsInput: affine !== null,

    enter({ k, batch, steps }, input) {
      entered = input;
      let current = input;
      if (affine) {
        factors = add(k, spread(k, affine.gamma, ofFeatures), k.floats(others, [1, F]));
        current = add(k, multiply(k, input, factors), spread(k, affine.beta, ofFeatures));
      }
      if (skip) {
        read = every ? current : sliceRows(k, current, (steps - 1) * batch.windows, batch.windows, F);
      }
      return current;
    },

    leave({ k }, layer) {
      const value = skip ? add(k, layer, product(k, read, skip.value)) : layer;
      if (!affine) return value;
      slopes = spread(k, affine.gamma, ofOutputs);
      left = divide(k, subtract(k, value, spread(k, affine.beta, ofOutputs)), slopes);
      return left;
    },

    leaveBack({ k }, gradient) {
      before = affine ? divide(k, gradient, slopes) : gradient;
      if (affine) {
        affine.gamma.gradient = gathered(k, each(k, 'Neg', columnSums(k, multiply(k, before, left))), ofOutputs);
        affine.beta.gradient = gathered(k, each(k, 'Neg', columnSums(k, before)), ofOutputs);
      }
      if (skip) skip.gradient = product(k, read, before, 1);
      return before;
    },

    enterBack({ k, batch, steps }, gradient) {
      let all = gradient;
      if (skip) {
        const straight = product(k, before, skip.value, 2);
        all = add(k, gradient, every ? straight : zerosAbove(k, straight, (steps - 1) * batch.windows));
      }
      if (!affine) return all;
      const gammas = gathered(k, columnSums(k, multiply(k, all, entered)), ofFeatures);
      affine.gamma.gradient = add(k, affine.gamma.gradient, gammas);
      affine.beta.gradient = add(k, affine.beta.gradient, gathered(k, columnSums(k, all), ofFeatures));
      return multiply(k, all, factors);
    },
  };
}

function channels(count: number, width: number, channelOf: (column: number) => number): Float32Array {
  const matrix = new Float32Array(count * width);
  for (let column = 0; column < width; column++) {
    const channel = channelOf(column);
    if (channel >= 0) matrix[channel * width + column] = 1;
  }
  return matrix;
}
