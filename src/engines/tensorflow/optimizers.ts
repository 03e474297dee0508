// The optimizers in TensorFlow: on the variables, where one kernel does it with that. In: gradients in the store. Out: changed weights and moments.
// Not here: what an optimizer is (optimizers/), clipping (train.ts).

import type { OptimizerName, OptimizerOf, OptimizerSpec } from '../../optimizers/optimizer.ts';
import { FLOATS, type Id, type Kernels, NONE } from './kernels.ts';
import { add, each, multiply, scale } from './operations.ts';
import type { Store } from './store.ts';

/** Changes weights and moments by one step at a rate. */
export type Update = (rate: number) => void;
type MakeUpdate<Spec> = (k: Kernels, spec: Spec, store: Store) => Update;

const adam: MakeUpdate<Omit<OptimizerOf<'adam'>, 'kind'>> = (k, { beta1, beta2, epsilon }, store) => {
  // TensorFlow keeps the betas in float32: the correction must be that of the rounded ones, and in float64.
  const [b1, b2] = [Math.fround(beta1), Math.fround(beta2)];
  let power1 = 1;
  let power2 = 1;
  for (let step = 0; step < store.steps; step++) {
    power1 *= b1;
    power2 *= b2;
  }
  return (rate) => {
    power1 *= b1;
    power2 *= b2;
    const zero = k.filled(0, []); // the powers TensorFlow would correct by: done here
    const size = k.scalar((rate * Math.sqrt(1 - power2)) / (1 - power1));
    const [one, two, little] = [k.filled(beta1, []), k.filled(beta2, []), k.filled(epsilon, [])];
    for (const { variable, moments, gradient } of store.slots.values()) {
      const [m, v] = moments as [Id, Id];
      k.act('ResourceApplyAdam', NONE, variable, m, v, zero, zero, size, one, two, little, gradient);
    }
  };
};

export const UPDATES: { readonly [K in OptimizerName]: MakeUpdate<OptimizerOf<K>> } = {
  adam,

  adamw: (k, spec, store) => {
    const update = adam(k, spec, store);
    return (rate) => {
      for (const slot of store.slots.values()) {
        k.act(
          'AssignSubVariableOp',
          FLOATS,
          slot.variable,
          multiply(k, current(k, slot.variable), k.scalar(rate * spec.decay)),
        );
      }
      update(rate);
    };
  },

  rmsprop: (k, { rho, epsilon }, store) => {
    return (rate) => {
      for (const slot of store.slots.values()) {
        const v = slot.moments[0] as Id;
        const squares = scale(k, each(k, 'Square', slot.gradient), 1 - rho);
        const mean = add(k, scale(k, current(k, v), rho), squares);
        k.act('AssignVariableOp', FLOATS, v, mean);
        const root = each(k, 'Rsqrt', add(k, mean, k.filled(epsilon, [])));
        k.act(
          'AssignSubVariableOp',
          FLOATS,
          slot.variable,
          multiply(k, multiply(k, slot.gradient, root), k.scalar(rate)),
        );
      }
    };
  },

  sgd: (k, { momentum }, store) => {
    return (rate) => {
      const [size, memory] = [k.scalar(rate), k.filled(momentum, [])];
      for (const { variable, moments, gradient } of store.slots.values()) {
        k.act('ResourceApplyKerasMomentum', NONE, variable, moments[0] as Id, size, gradient, memory);
      }
    };
  },
};

export function makeUpdate(k: Kernels, spec: OptimizerSpec, store: Store): Update {
  return (UPDATES[spec.kind] as MakeUpdate<OptimizerSpec>)(k, spec, store);
}

function current(k: Kernels, variable: Id): Id {
  return k.run('ReadVariableOp', FLOATS, variable);
}
