// A network's weight by its plan, checked. In: tensors by name. Out: the tensor. Not here: any format.

import { ForecastError } from '../core/errors.ts';
import { sizeOf, type Tensor, type Tensors } from '../core/tensor.ts';
import type { WeightPlan } from '../layers/layer.ts';

/** Errors: E_MODEL_SHAPE where a weight is missing or of another shape. */
export function weightOf(weights: Tensors, { name, shape }: Pick<WeightPlan, 'name' | 'shape'>): Tensor {
  const tensor = weights.get(name);
  if (tensor && String(tensor.shape) === String(shape) && tensor.data.length === sizeOf(shape)) return tensor;
  throw new ForecastError(
    'E_MODEL_SHAPE',
    `weight "${name}": the network needs [${shape}], found ${tensor ? `[${tensor.shape}]` : 'nothing'}`,
    { hint: 'weights and network must come from the same run' },
  );
}
