// Dense in TensorFlow: forward beside backward. In: rows. Out: activation(rows · K + b), and gradients.

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import { activate, addBias, columnSums, slope } from '../operations.ts';
import type { Slot } from '../store.ts';

export const dense: MakeCell<SpecOf<'dense'>> = (spec, layer, store) => {
  const kernel = store.slots.get(`${spec.name}/kernel`) as Slot;
  const bias = store.slots.get(`${spec.name}/bias`) as Slot;
  let source: Source = -1;
  let output: Id = -1;
  return {
    forward(pass, input) {
      source = layer.input.ids ? pass.tokens(null) : input;
      output = activate(pass.k, spec.activation, addBias(pass.k, project(pass, source, kernel), bias.value));
      return output;
    },
    backward(pass, gradient, asked) {
      const before = slope(pass.k, spec.activation, output, gradient);
      bias.gradient = columnSums(pass.k, before);
      return projectBack(pass, source, kernel, before, asked);
    },
  };
};
