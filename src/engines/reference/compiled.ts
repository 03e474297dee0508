// The reference engine's side of the contract: training epochs, evaluating and predicting windows of one network.
// In: a network and its weights. Out: a Compiled. Not here: the arithmetic of a batch (program.ts).

import { setImmediate as nextTurn } from 'node:timers/promises';
import { ForecastError } from '../../core/errors.ts';
import type { Tensors } from '../../core/tensor.ts';
import type { Network } from '../../models/network.ts';
import { type NetworkPlan, planNetwork } from '../../models/plan.ts';
import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import { planBatches } from '../../window/batches.ts';
import type { Compiled, EpochRecord, TrainReport, TrainRequest, Windows } from '../engine.ts';
import { createGather, type Gather } from './gather.ts';
import { makeLoss } from './losses/index.ts';
import type { Tally } from './losses/loss.ts';
import { makeUpdate } from './optimizers/index.ts';
import { createProgram, type Program } from './program.ts';
import { createStore, momentsOf, readMoments, readWeights, type Store, writeMoments, writeWeights } from './store.ts';

interface Machine {
  readonly network: Network;
  readonly plan: NetworkPlan;
  readonly store: Store;
  readonly program: Program;
  readonly gather: Gather;
  readonly breath: Breath;
}

/** Errors: E_CONFIG_CONFLICT where layers do not fit, E_MODEL_SHAPE where weights do not fit the network. */
export function compileReference(network: Network, weights: Tensors): Compiled {
  const plan = planNetwork(network);
  const store = createStore(plan.weights, weights);
  const machine: Machine = {
    network,
    plan,
    store,
    program: createProgram(plan, store, makeLoss(network.loss)),
    gather: createGather(network),
    breath: createBreath(),
  };
  return {
    train: (request) => train(machine, request),
    evaluate: (windows, batch) => evaluate(machine, windows, batch),
    predict: (windows) => predict(machine, windows),
    weights: () => readWeights(store),
    optimizer: () => ({ steps: store.steps, moments: readMoments(store) }),
    restore: (values, optimizer) => {
      writeWeights(store, values);
      if (optimizer) writeMoments(store, optimizer.steps, optimizer.moments);
    },
    dispose: () => undefined,
  };
}

async function train(machine: Machine, request: TrainRequest): Promise<TrainReport> {
  const { store, breath } = machine;
  const { training, optimizer } = request;
  checkWindows(machine.network, training);
  if (training.cuts.count === 0) {
    throw new ForecastError('E_DATA_TOO_SHORT', 'there is no window to train on', {
      hint: 'shorten the context or the horizon',
    });
  }
  const moments = momentsOf(store, OPTIMIZERS[optimizer.kind].moments);
  const update = makeUpdate(optimizer, moments, store.steps);
  const safe = snapshot(store);
  const records: EpochRecord[] = [];
  const tally: Tally = { loss: 0, correct: 0, weight: 0 };
  let position = request.from;

  while (position.epoch <= request.until) {
    const { epoch } = position;
    const plan = planBatches(
      training.cuts,
      training.shape,
      request.batch,
      request.shuffle ? { seed: request.seed, epoch } : null,
    );
    const steps = plan.bounds.length - 1;
    let norm = 0;
    let rate = 0;
    for (let step = position.step; step < steps; step++) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      tally.loss = 0;
      tally.correct = 0;
      tally.weight = 0;
      learnFrom(machine, request, plan.order, plan.bounds[step]!, plan.bounds[step + 1]!, epoch, step, tally);
      norm = gradientNorm(store.gradient);
      if (!Number.isFinite(tally.loss) || !Number.isFinite(norm)) {
        safe.restore();
        return { records, position, stopped: 'nonfinite' };
      }
      if (request.clip !== null) clip(store.gradient, norm, request.clip);
      rate = rateAt(request.schedule, optimizer.rate, (epoch - 1) * steps + step, request.epochs * steps);
      update(store.values, store.gradient, rate);
      store.version++;
      store.steps++;
      if (step === steps - 1 && !allFinite(store.values)) {
        // The update itself overflowed: the same as a step whose loss is not finite.
        safe.restore();
        return { records, position, stopped: 'nonfinite' };
      }
      position = {
        epoch,
        step: step + 1,
        lossSum: position.lossSum + tally.loss,
        correct: position.correct + tally.correct,
        weight: position.weight + tally.weight,
      };
      if (breath.due(work(machine, 3) + 10 * store.values.length)) {
        if (breath.report()) request.onStep?.(position, steps);
        await nextTurn();
      }
    }
    const held = request.validation ? { ...training, cuts: request.validation } : null;
    const validation = held && held.cuts.count > 0 ? await evaluate(machine, held, request.batch) : null;
    const record: EpochRecord = {
      epoch,
      loss: position.lossSum / position.weight,
      accuracy: accuracyOf(machine, position),
      validationLoss: validation?.loss ?? null,
      validationAccuracy: validation?.accuracy ?? null,
      rate,
      gradientNorm: norm,
    };
    records.push(record);
    position = { epoch: epoch + 1, step: 0, lossSum: 0, correct: 0, weight: 0 };
    safe.take();
    request.onEpoch?.(record);
  }
  return { records, position, stopped: 'done' };
}

