// Own outputs as inputs: where a network runs free, what it gave stands among the features of later steps, and gradients come back the same way.
// In: rows of outputs. Out: features of a step, and gradients of outputs. Not here: the steps themselves (program.ts), ends.ts' affine.

import type { Network } from '../../models/network.ts';
import { centralQuantile, inputWidth, lagsOf, outputWidth } from '../../models/plan.ts';
import type { Batch } from './cell.ts';

export interface Feed {
  /** Fills the features of step `t` that stand on outputs of steps before it; the others are as gathered. */
  forward(batch: Batch, t: number, outputs: Float64Array, shifts: Float64Array | null, input: Float64Array): void;
  /** Adds the gradient of step t's features to that of the outputs they stand on. */
  backward(
    batch: Batch,
    t: number,
    input: Float64Array,
    inputGradient: Float64Array,
    outputGradient: Float64Array,
  ): void;
}

/** Null where the network never runs on its own outputs. */
export function createFeed(network: Network): Feed | null {
  const { output, loss, normalise, freeRun } = network;
  if (!freeRun || output.kind === 'tokens') return null;
  const { targets: C, quantiles: Q } = output;
  const F = inputWidth(network);
  const W = outputWidth(network);
  const lags = lagsOf(network);
  const most = normalise.clip ?? Number.POSITIVE_INFINITY;
  const central = centralQuantile(loss);

  return {
    forward(batch, t, outputs, shifts, input) {
      const B = batch.windows;
      for (let l = 0; l < lags.length; l++) {
        const before = t - lags[l]!; // the step whose output is this value
        if (before < batch.known - 1) continue;
        for (let b = 0; b < B; b++) {
          for (let c = 0; c < C; c++) {
            const value = outputs[(before * B + b) * W + c * Q + central]!;
            const shifted = shifts ? value + shifts[(before * B + b) * C + c]! : value;
            input[(t * B + b) * F + l * C + c] = Math.max(-most, Math.min(most, shifted));
          }
        }
      }
    },

    backward(batch, t, input, inputGradient, outputGradient) {
      const B = batch.windows;
      for (let l = 0; l < lags.length; l++) {
        const before = t - lags[l]!;
        if (before < batch.known - 1) continue;
        for (let b = 0; b < B; b++) {
          for (let c = 0; c < C; c++) {
            const at = (t * B + b) * F + l * C + c;
            if (Math.abs(input[at]!) >= most) continue; // held at the clip
            outputGradient[(before * B + b) * W + c * Q + central]! += inputGradient[at]!;
          }
        }
      }
    },
  };
}
