// RMSprop: v = rho · v + (1 − rho) · g²; w −= rate · g / √(v + epsilon).

import type { OptimizerOf } from '../../../optimizers/optimizer.ts';
import type { MakeUpdate } from './optimizer.ts';

export const rmsprop: MakeUpdate<OptimizerOf<'rmsprop'>> = ({ rho, epsilon }, moments) => {
  const v = moments[0] as Float64Array;
  return (weights, gradient, rate) => {
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i]!;
      const square = rho * v[i]! + (1 - rho) * g * g;
      v[i] = square;
      weights[i]! -= (rate * g) / Math.sqrt(square + epsilon);
    }
  };
};
