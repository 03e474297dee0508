// Layer normalisation in TensorFlow: forward beside backward. In: rows. Out: gamma · (x − mean) / √(variance + epsilon) + beta.

import type { SpecOf } from '../../../layers/layer.ts';
import type { MakeCell } from '../cell.ts';
import type { Id } from '../kernels.ts';
import { add, columnSums, each, multiply, rowMeans, subtract } from '../operations.ts';
import type { Slot } from '../store.ts';

/** Ba, Kiros, Hinton 2016; the variance is the population's. */
export const layerNorm: MakeCell<SpecOf<'layer-norm'>> = (spec, _layer, store) => {
  const gamma = store.slots.get(`${spec.name}/gamma`) as Slot;
  const beta = store.slots.get(`${spec.name}/beta`) as Slot;
  let normal: Id = -1; // (rows, F) mean 0, variance 1
  let scales: Id = -1; // (rows, 1) 1 / √(variance + epsilon)
  return {
    forward({ k }, input) {
      const centred = subtract(k, input, rowMeans(k, input));
      const variance = rowMeans(k, each(k, 'Square', centred));
      scales = each(k, 'Rsqrt', add(k, variance, k.filled(spec.epsilon, [])));
      normal = multiply(k, centred, scales);
      return add(k, multiply(k, normal, gamma.value), beta.value);
    },
    backward({ k }, gradient, asked) {
      beta.gradient = columnSums(k, gradient);
      gamma.gradient = columnSums(k, multiply(k, gradient, normal));
      if (!asked) return null;
      const d = multiply(k, gradient, gamma.value);
      const along = multiply(k, normal, rowMeans(k, multiply(k, d, normal)));
      return multiply(k, scales, subtract(k, subtract(k, d, rowMeans(k, d)), along));
    },
  };
};
