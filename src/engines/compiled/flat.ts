// Weights by name to one flat float32 array in the order of the layers, and back.
// In: tensors or values. Out: values or tensors. Not here: the kernels' own order of memory (kernels/network.h).

import { sizeOf, type Tensor, type Tensors } from '../../core/tensor.ts';
import type { WeightPlan } from '../../layers/layer.ts';
import { checked, checkNames } from '../reference/store.ts';

/** Errors: E_MODEL_SHAPE where a weight is missing, unknown or of another shape. */
export function flatten(plans: readonly WeightPlan[], tensors: Tensors, suffix = ''): Float32Array {
  if (suffix === '') checkNames({ slots: new Map(plans.map(({ name }) => [name, null])) }, tensors);
  // All are there before memory is asked for: a shape may be wrong by any factor.
  const parts = plans.map(({ name, shape }) => checked(name + suffix, shape, tensors.get(name + suffix)).data);
  const flat = new Float32Array(countValues(plans));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  return flat;
}

export function unflatten(plans: readonly WeightPlan[], flat: Float32Array, suffix: string): Map<string, Tensor> {
  let at = 0;
  return new Map(
    plans.map(({ name, shape }) => {
      const data = flat.slice(at, at + sizeOf(shape));
      at += data.length;
      return [name + suffix, { shape, data }];
    }),
  );
}

export function countValues(plans: readonly WeightPlan[]): number {
  return plans.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
