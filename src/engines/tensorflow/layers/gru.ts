// GRU (reset after) in TensorFlow, step by step: forward beside backward. In: rows of a sequence. Out: states, and gradients.
// Not here: directions, order and sequences (recurrent.ts).

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell, Pass } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { project, projectBack, type Source } from '../linear.ts';
import {
  activate,
  add,
  addBias,
  columnSums,
  concat,
  multiply,
  product,
  productBack,
  reshape,
  slope,
  split,
  splitAt,
  subtract,
} from '../operations.ts';
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

/**
 * Gated recurrent unit (Cho et al. 2014), reset gate after the product: [z r] = σ(x Wzr + bzr + h Uzr + dzr), n = tanh(x Wh + bh +
 * r · (h Uh + dh)), h' = n + z · (h − n). The two gates are computed side by side; weights as engines/reference/layers/gru.ts says.
 */
export const gru: MakeCell<SpecOf<'gru'>> = (spec, layer, store) =>
  recurrentCell(inStrands(gruReader), spec, layer, store);

/** What a step leaves for the way back. */
interface Step {
  readonly gates: Id; // (B, 2U) [z r]
  readonly z: Id;
  readonly r: Id;
  readonly n: Id;
  /** h Uh + dh. */
  readonly inner: Id;
  /** h − n; from zero −n. */
  readonly move: Id;
}

const gruReader: MakeReader<SpecOf<'gru'>> = (spec, { kernel, recurrent, bias }) => {
  const U = spec.units;
  let source: Source = -1;
  let trail: Step[] = [];
  let start: Id | null = null;
  let states: Id[] = [];
  let toStart: Id = -1;
  let products: readonly Id[] = []; // Uzr, Uh

  const step = ({ k }: Pass, gatesIn: Id, candidateIn: Id, innerBias: Id, before: Id | null): void => {
    const [Uzr, Uh] = products as [Id, Id];
    const gates = activate(k, 'sigmoid', before === null ? gatesIn : add(k, gatesIn, product(k, before, Uzr)));
    const [z, r] = split(k, gates, 2, 1) as [Id, Id];
    const inner = before === null ? innerBias : addBias(k, product(k, before, Uh), innerBias);
    const n = activate(k, 'tanh', add(k, candidateIn, multiply(k, r, inner)));
    const move = before === null ? subtract(k, k.filled(0, []), n) : subtract(k, before, n);
    trail.push({ gates, z, r, n, inner, move });
    states.push(add(k, n, multiply(k, z, move)));
  };

  return {
    forward(pass, given, begin) {
      const { k } = pass;
      source = given;
      start = begin?.h ?? null;
      trail = [];
      states = [];
      const [inputBias, stateBias] = split(k, reshape(k, bias.value, [6 * U]), 2, 0) as [Id, Id];
      const [gatesBias, innerBias] = splitAt(k, stateBias, [2 * U, U], 0) as [Id, Id];
      products = splitAt(k, recurrent.value, [2 * U, U], 1);
      const [gatesIn, candidateIn] = splitAt(
        k,
        addBias(k, project(pass, source, kernel), inputBias),
        [2 * U, U],
        1,
      ) as [Id, Id];
      const gates = stepsOf(pass, addBias(k, gatesIn, gatesBias));
      const candidates = stepsOf(pass, candidateIn);
      for (let t = 0; t < gates.length; t++) step(pass, gates[t]!, candidates[t]!, innerBias, states.at(-1) ?? start);
      return joined(pass, states);
    },

    cells: () => null,

    backward(pass, gradients, asked) {
      const { k } = pass;
      const [Uzr, Uh] = products as [Id, Id];
      const outside = stepsOutside(pass, gradients);
      const toGates: Id[] = []; // (B, 2U)
      const toCandidate: Id[] = []; // (B, U)
      const toInner: Id[] = []; // (B, U)
      let carry: readonly Id[] = []; // gradients of h on their way back
      for (let t = trail.length - 1; t >= 0; t--) {
        const { gates, z, r, n, inner, move } = trail[t]!;
        const dh = sumOf(pass, outside[t]!, ...carry);
        const kept = multiply(k, dh, z);
        toCandidate[t] = slope(k, 'tanh', n, subtract(k, dh, kept));
        toInner[t] = multiply(k, toCandidate[t]!, r);
        const both = concat(k, [multiply(k, dh, move), multiply(k, toCandidate[t]!, inner)], 1);
        toGates[t] = slope(k, 'sigmoid', gates, both);
        if (t === 0 && start === null) break;
        carry = [kept, productBack(k, toGates[t]!, Uzr, [U, 2 * U]), productBack(k, toInner[t]!, Uh, [U, U])];
      }
      if (start !== null) toStart = sumOf(pass, ...carry);
      const gatesGradient = joined(pass, toGates);
      const inputSide = concat(k, [gatesGradient, joined(pass, toCandidate)], 1);
      const stateSide = concat(k, [gatesGradient, joined(pass, toInner)], 1);
      bias.gradient = reshape(k, concat(k, [columnSums(k, inputSide), columnSums(k, stateSide)], 0), [2, 3 * U]);
      recurrentGradient(pass, start, joined(pass, states), stateSide, recurrent);
      return projectBack(pass, source, kernel, inputSide, asked);
    },

    toBegin: () => ({ h: toStart, c: null }),
  };
};
