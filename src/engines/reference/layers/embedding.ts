// Embedding in float64: rows of a matrix by id, and the way back into them. In: ids. Out: rows, and the matrix' gradient.

import type { SpecOf } from '../../../layers/layer.ts';
import { EMPTY, type MakeCell, room } from '../cell.ts';
import { linear } from '../linear.ts';
import type { Slot } from '../store.ts';

export const embedding: MakeCell<SpecOf<'embedding'>> = (spec, _layer, store) => {
  const lookUp = linear(store, store.slots.get(`${spec.name}/embeddings`) as Slot, null, true);
  let output = EMPTY; // (T · B, units)
  return {
    get output() {
      return output;
    },
    size(steps, windows) {
      output = room(output, steps * windows * spec.units);
    },
    forward(batch, input) {
      lookUp.forward(batch, input, batch.from * batch.windows, (batch.to - batch.from) * batch.windows, output);
    },
    backward(batch, input, outputGradient) {
      const rows = (batch.to - batch.from) * batch.windows;
      lookUp.backward(batch, input, batch.from * batch.windows, rows, outputGradient, null, false);
    },
  };
};
