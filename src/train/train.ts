// The training loop around an engine: epochs in coarse calls, early stopping, divergence, checkpoints.
// In: a compiled network, windows, how long. Out: the history and the state to go on from. Not here: arithmetic (engines/), disk (artifact/).

import { ForecastError, Interrupted } from '../core/errors.ts';
import type { Progress } from '../core/forecaster.ts';
import {
  type Compiled,
  type EpochRecord,
  type Position,
  START,
  type TrainReport,
  type TrainRequest,
  type Windows,
} from '../engines/engine.ts';
import type { OptimizerSpec } from '../optimizers/optimizer.ts';
import type { ScheduleSpec } from '../optimizers/schedule.ts';
import { takeCuts } from '../window/cuts.ts';
import type { Cuts } from '../window/window.ts';
import type { TrainState } from './state.ts';

export interface TrainPlan {
  readonly training: Windows;
  readonly validation: Cuts | null;
  readonly seed: number;
  readonly epochs: number;
  readonly batch: number;
  readonly shuffle: boolean;
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly clip: number | null;
  /** Epochs without a better validation loss before stopping; null: early stopping off. */
  readonly patience: number | null;
  /** Epochs handed to the engine in one call where nothing has to be decided in between. */
  readonly epochsPerCall: number;
}

export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  /** Whether the next pause between engine calls should save a checkpoint. */
  readonly checkpointDue?: () => boolean;
  readonly save?: (state: TrainState) => Promise<void>;
  /** Where an interrupted training, or the one to be continued, stood. */
  readonly resume?: TrainState | null;
}

export interface Trained {
  readonly state: TrainState;
  readonly stoppedEarly: boolean;
}

/** Windows the loss before training is measured on: divergence is told from it. */
const FIRST_LOSS_WINDOWS = 256;
/** A loss this many times the first one is divergence, even while float64 can still hold it. */
const DIVERGED = 1e6;

/**
 * Trains until `plan.epochs`, early stopping, an abort or divergence. With early stopping the best epoch's weights are put back.
 * Errors: E_TRAIN_DIVERGED (the state of the last good epoch has been saved), Interrupted (the state has been saved).
 */
export async function train(compiled: Compiled, plan: TrainPlan, hooks: TrainHooks = {}): Promise<Trained> {
  let state = hooks.resume ?? (await freshState(compiled, plan, hooks.signal));
  compiled.restore(state.weights, state.optimizer);
  while (state.position.epoch <= plan.epochs && !outOfPatience(state, plan)) {
    const until =
      plan.patience === null
        ? Math.min(plan.epochs, state.position.epoch + plan.epochsPerCall - 1)
        : state.position.epoch;
    const report = await compiled.train(requestOf(plan, hooks, state, until));
    const runaway = exploded(report, state);
    if (runaway)
      return await giveUp(
        state,
        `the loss ran away to ${runaway.loss.toPrecision(3)} at epoch ${runaway.epoch}`,
        hooks,
      );
    if (report.stopped === 'nonfinite') {
      const { epoch, step } = report.position;
      const good = advance(state, { ...report, position: lastCompleted(state, report) }, compiled, plan);
      return await giveUp(good, `the loss is no longer finite at epoch ${epoch}, step ${step + 1}`, hooks);
    }
    state = advance(state, report, compiled, plan);
    if (report.stopped === 'aborted') {
      await hooks.save?.(state);
      throw new Interrupted(`stopped after step ${state.position.step} of epoch ${state.position.epoch}`);
    }
    if (state.position.epoch <= plan.epochs && hooks.checkpointDue?.()) await hooks.save?.(state);
  }
  const stoppedEarly = outOfPatience(state, plan);
  if (plan.patience !== null && state.best) {
    state = { ...state, weights: state.best.weights };
    compiled.restore(state.weights, state.optimizer);
  }
  return { state, stoppedEarly };
}

async function freshState(compiled: Compiled, plan: TrainPlan, signal: AbortSignal | undefined): Promise<TrainState> {
  const { cuts, ...windows } = plan.training;
  const { loss } = await compiled.evaluate(
    { ...windows, cuts: takeCuts(cuts, 0, FIRST_LOSS_WINDOWS) },
    plan.batch,
    signal,
  );
  return {
    position: START,
    weights: compiled.weights(),
    optimizer: compiled.optimizer(),
    history: [],
    best: null,
    firstLoss: loss,
  };
}

function requestOf(plan: TrainPlan, hooks: TrainHooks, state: TrainState, until: number): TrainRequest {
  const { patience: _, epochsPerCall: __, ...request } = plan;
  const last = state.history.at(-1);
  let seen: EpochRecord | undefined = last;
  return {
    ...request,
    from: state.position,
    until,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onEpoch: (record) => {
      seen = record;
      hooks.progress?.(progressOf(record.epoch, 1, 1, plan, record));
    },
    onStep: (position, steps) => hooks.progress?.(progressOf(position.epoch, position.step, steps, plan, seen)),
  };
}

function progressOf(
  epoch: number,
  step: number,
  steps: number,
  plan: TrainPlan,
  record: EpochRecord | undefined,
): Progress {
  return {
    epoch,
    epochs: plan.epochs,
    step,
    steps,
    loss: record?.loss ?? null,
    validationLoss: record?.validationLoss ?? null,
    accuracy: record?.accuracy ?? null,
  };
}

/** The state after an engine call: history, and the best epoch where early stopping watches. */
function advance(state: TrainState, report: TrainReport, compiled: Compiled, plan: TrainPlan): TrainState {
  const next: TrainState = {
    position: report.position,
    weights: compiled.weights(),
    optimizer: compiled.optimizer(),
    history: [...state.history, ...report.records],
    best: state.best,
    firstLoss: state.firstLoss,
  };
  const watched = report.records.at(-1);
  if (plan.patience === null || !watched || report.stopped !== 'done') return next;
  const loss = watched.validationLoss ?? watched.loss;
  // A validation that overflowed is never the best one.
  if (!Number.isFinite(loss) || (next.best && loss >= next.best.loss)) return next;
  return { ...next, best: { epoch: watched.epoch, loss, weights: next.weights } };
}

function outOfPatience(state: TrainState, plan: TrainPlan): boolean {
  if (plan.patience === null || !state.best) return false;
  return state.position.epoch - 1 - state.best.epoch >= plan.patience;
}

/** Where the engine rolled back to: the end of the last epoch it completed, or where the call began. */
function lastCompleted(state: TrainState, report: TrainReport): Position {
  const last = report.records.at(-1);
  return last ? { ...START, epoch: last.epoch + 1 } : state.position;
}

/** The first epoch whose loss, though finite, has run away: float64 holds 1e300. */
function exploded(report: TrainReport, state: TrainState): EpochRecord | undefined {
  const bound = DIVERGED * Math.max(1, state.firstLoss ?? 1);
  return report.records.find(
    ({ loss, validationLoss }) => !(loss <= bound) || (validationLoss !== null && !Number.isFinite(validationLoss)),
  );
}

/** Saves the last good state and says where the loss was lost. */
async function giveUp(good: TrainState, where: string, hooks: TrainHooks): Promise<never> {
  await hooks.save?.(good);
  const last = good.history.at(-1);
  const kept = last ? `kept epoch ${last.epoch} (loss ${last.loss.toPrecision(4)})` : 'kept the initial weights';
  throw new ForecastError('E_TRAIN_DIVERGED', `${where}; ${kept}`, {
    where: 'train',
    hint: 'a smaller train.rate (1e-3 is usual), train.clip: 1, or a normalising encoder',
  });
}
