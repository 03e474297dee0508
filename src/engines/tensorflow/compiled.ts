// The tensorflow engine's side of the contract: one network in TensorFlow's memory, and what can be asked of it.
// In: kernels, a network and its weights. Out: a Compiled. Not here: training (train.ts), evaluating and predicting (evaluate.ts).

import type { Tensors } from '../../core/tensor.ts';
import type { Network } from '../../models/network.ts';
import { planNetwork } from '../../models/plan.ts';
import type { Compiled } from '../engine.ts';
import { unbroken } from '../means.ts';
import { createBreath } from '../reference/breath.ts';
import { createGather } from '../reference/gather.ts';
import { partTensors, streamTensors } from '../reference/streams.ts';
import { measure, predict } from './evaluate.ts';
import type { Kernels } from './kernels.ts';
import type { Machine } from './machine.ts';
import { createProgram } from './program.ts';
import { createRecorder } from './recorder.ts';
import { alive, createStore, destroyStore, readMoments, readWeights, writeMoments, writeWeights } from './store.ts';
import { train } from './train.ts';

/** Networks that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<() => void>((free) => free());

/**
 * `patience`: recorder.ts.
 * Errors: E_CONFIG_CONFLICT where layers do not fit, E_MODEL_SHAPE where weights do not fit the network, E_LIMIT_MEMORY.
 */
export function compileWith(kernels: Kernels, network: Network, weights: Tensors, patience?: number): Compiled {
  const plan = planNetwork(network);
  const store = createStore(kernels, plan.weights, weights);
  const recorder = createRecorder(kernels, patience);
  const k = recorder.kernels;
  const free = (): void => {
    recorder.close();
    destroyStore(kernels, store);
  };
  const machine: Machine = {
    k,
    network,
    plan,
    store,
    program: createProgram(k, network, plan, store),
    gather: createGather(network),
    breath: createBreath(),
    recorder,
    together: null,
    carried: null,
    passed: null,
  };
  dropped.register(machine, free, machine);
  return {
    train: (request) => train(machine, request),
    evaluate: (windows, batch, signal) => unbroken(measure(machine, windows, batch, signal)),
    predict: (windows, signal) => predict(machine, windows, signal),
    weights: () => readWeights(k, alive(machine.store)),
    optimizer: () => ({
      steps: machine.store.steps,
      moments: new Map([...readMoments(k, alive(machine.store)), ...streamTensors(machine.program, machine.carried)]),
    }),
    restore: (values, optimizer) => {
      alive(machine.store);
      writeWeights(k, machine.store, values);
      if (!optimizer) return;
      const { moments, streams } = partTensors(optimizer.moments);
      writeMoments(k, machine.store, optimizer.steps, moments);
      machine.carried = streams;
    },
    dispose: () => {
      dropped.unregister(machine);
      free();
    },
  };
}
