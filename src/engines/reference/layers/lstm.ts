// LSTM in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: time and directions (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { relu, sigmoid } from '../activation.ts';
import { EMPTY, type MakeCell, room } from '../cell.ts';
import { createState, type MakePass, passOf, placeBefore, recurrentCell, type Step, type Sums } from './recurrent.ts';

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber, Cummins 2000). At each step, with the input
 * x, the hidden state h and the cell state c before it, σ the logistic function and act = tanh or relu:
 *
 *   forget gate     f  = σ(x Wf + h Uf + bf)
 *   input gate      i  = σ(x Wi + h Ui + bi)
 *   candidate       c̃  = act(x Wc + h Uc + bc)
 *   cell state      c' = f · c + i · c̃
 *   output gate     o  = σ(x Wo + h Uo + bo)
 *   hidden state    h' = o · act(c')
 *
 * `kernel` holds [Wi Wf Wc Wo], `recurrent_kernel` [Ui Uf Uc Uo], `bias` [bi bf bc bo]; h and c begin at 0. A masked step hands h
 * and c on unchanged.
 */
export const lstm: MakeCell<SpecOf<'lstm'>> = (spec, layer, store) => recurrentCell(lstmPass, spec, layer, store);

const lstmPass: MakePass<SpecOf<'lstm'>> = (spec, weights, store) => {
  const U = spec.units;
  const G = 4 * U;
  const rectified = spec.activation === 'relu';
  const h = createState('h', U);
  const c = createState('c', U);
  const sums: Sums = { input: EMPTY, state: EMPTY }; // [i f c̃ o]
  let shown = EMPTY; // (T · B, U) act(c)

  const step: Step = {
    size(rows) {
      shown = room(shown, rows * U);
    },

    forward(batch, row, before) {
      const { mask } = batch;
      const gates = sums.input;
      const { rows: states } = h;
      const { rows: cells } = c;
      const h0 = before < 0 ? h.first : states;
      const c0 = before < 0 ? c.first : cells;
      for (let b = 0; b < batch.windows; b++) {
        const s = (row + b) * U;
        const p = placeBefore(batch, before, b, U);
        if (mask !== null && mask[row + b] === 0) {
          for (let u = 0; u < U; u++) {
            cells[s + u] = p < 0 ? 0 : c0[p + u]!;
            states[s + u] = p < 0 ? 0 : h0[p + u]!;
          }
          continue;
        }
        const g = (row + b) * G;
        for (let u = 0; u < U; u++) {
          const i = sigmoid(gates[g + u]!);
          const f = sigmoid(gates[g + U + u]!);
          const x = gates[g + 2 * U + u]!;
          const candidate = rectified ? relu(x) : Math.tanh(x);
          const o = sigmoid(gates[g + 3 * U + u]!);
          const cell = p < 0 ? i * candidate : f * c0[p + u]! + i * candidate;
          const a = rectified ? relu(cell) : Math.tanh(cell);
          gates[g + u] = i;
          gates[g + U + u] = f;
          gates[g + 2 * U + u] = candidate;
          gates[g + 3 * U + u] = o;
          cells[s + u] = cell;
          shown[s + u] = a;
          states[s + u] = o * a;
        }
      }
    },

    backward(batch, row, before) {
      const { mask } = batch;
      const gates = sums.input;
      const c0 = before < 0 ? c.first : c.rows;
      const { carry: carryH } = h;
      const { carry: carryC } = c;
      for (let b = 0; b < batch.windows; b++) {
        const s = (row + b) * U;
        const g = (row + b) * G;
        if (mask !== null && mask[row + b] === 0) {
          gates.fill(0, g, g + G);
          continue;
        }
        const p = placeBefore(batch, before, b, U);
        for (let u = 0; u < U; u++) {
          const i = gates[g + u]!;
          const f = gates[g + U + u]!;
          const candidate = gates[g + 2 * U + u]!;
          const o = gates[g + 3 * U + u]!;
          const a = shown[s + u]!;
          const dh = carryH[b * U + u]!;
          const dc = carryC[b * U + u]! + dh * o * (rectified ? (a > 0 ? 1 : 0) : 1 - a * a);
          gates[g + u] = dc * candidate * i * (1 - i);
          gates[g + U + u] = p < 0 ? 0 : dc * c0[p + u]! * f * (1 - f);
          gates[g + 2 * U + u] = dc * i * (rectified ? (candidate > 0 ? 1 : 0) : 1 - candidate * candidate);
          gates[g + 3 * U + u] = dh * a * o * (1 - o);
          carryC[b * U + u] = dc * f;
          carryH[b * U + u] = 0;
        }
      }
    },
  };

  return passOf(weights, store, [h, c], sums, step, { input: weights.bias, state: null });
};
