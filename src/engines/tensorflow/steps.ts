// Training steps in TensorFlow: a batch forward, backward, and the update; short ones several in one graph, since a call of TensorFlow's is much
// of each. In: a machine, an epoch's plan. Out: where training stands after, or that numbers broke. Not here: epochs, what then (train.ts).

import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import type { Position, TrainRequest } from '../engine.ts';
import { gatherStep } from '../reference/gather.ts';
import { everyStep } from '../reference/machine.ts';
import { putStreams, takeStreams } from '../reference/streams.ts';
import type { Visiting } from '../visiting.ts';
import { readSums, sumsOf } from './evaluate.ts';
import { FLOATS, type Id, type Kernels } from './kernels.ts';
import type { Measure } from './losses.ts';
import { type Machine, work } from './machine.ts';
import { addAll, each, halfSquares, minimum, multiply, stack } from './operations.ts';
import { makeUpdate, type Update } from './optimizers.ts';
import { keepMoments, type Store, unload, variablesOf, weightsIn } from './store.ts';

export interface Taken {
  /** After the last step taken. */
  readonly position: Position;
  /** Its gradient's, before clipping. */
  readonly norm: number;
  readonly rate: number;
}

/** Steps of an epoch from a position on: one, or several; null where the first one's loss, gradient or weights after it are not finite. */
export type Stepper = (plan: Visiting, from: Position) => Taken | null;

export function createStepper(machine: Machine, request: TrainRequest): Stepper {
  const { k, store } = machine;
  const { optimizer, schedule, epochs } = request;
  keepMoments(k, store, OPTIMIZERS[optimizer.kind].moments);
  let update = makeUpdate(k, optimizer, store);
  let alone = 0; // steps to take one by one
  return (plan, from) => {
    const steps = plan.bounds.length - 1;
    const most = alone > 0 ? 1 : Math.min(stepsTogether(machine, request, from), steps - from.step);
    const rates = Array.from({ length: most }, (_, i) =>
      rateAt(schedule, optimizer.rate, (from.epoch - 1) * steps + from.step + i, epochs * steps),
    );
    if (most > 1) {
      const taken = takeTogether(machine, request, plan, from, rates, update);
      if (taken !== null) return taken;
      alone = AGAIN * most;
      update = makeUpdate(k, optimizer, store); // it counts steps
    }
    alone = Math.max(0, alone - 1);
    return takeStep(machine, request, plan, from, rates[0] as number, update);
  };
}

/** Multiply-adds of steps taken together: nothing can stop them meanwhile. */
const MOST_WORK = 7e8;
/** Operations of a graph worth what it costs, and steps from which on a call is little of each. */
const MOST_OPERATIONS = 1500;
const MOST_STEPS = 32;
/** Multiply-adds a step saves by being taken together: of calls that read and change variables, and of each weight, changed on all processors. */
const SAVED = 8e6;
const SAVED_OF_WEIGHT = 60;
/** How many times as many steps are taken one by one before it is tried again, since what is taken down in vain costs too. */
const AGAIN = 4;
/** How often in a row steps may be taken down together in vain: batches whose steps are never asked for alike. */
const MOST_MISSES = 200;

/** Steps from this one on that are worth taking together. */
function stepsTogether({ together }: Machine, { batch }: TrainRequest, { step }: Position): number {
  if (together?.size !== batch || together.misses > MOST_MISSES) return 1;
  return together.steps - (step % together.steps);
}

/** Steps like the one from a position on that are meant to be taken yet, of batches of `size` windows. */
function meant({ batch, epochs }: TrainRequest, { bounds }: Visiting, from: Position, size: number): number {
  const left = epochs - from.epoch + 1;
  return size === batch ? left * (bounds.length - 1) - from.step : left;
}

/** Sees how long a step of a full batch is, once it is done by a graph. */
function planTogether(machine: Machine, { batch }: TrainRequest, { bounds }: Visiting): void {
  const { recorder, network, program, store, together } = machine;
  if (recorder.operations === 0 || network.carry || together?.size === batch || program.batch.windows !== batch) return;
  const most = Math.floor(Math.min(MOST_WORK / work(machine, 3), MOST_OPERATIONS / recorder.operations, MOST_STEPS));
  const steps = bounds.length - 1;
  const full = Math.floor(bounds[steps]! / batch);
  const saved = SAVED + SAVED_OF_WEIGHT * weightsIn(store);
  machine.together = { size: batch, steps: Math.max(1, steps <= most ? most : alike(full, most)), saved, misses: 0 };
}

/** The largest number that parts so many steps into equal stretches, since each size has a graph of its own; where it would be small, as many as may be. */
function alike(steps: number, most: number): number {
  for (let size = most; size > most / 2; size--) if (steps % size === 0) return size;
  return most;
}

