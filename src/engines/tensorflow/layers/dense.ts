// Dense in TensorFlow: forward beside backward. In: rows. Out: activation(rows · K + b), and gradients.

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import { activate, add, addBias, columnSums, slope } from '../operations.ts';
import type { Slot } from '../store.ts';

export const dense: MakeCell<SpecOf<'dense'>> = (spec, layer, store) => {
  const kernel = store.slots.get(`${spec.name}/kernel`) as Slot;
  const bias = store.slots.get(`${spec.name}/bias`) as Slot;
  let source: Source = -1;
  let output: Id = -1;
  // A product, a bias by its name and a bend are made one operation in a graph, and the last digits of these two bends are others then.
  const plus = spec.activation === 'tanh' || spec.activation === 'sigmoid' ? add : addBias;
  return {
    forward(pass, input) {
      source = layer.input.ids ? pass.tokens(null) : input;
      output = activate(pass.k, spec.activation, plus(pass.k, project(pass, source, kernel), bias.value));
      return output;
    },
    backward(pass, gradient, asked) {
      const before = slope(pass.k, spec.activation, output, gradient);
      bias.gradient = columnSums(pass.k, before);
      return projectBack(pass, source, kernel, before, asked);
    },
  };
};
