// The compiled engines' side of the contract: one network in the kernels' memory, and what can be asked of it.
// In: a network, its weights, a way to make a kernel. Out: a Compiled. Not here: training (train.ts), evaluating and predicting (evaluate.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Tensors } from '../../core/tensor.ts';
import type { Network } from '../../models/network.ts';
import { planNetwork } from '../../models/plan.ts';
import type { Compiled } from '../engine.ts';
import { unbroken } from '../means.ts';
import { describe, MOST_LAYERS } from './describe.ts';
import { measure, predict } from './evaluate.ts';
import { countValues, flatten, unflatten } from './flat.ts';
import { type CreateKernel, type Kernel, MOMENTS, WEIGHTS } from './kernel.ts';
import { type Machine, noMemory, retire } from './machine.ts';
import { partTensors, streamTensors } from './streams.ts';
import { train } from './train.ts';

/** Errors: E_CONFIG_CONFLICT where layers do not fit, E_MODEL_SHAPE where weights do not fit the network, E_LIMIT_MEMORY. */
export function compileWith(create: CreateKernel, network: Network, weights: Tensors): Compiled {
  const plan = planNetwork(network);
  if (plan.layers.length > MOST_LAYERS) {
    throw new ForecastError('E_CONFIG_CONFLICT', `the network has ${plan.layers.length} layers`, {
      where: 'model.layers',
      hint: `this engine takes ${MOST_LAYERS}; write engine: { kind: reference } for more`,
    });
  }
  const values = countValues(plan.weights);
  const flat = flatten(plan.weights, weights);
  const kernel = create(describe(network, plan), values);
  if (!kernel) throw noMemory({ plan, values });
  kernel.write(WEIGHTS, flat);
  const machine: Machine = {
    network,
    plan,
    kernel,
    values,
    busy: false,
    waiting: [],
    steps: 0,
    moments: [],
    holder: null,
    streams: null,
    passed: null,
    version: 0,
  };
  return {
    train: (request) => train(machine, request),
    evaluate: (windows, batch, signal) => unbroken(measure(machine, windows, batch, signal)),
    predict: (windows, signal) => predict(machine, windows, signal),
    weights: () => read(machine, WEIGHTS),
    optimizer: () => ({
      steps: machine.steps,
      moments: new Map([...readMoments(machine), ...streamTensors(machine)]),
    }),
    restore: (tensors, optimizer) => {
      machine.kernel.write(WEIGHTS, flatten(plan.weights, tensors));
      machine.version++;
      if (!optimizer) return;
      const { moments, streams } = partTensors(machine, optimizer.moments);
      writeMoments(machine, optimizer.steps, moments);
      machine.streams = streams;
    },
    dispose: () => retire(machine, DISPOSED),
  };
}

function read({ kernel, plan, values }: Machine, which: number, suffix = ''): Tensors {
  const flat = new Float32Array(values);
  kernel.read(which, flat);
  return unflatten(plan.weights, flat, suffix);
}

/** Moments as tensors by weight and moment ("lstm/kernel#m"). */
function readMoments(machine: Machine): Tensors {
  return new Map(machine.moments.flatMap((name, i) => [...read(machine, MOMENTS[i] as number, `#${name}`)]));
}

function writeMoments(machine: Machine, steps: number, tensors: Tensors): void {
  const names = [...new Set([...tensors.keys()].map((name) => name.slice(name.indexOf('#') + 1)))];
  const flats = names.map((name) => flatten(machine.plan.weights, tensors, `#${name}`));
  flats.forEach((flat, i) => {
    machine.kernel.write(MOMENTS[i] as number, flat);
  });
  machine.moments = names;
  machine.steps = steps;
}

function disposed(): never {
  throw new ForecastError('E_BUG', 'a disposed network was asked to work');
}

const DISPOSED: Kernel = {
  turn: 1,
  manyEpochs: false,
  shuffle: disposed,
  write: disposed,
  read: disposed,
  optimizer: disposed,
  save: disposed,
  fallBack: disposed,
  bind: disposed,
  unbind: () => undefined,
  train: disposed,
  evaluate: disposed,
  predict: disposed,
  abort: () => undefined,
  destroy: () => undefined,
};
