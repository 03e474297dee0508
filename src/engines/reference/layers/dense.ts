// Dense in float64: forward beside backward, row by row. In: rows. Out: activation(rows · K + b), and gradients.

import type { SpecOf } from '../../../layers/layer.ts';
import { ACTIVATE, SLOPE } from '../activation.ts';
import { type Batch, EMPTY, type MakeCell, room } from '../cell.ts';
import { linear } from '../linear.ts';
import type { Slot } from '../store.ts';

export const dense: MakeCell<SpecOf<'dense'>> = (spec, layer, store) => {
  const kernel = store.slots.get(`${spec.name}/kernel`) as Slot;
  const bias = store.slots.get(`${spec.name}/bias`) as Slot;
  const product = linear(store, kernel, bias, layer.input.ids);
  const straight = spec.activation === 'linear';
  const activate = ACTIVATE[spec.activation];
  const slope = SLOPE[spec.activation];
  const rowsOf = (steps: number, windows: number) => (layer.input.sequence ? steps * windows : windows);
  const firstOf = (batch: Batch) => (layer.input.sequence ? batch.from * batch.windows : 0);
  const countOf = (batch: Batch) => rowsOf(batch.to - batch.from, batch.windows);
  let output = EMPTY; // (rows, units)
  let gradient = EMPTY; // (rows, units) before the activation

  return {
    get output() {
      return output;
    },
    size(steps, windows, training) {
      const rows = rowsOf(steps, windows);
      product.size(rows, training);
      output = room(output, rows * spec.units);
      if (training && !straight) gradient = room(gradient, rows * spec.units);
    },
    forward(batch, input) {
      const first = firstOf(batch);
      const rows = countOf(batch);
      product.forward(batch, input, first, rows, output);
      if (straight) return;
      for (let i = first * spec.units; i < (first + rows) * spec.units; i++) output[i] = activate(output[i]!);
    },
    backward(batch, input, outputGradient, inputGradient) {
      const first = firstOf(batch);
      const rows = countOf(batch);
      const [start, end] = [first * spec.units, straight ? 0 : (first + rows) * spec.units];
      for (let i = start; i < end; i++) gradient[i] = outputGradient[i]! * slope(output[i]!);
      product.backward(batch, input, first, rows, straight ? outputGradient : gradient, inputGradient, false);
    },
  };
};
