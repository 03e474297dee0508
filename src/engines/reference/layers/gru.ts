// GRU (reset after) in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions and sequences (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { sigmoid } from '../activation.ts';
import { type Batch, EMPTY, type MakeCell, room } from '../cell.ts';
import { addColumnSums, linear } from '../linear.ts';
import {
  addStateGradient,
  begin,
  createMemory,
  keep,
  type MakePass,
  recurrentCell,
  stateProduct,
} from './recurrent.ts';

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
  const reversed = weights.reversed;
  const half = (row: number) => ({
    values: weights.bias.values.subarray(row * G, (row + 1) * G),
    gradient: weights.bias.gradient.subarray(row * G, (row + 1) * G),
  });
  const stateBias = half(1);
  const input = linear(store, weights.kernel, half(0), weights.ids);
  const state = stateProduct(store, weights.recurrent, reversed);
  let gates = EMPTY; // (T · B, 3U) input side, then [z r n], then gradients of the input side
  let inner = EMPTY; // (T · B, 3U) state side h U + d, then its gradients
  let states = EMPTY; // (T · B, U)
  const last = createMemory('h', U);
  let carry = EMPTY; // (B, U)

  const startInner = (row: number, windows: number): void => {
    for (let b = 0, at = row * G; b < windows; b++) {
      for (let j = 0; j < G; j++) inner[at++] = stateBias.values[j]!;
    }
  };

  const step = (batch: Batch, row: number, before: number): void => {
    const { mask, continues } = batch;
    const h = before < 0 ? last.first : states;
    for (let b = 0; b < batch.windows; b++) {
      const s = (row + b) * U;
      const p = before >= 0 ? (before + b) * U : continues === null ? -1 : b * U;
      if (mask !== null && mask[row + b] === 0) {
        for (let u = 0; u < U; u++) states[s + u] = p < 0 ? 0 : h[p + u]!;
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
        states[s + u] = p < 0 ? (1 - z) * n : z * h[p + u]! + (1 - z) * n;
      }
    }
  };

  const stepBack = (batch: Batch, row: number, before: number): void => {
    const { mask, continues } = batch;
    const h = before < 0 ? last.first : states;
    for (let b = 0; b < batch.windows; b++) {
      const g = (row + b) * G;
      if (mask !== null && mask[row + b] === 0) {
        gates.fill(0, g, g + G);
        inner.fill(0, g, g + G);
        continue;
      }
      const p = before >= 0 ? (before + b) * U : continues === null ? -1 : b * U;
      for (let u = 0; u < U; u++) {
        const z = gates[g + u]!;
        const r = gates[g + U + u]!;
        const n = gates[g + 2 * U + u]!;
        const dh = carry[b * U + u]!;
        const toUpdate = dh * ((p < 0 ? 0 : h[p + u]!) - n) * z * (1 - z);
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
  };

  return {
    carried: [last],
    get states() {
      return states;
    },
    size(steps, windows, training) {
      const rows = steps * windows;
      input.size(rows, training);
      state.size(steps, windows, training);
      gates = room(gates, rows * G);
      inner = room(inner, rows * G);
      states = room(states, rows * U);
      carry = room(carry, windows * U);
    },
    forward(batch, rows) {
      const B = batch.windows;
      if (batch.continues !== null && batch.from === 0) begin(last, batch.continues, B);
      input.forward(batch, rows, batch.from * B, (batch.to - batch.from) * B, gates);
      for (let read = batch.from; read < batch.to; read++) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        const before = read === 0 ? -1 : reversed ? row + B : row - B;
        startInner(row, B);
        if (before >= 0) state.forward(states, before, B, inner, row);
        else if (batch.continues !== null) state.forward(last.first, 0, B, inner, row);
        step(batch, row, before);
      }
      if (batch.continues !== null && batch.to === batch.steps) keep(last, states, (batch.steps - 1) * B, B);
    },
    backward(batch, rows, stateGradient, every, inputGradient, add) {
      const B = batch.windows;
      if (batch.to === batch.steps) carry.fill(0, 0, B * U);
      for (let read = batch.to - 1; read >= batch.from; read--) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        const before = read === 0 ? -1 : reversed ? row + B : row - B;
        addStateGradient(batch, read, row, stateGradient, every, U, carry);
        stepBack(batch, row, before);
        if (before >= 0) state.backward(inner, row, B, carry);
      }
      const first = batch.from * B;
      const count = (batch.to - batch.from) * B;
      addColumnSums(inner, first, count, G, stateBias.gradient);
      state.gradient(batch, states, inner, batch.continues === null ? null : last.first);
      input.backward(batch, rows, first, count, gates, inputGradient, add);
    },
  };
};
