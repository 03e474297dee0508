// Training epochs: batches in their order, clipped steps, validation, and back to the last whole epoch where numbers break.
// In: a machine and a request. Out: a report. Not here: early stopping, checkpoints (train/), the arithmetic of a batch (program.ts).

import { nextTurn } from '../../core/turn.ts';
import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import type { EpochRecord, TrainReport, TrainRequest } from '../engine.ts';
import { recordOf, validationOf } from '../means.ts';
import { planEpoch, type Visiting } from '../visiting.ts';
import { measure } from './evaluate.ts';
import { gatherStep } from './gather.ts';
import type { Tally } from './losses/loss.ts';
import { checkBatches, checkWindows, everyStep, type Machine, work } from './machine.ts';
import { makeUpdate } from './optimizers/index.ts';
import { momentsOf, type Store } from './store.ts';
import { putStreams, takeStreams } from './streams.ts';

/** Errors: E_DATA_TOO_SHORT without windows, E_MODEL_SHAPE, E_CONFIG_CONFLICT where data do not fit the network. */
export async function train(machine: Machine, request: TrainRequest): Promise<TrainReport> {
  const { store, breath } = machine;
  const { training, optimizer } = request;
  checkWindows(machine, training);
  checkBatches(training, request.batch, 'train on');
  const moments = momentsOf(store, OPTIMIZERS[optimizer.kind].moments);
  const update = makeUpdate(optimizer, moments, store.steps);
  const safe = snapshot(store);
  const records: EpochRecord[] = [];
  const tally: Tally = { loss: 0, correct: 0, weight: 0 };
  let position = request.from;

  while (position.epoch <= request.until) {
    const { epoch } = position;
    const plan = planEpoch(machine.network, request, epoch);
    const steps = plan.bounds.length - 1;
    if (position.step === 0) machine.carried = machine.network.carry ? new Map() : null;
    let norm = position.norm ?? 0; // of an epoch whose steps were done before
    let rate = rateAt(request.schedule, optimizer.rate, epoch * steps - 1, request.epochs * steps);
    for (let step = position.step; step < steps; step++) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      tally.loss = 0;
      tally.correct = 0;
      tally.weight = 0;
      learnFrom(machine, request, plan, epoch, step, tally);
      norm = gradientNorm(store.gradient);
      if (!Number.isFinite(tally.loss) || !Number.isFinite(norm)) {
        safe.restore();
        machine.carried = null;
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
        machine.carried = null;
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
    machine.carried = null;
    const held = validationOf(request);
    const validation = held && (await measure(machine, held, request.batch, request.signal));
    if (held && !validation) return { records, position: { ...position, norm }, stopped: 'aborted' };
    const record = recordOf(machine.network, position, validation, rate, norm);
    records.push(record);
    position = { epoch: epoch + 1, step: 0, lossSum: 0, correct: 0, weight: 0 };
    safe.take();
    request.onEpoch?.(record);
  }
  return { records, position, stopped: 'done' };
}

/** Batch `step` forward and backward: its gradients stand in the store. */
function learnFrom(
  machine: Machine,
  request: TrainRequest,
  plan: Visiting,
  epoch: number,
  step: number,
  tally: Tally,
): void {
  const { program, gather, network, carried } = machine;
  gatherStep(gather, program.batch, request.seed, plan, epoch, step);
  program.size();
  if (carried) putStreams(program, carried);
  program.forward(gather.input, gather.shifts);
  if (carried) takeStreams(program, carried);
  program.measure(gather.targets, gather.kept, gather.count, everyStep(network, plan.windows.shape), tally);
  program.backward(gather.input, null);
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
