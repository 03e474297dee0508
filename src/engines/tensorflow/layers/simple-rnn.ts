// SimpleRNN in TensorFlow, step by step: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions, order and sequences (recurrent.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import { activate, add, addBias, columnSums, product, slope } from '../operations.ts';
import { joined, type MakeReader, outsideOf, recurrentCell, recurrentGradient, steps, sumOf } from './recurrent.ts';

/** Elman's network (1990): h' = act(x K + h R + b), h begins at 0. */
export const simpleRnn: MakeCell<SpecOf<'simple-rnn'>> = (spec, layer, store) =>
  recurrentCell(simpleRnnReader, spec, layer, store);

const simpleRnnReader: MakeReader<SpecOf<'simple-rnn'>> = (spec, { kernel, recurrent, bias }) => {
  let source: Source = -1;
  let states: Id[] = [];
  return {
    forward(pass, given) {
      const { k } = pass;
      source = given;
      states = [];
      for (const input of steps(pass, addBias(k, project(pass, source, kernel), bias.value))) {
        const before = states.at(-1);
        const sum = before === undefined ? input : add(k, input, product(k, before, recurrent.value));
        states.push(activate(k, spec.activation, sum));
      }
      return joined(pass, states);
    },
    backward(pass, gradient, every, asked) {
      const { k } = pass;
      const outside = outsideOf(pass, gradient, every);
      const sums: Id[] = [];
      let carry: Id | null = null; // gradient of h on its way back
      for (let t = states.length - 1; t >= 0; t--) {
        const dh = sumOf(pass, outside[t]!, carry);
        sums[t] = slope(k, spec.activation, states[t]!, dh);
        carry = t > 0 ? product(k, sums[t]!, recurrent.value, 2) : null;
      }
      const all = joined(pass, sums);
      bias.gradient = columnSums(k, all);
      recurrentGradient(pass, joined(pass, states), all, recurrent);
      return projectBack(pass, source, kernel, all, asked);
    },
  };
};
