// Training epochs on the kernels: batches in their order, many steps a call (of short epochs, several epochs), validation, and back to the last whole epoch where numbers break.
// In: a machine and a request. Out: a report. Not here: early stopping, checkpoints (train/), the arithmetic (kernels/).

import { nextTurn } from '../../core/turn.ts';
import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import { type EpochRecord, type Position, START, type TrainReport, type TrainRequest } from '../engine.ts';
import { recordOf, validationOf } from '../means.ts';
import { checkBatches, checkWindows } from '../reference/machine.ts';
import { planEpochs } from '../visiting.ts';
import { describeOptimizer } from './describe.ts';
import { measure } from './evaluate.ts';
import { MOMENTS, RESULTS, type Soon } from './kernel.ts';
import {
  alone,
  bind,
  type Machine,
  noMemory,
  type Stopping,
  stopOnAbort,
  WORK_PER_TURN,
  wasAborted,
  workPerWindow,
} from './machine.ts';
import { hold } from './streams.ts';
import { type Visits, visitsOf } from './visits.ts';

/** Multiply-adds between two reports of progress: a few times a second. */
const WORK_PER_REPORT = 1e9;

/** Trainings under way, of all networks. */
let trainings = 0;

/** Errors: E_DATA_TOO_SHORT without windows, E_MODEL_SHAPE, E_CONFIG_CONFLICT where data do not fit the network, E_LIMIT_MEMORY. */
export async function train(machine: Machine, request: TrainRequest): Promise<TrainReport> {
  checkWindows(machine, request.training);
  checkBatches(request.training, request.batch, 'train on');
  const stopping = stopOnAbort(machine, request.signal);
  trainings++;
  try {
    return await trainEpochs(machine, request, stopping);
  } finally {
    trainings--;
    stopping.end();
    machine.kernel.unbind();
  }
}

/** A training under way: what all of its calls of steps share. */
interface Job {
  readonly machine: Machine;
  readonly request: TrainRequest;
  readonly stopping: Stopping;
  /** Used again by each call: a short epoch is over in less time than new ones take. */
  readonly desk: Desk;
}

/** The batches of an epoch, or of several, in the order they are visited. */
interface Lap {
  readonly visits: Visits;
  readonly epochs: number;
  /** Of one epoch. */
  readonly steps: number;
}

async function trainEpochs(machine: Machine, request: TrainRequest, stopping: Stopping): Promise<TrainReport> {
  const each = workPerWindow(machine, request.training.shape, 3);
  await alone(machine, (kernel) => {
    keepMoments(machine, OPTIMIZERS[request.optimizer.kind].moments);
    kernel.optimizer(describeOptimizer(request.optimizer, machine.steps));
  });
  let safe = await save(machine);
  const records: EpochRecord[] = [];
  let pace = WORK_PER_TURN; // multiply-adds of a call: what is at work first is soon told of
  let position = request.from;
  const desk: Desk = { rates: new Float64Array(0), settings: new Float64Array(5), results: new Float64Array(RESULTS) };
  const job: Job = { machine, request, stopping, desk };
  let worked = 0; // on this thread, since others had their turn
  let visits: Visits | null = null;
  let unreported = WORK_PER_REPORT; // the first turn is reported

  while (position.epoch <= request.until) {
    const epochs = epochsPerCall(machine, request, position, Math.min(pace, machine.kernel.turn) / each);
    const plan = planEpochs(machine.network, request, position.epoch, epochs, machine.kernel.shuffle, visits);
    visits = visitsOf(machine.network, plan, true, visits);
    if (position.step === 0) machine.streams = machine.network.carry ? { count: request.batch, data: null } : null;
    const steps = (visits.bounds.length - 1) / epochs;
    const lap: Lap = { visits, epochs, steps };
    const begun = position.epoch;
    let last = standing(request, position, steps);
    while (position.epoch === begun && position.step < steps) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      const room = stepsPerCall(request, Math.min(pace, machine.kernel.turn) / each);
      const asked = epochs > 1 ? epochs * steps : Math.min(room, steps - position.step);
      pace *= 2;
      const work = (visits.bounds[position.step + asked]! - visits.bounds[position.step]!) * each;
      const soon = takeSteps(job, lap, position, asked, work);
      const ends = soon instanceof Promise ? await soon : soon;
      last = ends.pop()!;
      for (const { position, rate, norm } of ends) {
        const record = recordOf(machine.network, position, null, rate, norm);
        records.push(record);
        safe += steps;
        request.onEpoch?.(record);
      }
      position = last.position;
      if (last.end === ABORTED) return { records, position, stopped: 'aborted' };
      if (last.end === NOT_FINITE) {
        await alone(machine, (kernel) => kernel.fallBack());
        machine.steps = safe;
        machine.streams = null;
        machine.version++;
        return { records, position, stopped: 'nonfinite' };
      }
      worked = soon instanceof Promise ? 0 : worked + work;
      unreported += work;
      if (worked < WORK_PER_TURN && !(soon instanceof Promise)) continue;
      if (unreported >= WORK_PER_REPORT) request.onStep?.(position, steps);
      if (unreported >= WORK_PER_REPORT) unreported = 0;
      if (worked >= WORK_PER_TURN) await nextTurn();
      worked = 0;
    }
    machine.streams = null;
    const held = validationOf(request);
    const validation = held && (await measure(machine, held, request.batch, request.signal));
    if (held && !validation) return { records, position: { ...position, norm: last.norm }, stopped: 'aborted' };
    const record = recordOf(machine.network, position, validation, last.rate, last.norm);
    records.push(record);
    position = { ...START, epoch: position.epoch + 1 };
    const saved = save(machine);
    safe = saved instanceof Promise ? await saved : saved; // a short epoch is over before a turn of others would be
    request.onEpoch?.(record);
  }
  return { records, position, stopped: 'done' };
}

