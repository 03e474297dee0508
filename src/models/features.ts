// Which features of a network go together: running free, carried state, skips, lags. In: a network and what its last layer gives.
// Out: nothing, or E_CONFIG_CONFLICT with the key to change. Not here: what a window must be (engines/).

import { ForecastError } from '../core/errors.ts';
import type { Flow } from '../layers/layer.ts';
import type { Network } from './network.ts';

/** Errors: E_CONFIG_CONFLICT. */
export function checkFeatures(network: Network, output: Flow): void {
  checkTokens(network);
  checkFreeRun(network, output);
  checkCarry(network, output);
}

function checkTokens({ input, skip, freeRun, normalise }: Network): void {
  if (input.kind === 'numbers') return;
  const key = skip !== undefined ? 'skip' : freeRun !== undefined ? 'freeRun' : 'normalise';
  if (skip === undefined && freeRun === undefined && normalise.kind === 'none' && !normalise.scale) return;
  throw new ForecastError('E_CONFIG_CONFLICT', `${key} is for numbers, and the source gives text`, {
    where: `model.${key}`,
    hint: 'remove it',
  });
}

function checkFreeRun(network: Network, output: Flow): void {
  const { input, freeRun } = network;
  if (freeRun === undefined || input.kind !== 'numbers' || network.output.kind !== 'numbers') return;
  checkStepwise(network, output, 'freeRun', 'each step’s output is the next one’s input');
  if (network.output.horizon !== freeRun + 1) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `${freeRun} free steps give a horizon of ${freeRun + 1}, the window’s is ${network.output.horizon}`,
      {
        where: 'model.freeRun',
        hint: `write freeRun: ${network.output.horizon - 1}, or window.horizon: ${freeRun + 1}`,
      },
    );
  }
  if (freeRun > 0 && input.past > 0) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'past covariates are not known at the steps the network runs free', {
      where: 'model.freeRun',
      hint: 'leave source.past out, or write them as source.future where they are known in advance',
    });
  }
}

function checkCarry(network: Network, output: Flow): void {
  if (!network.carry) return;
  if (network.input.kind === 'numbers') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'carry is for text, and the source gives numbers', {
      where: 'model.carry',
      hint: 'remove it',
    });
  }
  checkStepwise(network, output, 'carry', 'state goes on from step to step');
}

/** Every layer works step by step, in the order of time, up to the last one. */
function checkStepwise({ layers }: Network, output: Flow, key: string, why: string): void {
  const reader = layers.find((layer) => 'bidirectional' in layer && layer.bidirectional)?.name;
  if (reader !== undefined) {
    throw new ForecastError('E_CONFIG_CONFLICT', `layer "${reader}" reads backwards, and with ${key} ${why}`, {
      where: `model.layers (${reader})`,
      hint: `write bidirectional: false, or remove model.${key}`,
    });
  }
  if (output.sequence) return;
  const last = layers.findLast((layer) => 'sequences' in layer && !layer.sequences)?.name;
  throw new ForecastError('E_CONFIG_CONFLICT', `layer "${last}" gives only the last step, and with ${key} ${why}`, {
    where: `model.layers (${last})`,
    hint: `write \`sequences: true\` on it, or remove model.${key}`,
  });
}
