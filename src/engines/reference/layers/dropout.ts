// Inverted dropout in float64: while training, a value is 0 at the layer's rate and else divided by 1 − rate.
// In: rows, and (seed, epoch, step). Out: rows, and gradients. Draws depend on nothing else, so every engine and resume sees the same.

import { type Key, keyOf, philox } from '../../../core/random.ts';
import type { SpecOf } from '../../../layers/layer.ts';
import { type Batch, EMPTY, type MakeCell, room } from '../cell.ts';

/**
 * The value of window b, step t, feature j is drawn at index (b · T + t) · F + j: word index % 4 of the counter
 * (index / 4, step, epoch, 0) under the purpose "dropout/<layer>".
 */
export const dropout: MakeCell<SpecOf<'dropout'>> = (spec, layer) => {
  const F = layer.input.features;
  const words = new Uint32Array(4);
  let output = EMPTY; // (rows, F)
  let factors = EMPTY; // (rows, F) 0 or 1 / (1 − rate)
  let current = EMPTY;
  const stepsOf = (batch: Batch) => (layer.input.sequence ? batch.steps : 1);
  const startOf = (batch: Batch) => (layer.input.sequence ? batch.from * batch.windows * F : 0);
  const endOf = (batch: Batch) => (layer.input.sequence ? batch.to : 1) * batch.windows * F;

  const draw = (batch: Batch): void => {
    const T = stepsOf(batch);
    const key: Key = keyOf(batch.seed, `dropout/${spec.name}`);
    const bar = spec.rate * 4294967296;
    const kept = 1 / (1 - spec.rate);
    for (let b = 0, index = 0; b < batch.windows; b++) {
      for (let t = 0; t < T; t++) {
        for (let j = 0, at = (t * batch.windows + b) * F; j < F; j++, index++) {
          if (index % 4 === 0) philox(key, index / 4, batch.step, batch.epoch, 0, words);
          factors[at + j] = words[index % 4]! >= bar ? kept : 0;
        }
      }
    }
  };

  return {
    get output() {
      return current;
    },
    size(steps, windows, training) {
      const rows = layer.input.sequence ? steps * windows : windows;
      if (!training) return;
      output = room(output, rows * F);
      factors = room(factors, rows * F);
    },
    forward(batch, input) {
      current = input;
      if (!batch.training) return;
      if (batch.from === 0) draw(batch);
      current = output;
      for (let i = startOf(batch), end = endOf(batch); i < end; i++) output[i] = input[i]! * factors[i]!;
    },
    backward(batch, _input, outputGradient, inputGradient) {
      if (!inputGradient) return;
      for (let i = startOf(batch), end = endOf(batch); i < end; i++)
        inputGradient[i] = outputGradient[i]! * factors[i]!;
    },
  };
};