function takeStep(
  machine: Machine,
  request: TrainRequest,
  plan: Visiting,
  from: Position,
  rate: number,
  update: Update,
): Taken | null {
  const { k, program, gather, store, carried } = machine;
  const { clip, seed } = request;
  gatherStep(gather, program.batch, seed, plan, from.epoch, from.step);
  if (carried) putStreams(program, carried);
  return k.scope(() => {
    const { measure, gradients, halves } = pass(machine, plan);
    const wanted = [...sumsOf(measure), halves, ...gradients, ...program.ends()];
    k.settle(wanted, work(machine, 3), meant(request, plan, from, program.batch.windows));
    planTogether(machine, request, plan);
    program.keep();
    const { loss, correct } = readSums(machine, measure);
    const squares = 2 * k.read(halves)[0]!;
    const norm = Math.sqrt(Number.isFinite(squares) ? squares : carefulSquares(k, gradients));
    unload(k, store);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) return null;
    // A little below it the factor, in float32, may tell otherwise: together with others the step is clipped by that alone.
    if (clip !== null && norm > clip * (1 - 1e-6)) {
      shrink(k, store, Number.isFinite(squares) ? shrinking(k, halves, clip) : k.scalar(Math.min(1, clip / norm)));
    }
    update(rate);
    if (carried) takeStreams(program, carried);
    store.version++;
    store.steps++;
    // An update may overflow by itself: the same as a step whose loss is not finite.
    if (from.step + 2 === plan.bounds.length && !allFinite(k, store)) return null;
    return { norm, rate, position: after(from, loss, correct, gather.count) };
  });
}

/**
 * As many steps as there are rates, in one graph. Nothing is done, and null given, where there is none yet, or where a number of theirs is not
 * finite: one by one they tell which step's, and sum squares that leave float32 with care.
 */
function takeTogether(
  machine: Machine,
  request: TrainRequest,
  plan: Visiting,
  from: Position,
  rates: readonly number[],
  update: Update,
): Taken | null {
  const { k, gather, program, store } = machine;
  const { clip, seed } = request;
  const together = machine.together as NonNullable<Machine['together']>;
  const counts: number[] = [];
  const sums: Id[] = [];
  const norms: Id[] = [];
  const worth = AGAIN * rates.length;
  const times = meant(request, plan, from, together.size) / worth;
  const found = machine.recorder.together(variablesOf(store), worth * together.saved, times, () => {
    try {
      for (const [i, rate] of rates.entries()) {
        gatherStep(gather, program.batch, seed, plan, from.epoch, from.step + i);
        counts.push(gather.count);
        const { measure, halves } = pass(machine, plan);
        if (clip !== null) shrink(k, store, shrinking(k, halves, clip));
        update(rate);
        sums.push(...sumsOf(measure));
        // Of a step that is not clipped the weights tell whether its gradient was finite.
        if (clip !== null || i + 1 === rates.length) norms.push(halves);
      }
      return stack(k, [...sums, ...norms, halfSquaresOf(k, weightsOf(k, store))]); // of weights that an update broke too
    } finally {
      unload(k, store);
    }
  });
  const finite = found?.values.every((value) => Number.isFinite(value)) ?? false;
  together.misses = finite ? 0 : together.misses + 1;
  for (const [variable, value] of found?.variables ?? []) {
    if (finite) k.act('AssignVariableOp', FLOATS, variable, value);
    k.free(value);
  }
  if (found === null || !finite) return null;
  store.version++;
  store.steps += rates.length;
  let position = from;
  const width = sums.length / rates.length;
  for (const [i, count] of counts.entries()) {
    const [loss, correct] = found.values.slice(i * width, (i + 1) * width) as [number, number?];
    position = after(position, loss, correct ?? 0, count);
  }
  return { norm: Math.sqrt(2 * (found.values.at(-2) as number)), rate: rates.at(-1) as number, position };
}

interface Passed {
  readonly measure: Measure;
  readonly gradients: readonly Id[];
  /** Half the sum of their squares. */
  readonly halves: Id;
}

/** The gathered batch forward and backward. */
function pass({ k, program, gather, network, store }: Machine, { windows }: Visiting): Passed {
  const every = everyStep(network, windows.shape);
  const measure = program.measure(gather, program.forward(gather), every);
  program.backward(measure, every);
  const gradients = [...store.slots.values()].map(({ gradient }) => gradient);
  return { measure, gradients, halves: halfSquaresOf(k, gradients) };
}

function after(from: Position, loss: number, correct: number, count: number): Position {
  return {
    epoch: from.epoch,
    step: from.step + 1,
    lossSum: from.lossSum + loss,
    correct: from.correct + correct,
    weight: from.weight + count,
  };
}

function halfSquaresOf(k: Kernels, values: readonly Id[]): Id {
  return addAll(
    k,
    values.map((value) => halfSquares(k, value)),
  );
}

/** Sum of squares in float64, of values whose squares leave float32. */
function carefulSquares(k: Kernels, all: readonly Id[]): number {
  let squares = 0;
  for (const id of all) {
    const values = k.read(id);
    for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  }
  return squares;
}

/** The factor that clips gradients at a norm: 1 where theirs is below it. A graph makes this of a division by a root, hence none. */
function shrinking(k: Kernels, halves: Id, clip: number): Id {
  const ratio = multiply(k, k.scalar(clip * Math.SQRT1_2), each(k, 'Rsqrt', halves));
  return minimum(k, ratio, k.scalar(1));
}

function shrink(k: Kernels, { slots }: Store, factor: Id): void {
  for (const slot of slots.values()) slot.gradient = multiply(k, slot.gradient, factor);
}

function weightsOf(k: Kernels, { slots }: Store): readonly Id[] {
  return [...slots.values()].map(({ variable }) => k.run('ReadVariableOp', FLOATS, variable));
}

function allFinite(k: Kernels, store: Store): boolean {
  const weights = weightsOf(k, store);
  const squares = k.read(halfSquaresOf(k, weights))[0]!;
  return Number.isFinite(Number.isFinite(squares) ? squares : carefulSquares(k, weights));
}
