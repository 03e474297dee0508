// What the recurrent layers share: one or two passes over time, every state or the last one, the product with the state before.
// In: what a layer does in one step. Out: its cell. Not here: gates (lstm.ts, gru.ts, simple-rnn.ts).

import type { LayerSpec } from '../../../layers/layer.ts';
import type { PlannedLayer } from '../../../layers/plan.ts';
import { type Batch, type Carried, type Cell, EMPTY, room } from '../cell.ts';
import { addColumnSums, type Bias, linear, packedWeight, startWithBias } from '../linear.ts';
import { COLUMNS, multiply, pack, panelSize, ROWS } from '../product.ts';
import type { Slot, Store } from '../store.ts';

/** One reading of the sequence, from the first step to the last or the other way round. */
export interface Pass {
  /** (T · B, U) the state after each step, at the place of that step. */
  readonly states: Float64Array;
  /** What goes on to the next batch; written when the batch's last step is done. */
  readonly carried: readonly Carried[];
  size(steps: number, windows: number, training: boolean): void;
  forward(batch: Batch, input: Float64Array): void;
  /**
   * `stateGradient`: (T · B, U) where `every`, else (B, U) of the pass's last step. `inputGradient` is overwritten, or added to
   * where `add`.
   */
  backward(
    batch: Batch,
    input: Float64Array,
    stateGradient: Float64Array,
    every: boolean,
    inputGradient: Float64Array | null,
    add: boolean,
  ): void;
}

/** The weights of one direction. */
export interface PassWeights {
  readonly kernel: Slot;
  readonly recurrent: Slot;
  readonly bias: Slot;
  /** Input rows are ids. */
  readonly ids: boolean;
  /** From the last step to the first. */
  readonly reversed: boolean;
}

type Recurrent = Extract<LayerSpec, { readonly sequences: boolean }>;
export type MakePass<Spec> = (spec: Spec, weights: PassWeights, store: Store) => Pass;

export function recurrentCell<Spec extends Recurrent>(
  makePass: MakePass<Spec>,
  spec: Spec,
  layer: PlannedLayer,
  store: Store,
): Cell {
  const slot = (name: string) => store.slots.get(`${spec.name}/${name}`) as Slot;
  const pass = (prefix: string, reversed: boolean): Pass =>
    makePass(
      spec,
      {
        kernel: slot(`${prefix}kernel`),
        recurrent: slot(`${prefix}recurrent_kernel`),
        bias: slot(`${prefix}bias`),
        ids: layer.input.ids,
        reversed,
      },
      store,
    );
  return spec.bidirectional
    ? bothDirections(pass('forward_', false), pass('backward_', true), spec.units, spec.sequences)
    : oneDirection(pass('', false), spec.units, spec.sequences);
}

function oneDirection(pass: Pass, units: number, every: boolean): Cell {
  let last = EMPTY; // (B, U)
  return {
    carried: pass.carried,
    get output() {
      return every ? pass.states : last;
    },
    size(steps, windows, training) {
      pass.size(steps, windows, training);
      if (!every) last = room(last, windows * units);
    },
    forward(batch, input) {
      pass.forward(batch, input);
      if (!every) copyRows(pass.states, lastRow(batch, false), units, last, 0, units, batch.windows);
    },
    backward(batch, input, outputGradient, inputGradient) {
      pass.backward(batch, input, outputGradient, every, inputGradient, false);
    },
  };
}

/** [forward, backward] side by side. */
function bothDirections(forward: Pass, backward: Pass, units: number, every: boolean): Cell {
  const width = 2 * units;
  let output = EMPTY; // (T · B | B, 2U)
  let gradient = EMPTY; // (T · B | B, U)
  return {
    get output() {
      return output;
    },
    size(steps, windows, training) {
      forward.size(steps, windows, training);
      backward.size(steps, windows, training);
      const rows = every ? steps * windows : windows;
      output = room(output, rows * width);
      if (training) gradient = room(gradient, rows * units);
    },
    forward(batch, input) {
      forward.forward(batch, input);
      backward.forward(batch, input);
      const rows = every ? batch.steps * batch.windows : batch.windows;
      copyRows(forward.states, every ? 0 : lastRow(batch, false), units, output, 0, width, rows);
      copyRows(backward.states, every ? 0 : lastRow(batch, true), units, output, units, width, rows);
    },
    backward(batch, input, outputGradient, inputGradient) {
      const rows = every ? batch.steps * batch.windows : batch.windows; // both directions read all steps at once
      takeColumns(outputGradient, 0, width, gradient, units, rows);
      forward.backward(batch, input, gradient, every, inputGradient, false);
      takeColumns(outputGradient, units, width, gradient, units, rows);
      backward.backward(batch, input, gradient, every, inputGradient, true);
    },
  };
}

