// All numbers a training changes, as TensorFlow variables: weights and moments. In: shapes and first values. Out: tensors by name, copies.
// Not here: arithmetic, gradients' values (layers/), updates (optimizers.ts).

import { ForecastError } from '../../core/errors.ts';
import { sizeOf, type Tensor, type Tensors } from '../../core/tensor.ts';
import type { WeightPlan } from '../../layers/layer.ts';
import { checked, checkNames } from '../reference/store.ts';
import { FLOATS, type Id, IS, type Kernels, NONE } from './kernels.ts';

/** A weight: its variable, and what of it is in use while a batch is at work. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly variable: Id;
  /** In the order of the store's moments. */
  moments: readonly Id[];
  /** Its value, between `load` and `unload`; −1 else. */
  value: Id;
  /** Set by the way back of the layer it belongs to. */
  gradient: Id;
}

export interface Store {
  readonly slots: ReadonlyMap<string, Slot>;
  /** Names of the moments kept. */
  moments: readonly string[];
  /** Optimizer steps made. */
  steps: number;
  /** Changes with every change of the weights. */
  version: number;
  disposed: boolean;
}

/** Names of variables by shape: those alive, and those that are gone and taken again, since TensorFlow keeps something of every name it hears. */
const taken = new Map<Id, { readonly name: string; readonly shape: string }>();
const spare = new Map<string, string[]>();
let named = 0;

/** Errors: E_MODEL_SHAPE where a weight is missing, unknown or of another shape. */
export function createStore(k: Kernels, plans: readonly WeightPlan[], weights: Tensors): Store {
  const slots = new Map<string, Slot>(
    plans.map(({ name, shape }) => [name, { name, shape, variable: -1, moments: [], value: -1, gradient: -1 }]),
  );
  checkWeights({ slots }, weights);
  for (const [name, slot] of slots) slots.set(name, { ...slot, variable: variable(k, slot.shape) });
  const store: Store = { slots, moments: [], steps: 0, version: 0, disposed: false };
  writeWeights(k, store, weights);
  return store;
}

/** Reads every weight for the batch at work: `value` holds until `unload`. */
export function load(k: Kernels, store: Store): void {
  unload(k, store); // what an error left behind
  for (const slot of alive(store).slots.values()) slot.value = k.keep(read(k, slot.variable));
}

/** Frees the values read, so that an update need not copy what another still reads. */
export function unload(k: Kernels, { slots }: Store): void {
  for (const slot of slots.values()) {
    if (slot.value >= 0) k.free(slot.value);
    slot.value = -1;
  }
}

/** The store itself. Errors: E_BUG where it was disposed of. */
export function alive(store: Store): Store {
  if (store.disposed) throw new ForecastError('E_BUG', 'a disposed network was asked to work');
  return store;
}

/** Errors: E_MODEL_SHAPE. */
export function writeWeights(k: Kernels, store: Store, weights: Tensors): void {
  checkWeights(store, weights);
  store.version++;
  for (const [name, slot] of store.slots) write(k, slot, slot.variable, (weights.get(name) as Tensor).data);
}

export function readWeights(k: Kernels, { slots }: Store): Tensors {
  return new Map([...slots].map(([name, { shape, variable }]) => [name, { shape, data: values(k, variable) }]));
}

/** Moments as tensors by weight and moment ("lstm/kernel#m"). */
export function readMoments(k: Kernels, { slots, moments }: Store): Tensors {
  return new Map(
    moments.flatMap((moment, i) =>
      [...slots].map(([name, slot]) => [
        `${name}#${moment}`,
        { shape: slot.shape, data: values(k, slot.moments[i] as Id) },
      ]),
    ),
  );
}

/** Errors: E_MODEL_SHAPE where a moment does not fit its weight. */
export function writeMoments(k: Kernels, store: Store, steps: number, tensors: Tensors): void {
  const names = [...new Set([...tensors.keys()].map((name) => name.slice(name.indexOf('#') + 1)))];
  for (const moment of names) {
    for (const [name, { shape }] of store.slots) {
      const full = `${name}#${moment}`;
      checked(full, shape, tensors.get(full));
    }
  }
  replaceMoments(k, store, names);
  for (const [name, slot] of store.slots) {
    names.forEach((moment, i) => {
      write(k, slot, slot.moments[i] as Id, (tensors.get(`${name}#${moment}`) as Tensor).data);
    });
  }
  store.steps = steps;
}

