// LSTM in TensorFlow. There: tanh through one kernel for all steps, the widest step by step; back: one for all steps, or for each; relu step
// by step. In: rows of a sequence. Out: states, and gradients. Not here: directions, order and sequences (recurrent.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell, Pass, State, Tokens } from '../cell.ts';
import { type Attributes, type Id, IS, type Kernels } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import {
  activate,
  add,
  addBias,
  addRowsAt,
  columnSums,
  concat,
  each,
  firstOf,
  multiply,
  oneHot,
  product,
  productBack,
  reshape,
  sliceRows,
  slope,
  split,
  splitAt,
  unstack,
  zerosAbove,
} from '../operations.ts';
import {
  joined,
  type MakeReader,
  type Outside,
  type ReaderWeights,
  recurrentCell,
  recurrentGradient,
  stepsOf,
  stepsOutside,
  sumOf,
} from './recurrent.ts';
import { inStrands } from './strands.ts';

/** Weights and gates as engines/reference/layers/lstm.ts says; TensorFlow's own order of gates is the same. */
export const lstm: MakeCell<SpecOf<'lstm'>> = (spec, layer, store) =>
  recurrentCell(inStrands(spec.activation === 'tanh' ? blockReader : reluReader), spec, layer, store);

const PLAIN: Attributes = [{ name: 'use_peephole', type: IS.bool, value: false }];

/** BlockLSTMV2: input and state are multiplied with one matrix [K; R]. */
const blockReader: MakeReader<SpecOf<'lstm'>> = (spec, weights) => {
  const { kernel, recurrent, bias } = weights;
  const U = spec.units;
  const G = 4 * U;
  const F = kernel.shape[0] as number;
  const identity = F > G ? diagonal(G) : null; // of use for ids alone
  let source: Source = -1;
  let block: Block | null = null;
  let toStart: State = { h: -1, c: null };

  /** Rows, and the matrix they are multiplied with: ids as one-hot rows, or, of a large vocabulary, their rows of K with the identity. */
  const read = (pass: Pass): { readonly rows: Id; readonly width: number; readonly matrix: Id } => {
    if (typeof source === 'number') return { rows: source, width: F, matrix: kernel.value };
    if (!identity) return { rows: oneHot(pass.k, source.ids, F), width: F, matrix: kernel.value };
    return { rows: project(pass, source, kernel), width: G, matrix: pass.k.floats(identity, [G, G]) };
  };

  return {
    forward(pass, given, begin) {
      const { k, steps } = pass;
      const B = pass.batch.windows;
      source = given;
      const { rows, width, matrix } = read(pass);
      const zeros = begin ? begin.h : k.filled(0, [B, U]);
      const peephole = k.filled(0, [U]);
      const inputs = [
        k.fixed([steps], [], true),
        reshape(k, rows, [steps, B, width]),
        begin?.c ?? zeros,
        begin?.h ?? zeros,
        concat(k, [matrix, recurrent.value], 0),
        peephole,
        peephole,
        peephole,
        bias.value,
      ];
      block =
        U >= WIDEST && steps <= MOST_STEPS
          ? forwardByStep(pass, weights, source, inputs, begin)
          : forwardInOne(pass, inputs, U, begin !== null);
      return block.states;
    },

    cells: () => (block as Block).cells(),

    backward(pass, outside, asked) {
      const back = (U < WIDE ? backInOne : backByStep)(pass, weights, block as Block, outside);
      toStart = back.toStart;
      const looked = identity !== null && typeof source !== 'number'; // ids whose rows of K were multiplied with the identity
      if (looked) weights.kernel.gradient = addRowsAt(pass.k, back.toRows(), (source as Tokens).ids, F);
      return asked ? back.toRows() : null;
    },

    toBegin: () => toStart,
  };
};

/** Units from which products of their own beat the kernel that does all steps back, with narrow ones: 2 × at 128, half at 64. */
const WIDE = 96;

/** Units from which products of their own beat that kernel's on the way there too: those with the four gates' parts of R, each narrower than it. */
const WIDEST = 192;
/** Steps of which this makes no more operations than a graph is made of. */
const MOST_STEPS = 64;

/** What the way there leaves for the way back. */
interface Block {
  readonly inputs: readonly Id[]; // length, x, c, h, [K; R], peepholes, b
  /** i, c, f, o, candidate, tanh(c), h; of one kernel alone. */
  readonly outputs: readonly Id[];
  /** (T · B, U) the states h, and the cell states. */
  readonly states: Id;
  cells(): Id;
  /** (B, U) by step: i, c, f, o, candidate, tanh(c). */
  byStep(): readonly (readonly Id[])[];
  /** From states, not from zeros. */
  readonly begun: boolean;
}

interface GoneBack {
  /** Gradient of the states it began with; of zeros none. */
  readonly toStart: State;
  /** Gradient of the rows read. */
  toRows(): Id;
}

