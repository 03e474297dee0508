// Networks, windows and batches for the engine's tests, and the gradient of one batch with and without calculus.

import { random } from '../../src/core/random.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import { type Compiled, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import type { Cell } from '../../src/engines/reference/cell.ts';
import { createGather } from '../../src/engines/reference/gather.ts';
import { makeCell } from '../../src/engines/reference/layers/index.ts';
import { makeLoss } from '../../src/engines/reference/losses/index.ts';
import { everyStep } from '../../src/engines/reference/machine.ts';
import { createProgram } from '../../src/engines/reference/program.ts';
import { createStore, type Store } from '../../src/engines/reference/store.ts';
import type { PlannedLayer } from '../../src/layers/plan.ts';
import { MODELS } from '../../src/models/index.ts';
import type { ModelKind, Task } from '../../src/models/model.ts';
import type { Network } from '../../src/models/network.ts';
import { planNetwork } from '../../src/models/plan.ts';
import { cut } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';

export const SHAPE: WindowShape = { context: 5, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };

export function shape(changes: Partial<WindowShape> = {}): WindowShape {
  return { ...SHAPE, ...changes };
}

/** A model of a kind, from options as a person writes them. */
export function build(kind: string, options: object, task: Task): Network {
  const model = MODELS[kind] as ModelKind;
  return model.build(model.options.parse(options), task);
}

/** Smooth channels with a little noise; `future` covariates reach past the end. */
export function numbers(length: number, channels: { targets?: number; past?: number; future?: number } = {}): Sequence {
  const draws = random(11, 'test/numbers');
  const channel = (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i / 3) + 0.5 * draws.normal());
  const several = (count: number, n: number) => Array.from({ length: count }, () => channel(n));
  return {
    length,
    segments: [{ start: 0, end: length }],
    targets: several(channels.targets ?? 1, length),
    past: several(channels.past ?? 0, length),
    future: several(channels.future ?? 0, length + 20),
    tokens: null,
  };
}

/** Ids in [padding ? 1 : 0, vocabulary). */
export function tokens(length: number, vocabulary: number, padding = false): Sequence {
  const draws = random(12, 'test/tokens');
  const least = padding ? 1 : 0;
  return {
    length,
    segments: [{ start: 0, end: length }],
    targets: [Float64Array.from({ length }, () => least + draws.integer(vocabulary - least))],
    past: [],
    future: [],
    tokens: { vocabulary, padding },
  };
}

export function task(sequence: Sequence, window: WindowShape): Task {
  return {
    window,
    targets: sequence.targets.length,
    past: sequence.past.length,
    future: sequence.future.length,
    tokens: sequence.tokens,
  };
}

/** All windows of a sequence; prefixes where short ones are wanted. */
export function windows(sequence: Sequence, window: WindowShape, kind: 'sliding' | 'prefixes' = 'sliding'): Windows {
  return { sequence, shape: window, cuts: cut(sequence.segments, window, { kind, stride: 1 }) };
}

/** Normal weights, so that no gate is special and no bias is 0; about 1 where outputs are divided by them. */
export function roughWeights(network: Network, seed = 5, scale = 0.4): Tensors {
  return new Map(
    planNetwork(network).weights.map((plan) => {
      const draws = random(seed, `test/${plan.name}`);
      const size = plan.shape.reduce((product, n) => product * n, 1);
      const middle = plan.name === 'normalise/gamma' ? 1.2 : 0;
      return [
        plan.name,
        { shape: plan.shape, data: Float64Array.from({ length: size }, () => middle + scale * draws.normal()) },
      ];
    }),
  );
}

export interface OneBatch {
  readonly store: Store;
  /** Loss of all windows as one batch, with the dropout of (seed 3, epoch 1, step 0) where training. */
  loss(): number;
  /** Fills store.gradient. */
  backward(): void;
}

export function oneBatch(
  network: Network,
  weights: Tensors,
  all: Windows,
  make: (layer: PlannedLayer, store: Store) => Cell = makeCell,
): OneBatch {
  const plan = planNetwork(network);
  const store = createStore(plan.weights, weights);
  const program = createProgram(plan, store, makeLoss(network.loss), network, make);
  const gather = createGather(network);
  const order = Int32Array.from({ length: all.cuts.count }, (_, i) => i);
  Object.assign(program.batch, { training: true, seed: 3, epoch: 1, step: 0 });
  return {
    store,
    loss() {
      store.version++;
      gather.inputs(all, order, 0, order.length, program.batch);
      gather.goals(all, order, 0, order.length, program.batch);
      program.size();
      program.forward(gather.input, gather.shifts);
      const tally = { loss: 0, correct: 0, weight: 0 };
      program.measure(gather.targets, gather.kept, gather.count, everyStep(network, all.shape), tally);
      return tally.loss / tally.weight;
    },
    backward() {
      program.backward(gather.input, null);
    },
  };
}

/** Largest |analytic − central difference| over all weights, relative to the largest gradient. */
export function gradientError(batch: OneBatch, step = 1e-5): number {
  batch.loss();
  batch.backward();
  const analytic = batch.store.gradient.slice();
  const { values } = batch.store;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    values[i] = value + step;
    const above = batch.loss();
    values[i] = value - step;
    const below = batch.loss();
    values[i] = value;
    const difference = (above - below) / (2 * step);
    worst = Math.max(worst, Math.abs(difference - (analytic[i] as number)));
    largest = Math.max(largest, Math.abs(analytic[i] as number));
  }
  return worst / largest;
}

/** Adam as the engines' tests take it. */
export const adam = { kind: 'adam', rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/** A training of three epochs in batches of four. */
export function request(training: Windows, changes: Partial<TrainRequest> = {}): TrainRequest {
  return {
    training,
    validation: null,
    seed: 3,
    batch: 4,
    shuffle: true,
    optimizer: adam,
    schedule: { kind: 'one-cycle', warmup: 0.1 },
    clip: 0.5,
    epochs: 3,
    from: START,
    until: 3,
    ...changes,
  };
}

/** A signal that lets `steps` steps through. */
export function stopAfter(steps: number): AbortSignal {
  let asked = 0;
  return {
    get aborted() {
      return asked++ >= steps;
    },
  } as AbortSignal;
}

/** Tensors as plain values, to compare. */
export const bytes = (tensors: Tensors) => [...tensors].map(([name, t]) => [name, t.shape, [...t.data]]);

/** Weights, moments and steps as plain values. */
export function everything(compiled: Compiled) {
  const { steps, moments } = compiled.optimizer();
  return { weights: bytes(compiled.weights()), steps, moments: bytes(moments) };
}
