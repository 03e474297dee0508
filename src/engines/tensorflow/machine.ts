// A compiled network's parts in TensorFlow, and what it cannot do. Not here: what is done with them (train.ts, evaluate.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import type { Breath } from '../reference/breath.ts';
import type { Gather } from '../reference/gather.ts';
import type { Kernels } from './kernels.ts';
import type { Program } from './program.ts';
import type { Store } from './store.ts';

export interface Machine {
  readonly k: Kernels;
  readonly network: Network;
  readonly plan: NetworkPlan;
  readonly store: Store;
  readonly program: Program;
  readonly gather: Gather;
  readonly breath: Breath;
}

/** What a batch costs beside its multiply-adds: calls into TensorFlow. */
const CALLS = 4e6;

/** Multiply-adds of the batch at work, `passes` times the forward pass. */
export function work({ plan, program: { batch } }: Machine, passes: number): number {
  let sum = CALLS;
  for (const layer of plan.layers) {
    const rows = layer.input.sequence ? batch.steps * batch.windows : batch.windows;
    sum += (layer.multiplyAdds + 20 * layer.output.features) * rows;
  }
  return passes * sum;
}

/** Errors: E_CONFIG_CONFLICT, naming what this engine does not compute. */
export function refuseUnknown({ freeRun, carry }: Network): void {
  const feature = freeRun !== undefined ? 'free-running (model.freeRun)' : carry ? 'carried state (model.carry)' : null;
  if (feature === null) return;
  throw new ForecastError('E_CONFIG_CONFLICT', `engine "tensorflow" does not know ${feature}`, {
    where: 'engine.kind',
    hint: 'write engine: { kind: reference }',
  });
}