/** Sets the gradients of [K; R] and b. */
type Back = (pass: Pass, weights: ReaderWeights, block: Block, outside: Outside) => GoneBack;

function forwardInOne({ k, batch, steps }: Pass, inputs: readonly Id[], U: number, begun: boolean): Block {
  const outputs = k.many('BlockLSTMV2', PLAIN, inputs, 7);
  const shape = [steps * batch.windows, U];
  return {
    inputs,
    outputs,
    begun,
    states: reshape(k, outputs[6] as Id, shape),
    cells: () => reshape(k, outputs[1] as Id, shape),
    byStep: () => outputs.slice(0, 6).map((all) => unstack(k, all, steps)),
  };
}

function forwardByStep(
  pass: Pass,
  { kernel, recurrent, bias }: ReaderWeights,
  source: Source,
  inputs: readonly Id[],
  begin: State | null,
): Block {
  const { k, steps } = pass;
  const [kernels, recurrents] = [split(k, kernel.value, 4, 1), split(k, recurrent.value, 4, 1)];
  const sums = split(k, bias.value, 4, 0).map((part, gate) => {
    const rows = project(pass, source, { value: kernels[gate] as Id });
    return stepsOf(pass, steps > 1 ? addBias(k, rows, part) : add(k, rows, part)); // of one step, as dense.ts does
  });
  const kept: Id[][] = [[], [], [], [], [], []];
  const states: Id[] = [];
  let before = begin;
  for (let t = 0; t < steps; t++) {
    const gate = (g: number, name: 'sigmoid' | 'tanh'): Id => {
      const input = sums[g]![t] as Id;
      return activate(k, name, before ? add(k, input, product(k, before.h, recurrents[g] as Id)) : input);
    };
    const [i, f, candidate, o] = [gate(0, 'sigmoid'), gate(1, 'sigmoid'), gate(2, 'tanh'), gate(3, 'sigmoid')];
    const taken = multiply(k, i, candidate);
    const c: Id = before ? add(k, taken, multiply(k, f, before.c as Id)) : taken;
    const shown = activate(k, 'tanh', c);
    [i, c, f, o, candidate, shown].forEach((value, part) => {
      kept[part]!.push(value);
    });
    before = { h: multiply(k, o, shown), c };
    states.push(before.h);
  }
  return {
    inputs,
    outputs: [],
    begun: begin !== null,
    states: joined(pass, states),
    cells: () => joined(pass, kept[1] as Id[]),
    byStep: () => kept,
  };
}

const backInOne: Back = ({ k, batch, steps }, { kernel, recurrent, bias }, { inputs, outputs }, outside) => {
  const B = batch.windows;
  const U = recurrent.shape[0] as number;
  const toCells = outside.cells === null ? null : reshape(k, outside.cells, [steps, B, U]);
  const states = outside.every ? outside.states : zerosAbove(k, outside.states, (steps - 1) * B);
  const gradients = [toCells ?? k.filled(0, [steps, B, U]), reshape(k, states, [steps, B, U])];
  const back = k.many('BlockLSTMGradV2', PLAIN, [...inputs, ...outputs, ...gradients], 8);
  const [ofMatrix, ofRecurrent] = splitAt(k, back[3] as Id, [-1, U], 0) as [Id, Id];
  kernel.gradient = ofMatrix;
  recurrent.gradient = ofRecurrent;
  bias.gradient = back[7] as Id;
  return {
    toStart: { c: back[1] as Id, h: back[2] as Id },
    toRows: () => reshape(k, back[0] as Id, [steps * B, -1]),
  };
};

/** Gate gradients by LSTMBlockCellGrad, in its own order of gates: i, c, f, o. */
const backByStep: Back = (pass, { kernel, recurrent, bias }, { inputs, begun, states, byStep }, outside) => {
  const { k, batch, steps } = pass;
  const B = batch.windows;
  const [U, G] = recurrent.shape as [number, number];
  const [, x, startC, startH, matrix, peephole] = inputs as [Id, Id, Id, Id, Id, Id];
  const [input, state] = splitAt(k, exchanged(k, matrix), [-1, U], 0) as [Id, Id];
  const [i, cells, f, o, candidate, shown] = byStep();
  const toStates = stepsOutside(pass, outside);
  const toCells = outside.cells === null ? [] : stepsOf(pass, outside.cells);
  const weights = [matrix, peephole, peephole, peephole, inputs[8] as Id];
  const row = firstOf(k, x); // its shape alone is looked at, as that of h
  const sums: Id[] = []; // (B, 4U) gradients before the activations
  let carryH: Id | null = null;
  let carryC: Id = k.filled(0, [B, U]);
  for (let t = steps - 1; t >= 0; t--) {
    const before = t > 0 ? cells![t - 1]! : startC;
    const now = [i![t]!, cells![t]!, f![t]!, o![t]!, candidate![t]!, shown![t]!];
    const ends = [sumOf(pass, carryC, toCells[t] ?? null), sumOf(pass, toStates[t]!, carryH)];
    const back = k.many('LSTMBlockCellGrad', PLAIN, [row, before, startH, ...weights, ...now, ...ends], 5);
    carryC = back[0] as Id;
    sums[t] = back[1] as Id;
    if (t > 0 || begun) carryH = productBack(k, sums[t]!, state, [U, G]);
  }
  const all = joined(pass, sums);
  // Gradients of K, R and b in one product: each step's rows beside the state before it, and 1.
  const earlier = steps > 1 ? concat(k, [startH, sliceRows(k, states, 0, (steps - 1) * B, U)], 0) : startH;
  const ones = k.filled(1, [steps * B, 1]);
  const read = concat(k, [reshape(k, x, [steps * B, -1]), earlier, ones], 1);
  const ofAll = splitAt(k, exchanged(k, product(k, read, all, 1)), [-1, U, 1], 0);
  [kernel.gradient, recurrent.gradient] = ofAll as [Id, Id];
  bias.gradient = reshape(k, ofAll[2] as Id, [G]);
  return { toStart: { h: carryH ?? -1, c: carryC }, toRows: () => product(k, all, input, 2) };
};