/** Makes the moments an optimizer keeps; where others are stored (another optimizer ran before), it starts from zero. */
export function keepMoments(k: Kernels, store: Store, names: readonly string[]): void {
  if (names.length === store.moments.length && names.every((name) => store.moments.includes(name))) {
    sortMoments(store, names);
    return;
  }
  replaceMoments(k, store, names);
  for (const slot of store.slots.values()) {
    for (const moment of slot.moments) write(k, slot, moment, new Float32Array(sizeOf(slot.shape)));
  }
  store.steps = 0;
}

/** Weights, moments and step count as they were when last taken. The variables' contents are shared until they change. */
export interface Snapshot {
  take(): void;
  restore(): void;
  free(): void;
}

export function snapshot(k: Kernels, store: Store): Snapshot {
  let held: { readonly variable: Id; readonly value: Id }[] = [];
  let steps = 0;
  const free = (): void => {
    for (const { value } of held) k.free(value);
    held = [];
  };
  return {
    take() {
      free();
      for (const slot of store.slots.values()) {
        for (const variable of [slot.variable, ...slot.moments]) {
          held.push({ variable, value: k.keep(read(k, variable)) });
        }
      }
      steps = store.steps;
    },
    restore() {
      for (const { variable, value } of held) k.act('AssignVariableOp', FLOATS, variable, value);
      store.steps = steps;
      store.version++;
    },
    free,
  };
}

/** How many numbers the weights have. */
export function weightsIn({ slots }: Store): number {
  return [...slots.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Of weights and moments. */
export function variablesOf({ slots }: Store): ReadonlySet<Id> {
  return new Set([...slots.values()].flatMap(({ variable, moments }) => [variable, ...moments]));
}

/** Frees the variables. */
export function destroyStore(k: Kernels, store: Store): void {
  if (store.disposed) return;
  store.disposed = true;
  unload(k, store);
  for (const slot of store.slots.values()) for (const id of [slot.variable, ...slot.moments]) destroy(k, id);
}

function checkWeights(store: { readonly slots: ReadonlyMap<string, Slot> }, weights: Tensors): void {
  checkNames(store, weights);
  for (const [name, { shape }] of store.slots) checked(name, shape, weights.get(name));
}

function replaceMoments(k: Kernels, store: Store, names: readonly string[]): void {
  for (const slot of store.slots.values()) {
    for (const moment of slot.moments) destroy(k, moment);
    slot.moments = names.map(() => variable(k, slot.shape));
  }
  store.moments = names;
}

function sortMoments(store: Store, names: readonly string[]): void {
  const places = names.map((name) => store.moments.indexOf(name));
  for (const slot of store.slots.values()) slot.moments = places.map((i) => slot.moments[i] as Id);
  store.moments = names;
}

function variable(k: Kernels, shape: readonly number[]): Id {
  const sizes = shape.join();
  const name = spare.get(sizes)?.pop() ?? `forecast/${named++}`;
  const attributes = [
    { name: 'container', type: IS.text, value: '' },
    { name: 'shared_name', type: IS.text, value: name },
    ...FLOATS,
    { name: 'shape', type: IS.shape, value: shape },
  ];
  const id = k.keep(k.run('VarHandleOp', attributes));
  taken.set(id, { name, shape: sizes });
  return id;
}

function destroy(k: Kernels, variable: Id): void {
  k.act('DestroyResourceOp', [{ name: 'ignore_lookup_error', type: IS.bool, value: true }], variable);
  k.free(variable);
  const gone = taken.get(variable);
  if (!gone) return;
  taken.delete(variable);
  spare.set(gone.shape, [...(spare.get(gone.shape) ?? []), gone.name]);
}

function read(k: Kernels, variable: Id): Id {
  return k.run('ReadVariableOp', FLOATS, variable);
}

/** A variable's values, as a copy. */
function values(k: Kernels, variable: Id): Float32Array {
  return k.scope(() => Float32Array.from(k.read(read(k, variable))));
}

/** The copy is TensorFlow's own: it updates variables where they lie, which must not be in our arrays. */
function write(k: Kernels, { shape }: Slot, variable: Id, data: ArrayLike<number>): void {
  k.scope(() => {
    const given = k.floats(Float32Array.from(data), shape);
    const own = k.run('DeepCopy', NONE, given);
    k.act('AssignVariableOp', FLOATS, variable, own);
  });
}
