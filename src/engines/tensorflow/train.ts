// Training epochs in TensorFlow: batches in their order, clipped steps, validation, and back to the last whole epoch where numbers break.
// In: a machine and a request. Out: a report. Not here: early stopping, checkpoints (train/), the arithmetic of a batch (program.ts).

import { nextTurn } from '../../core/turn.ts';
import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import { type EpochRecord, type Position, START, type TrainReport, type TrainRequest } from '../engine.ts';
import { recordOf, validationOf } from '../means.ts';
import { checkBatches, checkWindows, everyStep } from '../reference/machine.ts';
import { putStreams, takeStreams } from '../reference/streams.ts';
import { planEpoch, type Visiting } from '../visiting.ts';
import { measure, readSums, sumsOf } from './evaluate.ts';
import { FLOATS, type Id, type Kernels } from './kernels.ts';
import { type Machine, work } from './machine.ts';
import { addAll, halfSquares, scale } from './operations.ts';
import { makeUpdate, type Update } from './optimizers.ts';
import { checkReach } from './reach.ts';
import { keepMoments, type Store, snapshot, unload } from './store.ts';

/** Errors: E_DATA_TOO_SHORT without windows, E_MODEL_SHAPE, E_CONFIG_CONFLICT where data do not fit the network, E_LIMIT_MEMORY. */
export async function train(machine: Machine, request: TrainRequest): Promise<TrainReport> {
  checkWindows(machine, request.training);
  checkBatches(request.training, request.batch, 'train on');
  checkReach(machine, request.training);
  const safe = snapshot(machine.k, machine.store);
  try {
    return await trainFrom(machine, request, safe);
  } finally {
    safe.free();
  }
}

async function trainFrom(
  machine: Machine,
  request: TrainRequest,
  safe: ReturnType<typeof snapshot>,
): Promise<TrainReport> {
  const { k, store, breath } = machine;
  const { optimizer } = request;
  keepMoments(k, store, OPTIMIZERS[optimizer.kind].moments);
  const update = makeUpdate(k, optimizer, store);
  const records: EpochRecord[] = [];
  let position = request.from;
  safe.take();

  while (position.epoch <= request.until) {
    const { epoch } = position;
    const plan = planEpoch(machine.network, request, epoch);
    if (position.step === 0) machine.carried = machine.network.carry ? new Map() : null;
    const steps = plan.bounds.length - 1;
    let norm = position.norm ?? 0; // of an epoch whose steps were done before
    let rate = rateAt(request.schedule, optimizer.rate, epoch * steps - 1, request.epochs * steps);
    for (let step = position.step; step < steps; step++) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      rate = rateAt(request.schedule, optimizer.rate, (epoch - 1) * steps + step, request.epochs * steps);
      const taken = takeStep(machine, request, plan, position, rate, update);
      if (taken === null) {
        safe.restore();
        machine.carried = null;
        return { records, position, stopped: 'nonfinite' };
      }
      norm = taken.norm;
      position = taken.position;
      if (breath.due(work(machine, 3))) {
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
    position = { ...START, epoch: epoch + 1 };
    safe.take();
    request.onEpoch?.(record);
  }
  return { records, position, stopped: 'done' };
}

interface Taken {
  readonly position: Position;
  /** Of the gradient, before clipping. */
  readonly norm: number;
}

/** One batch forward, backward, and the update; null where its loss, its gradient or an epoch's last weights are not finite. */
function takeStep(
  machine: Machine,
  request: TrainRequest,
  { windows, order, bounds, continues }: Visiting,
  from: Position,
  rate: number,
  update: Update,
): Taken | null {
  const { k, program, gather, store, carried } = machine;
  const { batch } = program;
  const { epoch, step } = from;
  const [start, end] = [bounds[step]!, bounds[step + 1]!];
  const every = everyStep(machine.network, windows.shape);
  batch.training = true;
  batch.seed = request.seed;
  batch.epoch = epoch;
  batch.step = step;
  batch.continues = continues?.subarray(start, end) ?? null;
  gather.inputs(windows, order, start, end, batch);
  gather.goals(windows, order, start, end, batch);
  if (carried) putStreams(program, carried);
  return k.scope(() => {
    const measure = program.measure(gather, program.forward(gather), every);
    program.backward(gather, measure, every);
    const gradients = [...store.slots.values()].map(({ gradient }) => gradient);
    const halves = halfSquaresOf(k, gradients);
    k.settle([...sumsOf(measure), halves, ...gradients, ...program.ends()], work(machine, 3));
    program.keep();
    const { loss, correct } = readSums(machine, measure);
    const norm = Math.sqrt(squaresOf(k, halves, gradients));
    unload(k, store);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) return null;
    if (request.clip !== null && norm > request.clip) clip(k, store, request.clip / norm);
    update(rate);
    if (carried) takeStreams(program, carried);
    store.version++;
    store.steps++;
    // An update may overflow by itself: the same as a step whose loss is not finite.
    if (step + 2 === bounds.length && !allFinite(k, store)) return null;
    return {
      norm,
      position: {
        epoch,
        step: step + 1,
        lossSum: from.lossSum + loss,
        correct: from.correct + correct,
        weight: from.weight + gather.count,
      },
    };
  });
}

function halfSquaresOf(k: Kernels, values: readonly Id[]): Id {
  return addAll(
    k,
    values.map((value) => halfSquares(k, value)),
  );
}

/** Sum of squares over all values, from half of it. */
function squaresOf(k: Kernels, halves: Id, values: readonly Id[]): number {
  const squares = 2 * k.read(halves)[0]!;
  return Number.isFinite(squares) ? squares : carefulSquares(k, values);
}

/** The same in float64, for values whose squares leave float32. */
function carefulSquares(k: Kernels, all: readonly Id[]): number {
  let squares = 0;
  for (const id of all) {
    const values = k.read(id);
    for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  }
  return squares;
}

function clip(k: Kernels, { slots }: Store, factor: number): void {
  for (const slot of slots.values()) slot.gradient = scale(k, slot.gradient, factor);
}

function allFinite(k: Kernels, { slots }: Store): boolean {
  const weights = [...slots.values()].map(({ variable }) => k.run('ReadVariableOp', FLOATS, variable));
  return Number.isFinite(squaresOf(k, halfSquaresOf(k, weights), weights));
}
