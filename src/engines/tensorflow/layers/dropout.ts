// Inverted dropout in TensorFlow: factors drawn here, as every engine draws them. In: rows, and (seed, epoch, step). Out: rows, and gradients.

import { keyOf, philox } from '../../../core/random.ts';
import type { SpecOf } from '../../../layers/layer.ts';
import { type MakeCell, type Pass, rowsOf } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { multiply } from '../operations.ts';

/**
 * The value of window b, step t, feature j is drawn at index (b · T + t) · F + j: word index % 4 of the counter
 * (index / 4, step, epoch, 0) under the purpose "dropout/<layer>".
 */
export const dropout: MakeCell<SpecOf<'dropout'>> = (spec, layer) => {
  const F = layer.input.features;
  const words = new Uint32Array(4);
  let factors: Id | null = null; // (rows, F) 0 or 1 / (1 − rate)

  const draw = (pass: Pass): Id => {
    const { batch, k } = pass;
    const rows = rowsOf(pass, layer.input);
    const [T, first] = layer.input.sequence ? [batch.steps, pass.first] : [1, 0];
    const steps = rows / batch.windows;
    const drawn = new Float32Array(rows * F);
    const key = keyOf(batch.seed, `dropout/${spec.name}`);
    const bar = spec.rate * 4294967296;
    const kept = 1 / (1 - spec.rate);
    let block = -1;
    for (let b = 0; b < batch.windows; b++) {
      for (let t = 0; t < steps; t++) {
        for (let j = 0, at = (t * batch.windows + b) * F, index = (b * T + first + t) * F; j < F; j++, index++) {
          if (index >>> 2 !== block) {
            block = index >>> 2;
            philox(key, block, batch.step, batch.epoch, 0, words);
          }
          drawn[at + j] = words[index & 3]! >= bar ? kept : 0;
        }
      }
    }
    return k.floats(drawn, [rows, F]);
  };

  return {
    forward(pass, input) {
      factors = pass.batch.training ? draw(pass) : null;
      return factors === null ? input : multiply(pass.k, input, factors);
    },
    backward: (pass, gradient, asked) =>
      !asked ? null : factors === null ? gradient : multiply(pass.k, gradient, factors),
  };
};