/** First row of the step a pass ends with. */
function lastRow(batch: Batch, reversed: boolean): number {
  return reversed ? 0 : (batch.steps - 1) * batch.windows;
}

/** Rows of `from` (width U, beginning at `row`) into columns [column, column + U) of `to`. */
function copyRows(
  from: Float64Array,
  row: number,
  units: number,
  to: Float64Array,
  column: number,
  width: number,
  rows: number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let u = 0, f = (row + r) * units, t = r * width + column; u < units; u++) to[t + u] = from[f + u]!;
  }
}

function takeColumns(
  from: Float64Array,
  column: number,
  width: number,
  to: Float64Array,
  units: number,
  rows: number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let u = 0, f = r * width + column, t = r * units; u < units; u++) to[t + u] = from[f + u]!;
  }
}

/** The product of the state before with the recurrent kernel R (U, G), its way back, and R's gradient. */
interface StateProduct {
  size(steps: number, windows: number, training: boolean): void;
  /** out rows [row, row + B) += states rows [before, before + B) · R. */
  forward(states: Float64Array, before: number, windows: number, out: Float64Array, row: number): void;
  /** carry (B, U) += gradient rows [row, row + B) · Rᵀ. */
  backward(gradient: Float64Array, row: number, windows: number, carry: Float64Array): void;
  /**
   * Adds statesᵀ · gradient over all pairs of a step at work and the state before it to R's gradient; `first` (B, U) is the state before
   * the first step, null: zero.
   */
  gradient(batch: Batch, states: Float64Array, gradient: Float64Array, first: Float64Array | null): void;
}

function stateProduct(store: Store, recurrent: Slot, reversed: boolean): StateProduct {
  const [units, width] = recurrent.shape as [number, number]; // U, G
  const panels = packedWeight(store, recurrent, width, units, 1, width);
  const transposed = packedWeight(store, recurrent, units, width, width, 1);
  let rowPanels = EMPTY;
  let statePanels = EMPTY;
  let gradientPanels = EMPTY;
  return {
    size(steps, windows, training) {
      rowPanels = room(rowPanels, panelSize(windows, training ? width : units, ROWS));
      if (!training) return;
      statePanels = room(statePanels, panelSize(units, steps * windows, ROWS));
      gradientPanels = room(gradientPanels, panelSize(width, steps * windows, COLUMNS));
    },
    forward(states, before, windows, out, row) {
      pack(states, before * units, windows, units, units, 1, ROWS, rowPanels);
      multiply(rowPanels, units, 0, panels(), units, 0, units, windows, width, out, row * width, width);
    },
    backward(gradient, row, windows, carry) {
      pack(gradient, row * width, windows, width, width, 1, ROWS, rowPanels);
      multiply(rowPanels, width, 0, transposed(), width, 0, width, windows, units, carry, 0, units);
    },
    gradient(batch, states, gradient, first) {
      const windows = batch.windows;
      const addPairs = (before: Float64Array, state: number, next: number, rows: number): void => {
        if (rows <= 0) return;
        pack(before, state * units, units, rows, 1, units, ROWS, statePanels);
        pack(gradient, next * width, width, rows, 1, width, COLUMNS, gradientPanels);
        multiply(statePanels, rows, 0, gradientPanels, rows, 0, rows, units, width, recurrent.gradient, 0, width);
      };
      // Pairs (state after step t, gradient of the step read next): shifted by one step of B rows, in the order of reading.
      const from = Math.max(batch.from, 1) * windows;
      if (reversed) addPairs(states, windows, 0, (batch.steps - 1) * windows);
      else addPairs(states, from - windows, from, batch.to * windows - from);
      if (first !== null && batch.from === 0) addPairs(first, 0, 0, windows);
    },
  };
}

/** What goes from step to step, and from batch to batch: h, and the c of an LSTM. */
export interface State extends Carried {
  /** (T · B, U) after each step. */
  rows: Float64Array;
  /** (B, U) what the batch at work began with. */
  first: Float64Array;
  /** (B, U) its gradient on the way back. */
  carry: Float64Array;
}

export function createState(name: string, units: number): State {
  return { name, units, values: EMPTY, rows: EMPTY, first: EMPTY, carry: EMPTY };
}

/** (T · B, G) what a step adds up. Its gates take the place of the sums, and on the way back the gradients that of the gates. */
export interface Sums {
  /** Of the input. */
  input: Float64Array;
  /** Of the state before: the same array where the two are one sum. */
  state: Float64Array;
}

/**
 * One step of B windows, whose first row is `row`; `before` is the first row of the step read before, −1 for none: zero, or where the
 * streams stood (`first`).
 */
