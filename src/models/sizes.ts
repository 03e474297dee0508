// Whether the sizes of a network are sizes: whole, and at least 1 where there must be something. In: a network as data.
// Out: nothing, or E_CONFIG_CONFLICT with the figure. Not here: whether layers fit together (layers/), whether windows fit (engines/).

import { ForecastError } from '../core/errors.ts';
import type { Network } from './network.ts';

/** Configs are checked by their schema; engines are also handed networks of files and of other programs, and divide by these figures. */
export function checkSizes(network: Network): void {
  const { input, output, layers, normalise } = network;
  for (const layer of layers) {
    if ('units' in layer) size(layer.units, 1, `units of layer "${layer.name}"`, `model.layers (${layer.name})`);
  }
  if (input.kind === 'tokens') size(input.vocabulary, 1, 'tokens of the vocabulary', 'model');
  else checkChannels(input);
  if (output.kind === 'tokens') size(output.vocabulary, 1, 'tokens to choose from', 'model');
  else {
    size(output.horizon, 1, 'steps of the horizon', 'window.horizon');
    size(output.targets, 1, 'targets of the output', 'model');
    size(output.quantiles, 1, 'values for each target', 'model');
  }
  if (input.kind === 'numbers' && output.kind === 'numbers' && input.targets !== output.targets) {
    throw conflict(
      `the network reads ${input.targets} targets and gives ${output.targets}`,
      'model',
      'give as many as it reads',
    );
  }
  if (normalise.kind === 'mean') size(normalise.count, 1, 'values of the mean', 'model.normalise');
  if (normalise.kind === 'season') size(normalise.season, 1, 'steps of the season', 'model.normalise');
  size(network.freeRun ?? 0, 0, 'free steps', 'model.freeRun');
  size(network.warmup ?? 0, 0, 'steps to warm up', 'model.warmup');
}

function checkChannels({ targets, past, future, lags }: Extract<Network['input'], { kind: 'numbers' }>): void {
  size(targets, 1, 'targets', 'model');
  size(past, 0, 'past columns', 'model');
  size(future, 0, 'future columns', 'model');
  if (lags?.length === 0) throw conflict('the network reads no lag', 'model.lags', 'write lags: [1], or leave it out');
  for (const lag of lags ?? []) size(lag, 1, 'steps of a lag', 'model.lags');
}

/** Most of anything: what indices of 32 bits can count. */
const MOST = 0x7fffffff;

function size(found: number, least: number, what: string, where: string): void {
  if (Number.isInteger(found) && found >= least && found <= MOST) return;
  throw conflict(`${found} ${what}`, where, `a whole number from ${least} to ${MOST}`);
}

function conflict(what: string, where: string, hint: string): ForecastError {
  return new ForecastError('E_CONFIG_CONFLICT', what, { where, hint });
}
