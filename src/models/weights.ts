// A network's first weights: one random stream per weight name, so that adding a layer changes no other layer's draws.
// In: a network and a seed. Out: tensors by name. Not here: how an initialiser draws (layers/initialiser.ts).

import { random } from '../core/random.ts';
import type { Tensors } from '../core/tensor.ts';
import { firstValues } from '../layers/initialiser.ts';
import type { Network } from './network.ts';
import { planNetwork } from './plan.ts';

/** Float64 weights in the order of the layers. */
export function initialWeights(network: Network, seed: number): Tensors {
  return new Map(
    planNetwork(network).weights.map((weight) => [
      weight.name,
      { shape: weight.shape, data: firstValues(weight, random(seed, `init/${weight.name}`)) },
    ]),
  );
}
