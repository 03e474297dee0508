// A compiled network's parts, the turns it takes with others, and what it says where memory ends.
// Not here: what is done with them (train.ts, evaluate.ts, predict.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import type { WindowShape } from '../../window/window.ts';
import type { Bound, Kernel } from './kernel.ts';

export interface Machine {
  readonly network: Network;
  readonly plan: NetworkPlan;
  /** Replaced by one that refuses when the network is disposed of. */
  kernel: Kernel;
  /** Values of all weights. */
  readonly values: number;
  /** What the kernel has bound now; null where it has to be bound again. */
  bound: Bound | null;
  /** Optimizer steps made, and the moments the kernel keeps, by name. */
  steps: number;
  moments: readonly string[];
}

/** Multiply-adds between two turns of the event loop: about 10 ms of the slowest build. */
const WORK_PER_TURN = 1e8;

/** How many windows (at least one) may be read, at `passes` times the forward pass, before others have their turn. */
export function windowsPerTurn({ plan }: Machine, shape: WindowShape, passes: number): number {
  let work = 0;
  for (const layer of plan.layers) {
    const rows = layer.input.sequence ? shape.context : 1;
    work += (layer.multiplyAdds + 20 * layer.output.features) * rows;
  }
  return Math.max(1, Math.floor(WORK_PER_TURN / (passes * work + 1)));
}

/** Makes the kernel read these windows. Errors: E_LIMIT_MEMORY. */
export function bind(machine: Machine, bound: Bound): void {
  if (machine.kernel.copies && machine.bound === bound) return;
  if (!machine.kernel.bind(bound)) throw noMemory(machine);
  machine.bound = bound;
}

export function noMemory({ plan, values }: Pick<Machine, 'plan' | 'values'>): ForecastError {
  const widest = plan.layers.reduce((most, layer) => Math.max(most, layer.output.features), 0);
  return new ForecastError(
    'E_LIMIT_MEMORY',
    `there is no memory for ${values} parameters and layers up to ${widest} wide`,
    { where: 'model', hint: 'fewer units, a shorter window.context or a shorter series' },
  );
}
