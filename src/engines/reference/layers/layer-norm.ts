// Layer normalisation in float64: forward beside backward. In: rows. Out: gamma · (x − mean) / √(variance + epsilon) + beta.

import type { SpecOf } from '../../../layers/layer.ts';
import { type Batch, EMPTY, type MakeCell, room } from '../cell.ts';
import type { Slot } from '../store.ts';

/** Ba, Kiros, Hinton 2016; the variance is the population's. */
export const layerNorm: MakeCell<SpecOf<'layer-norm'>> = (spec, layer, store) => {
  const F = layer.input.features;
  const gamma = store.slots.get(`${spec.name}/gamma`) as Slot;
  const beta = store.slots.get(`${spec.name}/beta`) as Slot;
  const rowsOf = (steps: number, windows: number) => (layer.input.sequence ? steps * windows : windows);
  const firstOf = (batch: Batch) => (layer.input.sequence ? batch.from * batch.windows : 0);
  const endOf = (batch: Batch) => rowsOf(batch.to, batch.windows);
  let output = EMPTY; // (rows, F)
  let normal = EMPTY; // (rows, F) mean 0, variance 1
  let scales = EMPTY; // (rows) 1 / √(variance + epsilon)

  return {
    get output() {
      return output;
    },
    size(steps, windows) {
      const rows = rowsOf(steps, windows);
      output = room(output, rows * F);
      normal = room(normal, rows * F);
      scales = room(scales, rows);
    },
    forward(batch, input) {
      for (let row = firstOf(batch), end = endOf(batch); row < end; row++) {
        const at = row * F;
        let mean = 0;
        for (let j = 0; j < F; j++) mean += input[at + j]!;
        mean /= F;
        let variance = 0;
        for (let j = 0; j < F; j++) variance += (input[at + j]! - mean) * (input[at + j]! - mean);
        const scale = 1 / Math.sqrt(variance / F + spec.epsilon);
        scales[row] = scale;
        for (let j = 0; j < F; j++) {
          const value = (input[at + j]! - mean) * scale;
          normal[at + j] = value;
          output[at + j] = gamma.values[j]! * value + beta.values[j]!;
        }
      }
    },
    backward(batch, _input, outputGradient, inputGradient) {
      for (let row = firstOf(batch), end = endOf(batch); row < end; row++) {
        const at = row * F;
        let sum = 0; // Σ d
        let along = 0; // Σ d · normal
        for (let j = 0; j < F; j++) {
          const dy = outputGradient[at + j]!;
          const value = normal[at + j]!;
          beta.gradient[j]! += dy;
          gamma.gradient[j]! += dy * value;
          sum += dy * gamma.values[j]!;
          along += dy * gamma.values[j]! * value;
        }
        if (!inputGradient) continue;
        for (let j = 0; j < F; j++) {
          const d = outputGradient[at + j]! * gamma.values[j]!;
          inputGradient[at + j] = scales[row]! * (d - sum / F - (normal[at + j]! * along) / F);
        }
      }
    },
  };
};
