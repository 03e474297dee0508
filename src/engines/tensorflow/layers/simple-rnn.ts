// SimpleRNN in TensorFlow, step by step: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions, order and sequences (recurrent.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import { activate, add, addBias, columnSums, product, productBack, slope } from '../operations.ts';
import {
  joined,
  type MakeReader,
  recurrentCell,
  recurrentGradient,
  stepsOf,
  stepsOutside,
  sumOf,
} from './recurrent.ts';
import { inStrands } from './strands.ts';

/** Elman's network (1990): h' = act(x K + h R + b), h begins at 0 or goes on. */
export const simpleRnn: MakeCell<SpecOf<'simple-rnn'>> = (spec, layer, store) =>
  recurrentCell(inStrands(simpleRnnReader), spec, layer, store);

const simpleRnnReader: MakeReader<SpecOf<'simple-rnn'>> = (spec, { kernel, recurrent, bias }) => {
  let source: Source = -1;
  let start: Id | null = null;
  let states: Id[] = [];
  let toStart: Id = -1;
  return {
    forward(pass, given, begin) {
      const { k } = pass;
      source = given;
      start = begin?.h ?? null;
      states = [];
      for (const input of stepsOf(pass, addBias(k, project(pass, source, kernel), bias.value))) {
        const before = states.at(-1) ?? start;
        const sum = before === null ? input : add(k, input, product(k, before, recurrent.value));
        states.push(activate(k, spec.activation, sum));
      }
      return joined(pass, states);
    },
    cells: () => null,
    backward(pass, gradients, asked) {
      const { k } = pass;
      const outside = stepsOutside(pass, gradients);
      const sums: Id[] = [];
      let carry: Id | null = null; // gradient of h on its way back
      for (let t = states.length - 1; t >= 0; t--) {
        const dh = sumOf(pass, outside[t]!, carry);
        sums[t] = slope(k, spec.activation, states[t]!, dh);
        carry =
          t > 0 || start !== null
            ? productBack(k, sums[t]!, recurrent.value, recurrent.shape as [number, number])
            : null;
      }
      if (carry !== null) toStart = carry;
      const all = joined(pass, sums);
      bias.gradient = columnSums(k, all);
      recurrentGradient(pass, start, joined(pass, states), all, recurrent);
      return projectBack(pass, source, kernel, all, asked);
    },
    toBegin: () => ({ h: toStart, c: null }),
  };
};