export interface Step {
  size?(rows: number): void;
  /** Sums become gates, and those the states of the step. */
  forward(batch: Batch, row: number, before: number): void;
  /** Gates become gradients of the sums; carries move one step on, all but what goes through the product with R. */
  backward(batch: Batch, row: number, before: number): void;
}

/**
 * One reading of the sequence by a layer's step. The first of `states` is shown and multiplied by R. `bias`: that of the input's side, and of
 * the state's where the two are kept apart.
 */
export function passOf(
  { kernel, recurrent, ids, reversed }: PassWeights,
  store: Store,
  states: readonly [State, ...State[]],
  sums: Sums,
  step: Step,
  bias: { readonly input: Bias; readonly state: Bias | null },
): Pass {
  const [h] = states;
  const U = h.units;
  const G = recurrent.shape[1] as number;
  const input = linear(store, kernel, bias.input, ids);
  const product = stateProduct(store, recurrent, reversed);
  const rowOf = (batch: Batch, read: number): number => (reversed ? batch.steps - 1 - read : read) * batch.windows;
  const rowBefore = (batch: Batch, read: number): number => (read === 0 ? -1 : rowOf(batch, read - 1));
  return {
    carried: states,
    get states() {
      return h.rows;
    },
    size(steps, windows, training) {
      const rows = steps * windows;
      input.size(rows, training);
      product.size(steps, windows, training);
      sums.input = room(sums.input, rows * G);
      sums.state = bias.state === null ? sums.input : room(sums.state, rows * G);
      for (const state of states) {
        state.rows = room(state.rows, rows * U);
        state.carry = room(state.carry, windows * U);
      }
      step.size?.(rows);
    },
    forward(batch, rows) {
      const { windows: B, steps, from, to, continues } = batch;
      if (continues !== null && from === 0) for (const state of states) begin(state, continues, B);
      input.forward(batch, rows, from * B, (to - from) * B, sums.input);
      for (let read = from; read < to; read++) {
        const row = rowOf(batch, read);
        const before = rowBefore(batch, read);
        if (bias.state !== null) startWithBias(bias.state.values, row, B, G, sums.state);
        if (before >= 0) product.forward(h.rows, before, B, sums.state, row);
        else if (continues !== null) product.forward(h.first, 0, B, sums.state, row);
        step.forward(batch, row, before);
      }
      if (continues !== null && to === steps) for (const state of states) keep(state, (steps - 1) * B, B);
    },
    backward(batch, rows, stateGradient, every, inputGradient, add) {
      const { windows: B, steps, from, to, continues } = batch;
      if (to === steps) for (const state of states) state.carry.fill(0, 0, B * U);
      for (let read = to - 1; read >= from; read--) {
        const row = rowOf(batch, read);
        const before = rowBefore(batch, read);
        addStateGradient(batch, read, row, stateGradient, every, U, h.carry);
        step.backward(batch, row, before);
        if (before >= 0) product.backward(sums.state, row, B, h.carry);
      }
      const [first, count] = [from * B, (to - from) * B];
      if (bias.state !== null) addColumnSums(sums.state, first, count, G, bias.state.gradient);
      product.gradient(batch, h.rows, sums.state, continues === null ? null : h.first);
      input.backward(batch, rows, first, count, sums.input, inputGradient, add);
    },
  };
}

/** Where the state before a window stands among `rows` or, of a batch's first step, in `first`; −1: it is zero. */
export function placeBefore({ continues }: Batch, before: number, window: number, units: number): number {
  if (before >= 0) return (before + window) * units;
  return continues === null ? -1 : window * units;
}

/** Takes the first state of each window from the streams that go on, zero for the others. */
function begin(state: State, continues: Uint8Array, windows: number): void {
  const { units } = state;
  state.first = room(state.first, windows * units);
  if (state.values.length < windows * units) {
    const longer = new Float64Array(windows * units);
    longer.set(state.values);
    state.values = longer;
  }
  for (let b = 0; b < windows; b++) {
    for (let u = 0, at = b * units; u < units; u++, at++) state.first[at] = continues[b] === 1 ? state.values[at]! : 0;
  }
}

/** Keeps the rows that begin at `row` as where the streams stand. */
function keep({ units, values, rows }: State, row: number, windows: number): void {
  for (let i = 0, from = row * units; i < windows * units; i++) values[i] = rows[from + i]!;
}

/** carry (B, U) += the gradient that reaches the state of step row/B from outside; `place`: 0-based count of steps read. */
function addStateGradient(
  batch: Batch,
  place: number,
  row: number,
  stateGradient: Float64Array,
  every: boolean,
  units: number,
  carry: Float64Array,
): void {
  if (!every && place !== batch.steps - 1) return;
  const from = every ? row * units : 0;
  for (let i = 0; i < batch.windows * units; i++) carry[i]! += stateGradient[from + i]!;
}
