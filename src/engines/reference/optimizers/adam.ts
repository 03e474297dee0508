// Adam: m += (1 − b1)(g − m); v += (1 − b2)(g² − v); w −= rate · √(1 − b2^t) / (1 − b1^t) · m / (√v + epsilon).
// The powers b^t are running products, so that a resumed training has the same bits.

import type { OptimizerOf } from '../../../optimizers/optimizer.ts';
import type { MakeUpdate } from './optimizer.ts';

export const adam: MakeUpdate<Omit<OptimizerOf<'adam'>, 'kind'>> = ({ beta1, beta2, epsilon }, moments, steps) => {
  const [m, v] = moments as [Float64Array, Float64Array];
  let power1 = 1;
  let power2 = 1;
  for (let step = 0; step < steps; step++) {
    power1 *= beta1;
    power2 *= beta2;
  }
  return (weights, gradient, rate) => {
    power1 *= beta1;
    power2 *= beta2;
    const size = (rate * Math.sqrt(1 - power2)) / (1 - power1);
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i]!;
      const mean = m[i]! + (1 - beta1) * (g - m[i]!);
      const square = v[i]! + (1 - beta2) * (g * g - v[i]!);
      m[i] = mean;
      v[i] = square;
      weights[i]! -= (size * mean) / (Math.sqrt(square) + epsilon);
    }
  };
};
