// Own outputs as inputs, in TensorFlow: features of later steps, and gradients the same way back. In: rows of outputs by step. Out: rows of features.
// Not here: which outputs stand where, in words (reference/feed.ts); the steps themselves (program.ts).

import type { Network } from '../../models/network.ts';
import { centralQuantile, inputWidth, lagsOf, outputWidth } from '../../models/plan.ts';
import type { Batch } from '../reference/cell.ts';
import type { Gather } from '../reference/gather.ts';
import { type Id, type Kernels, NONE } from './kernels.ts';
import { add, concat, each, product, slope, splitAt, subtract } from './operations.ts';

export interface Feed {
  /** (B, F) features of step `t`, from the rows (B, W) that left at steps before it, and from what was gathered. */
  forward(t: number, outputs: ReadonlyMap<number, Id>, gathered: Pick<Gather, 'input' | 'shifts'>): Id;
  /** Gradients (B, W) of those rows, by step, from that of the features; follows `forward`. */
  backward(t: number, gradient: Id): readonly (readonly [step: number, gradient: Id])[];
}

export function createFeed(k: Kernels, network: Network, batch: Batch): Feed {
  const { output, loss, normalise } = network;
  const C = output.kind === 'numbers' ? output.targets : 1;
  const Q = output.kind === 'numbers' ? output.quantiles : 1;
  const F = inputWidth(network);
  const W = outputWidth(network);
  const lags = lagsOf(network);
  const own = lags.length * C; // features that are values of target channels
  const most = normalise.clip ?? null;
  const central = centralQuantile(loss);
  /** (C, W) which output is a channel's value. */
  const choice = new Float32Array(C * W);
  for (let c = 0; c < C; c++) choice[c * W + c * Q + central] = 1;
  const fed = new Map<number, Id>(); // by step · lags + lag

  /** Columns [from, to) of a batch's rows of step `t`. */
  const columns = (values: Float64Array, width: number, t: number, from: number, to: number): Id => {
    const B = batch.windows;
    const cut = new Float32Array(B * (to - from));
    for (let b = 0; b < B; b++) {
      const row = (t * B + b) * width;
      cut.set(values.subarray(row + from, row + to), b * (to - from));
    }
    return k.floats(cut, [B, to - from]);
  };
  const stands = (t: number, lag: number): boolean => t - lag >= batch.known - 1;

  return {
    forward(t, outputs, { input, shifts }) {
      const parts = lags.map((lag, l) => {
        if (!stands(t, lag)) return columns(input, F, t, l * C, (l + 1) * C);
        const row = outputs.get(t - lag) as Id;
        let value = W === C ? row : product(k, row, k.floats(choice, [C, W]), 2);
        if (shifts) value = add(k, value, columns(shifts, C, t - lag, 0, C));
        if (most !== null) value = k.run('ClipByValue', NONE, value, k.filled(-most, []), k.filled(most, []));
        fed.set(t * lags.length + l, value);
        return value;
      });
      return concat(k, F > own ? [...parts, columns(input, F, t, own, F)] : parts, 1);
    },

    backward(t, gradient) {
      const sizes = [...lags.map(() => C), ...(F > own ? [F - own] : [])];
      const parts = sizes.length === 1 ? [gradient] : splitAt(k, gradient, sizes, 1);
      return lags.flatMap((lag, l) => {
        if (!stands(t, lag)) return [];
        let part = parts[l] as Id;
        if (most !== null) {
          const room = subtract(k, k.filled(most, []), each(k, 'Abs', fed.get(t * lags.length + l) as Id));
          part = slope(k, 'relu', room, part); // nothing where it is held at the clip
        }
        return [[t - lag, W === C ? part : product(k, part, k.floats(choice, [C, W]))] as const];
      });
    },
  };
}
