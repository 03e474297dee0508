// LSTM in TensorFlow: tanh through one kernel for all steps there and one back, relu step by step. In: rows of a sequence. Out: states, and gradients.
// Not here: directions, order and sequences (recurrent.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell, Pass, Tokens } from '../cell.ts';
import { type Attributes, FLOAT, type Id, IS } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import {
  activate,
  add,
  addBias,
  addRowsAt,
  columnSums,
  concat,
  each,
  multiply,
  oneHot,
  product,
  reshape,
  slope,
  split,
  splitAt,
} from '../operations.ts';
import { joined, type MakeReader, recurrentCell, recurrentGradient, steps } from './recurrent.ts';

/** Weights and gates as engines/reference/layers/lstm.ts says; TensorFlow's own order of gates is the same. */
export const lstm: MakeCell<SpecOf<'lstm'>> = (spec, layer, store) =>
  recurrentCell(spec.activation === 'tanh' ? blockReader : reluReader, spec, layer, store);

const NO_PEEPHOLE = { name: 'use_peephole', type: IS.bool, value: false };
const TYPE = { name: 'T', type: IS.type, value: FLOAT };
const FORWARD: Attributes = [{ name: 'cell_clip', type: IS.float, value: 0 }, NO_PEEPHOLE, TYPE];
const BACKWARD: Attributes = [NO_PEEPHOLE, TYPE];

/** BlockLSTMV2 and BlockLSTMGradV2: input and state are multiplied with one matrix [K; R]. */
const blockReader: MakeReader<SpecOf<'lstm'>> = (spec, { kernel, recurrent, bias }) => {
  const U = spec.units;
  const G = 4 * U;
  const F = kernel.shape[0] as number;
  const identity = F > G ? diagonal(G) : null; // of use for ids alone
  let source: Source = -1;
  let inputs: readonly Id[] = [];
  let outputs: readonly Id[] = [];

  /** Rows, and the matrix they are multiplied with: ids as one-hot rows, or, of a large vocabulary, their rows of K with the identity. */
  const read = (pass: Pass): { readonly rows: Id; readonly width: number; readonly matrix: Id } => {
    if (typeof source === 'number') return { rows: source, width: F, matrix: kernel.value };
    if (!identity) return { rows: oneHot(pass.k, source.ids, F), width: F, matrix: kernel.value };
    return { rows: project(pass, source, kernel), width: G, matrix: pass.k.floats(identity, [G, G]) };
  };

  return {
    forward(pass, given) {
      const { k, batch } = pass;
      const B = batch.windows;
      source = given;
      const { rows, width, matrix } = read(pass);
      const start = k.floats(new Float32Array(B * U), [B, U]);
      const peephole = k.floats(new Float32Array(U), [U]);
      inputs = [
        k.long(batch.steps),
        reshape(k, rows, [batch.steps, B, width]),
        start, // c
        start, // h
        concat(k, [matrix, recurrent.value], 0),
        peephole,
        peephole,
        peephole,
        bias.value,
      ];
      outputs = k.many('BlockLSTMV2', FORWARD, inputs, 7); // i, c, f, o, candidate, act(c), h
      return reshape(k, outputs[6] as Id, [batch.steps * B, U]);
    },

    backward(pass, gradient, asked) {
      const { k, batch } = pass;
      const [steps, B] = [batch.steps, batch.windows];
      const toCells = each(k, 'ZerosLike', outputs[1] as Id);
      const toStates = reshape(k, gradient, [steps, B, U]);
      const back = k.many('BlockLSTMGradV2', BACKWARD, [...inputs, ...outputs, toCells, toStates], 8);
      const looked = identity !== null && typeof source !== 'number'; // ids whose rows of K were multiplied with the identity
      const width = looked ? G : F;
      const [ofMatrix, ofRecurrent] = splitAt(k, back[3] as Id, [width, U], 0) as [Id, Id];
      recurrent.gradient = ofRecurrent;
      bias.gradient = back[7] as Id;
      kernel.gradient = looked
        ? addRowsAt(k, reshape(k, back[0] as Id, [steps * B, G]), (source as Tokens).ids, F)
        : ofMatrix;
      return asked ? reshape(k, back[0] as Id, [steps * B, F]) : null;
    },
  };
};

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
  /** The cell state before; null at the first step. */
  readonly before: Id | null;
  /** relu(c). */
  readonly shown: Id;
}

const reluReader: MakeReader<SpecOf<'lstm'>> = (_spec, { kernel, recurrent, bias }) => {
  let source: Source = -1;
  let trail: Step[] = [];
  let states: Id[] = [];

  /** Gives the cell state. */
  const step = ({ k }: Pass, input: Id, before: Id | null): Id => {
    const state = states.at(-1);
    const sums = state === undefined ? input : add(k, input, product(k, state, recurrent.value));
    const [a, b, c, d] = split(k, sums, 4, 1) as [Id, Id, Id, Id];
    const [i, f] = [activate(k, 'sigmoid', a), activate(k, 'sigmoid', b)];
    const [candidate, o] = [activate(k, 'relu', c), activate(k, 'sigmoid', d)];
    const taken = multiply(k, i, candidate);
    const cell = before === null ? taken : add(k, taken, multiply(k, f, before));
    const shown = activate(k, 'relu', cell);
    trail.push({ i, f, candidate, o, before, shown });
    states.push(multiply(k, o, shown));
    return cell;
  };

  return {
    forward(pass, given) {
      source = given;
      trail = [];
      states = [];
      let cell: Id | null = null;
      for (const input of steps(pass, addBias(pass.k, project(pass, source, kernel), bias.value))) {
        cell = step(pass, input, cell);
      }
      return joined(pass, states);
    },

    backward(pass, gradient, asked) {
      const { k } = pass;
      const outside = steps(pass, gradient);
      const sums: Id[] = []; // (B, 4U) gradients before the activations
      let carryH: Id | null = null;
      let carryC: Id | null = null;
      for (let t = trail.length - 1; t >= 0; t--) {
        const { i, f, candidate, o, before, shown } = trail[t]!;
        const dh = carryH === null ? outside[t]! : add(k, outside[t]!, carryH);
        const through: Id = slope(k, 'relu', shown, multiply(k, dh, o));
        const dc: Id = carryC === null ? through : add(k, through, carryC);
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
        if (t === 0) break;
        carryH = product(k, sums[t]!, recurrent.value, 2);
        carryC = multiply(k, dc, f);
      }
      const all = joined(pass, sums);
      bias.gradient = columnSums(k, all);
      recurrentGradient(pass, joined(pass, states), all, recurrent);
      return projectBack(pass, source, kernel, all, asked);
    },
  };
};