/** One batch forward and backward: the gradients of windows order[start … end) stand in the store. */
function learnFrom(
  machine: Machine,
  request: TrainRequest,
  order: Int32Array,
  start: number,
  end: number,
  epoch: number,
  step: number,
  tally: Tally,
): void {
  const { program, gather } = machine;
  const { batch } = program;
  batch.training = true;
  batch.seed = request.seed;
  batch.epoch = epoch;
  batch.step = step;
  gather.inputs(request.training, order, start, end, batch);
  gather.goals(request.training, order, start, end, batch);
  program.size();
  program.forward(gather.input);
  program.measure(gather.targets, gather.kept, gather.count, request.training.shape.targets === 'every', tally);
  program.backward(gather.input, null);
}

async function evaluate(
  machine: Machine,
  windows: Windows,
  size: number,
): Promise<{ readonly loss: number; readonly accuracy: number | null }> {
  const { program, gather, breath } = machine;
  checkWindows(machine.network, windows);
  const { order, bounds } = planBatches(windows.cuts, windows.shape, size, null);
  const tally: Tally = { loss: 0, correct: 0, weight: 0 };
  program.batch.training = false;
  for (let k = 0; k + 1 < bounds.length; k++) {
    gather.inputs(windows, order, bounds[k]!, bounds[k + 1]!, program.batch);
    gather.goals(windows, order, bounds[k]!, bounds[k + 1]!, program.batch);
    program.size();
    program.forward(gather.input);
    program.measure(gather.targets, gather.kept, gather.count, windows.shape.targets === 'every', tally);
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return { loss: tally.loss / tally.weight, accuracy: accuracyOf(machine, tally) };
}

/** Rows a block of predictions may have: bounds the memory, whatever the number of windows. */
const BLOCK_ROWS = 4096;

async function predict(machine: Machine, windows: Windows): Promise<Float64Array> {
  const { program, gather, breath, plan, network } = machine;
  checkChannels(network, windows);
  const block = Math.max(1, Math.min(256, Math.floor(BLOCK_ROWS / windows.shape.context)));
  const { order, bounds } = planBatches(windows.cuts, windows.shape, block, null);
  const width = plan.outputs;
  const outputs = new Float64Array(windows.cuts.count * width);
  program.batch.training = false;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const start = bounds[k]!;
    gather.inputs(windows, order, start, bounds[k + 1]!, program.batch);
    program.size();
    const rows = program.forward(gather.input);
    const last = program.lastStep();
    for (let b = 0; b < program.batch.windows; b++) {
      const to = order[start + b]! * width;
      for (let j = 0; j < width; j++) outputs[to + j] = rows[last + b * width + j]!;
      addOffsets(network, gather.offsets, b, outputs, to);
    }
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return outputs;
}

/** Undoes the normalisation of window b's outputs [(h · C + c) · Q + q] at `at`. */
function addOffsets(network: Network, offsets: Float64Array, b: number, outputs: Float64Array, at: number): void {
  const { output, normalise } = network;
  if (output.kind !== 'numbers' || normalise.kind === 'none') return;
  const { horizon: H, targets: C, quantiles: Q } = output;
  for (let h = 0, to = at; h < H; h++) {
    for (let c = 0; c < C; c++) {
      for (let q = 0; q < Q; q++) outputs[to++]! += offsets[b * C + c]!;
    }
  }
}

function accuracyOf(machine: Machine, sums: { readonly correct: number; readonly weight: number }): number | null {
  return machine.network.output.kind === 'tokens' ? sums.correct / sums.weight : null;
}

/** Errors: E_MODEL_SHAPE where the sequence or the window is not what the network was built for. */
function checkChannels(network: Network, { sequence, shape }: Windows): void {
  const { input, output } = network;
  const needs =
    input.kind === 'tokens'
      ? `token ids below ${input.vocabulary}`
      : `${input.targets} targets, ${input.past} past and ${input.future} future channels, horizon ${output.kind === 'numbers' ? output.horizon : 1}`;
  const given = sequence.tokens
    ? `token ids below ${sequence.tokens.vocabulary}`
    : `${sequence.targets.length} targets, ${sequence.past.length} past and ${sequence.future.length} future channels, horizon ${shape.horizon}`;
  if (needs === given) return;
  throw new ForecastError('E_MODEL_SHAPE', `the network reads ${needs}; the data give ${given}`, {
    hint: 'use the config the network was trained with',
  });
}

/** Errors: E_MODEL_SHAPE, E_CONFIG_CONFLICT where targets at every step meet a network or a normalisation that cannot give them. */
function checkWindows(network: Network, windows: Windows): void {
  checkChannels(network, windows);
  if (windows.shape.targets !== 'every') return;
  if (network.normalise.kind !== 'none') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'normalise would show each step the window’s later values', {
      hint: 'write window.targets: last, or normalise: none',
    });
  }
  if (!planNetwork(network).output.sequence) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'window.targets is every, and the network gives only the last step', {
      hint: 'write `sequences: true` on its recurrent layers, or window.targets: last',
    });
  }
}