/**
 * Epochs of a call that takes at most so many windows: several where nothing is to be done between them that the kernel does not do by itself,
 * since a thread that is woken for every short one costs as much as some of their steps.
 */
function epochsPerCall({ kernel, network }: Machine, request: TrainRequest, from: Position, windows: number): number {
  const { signal, training, until } = request;
  const asks = signal && !(signal instanceof AbortSignal);
  if (!kernel.manyEpochs || network.carry || validationOf(request) || asks || from.step > 0) return 1;
  return Math.max(1, Math.min(until - from.epoch + 1, Math.floor(windows / training.cuts.count)));
}

/** Steps a call may take: what a turn holds. A signal that is not the platform's may change at any time, so it is asked before each. */
function stepsPerCall({ signal, batch }: TrainRequest, windows: number): number {
  if (signal && !(signal instanceof AbortSignal)) return 1;
  return Math.max(1, Math.floor(windows / batch));
}

// Why a call of steps ended.
const COMPLETE = 0;
const NOT_FINITE = 1;
const ABORTED = 2;

/** Arrays of a call of steps. */
interface Desk {
  rates: Float64Array;
  readonly settings: Float64Array;
  results: Float64Array;
}

interface Taken {
  readonly end: number;
  readonly position: Position;
  /** Of the last step. */
  readonly rate: number;
  readonly norm: number;
}

/** What is known of an epoch's last step before another is made; all that is to be known where a validation was stopped after it. */
function standing({ schedule, optimizer, epochs }: TrainRequest, position: Position, steps: number): Taken {
  const rate = rateAt(schedule, optimizer.rate, position.epoch * steps - 1, epochs * steps);
  return { end: COMPLETE, position, rate, norm: position.norm ?? 0 };
}

/**
 * Up to `asked` steps of a lap, all of its epochs or a part of its one, in one call of `work` multiply-adds; gives where each epoch that was
 * begun stands. Errors: E_LIMIT_MEMORY.
 */
function takeSteps(job: Job, lap: Lap, from: Position, asked: number, work: number): Soon<Taken[]> {
  const { machine, request, stopping, desk } = job;
  const { bounds, bound } = lap.visits;
  const { epochs, steps } = lap;
  const { epoch, step } = from;
  const first = (epoch - 1) * steps + step;
  if (desk.rates.length !== asked) desk.rates = new Float64Array(asked);
  if (desk.results.length !== RESULTS * epochs) desk.results = new Float64Array(RESULTS * epochs);
  const { rates, settings, results } = desk;
  for (let k = 0; k < asked; k++) {
    rates[k] = rateAt(request.schedule, request.optimizer.rate, first + k, request.epochs * steps);
  }
  settings[0] = request.seed;
  settings[1] = epoch;
  settings[2] = step;
  settings[3] = request.clip ?? -1;
  settings[4] = epochs > 1 || step + asked === steps ? 1 : 0;
  results.fill(0);
  results[0] = from.lossSum;
  results[1] = from.correct;
  results[2] = from.weight;
  const soon = alone(machine, (kernel) => {
    if (wasAborted(request.signal)) {
      results[4] = ABORTED; // while it waited for others
      return 0;
    }
    bind(machine, bound);
    hold(machine, kernel, machine.streams);
    stopping.own = true;
    const whole = asked + 1 === bounds.length;
    return kernel.train(
      whole ? bounds : bounds.subarray(step, step + asked + 1),
      rates,
      settings,
      results,
      work,
      trainings > 1,
    );
  });
  if (soon instanceof Promise) return soon.then((made) => taken(job, asked / epochs, from, made));
  return taken(job, asked / epochs, from, soon);
}

/** What a call that made so many steps left on the desk; `steps`: those it was asked for of each epoch. Errors: E_LIMIT_MEMORY. */
function taken({ machine, stopping, desk }: Job, steps: number, from: Position, made: number): Taken[] {
  const { rates, results } = desk;
  stopping.own = false;
  if (made < 0) throw noMemory(machine);
  machine.steps += made;
  machine.version++;
  const ends: Taken[] = [];
  for (let e = 0; e * steps <= made && e * steps < rates.length; e++) {
    const [lossSum, correct, weight, norm, end] = results.subarray(RESULTS * e) as unknown as Line;
    const step = (e === 0 ? from.step : 0) + Math.min(steps, made - e * steps);
    const position = { epoch: from.epoch + e, step, lossSum, correct, weight };
    ends.push({ end, position, rate: rates[(e + 1) * steps - 1]!, norm });
    if (end !== COMPLETE) break;
  }
  return ends;
}

/** What is told of an epoch. */
type Line = readonly [lossSum: number, correct: number, weight: number, norm: number, end: number];

/** What `fallBack` goes back to; gives the steps made so far. Errors: E_LIMIT_MEMORY. */
function save(machine: Machine): Soon<number> {
  return alone(machine, (kernel) => {
    if (!kernel.save()) throw noMemory(machine);
    return machine.steps;
  });
}

/** The moments an optimizer keeps; where others are stored (another optimizer ran before), it starts from zero. */
function keepMoments(machine: Machine, names: readonly string[]): void {
  const { moments, kernel, values } = machine;
  if (names.length === moments.length && names.every((name, i) => moments[i] === name)) return;
  for (const which of MOMENTS) kernel.write(which, new Float32Array(values));
  machine.moments = names;
  machine.steps = 0;
}
