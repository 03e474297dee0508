// What the recurrent layers share: one or two readings of the sequence, every state or the last one. In: a layer's own reader. Out: its cell.
// Not here: gates (lstm.ts, gru.ts, simple-rnn.ts), orders (reading.ts).

import type { LayerSpec } from '../../../layers/layer.ts';
import type { PlannedLayer } from '../../../layers/plan.ts';
import type { Cell, Pass } from '../cell.ts';
import type { Id } from '../kernels.ts';
import type { Source } from '../linear.ts';
import { add, addAll, concat, product, sliceRows, split } from '../operations.ts';
import { inOrder, inOrderBack, inPlace, inPlaceBack, lastStates, lastStatesBack, type Reading } from '../reading.ts';
import type { Slot, Store } from '../store.ts';

/** Reads rows in the order they are given, states from zero. */
export interface Reader {
  /** (T · B, U) the state after each step. */
  forward(pass: Pass, source: Source): Id;
  /**
   * `gradient` of the states: (T · B, U) where `every`, else (B, U) of the last one read; sets the weights' gradients, gives the source's
   * where it is asked for.
   */
  backward(pass: Pass, gradient: Id, every: boolean, asked: boolean): Id | null;
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

function oneDirection(reader: Reader, { units, sequences }: Recurrent, ids: boolean, reversed: boolean): Cell {
  let reading: Reading | null = null;
  return {
    forward(pass, input) {
      const { k, batch } = pass;
      reading = pass.reading(reversed);
      const states = reader.forward(pass, ids ? pass.tokens(reading) : inOrder(k, reading, input));
      if (sequences) return inPlace(k, reading, states);
      return reading
        ? lastStates(k, reading, states)
        : sliceRows(k, states, (batch.steps - 1) * batch.windows, batch.windows, units);
    },
    backward(pass, gradient, asked) {
      const { k } = pass;
      // Windows of unequal lengths have their last states at different places of the order.
      const every = sequences || reading !== null;
      const placed = sequences ? inPlaceBack : lastStatesBack;
      const before = reader.backward(pass, every ? placed(k, reading, gradient) : gradient, every, asked);
      return before === null ? null : inOrderBack(k, reading, before);
    },
  };
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
export function steps({ k, batch }: Pass, rows: Id): readonly Id[] {
  return split(k, rows, batch.steps, 0);
}

/** The gradient that reaches each step's state from outside; null where there is none. */
export function outsideOf(pass: Pass, gradient: Id, every: boolean): readonly (Id | null)[] {
  if (every) return steps(pass, gradient);
  return Array.from({ length: pass.batch.steps }, (_, t) => (t === pass.batch.steps - 1 ? gradient : null));
}

/** Sum of those that are there; at least one is. */
export function sumOf({ k }: Pass, ...parts: (Id | null)[]): Id {
  return addAll(
    k,
    parts.filter((part) => part !== null),
  );
}

/** T tensors of B rows as (T · B, ·). */
export function joined({ k }: Pass, parts: readonly Id[]): Id {
  return concat(k, parts, 0);
}

/** Gradient of R (U, G) from the states (T · B, U) and the gradients (T · B, G) of what each step made of the state before it. */
export function recurrentGradient(pass: Pass, states: Id, gradient: Id, slot: Slot): void {
  const { k, batch } = pass;
  const [units, width] = slot.shape as [number, number];
  const pairs = (batch.steps - 1) * batch.windows;
  slot.gradient =
    pairs === 0
      ? k.floats(new Float32Array(units * width), slot.shape)
      : product(k, sliceRows(k, states, 0, pairs, units), sliceRows(k, gradient, batch.windows, pairs, width), 1);
}
