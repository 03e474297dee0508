// GRU (reset after) in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: time and directions (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { sigmoid } from '../activation.ts';
import { EMPTY, type MakeCell } from '../cell.ts';
import { createState, type MakePass, passOf, placeBefore, recurrentCell, type Step, type Sums } from './recurrent.ts';

/**
 * Gated recurrent unit (Cho et al. 2014), reset gate after the product. With x the input and h the state before:
 *
 *   update gate     z  = σ(x Wz + bz + h Uz + dz)
 *   reset gate      r  = σ(x Wr + br + h Ur + dr)
 *   candidate       n  = tanh(x Wh + bh + r · (h Uh + dh))
 *   hidden state    h' = z · h + (1 − z) · n
 *
 * `kernel` holds [Wz Wr Wh], `recurrent_kernel` [Uz Ur Uh], `bias` row 0 [bz br bh], row 1 [dz dr dh]. A masked step hands h on.
 */
export const gru: MakeCell<SpecOf<'gru'>> = (spec, layer, store) => recurrentCell(gruPass, spec, layer, store);

const gruPass: MakePass<SpecOf<'gru'>> = (spec, weights, store) => {
  const U = spec.units;
  const G = 3 * U;
  const h = createState('h', U);
  const sums: Sums = { input: EMPTY, state: EMPTY }; // [z r n] of the input; of the state h U + d
  const half = (row: number) => ({
    values: weights.bias.values.subarray(row * G, (row + 1) * G),
    gradient: weights.bias.gradient.subarray(row * G, (row + 1) * G),
  });

  const step: Step = {
    forward(batch, row, before) {
      const { mask } = batch;
      const { input: gates, state: inner } = sums;
      const { rows: states } = h;
      const h0 = before < 0 ? h.first : states;
      for (let b = 0; b < batch.windows; b++) {
        const s = (row + b) * U;
        const p = placeBefore(batch, before, b, U);
        if (mask !== null && mask[row + b] === 0) {
          for (let u = 0; u < U; u++) states[s + u] = p < 0 ? 0 : h0[p + u]!;
          continue;
        }
        const g = (row + b) * G;
        for (let u = 0; u < U; u++) {
          const z = sigmoid(gates[g + u]! + inner[g + u]!);
          const r = sigmoid(gates[g + U + u]! + inner[g + U + u]!);
          const n = Math.tanh(gates[g + 2 * U + u]! + r * inner[g + 2 * U + u]!);
          gates[g + u] = z;
          gates[g + U + u] = r;
          gates[g + 2 * U + u] = n;
          states[s + u] = p < 0 ? (1 - z) * n : z * h0[p + u]! + (1 - z) * n;
        }
      }
    },

    backward(batch, row, before) {
      const { mask } = batch;
      const { input: gates, state: inner } = sums;
      const { carry } = h;
      const h0 = before < 0 ? h.first : h.rows;
      for (let b = 0; b < batch.windows; b++) {
        const g = (row + b) * G;
        if (mask !== null && mask[row + b] === 0) {
          gates.fill(0, g, g + G);
          inner.fill(0, g, g + G);
          continue;
        }
        const p = placeBefore(batch, before, b, U);
        for (let u = 0; u < U; u++) {
          const z = gates[g + u]!;
          const r = gates[g + U + u]!;
          const n = gates[g + 2 * U + u]!;
          const dh = carry[b * U + u]!;
          const toUpdate = dh * ((p < 0 ? 0 : h0[p + u]!) - n) * z * (1 - z);
          const toCandidate = dh * (1 - z) * (1 - n * n);
          const toReset = toCandidate * inner[g + 2 * U + u]! * r * (1 - r);
          gates[g + u] = toUpdate;
          gates[g + U + u] = toReset;
          gates[g + 2 * U + u] = toCandidate;
          inner[g + u] = toUpdate;
          inner[g + U + u] = toReset;
          inner[g + 2 * U + u] = toCandidate * r;
          carry[b * U + u] = dh * z;
        }
      }
    },
  };

  return passOf(weights, store, [h], sums, step, { input: half(0), state: half(1) });
};
