// AdamW: every weight, biases too, first shrinks by rate · decay, then Adam.

import type { OptimizerOf } from '../../../optimizers/optimizer.ts';
import { adam } from './adam.ts';
import type { MakeUpdate } from './optimizer.ts';

export const adamw: MakeUpdate<OptimizerOf<'adamw'>> = (spec, moments, steps) => {
  const update = adam(spec, moments, steps);
  return (weights, gradient, rate) => {
    const shrink = rate * spec.decay;
    for (let i = 0; i < weights.length; i++) weights[i]! -= shrink * weights[i]!;
    update(weights, gradient, rate);
  };
};
