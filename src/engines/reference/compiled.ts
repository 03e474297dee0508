// The reference engine's side of the contract: one network compiled, and what can be asked of it.
// In: a network and its weights. Out: a Compiled. Not here: training (train.ts), evaluating (evaluate.ts), predicting (predict.ts).

import type { Tensors } from '../../core/tensor.ts';
import type { Network } from '../../models/network.ts';
import { planNetwork } from '../../models/plan.ts';
import type { Compiled } from '../engine.ts';
import { unbroken } from '../means.ts';
import { createBreath } from './breath.ts';
import { measure } from './evaluate.ts';
import { createGather } from './gather.ts';
import { makeLoss } from './losses/index.ts';
import type { Machine } from './machine.ts';
import { predict } from './predict.ts';
import { createProgram } from './program.ts';
import { createStore, readMoments, readWeights, writeMoments, writeWeights } from './store.ts';
import { partTensors, streamTensors } from './streams.ts';
import { train } from './train.ts';

/** Errors: E_CONFIG_CONFLICT where layers do not fit, E_MODEL_SHAPE where weights do not fit the network. */
export function compileReference(network: Network, weights: Tensors): Compiled {
  const plan = planNetwork(network);
  const store = createStore(plan.weights, weights);
  const machine: Machine = {
    network,
    plan,
    store,
    program: createProgram(plan, store, makeLoss(network.loss), network),
    gather: createGather(network),
    breath: createBreath(),
    carried: null,
    passed: null,
  };
  return {
    train: (request) => train(machine, request),
    evaluate: (windows, batch, signal) => unbroken(measure(machine, windows, batch, signal)),
    predict: (windows, signal) => predict(machine, windows, signal),
    weights: () => readWeights(store),
    optimizer: () => ({
      steps: store.steps,
      moments: new Map([...readMoments(store), ...streamTensors(machine.program, machine.carried)]),
    }),
    restore: (values, optimizer) => {
      writeWeights(store, values);
      if (!optimizer) return;
      const { moments, streams } = partTensors(optimizer.moments);
      writeMoments(store, optimizer.steps, moments);
      machine.carried = streams;
    },
    dispose: () => undefined,
  };
}
