// All numbers a training changes: weights, gradients and moments, each kind in one flat array with a view per weight.
// In: shapes and first values. Out: views by name, copies by name. Not here: arithmetic.

import { ForecastError } from '../../core/errors.ts';
import { sizeOf, type Tensor, type Tensors } from '../../core/tensor.ts';
import type { WeightPlan } from '../../layers/layer.ts';

export interface Slot {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly gradient: Float64Array;
}

export interface Store {
  readonly values: Float64Array;
  readonly gradient: Float64Array;
  readonly slots: ReadonlyMap<string, Slot>;
  /** By name ("m"): one value per weight value, in the same order. */
  moments: Map<string, Float64Array>;
  /** Optimizer steps made. */
  steps: number;
  /** Changes with every change of the weights, so that packed copies know when they are old. */
  version: number;
}

/** Errors: E_MODEL_SHAPE where a weight is missing, unknown or of another shape. */
export function createStore(plans: readonly WeightPlan[], weights: Tensors): Store {
  for (const { name, shape } of plans) checked(name, shape, weights.get(name)); // before memory is asked for
  const size = plans.reduce((sum, plan) => sum + sizeOf(plan.shape), 0);
  const values = new Float64Array(size);
  const gradient = new Float64Array(size);
  const slots = new Map<string, Slot>();
  let at = 0;
  for (const plan of plans) {
    const end = at + sizeOf(plan.shape);
    slots.set(plan.name, {
      shape: plan.shape,
      values: values.subarray(at, end),
      gradient: gradient.subarray(at, end),
    });
    at = end;
  }
  const store: Store = { values, gradient, slots, moments: new Map(), steps: 0, version: 0 };
  writeWeights(store, weights);
  return store;
}

/** Errors: E_MODEL_SHAPE. */
export function writeWeights(store: Store, weights: Tensors): void {
  checkNames(store, weights);
  for (const [name, slot] of store.slots) slot.values.set(checked(name, slot.shape, weights.get(name)).data);
  store.version++;
}

export function readWeights(store: Store): Tensors {
  return new Map([...store.slots].map(([name, slot]) => [name, { shape: slot.shape, data: slot.values.slice() }]));
}

/** Moments as tensors by weight and moment ("lstm/kernel#m"). */
export function readMoments(store: Store): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const [moment, values] of store.moments) {
    let at = 0;
    for (const [name, slot] of store.slots) {
      const end = at + slot.values.length;
      tensors.set(`${name}#${moment}`, { shape: slot.shape, data: values.slice(at, end) });
      at = end;
    }
  }
  return tensors;
}

/** Errors: E_MODEL_SHAPE where a moment does not fit its weight. */
export function writeMoments(store: Store, steps: number, tensors: Tensors): void {
  const names = new Set([...tensors.keys()].map((name) => name.slice(name.indexOf('#') + 1)));
  store.moments = new Map();
  for (const moment of names) {
    const values = new Float64Array(store.values.length);
    let at = 0;
    for (const [name, slot] of store.slots) {
      const full = `${name}#${moment}`;
      values.set(checked(full, slot.shape, tensors.get(full)).data, at);
      at += slot.values.length;
    }
    store.moments.set(moment, values);
  }
  store.steps = steps;
}

/** The moments an optimizer keeps; where others are stored (another optimizer ran before), it starts from zero. */
export function momentsOf(store: Store, names: readonly string[]): Float64Array[] {
  const same = names.length === store.moments.size && names.every((name) => store.moments.has(name));
  if (!same) {
    store.moments = new Map(names.map((name) => [name, new Float64Array(store.values.length)]));
    store.steps = 0;
  }
  return names.map((name) => store.moments.get(name) as Float64Array);
}

/** Errors: E_MODEL_SHAPE where a weight belongs to no layer. */
export function checkNames(store: { readonly slots: ReadonlyMap<string, unknown> }, weights: Tensors): void {
  const strange = [...weights.keys()].find((name) => !store.slots.has(name));
  if (strange === undefined) return;
  throw new ForecastError('E_MODEL_SHAPE', `weight "${strange}" belongs to no layer of this network`, {
    hint: 'weights and network must come from the same run',
  });
}

/** The tensor itself. Errors: E_MODEL_SHAPE where it is missing or of another shape. */
export function checked(name: string, shape: readonly number[], tensor: Tensor | undefined): Tensor {
  const found = tensor ? `[${tensor.shape}] with ${tensor.data.length} values` : 'nothing';
  const fits =
    tensor &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((n, i) => n === shape[i]) &&
    tensor.data.length === sizeOf(shape);
  if (fits) return tensor;
  throw new ForecastError('E_MODEL_SHAPE', `weight "${name}": the network needs [${shape}], found ${found}`, {
    hint: 'weights and network must come from the same run',
  });
}
