// A compiled network's parts, and what of the data fits it. Not here: what is done with them (train.ts, evaluate.ts, predict.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import type { WindowShape } from '../../window/window.ts';
import type { Windows } from '../engine.ts';
import type { Breath } from './breath.ts';
import type { Gather } from './gather.ts';
import type { Program } from './program.ts';
import type { Store } from './store.ts';
import type { Passed, Streams } from './streams.ts';

export interface Machine {
  readonly network: Network;
  readonly plan: NetworkPlan;
  readonly store: Store;
  readonly program: Program;
  readonly gather: Gather;
  readonly breath: Breath;
  /** Where training's streams stand inside an epoch, by layer and state ("lstm#h"); null: at an epoch's start, or nothing is carried. */
  carried: Streams | null;
  /** Where the last pass of a network that carries its state stands. */
  passed: Passed | null;
}

/** Whether each step of a window may have a target, or the last one alone. */
export function everyStep({ freeRun }: Pick<Network, 'freeRun'>, shape: WindowShape): boolean {
  return shape.targets === 'every' || freeRun !== undefined;
}

/** Multiply-adds of the batch at work, `passes` times the forward pass. */
export function work(
  { plan, program: { batch } }: { readonly plan: NetworkPlan; readonly program: Pick<Program, 'batch'> },
  passes: number,
): number {
  let sum = 0;
  for (const layer of plan.layers) {
    const rows = layer.input.sequence ? batch.steps * batch.windows : batch.windows;
    sum += (layer.multiplyAdds + 20 * layer.output.features) * rows;
  }
  return passes * sum;
}

/**
 * Errors: E_MODEL_SHAPE where the sequence or the window is not what the network was built for; E_CONFIG_CONFLICT for a window of no size, and
 * for a lead before free steps.
 */
export function checkChannels({ network }: Pick<Machine, 'network'>, { sequence, shape }: Windows): void {
  const { input, output, freeRun } = network;
  checkCount(shape.context, 1, 'window.context');
  checkCount(shape.horizon, 1, 'window.horizon');
  checkCount(shape.lead, 0, 'window.lead');
  const needs =
    input.kind === 'tokens'
      ? `token ids below ${input.vocabulary}`
      : `${input.targets} targets, ${input.past} past and ${input.future} future channels, horizon ${output.kind === 'numbers' ? output.horizon : 1}`;
  const given = sequence.tokens
    ? `token ids below ${sequence.tokens.vocabulary}`
    : `${sequence.targets.length} targets, ${sequence.past.length} past and ${sequence.future.length} future channels, horizon ${shape.horizon}`;
  if (shape.lead > 0 && (freeRun ?? 0) > 0) throw leadBeforeOwnSteps(shape.lead);
  if (needs === given) return;
  throw new ForecastError('E_MODEL_SHAPE', `the network reads ${needs}; the data give ${given}`, {
    hint: 'use the config the network was trained with',
  });
}

/** Errors: E_CONFIG_CONFLICT where batches would have no size, E_DATA_TOO_SHORT where there is no window. */
export function checkBatches({ cuts }: Pick<Windows, 'cuts'>, batch: number, purpose: 'train on' | 'evaluate'): void {
  checkCount(batch, 1, 'train.batch');
  if (cuts.count > 0) return;
  throw new ForecastError('E_DATA_TOO_SHORT', `there is no window to ${purpose}`, {
    hint: 'shorten the context or the horizon',
  });
}

/** A config cannot say otherwise; callers of an engine can. */
function checkCount(found: number, least: number, where: string): void {
  if (Number.isInteger(found) && found >= least) return;
  throw new ForecastError('E_CONFIG_CONFLICT', `${where} is ${found}`, {
    where,
    hint: `a whole number from ${least}`,
  });
}

function leadBeforeOwnSteps(lead: number): ForecastError {
  return new ForecastError(
    'E_CONFIG_CONFLICT',
    `a network that runs free gives the next step, and the lead is ${lead}`,
    {
      where: 'window.lead',
      hint: 'write window.lead: 0, or remove model.freeRun',
    },
  );
}

/** Errors: E_MODEL_SHAPE, E_CONFIG_CONFLICT where targets at every step meet a network or a normalisation that cannot give them. */
export function checkWindows(machine: Pick<Machine, 'network' | 'plan'>, windows: Windows): void {
  checkChannels(machine, windows);
  const { freeRun, carry } = machine.network;
  if (carry && windows.shape.targets !== 'every') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'carried state reads a text once, so every step of it is a target', {
      where: 'window.targets',
      hint: 'write window.targets: every, or remove model.carry',
    });
  }
  if (windows.shape.targets !== 'every') return;
  if (freeRun !== undefined) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'a network that runs free has its targets after its last known step', {
      where: 'window.targets',
      hint: 'write window.targets: last; model.warmup says from which step on training measures',
    });
  }
  if (!machine.plan.output.sequence) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'window.targets is every, and the network gives only the last step', {
      hint: 'write `sequences: true` on its recurrent layers, or window.targets: last',
    });
  }
}
