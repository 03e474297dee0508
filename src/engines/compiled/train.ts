// Training epochs on the kernels: batches in their order, many steps a call, validation, and back to the last whole epoch where numbers break.
// In: a machine and a request. Out: a report. Not here: early stopping, checkpoints (train/), the arithmetic (kernels/).

import { ForecastError } from '../../core/errors.ts';
import { OPTIMIZERS } from '../../optimizers/index.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import { type EpochRecord, type Position, START, type TrainReport, type TrainRequest } from '../engine.ts';
import { checkWindows } from '../reference/machine.ts';
import { nextTurn } from '../turn.ts';
import { describeOptimizer } from './describe.ts';
import { accuracyOf, evaluate } from './evaluate.ts';
import { MOMENTS } from './kernel.ts';
import { bind, type Machine, noMemory, windowsPerTurn } from './machine.ts';
import { planVisits, type Visits } from './visits.ts';

/** Turns of the event loop between two reports of progress. */
const TURNS_PER_REPORT = 8;

/** Errors: E_DATA_TOO_SHORT without windows, E_MODEL_SHAPE, E_CONFIG_CONFLICT where data do not fit the network, E_LIMIT_MEMORY. */
export async function train(machine: Machine, request: TrainRequest): Promise<TrainReport> {
  const { kernel } = machine;
  checkWindows(machine, request.training);
  if (request.training.cuts.count === 0) {
    throw new ForecastError('E_DATA_TOO_SHORT', 'there is no window to train on', {
      hint: 'shorten the context or the horizon',
    });
  }
  keepMoments(machine, OPTIMIZERS[request.optimizer.kind].moments);
  kernel.optimizer(describeOptimizer(request.optimizer, machine.steps));
  let safe = save(machine);
  const records: EpochRecord[] = [];
  const turn = windowsPerTurn(machine, request.training.shape, 3);
  const pace = stepsPerCall(request, turn);
  let position = request.from;
  let seen = 0;
  let turns = 0;

  while (position.epoch <= request.until) {
    const { epoch } = position;
    const visits = planVisits(
      machine.network,
      request.training,
      request.batch,
      request.shuffle ? { seed: request.seed, epoch } : null,
      true,
    );
    const steps = visits.bounds.length - 1;
    let last: Taken = { made: 0, position, rate: 0, norm: 0 };
    while (position.step < steps) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      const asked = Math.min(pace, steps - position.step);
      last = takeSteps(machine, request, visits, position, asked);
      position = last.position;
      if (last.made < asked) {
        kernel.fallBack();
        machine.steps = safe;
        return { records, position, stopped: 'nonfinite' };
      }
      seen += last.made * request.batch;
      if (seen < turn) continue;
      seen = 0;
      if (turns++ % TURNS_PER_REPORT === 0) request.onStep?.(position, steps);
      await nextTurn();
    }
    const held = request.validation ? { ...request.training, cuts: request.validation } : null;
    const validation = held && held.cuts.count > 0 ? await evaluate(machine, held, request.batch) : null;
    const record: EpochRecord = {
      epoch,
      loss: position.lossSum / position.weight,
      accuracy: accuracyOf(machine, position),
      validationLoss: validation?.loss ?? null,
      validationAccuracy: validation?.accuracy ?? null,
      rate: last.rate,
      gradientNorm: last.norm,
    };
    records.push(record);
    position = { ...START, epoch: epoch + 1 };
    safe = save(machine);
    request.onEpoch?.(record);
  }
  return { records, position, stopped: 'done' };
}

/** Steps a call may take: what a turn holds. A signal that is not the platform's may change at any time, so it is asked before each. */
function stepsPerCall({ signal, batch }: TrainRequest, turn: number): number {
  if (signal && !(signal instanceof AbortSignal)) return 1;
  return Math.max(1, Math.floor(turn / batch));
}

interface Taken {
  /** Steps made; fewer than asked where the next one was not finite. */
  readonly made: number;
  readonly position: Position;
  /** Of the last step. */
  readonly rate: number;
  readonly norm: number;
}

/** Up to `asked` steps in one call. Errors: E_LIMIT_MEMORY. */
function takeSteps(
  machine: Machine,
  request: TrainRequest,
  { bounds, bound }: Visits,
  from: Position,
  asked: number,
): Taken {
  const { epoch, step } = from;
  const steps = bounds.length - 1;
  const first = (epoch - 1) * steps + step;
  const rates = Float64Array.from({ length: asked }, (_, k) =>
    rateAt(request.schedule, request.optimizer.rate, first + k, request.epochs * steps),
  );
  const last = step + asked === steps ? 1 : 0;
  const settings = Float64Array.of(request.seed, epoch, step, request.clip ?? -1, last);
  const results = Float64Array.of(from.lossSum, from.correct, from.weight, 0);
  bind(machine, bound);
  const made = machine.kernel.train(bounds.subarray(step, step + asked + 1), rates, settings, results);
  if (made < 0) throw noMemory(machine);
  machine.steps += made;
  const [lossSum, correct, weight, norm] = results as unknown as [number, number, number, number];
  return {
    made,
    position: { epoch, step: step + made, lossSum, correct, weight },
    rate: rates[asked - 1]!,
    norm,
  };
}

/** What `fallBack` goes back to; gives the steps made so far. Errors: E_LIMIT_MEMORY. */
function save(machine: Machine): number {
  if (!machine.kernel.save()) throw noMemory(machine);
  return machine.steps;
}

/** The moments an optimizer keeps; where others are stored (another optimizer ran before), it starts from zero. */
function keepMoments(machine: Machine, names: readonly string[]): void {
  const { moments, kernel, values } = machine;
  if (names.length === moments.length && names.every((name, i) => moments[i] === name)) return;
  for (const which of MOMENTS) kernel.write(which, new Float32Array(values));
  machine.moments = names;
  machine.steps = 0;
}
