// A compiled network's parts in TensorFlow. Not here: what is done with them (train.ts, evaluate.ts).

import type { Network } from '../../models/network.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import type { Breath } from '../reference/breath.ts';
import type { Gather } from '../reference/gather.ts';
import { work as multiplyAdds } from '../reference/machine.ts';
import type { Passed, Streams } from '../reference/streams.ts';
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
  /** Where training's streams stand inside an epoch, by layer and state; null: at an epoch's start, or nothing is carried. */
  carried: Streams | null;
  /** Where the last pass over a text ended. */
  passed: Passed | null;
}

/** What a batch costs beside its multiply-adds: calls into TensorFlow. */
const CALLS = 4e6;

/** Multiply-adds of the batch at work, `passes` times the forward pass. */
export function work(machine: Machine, passes: number): number {
  return passes * CALLS + multiplyAdds(machine, passes);
}
