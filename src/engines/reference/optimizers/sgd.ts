// Gradient descent with momentum: m = momentum · m − rate · g; w += m.

import type { OptimizerOf } from '../../../optimizers/optimizer.ts';
import type { MakeUpdate } from './optimizer.ts';

export const sgd: MakeUpdate<OptimizerOf<'sgd'>> = ({ momentum }, moments) => {
  const m = moments[0] as Float64Array;
  return (weights, gradient, rate) => {
    for (let i = 0; i < weights.length; i++) {
      const move = momentum * m[i]! - rate * gradient[i]!;
      m[i] = move;
      weights[i]! += move;
    }
  };
};
