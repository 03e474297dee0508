// The last check of a built network: its layers fit each other, its last one fits the task. Not here: how it was built.

import { ForecastError } from '../core/errors.ts';
import type { WindowShape } from '../window/window.ts';
import type { Network } from './network.ts';
import { planNetwork } from './plan.ts';

/** The network unchanged. Errors: E_CONFIG_CONFLICT. */
export function checkEnds(network: Network, window: WindowShape): Network {
  const { output, layers } = planNetwork(network);
  if (window.targets === 'every' && !output.sequence) {
    const lost = layers.find((layer) => layer.input.sequence && !layer.output.sequence)?.spec.name;
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `window.targets is every, and layer "${lost}" gives only the last step`,
      {
        where: `model.layers (${lost})`,
        hint: 'write `sequences: true` on it, or window.targets: last',
      },
    );
  }
  return network;
}
