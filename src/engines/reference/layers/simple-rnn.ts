// SimpleRNN in float64: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions and sequences (recurrent.ts), products (linear.ts, product.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import { ACTIVATE, SLOPE } from '../activation.ts';
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

/** Elman's network (1990): h' = act(x K + h R + b), h begins at 0. A masked step hands h on unchanged. */
export const simpleRnn: MakeCell<SpecOf<'simple-rnn'>> = (spec, layer, store) =>
  recurrentCell(simpleRnnPass, spec, layer, store);

const simpleRnnPass: MakePass<SpecOf<'simple-rnn'>> = (spec, weights, store) => {
  const U = spec.units;
  const activate = ACTIVATE[spec.activation];
  const slope = SLOPE[spec.activation];
  const reversed = weights.reversed;
  const input = linear(store, weights.kernel, weights.bias, weights.ids);
  const state = stateProduct(store, weights.recurrent, reversed);
  let sums = EMPTY; // (T · B, U) before the activation, then their gradients
  let states = EMPTY; // (T · B, U)
  const last = createMemory('h', U);
  let carry = EMPTY; // (B, U)

  const step = (batch: Batch, row: number, before: number): void => {
    const { mask, continues } = batch;
    const h = before < 0 ? last.first : states;
    for (let b = 0; b < batch.windows; b++) {
      const s = (row + b) * U;
      const p = before >= 0 ? (before + b) * U : continues === null ? -1 : b * U;
      if (mask !== null && mask[row + b] === 0) for (let u = 0; u < U; u++) states[s + u] = p < 0 ? 0 : h[p + u]!;
      else for (let u = 0; u < U; u++) states[s + u] = activate(sums[s + u]!);
    }
  };

  const stepBack = (batch: Batch, row: number): void => {
    const mask = batch.mask;
    for (let b = 0; b < batch.windows; b++) {
      const s = (row + b) * U;
      if (mask !== null && mask[row + b] === 0) {
        sums.fill(0, s, s + U);
        continue;
      }
      for (let u = 0; u < U; u++) {
        sums[s + u] = carry[b * U + u]! * slope(states[s + u]!);
        carry[b * U + u] = 0;
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
      sums = room(sums, rows * U);
      states = room(states, rows * U);
      carry = room(carry, windows * U);
    },
    forward(batch, rows) {
      const B = batch.windows;
      if (batch.continues !== null && batch.from === 0) begin(last, batch.continues, B);
      input.forward(batch, rows, batch.from * B, (batch.to - batch.from) * B, sums);
      for (let read = batch.from; read < batch.to; read++) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        const before = read === 0 ? -1 : reversed ? row + B : row - B;
        if (before >= 0) state.forward(states, before, B, sums, row);
        else if (batch.continues !== null) state.forward(last.first, 0, B, sums, row);
        step(batch, row, before);
      }
      if (batch.continues !== null && batch.to === batch.steps) keep(last, states, (batch.steps - 1) * B, B);
    },
    backward(batch, rows, stateGradient, every, inputGradient, add) {
      const B = batch.windows;
      if (batch.to === batch.steps) carry.fill(0, 0, B * U);
      for (let read = batch.to - 1; read >= batch.from; read--) {
        const row = (reversed ? batch.steps - 1 - read : read) * B;
        addStateGradient(batch, read, row, stateGradient, every, U, carry);
        stepBack(batch, row);
        if (read > 0) state.backward(sums, row, B, carry);
      }
      state.gradient(batch, states, sums, batch.continues === null ? null : last.first);
      input.backward(batch, rows, batch.from * B, (batch.to - batch.from) * B, sums, inputGradient, add);
    },
  };
};
