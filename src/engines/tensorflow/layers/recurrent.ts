// What the recurrent layers share: one or two readings of the sequence, every state or the last one. In: a layer's own reader. Out: its cell.
// Not here: gates (lstm.ts, gru.ts, simple-rnn.ts), orders (reading.ts).

import type { LayerSpec } from '../../../layers/layer.ts';
import type { PlannedLayer } from '../../../layers/plan.ts';
import type { Cell, Pass, State } from '../cell.ts';
import type { Id } from '../kernels.ts';
import type { Source } from '../linear.ts';
import { add, addInOrder, concat, product, sliceRows, split, zerosAbove } from '../operations.ts';
import { inOrder, inOrderBack, inPlace, inPlaceBack, lastStates, lastStatesBack, type Reading } from '../reading.ts';
import type { Slot, Store } from '../store.ts';

/** Reads rows in the order they are given. */
export interface Reader {
  /** (T · B, U) the state after each step; `begin` null: from zero. */
  forward(pass: Pass, source: Source, begin: State | null): Id;
  /** (T · B, U) the cell state after each step; null where there is none. */
  cells(pass: Pass): Id | null;
  /** Sets the weights' gradients; gives the source's where it is asked for. */
  backward(pass: Pass, outside: Outside, asked: boolean): Id | null;
  /** Gradient of what it began with; follows `backward`. */
  toBegin(pass: Pass): State;
}

/** Gradients that reach the states from outside: (T · B, U) where `every`, else (B, U) of the last ones read. */
export interface Outside {
  readonly states: Id;
  /** Of the cell states, (T · B, U); null: none. */
  readonly cells: Id | null;
  readonly every: boolean;
}

/** The weights of one direction. */
export interface ReaderWeights {
  readonly kernel: Slot;
  readonly recurrent: Slot;
  readonly bias: Slot;
}

type Recurrent = Extract<LayerSpec, { readonly sequences: boolean }>;
export type MakeReader<Spec> = (spec: Spec, weights: ReaderWeights) => Reader;

export function recurrentCell<Spec extends Recurrent>(
  makeReader: MakeReader<Spec>,
  spec: Spec,
  layer: PlannedLayer,
  store: Store,
): Cell {
  const slot = (name: string) => store.slots.get(`${spec.name}/${name}`) as Slot;
  const direction = (prefix: string, reversed: boolean): Cell => {
    const weights = {
      kernel: slot(`${prefix}kernel`),
      recurrent: slot(`${prefix}recurrent_kernel`),
      bias: slot(`${prefix}bias`),
    };
    return oneDirection(makeReader(spec, weights), spec, layer.input.ids, reversed);
  };
  return spec.bidirectional
    ? bothDirections(direction('forward_', false), direction('backward_', true))
    : direction('', false);
}

function oneDirection(reader: Reader, { name, units, sequences }: Recurrent, ids: boolean, reversed: boolean): Cell {
  let reading: Reading | null = null;
  const lastOf = ({ k, batch, steps }: Pass, states: Id): Id =>
    reading ? lastStates(k, reading, states) : sliceRows(k, states, (steps - 1) * batch.windows, batch.windows, units);
  /** Gradient of `lastOf`. */
  const atLast = ({ k, batch, steps }: Pass, gradient: Id): Id =>
    reading ? lastStatesBack(k, reading, gradient) : zerosAbove(k, gradient, (steps - 1) * batch.windows);

  return {
    forward(pass, input) {
      const { k } = pass;
      reading = pass.reading(reversed);
      const source = ids ? pass.tokens(reading) : inOrder(k, reading, input);
      const states = reader.forward(pass, source, pass.begins.get(name) ?? null);
      if (pass.goesOn) {
        const cells = reader.cells(pass);
        pass.ends.set(name, { h: lastOf(pass, states), c: cells === null ? null : lastOf(pass, cells) });
      }
      return sequences ? inPlace(k, reading, states) : lastOf(pass, states);
    },

    backward(pass, gradient, asked) {
      const { k } = pass;
      const before = reader.backward(pass, outsideOf(pass, gradient), asked);
      if (pass.begins.has(name)) pass.toBegins.set(name, reader.toBegin(pass));
      return before === null ? null : inOrderBack(k, reading, before);
    },
  };

  function outsideOf(pass: Pass, gradient: Id): Outside {
    const end = pass.toEnds.get(name);
    // Windows of unequal lengths have their last states at different places of the order.
    const every = sequences || reading !== null || end !== undefined;
    const placed = sequences ? inPlaceBack(pass.k, reading, gradient) : every ? atLast(pass, gradient) : gradient;
    if (end === undefined) return { states: placed, cells: null, every };
    return {
      states: add(pass.k, placed, atLast(pass, end.h)),
      cells: end.c === null ? null : atLast(pass, end.c),
      every,
    };
  }
}

/** [forward, backward] side by side. */
function bothDirections(forward: Cell, backward: Cell): Cell {
  return {
    forward: (pass, input) => concat(pass.k, [forward.forward(pass, input), backward.forward(pass, input)], 1),
    backward(pass, gradient, asked) {
      const [first, second] = split(pass.k, gradient, 2, 1) as [Id, Id];
      const one = forward.backward(pass, first, asked);
      const two = backward.backward(pass, second, asked);
      return one === null || two === null ? null : add(pass.k, one, two);
    },
  };
}

/** (T · B, ·) as T tensors of B rows. */
export function stepsOf({ k, steps }: Pass, rows: Id): readonly Id[] {
  return split(k, rows, steps, 0);
}

/** The gradient that reaches each step's state from outside; null where there is none. */
export function stepsOutside(pass: Pass, { states, every }: Outside): readonly (Id | null)[] {
  if (every) return stepsOf(pass, states);
  return Array.from({ length: pass.steps }, (_, t) => (t === pass.steps - 1 ? states : null));
}

/** Sum of those that are there; at least one is. */
export function sumOf({ k }: Pass, ...parts: (Id | null)[]): Id {
  return addInOrder(
    k,
    parts.filter((part) => part !== null),
  );
}

/** T tensors of B rows as (T · B, ·). */
export function joined({ k }: Pass, parts: readonly Id[]): Id {
  return concat(k, parts, 0);
}

/** Gradient of R (U, G) from the states (T · B, U), those before them, and the gradients (T · B, G) of what each step made of the state before it. */
export function recurrentGradient(pass: Pass, begin: Id | null, states: Id, gradient: Id, slot: Slot): void {
  const { k, batch } = pass;
  const [units, width] = slot.shape as [number, number];
  const pairs = (pass.steps - 1) * batch.windows;
  if (begin === null && pairs === 0) {
    slot.gradient = k.filled(0, slot.shape);
    return;
  }
  const before = pairs === 0 ? [] : [sliceRows(k, states, 0, pairs, units)];
  const made = begin === null ? sliceRows(k, gradient, batch.windows, pairs, width) : gradient;
  slot.gradient = product(k, concat(k, begin === null ? before : [begin, ...before], 0), made, 1);
}
