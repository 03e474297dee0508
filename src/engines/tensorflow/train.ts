// Training epochs in TensorFlow: batches in their order, clipped steps, validation, and back to the last whole epoch where numbers break.
// In: a machine and a request. Out: a report. Not here: early stopping, checkpoints (train/), the arithmetic of a batch (program.ts).

import { nextTurn } from '../../core/turn.ts';
import { rateAt } from '../../optimizers/schedule.ts';
import { type EpochRecord, START, type TrainReport, type TrainRequest } from '../engine.ts';
import { recordOf, validationOf } from '../means.ts';
import { checkBatches, checkWindows } from '../reference/machine.ts';
import { planEpoch } from '../visiting.ts';
import { measure } from './evaluate.ts';
import { type Machine, work } from './machine.ts';
import { checkReach } from './reach.ts';
import { createStepper } from './steps.ts';
import { snapshot } from './store.ts';

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
  const { breath } = machine;
  const { optimizer } = request;
  const takeSteps = createStepper(machine, request);
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
    while (position.step < steps) {
      if (request.signal?.aborted) return { records, position, stopped: 'aborted' };
      const taken = takeSteps(plan, position);
      if (taken === null) {
        safe.restore();
        machine.carried = null;
        return { records, position, stopped: 'nonfinite' };
      }
      const done = taken.position.step - position.step;
      ({ norm, rate, position } = taken);
      if (breath.due(done * work(machine, 3))) {
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