/** Columns [a b c d] as [a c b d]: from our order of gates to the other, and back. */
function exchanged(k: Kernels, columns: Id): Id {
  const [a, b, c, d] = split(k, columns, 4, 1) as [Id, Id, Id, Id];
  return concat(k, [a, c, b, d], 1);
}

function diagonal(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

/** What a step leaves for the way back. */
interface Step {
  readonly i: Id;
  readonly f: Id;
  readonly candidate: Id;
  readonly o: Id;
  /** The cell state before; null: zeros. */
  readonly before: Id | null;
  /** relu(c). */
  readonly shown: Id;
}

const reluReader: MakeReader<SpecOf<'lstm'>> = (_spec, { kernel, recurrent, bias }) => {
  let source: Source = -1;
  let trail: Step[] = [];
  let states: Id[] = [];
  let cells: Id[] = [];
  let start: State | null = null;
  let toStart: State = { h: -1, c: null };

  const step = ({ k }: Pass, input: Id): void => {
    const state = states.at(-1) ?? start?.h;
    const before = cells.at(-1) ?? start?.c ?? null;
    const sums = state === undefined ? input : add(k, input, product(k, state, recurrent.value));
    const [a, b, c, d] = split(k, sums, 4, 1) as [Id, Id, Id, Id];
    const [i, f] = [activate(k, 'sigmoid', a), activate(k, 'sigmoid', b)];
    const [candidate, o] = [activate(k, 'relu', c), activate(k, 'sigmoid', d)];
    const taken = multiply(k, i, candidate);
    const cell = before === null ? taken : add(k, taken, multiply(k, f, before));
    const shown = activate(k, 'relu', cell);
    trail.push({ i, f, candidate, o, before, shown });
    cells.push(cell);
    states.push(multiply(k, o, shown));
  };

  return {
    forward(pass, given, begin) {
      source = given;
      start = begin;
      trail = [];
      states = [];
      cells = [];
      const sums = addBias(pass.k, project(pass, source, kernel), bias.value);
      for (const input of stepsOf(pass, sums)) step(pass, input);
      return joined(pass, states);
    },

    cells: (pass) => joined(pass, cells),

    backward(pass, outside, asked) {
      const { k } = pass;
      const toStates = stepsOutside(pass, outside);
      const toCells = outside.cells === null ? [] : stepsOf(pass, outside.cells);
      const sums: Id[] = []; // (B, 4U) gradients before the activations
      let carryH: Id | null = null;
      let carryC: Id | null = null;
      for (let t = trail.length - 1; t >= 0; t--) {
        const { i, f, candidate, o, before, shown } = trail[t]!;
        const dh = sumOf(pass, toStates[t]!, carryH);
        const through: Id = slope(k, 'relu', shown, multiply(k, dh, o));
        const dc: Id = sumOf(pass, through, carryC, toCells[t] ?? null);
        sums[t] = concat(
          k,
          [
            slope(k, 'sigmoid', i, multiply(k, dc, candidate)),
            before === null ? each(k, 'ZerosLike', f) : slope(k, 'sigmoid', f, multiply(k, dc, before)),
            slope(k, 'relu', candidate, multiply(k, dc, i)),
            slope(k, 'sigmoid', o, multiply(k, dh, shown)),
          ],
          1,
        );
        if (t === 0 && start === null) break;
        carryH = productBack(k, sums[t]!, recurrent.value, recurrent.shape as [number, number]);
        carryC = multiply(k, dc, f);
      }
      if (carryH !== null) toStart = { h: carryH, c: carryC };
      const all = joined(pass, sums);
      bias.gradient = columnSums(k, all);
      recurrentGradient(pass, start?.h ?? null, joined(pass, states), all, recurrent);
      return projectBack(pass, source, kernel, all, asked);
    },

    toBegin: () => toStart,
  };
};
