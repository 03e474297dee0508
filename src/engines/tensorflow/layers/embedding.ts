// Embedding in TensorFlow: rows by id, and the gradient added where they came from. In: ids. Out: rows.

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import { project, projectBack } from '../linear.ts';
import type { Slot } from '../store.ts';

export const embedding: MakeCell<SpecOf<'embedding'>> = (spec, _layer, store) => {
  const rows = store.slots.get(`${spec.name}/embeddings`) as Slot;
  return {
    forward: (pass) => project(pass, pass.tokens(null), rows),
    backward: (pass, gradient) => projectBack(pass, pass.tokens(null), rows, gradient, false),
  };
};
