// What the compiled engines do not know yet. In: a network. Out: nothing, or a refusal. Not here: what the features mean (models/network.ts).

import { ForecastError } from '../core/errors.ts';
import type { Network } from '../models/network.ts';

/** The first feature of a network that only the reference engine computes; null: none. */
export function newerFeature({ input, normalise, skip, freeRun, warmup, carry }: Network): string | null {
  if (freeRun !== undefined) return 'free-running (model.freeRun)';
  if (skip !== undefined) return 'a skip from input to output (model.skip)';
  if (carry) return 'carried state (model.carry)';
  if (input.kind === 'numbers' && input.lags) return 'lags (model.lags)';
  if (normalise.kind === 'season' || normalise.scale || normalise.clip !== undefined)
    return 'this normalisation (model.normalise)';
  return warmup === undefined ? null : 'a warm-up (model.warmup)';
}

/** Errors: E_CONFIG_CONFLICT. */
export function refuseNewer(network: Network): void {
  const feature = newerFeature(network);
  if (feature === null) return;
  throw new ForecastError('E_CONFIG_CONFLICT', `this engine does not know ${feature} yet`, {
    where: 'engine.kind',
    hint: 'write engine: { kind: reference }',
  });
}
