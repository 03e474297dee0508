// SimpleRNN in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: time and directions (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { ACTIVATE, SLOPE } from '../activation.ts';
import { EMPTY, type MakeCell } from '../cell.ts';
import { createState, type MakePass, passOf, placeBefore, recurrentCell, type Step, type Sums } from './recurrent.ts';

/** Elman's network (1990): h' = act(x K + h R + b), h begins at 0. A masked step hands h on unchanged. */
export const simpleRnn: MakeCell<SpecOf<'simple-rnn'>> = (spec, layer, store) =>
  recurrentCell(simpleRnnPass, spec, layer, store);

const simpleRnnPass: MakePass<SpecOf<'simple-rnn'>> = (spec, weights, store) => {
  const U = spec.units;
  const activate = ACTIVATE[spec.activation];
  const slope = SLOPE[spec.activation];
  const h = createState('h', U);
  const sums: Sums = { input: EMPTY, state: EMPTY };

  const step: Step = {
    forward(batch, row, before) {
      const { mask } = batch;
      const { rows: states } = h;
      const h0 = before < 0 ? h.first : states;
      for (let b = 0; b < batch.windows; b++) {
        const s = (row + b) * U;
        const p = placeBefore(batch, before, b, U);
        if (mask !== null && mask[row + b] === 0) for (let u = 0; u < U; u++) states[s + u] = p < 0 ? 0 : h0[p + u]!;
        else for (let u = 0; u < U; u++) states[s + u] = activate(sums.input[s + u]!);
      }
    },

    backward(batch, row) {
      const { mask } = batch;
      const { rows: states, carry } = h;
      for (let b = 0; b < batch.windows; b++) {
        const s = (row + b) * U;
        if (mask !== null && mask[row + b] === 0) {
          sums.input.fill(0, s, s + U);
          continue;
        }
        for (let u = 0; u < U; u++) {
          sums.input[s + u] = carry[b * U + u]! * slope(states[s + u]!);
          carry[b * U + u] = 0;
        }
      }
    },
  };

  return passOf(weights, store, [h], sums, step, { input: weights.bias, state: null });
};
