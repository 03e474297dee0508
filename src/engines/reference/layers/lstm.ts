// LSTM in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions and sequences (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { relu, sigmoid } from '../activation.ts';
import { type Batch, EMPTY, type MakeCell, room } from '../cell.ts';
import { linear } from '../linear.ts';
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
  const reversed = weights.reversed;
  const input = linear(store, weights.kernel, weights.bias, weights.ids);
  const state = stateProduct(store, weights.recurrent, reversed);
  let gates = EMPTY; // (T · B, 4U) [i f c̃ o]; turned into their gradients by the way back
  let cells = EMPTY; // (T · B, U) c
  let shown = EMPTY; // (T · B, U) act(c)
  let states = EMPTY; // (T · B, U) h
  const lastH = createMemory('h', U);
  const lastC = createMemory('c', U);
  let carryH = EMPTY; // (B, U) gradient of h on its way back
  let carryC = EMPTY; // (B, U) gradient of c

  /** One step of B windows; `before` is the first row of the step read before, −1 for none: zero, or where the streams stood. */
  const step = (batch: Batch, row: number, before: number): void => {
    const { mask, continues } = batch;
    const h = before < 0 ? lastH.first : states;
    const c0 = before < 0 ? lastC.first : cells;
    for (let b = 0; b < batch.windows; b++) {
      const s = (row + b) * U;
      const p = before >= 0 ? (before + b) * U : continues === null ? -1 : b * U;
      if (mask !== null && mask[row + b] === 0) {
        for (let u = 0; u < U; u++) {
          cells[s + u] = p < 0 ? 0 : c0[p + u]!;
          states[s + u] = p < 0 ? 0 : h[p + u]!;
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
        const c = p < 0 ? i * candidate : f * c0[p + u]! + i * candidate;
        const a = rectified ? relu(c) : Math.tanh(c);
        gates[g + u] = i;
        gates[g + U + u] = f;
        gates[g + 2 * U + u] = candidate;
        gates[g + 3 * U + u] = o;
        cells[s + u] = c;
        shown[s + u] = a;
        states[s + u] = o * a;
      }
    }
  };

  /** The same step backward: gates become gate gradients, carryH is used up, carryC moves one step on. */
  const stepBack = (batch: Batch, row: number, before: number): void => {
    const { mask, continues } = batch;
    const c0 = before < 0 ? lastC.first : cells;
    for (let b = 0; b < batch.windows; b++) {
      const s = (row + b) * U;
      const g = (row + b) * G;
      if (mask !== null && mask[row + b] === 0) {
        gates.fill(0, g, g + G);
        continue;
      }
      const p = before >= 0 ? (before + b) * U : continues === null ? -1 : b * U;
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
  };

  return {
    carried: [lastH, lastC],
    get states() {
      return states;
    },
    size(steps, windows, training) {
      const rows = steps * windows;
      input.size(rows, training);
      state.size(steps, windows, training);
      gates = room(gates, rows * G);
      cells = room(cells, rows * U);
      shown = room(shown, rows * U);
      states = room(states, rows * U);
      carryH = room(carryH, windows * U);
      carryC = room(carryC, windows * U);
    },
    forward(batch, rows) {
      const B = batch.windows;
      if (batch.continues !== null && batch.from === 0) {
        begin(lastH, batch.continues, B);
        begin(lastC, batch.continues, B);
      }
      input.forward(batch, rows, batch.from * B, (batch.to - batch.from) * B, gates);
      for (let read = batch.from; read < batch.to; read++) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        const before = read === 0 ? -1 : reversed ? row + B : row - B;
        if (before >= 0) state.forward(states, before, B, gates, row);
        else if (batch.continues !== null) state.forward(lastH.first, 0, B, gates, row);
        step(batch, row, before);
      }
      if (batch.continues === null || batch.to < batch.steps) return;
      keep(lastH, states, (batch.steps - 1) * B, B);
      keep(lastC, cells, (batch.steps - 1) * B, B);
    },
    backward(batch, rows, stateGradient, every, inputGradient, add) {
      const B = batch.windows;
      if (batch.to === batch.steps) {
        carryH.fill(0, 0, B * U);
        carryC.fill(0, 0, B * U);
      }
      for (let read = batch.to - 1; read >= batch.from; read--) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        const before = read === 0 ? -1 : reversed ? row + B : row - B;
        addStateGradient(batch, read, row, stateGradient, every, U, carryH);
        stepBack(batch, row, before);
        if (before >= 0) state.backward(gates, row, B, carryH);
      }
      state.gradient(batch, states, gates, batch.continues === null ? null : lastH.first);
      input.backward(batch, rows, batch.from * B, (batch.to - batch.from) * B, gates, inputGradient, add);
    },
  };
};