/** √ of the sum of squares over all weights, in order. */
function gradientNorm(gradient: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  return Math.sqrt(squares);
}

/** Every gradient times min(1, most / norm). */
function clip(gradient: Float64Array, norm: number, most: number): void {
  if (norm <= most) return;
  const scale = most / norm;
  for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
}

function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/** Weights, moments and step count as they were when last taken. */
function snapshot(store: Store): { take(): void; restore(): void } {
  const values = store.values.slice();
  const moments = new Map([...store.moments].map(([name, moment]) => [name, moment.slice()]));
  let steps = store.steps;
  return {
    take() {
      values.set(store.values);
      for (const [name, moment] of store.moments) moments.get(name)?.set(moment);
      steps = store.steps;
    },
    restore() {
      store.values.set(values);
      for (const [name, moment] of store.moments) moment.set(moments.get(name) as Float64Array);
      store.steps = steps;
      store.version++;
    },
  };
}

/** Multiply-adds of the batch at work, `passes` times the forward pass. */
function work({ plan, program: { batch } }: Machine, passes: number): number {
  let sum = 0;
  for (const layer of plan.layers) {
    const rows = layer.input.sequence ? batch.steps * batch.windows : batch.windows;
    sum += (layer.multiplyAdds + 20 * layer.output.features) * rows;
  }
  return passes * sum;
}

/** Counts work, so that the event loop gets its turn without a clock: about every 40 ms on an ordinary machine. */
interface Breath {
  /** Adds work done; whether it is time to let others run. */
  due(work: number): boolean;
  /** Whether it is time to report progress: every few turns. */
  report(): boolean;
}

const WORK_PER_TURN = 4e7;
const TURNS_PER_REPORT = 4;

function createBreath(): Breath {
  let done = 0;
  let turns = 0;
  return {
    due(more) {
      done += more;
      if (done < WORK_PER_TURN) return false;
      done = 0;
      return true;
    },
    report() {
      turns++;
      return turns % TURNS_PER_REPORT === 1;
    },
  };
}
