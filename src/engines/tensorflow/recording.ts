// What was asked of TensorFlow in a scope, and whether it is the same as another time. In: operations taken down. Out: yes or no.
// Not here: taking down (recorder.ts), graphs (graph.ts).

import type { Attributes } from './kernels.ts';

/** An element type of TensorFlow's. */
export type Element = number;

/** A variable stands where a tensor is given: the graph has one of its own in its place, with what is given in it at first. */
export const VARIABLE: Element = 20;

/** Whole numbers that belong to what is asked. */
export interface Fixed {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly wide: boolean;
}

/** An operation taken down, or whole numbers. Values are numbered in the order they are made; what was given from outside is −1, −2 and so on. */
export interface Noted {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly number[];
  readonly outputs: number;
  readonly fixed: Fixed | null;
}

/** What was asked for in a scope, and which of it was wanted: beside it, what is in variables in the end, in the order they are given. */
export interface Recording {
  readonly notes: readonly Noted[];
  readonly given: readonly Element[];
  /** Of what was given: the shape of what comes with others of its kind in one tensor; null: it comes as it is. */
  readonly packed: readonly (string | null)[];
  readonly wanted: readonly number[];
}

/** Places among what was given of those that come together, one tensor each. */
export function packsOf({ given, packed }: Pick<Recording, 'given' | 'packed'>): readonly (readonly number[])[] {
  const packs = new Map<string, number[]>();
  packed.forEach((shape, i) => {
    if (shape === null) return;
    const key = `${given[i]} ${shape}`;
    packs.set(key, [...(packs.get(key) ?? []), i]);
  });
  return [...packs.values()];
}

export function same(a: Recording, b: Recording): boolean {
  return (
    a.notes.length === b.notes.length &&
    equal(a.wanted, b.wanted) &&
    equal(a.given, b.given) &&
    equal(a.packed, b.packed) &&
    a.notes.every((one, i) => alike(one, b.notes[i] as Noted))
  );
}

function alike(a: Noted, b: Noted): boolean {
  return a === b || repeats(a, b.op, b.attributes, b.inputs, b.outputs, b.fixed);
}

/** Whether an operation is one that was taken down. */
export function repeats(
  a: Noted,
  op: string,
  attributes: Attributes,
  inputs: readonly number[],
  outputs: number,
  fixed: Fixed | null,
): boolean {
  return (
    a.op === op &&
    a.outputs === outputs &&
    equal(a.inputs, inputs) &&
    (a.attributes === attributes || sameAttributes(a.attributes, attributes)) &&
    (a.fixed === fixed || (a.fixed !== null && fixed !== null && sameFixed(a.fixed, fixed)))
  );
}

function sameAttributes(a: Attributes, b: Attributes): boolean {
  return a.length === b.length && a.every(({ name, value }, i) => name === b[i]!.name && value === b[i]!.value);
}

export function sameFixed(a: Fixed, b: Fixed): boolean {
  return a.wide === b.wide && equal(a.values, b.values) && equal(a.shape, b.shape);
}

function equal<Value>(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
