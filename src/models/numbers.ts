// The frame of every network over numbers: its ends, its loss, its normalisation, checked against the task.
// In: a whole chain of layers. Out: a network. Not here: which layers (each model's own file).

import { ForecastError } from '../core/errors.ts';
import type { LayerSpec } from '../layers/layer.ts';
import { LOSSES } from '../losses/index.ts';
import type { LossKind, LossSpec } from '../losses/loss.ts';
import { checkEnds } from './ends.ts';
import type { Task } from './model.ts';
import type { Network, Normalise } from './network.ts';
import { isPlain, type NormaliseChoice, spellNormalise } from './normalise.ts';
import { type FeatureOptions, spellFeatures } from './options.ts';

/** Errors: E_CONFIG_CONFLICT where loss, layers or normalisation do not fit the task. */
export function numbersNetwork(
  layers: readonly LayerSpec[],
  loss: LossSpec,
  normalise: NormaliseChoice,
  options: FeatureOptions,
  task: Task,
  carry = false,
): Network {
  if (task.tokens) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'this model reads numbers, and the source gives text', {
      where: 'model.kind',
      hint: 'use kind: language-model',
    });
  }
  if ((LOSSES[loss.kind] as LossKind).form !== 'numbers') {
    throw new ForecastError('E_CONFIG_CONFLICT', `loss ${loss.kind} is for text, and the source gives numbers`, {
      where: 'model.loss',
      hint: 'write loss: mse, mae, huber or pinball',
    });
  }
  if (!isPlain(normalise) && task.window.targets === 'every') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'normalise would show each step the window’s later values', {
      where: 'model.normalise',
      hint: 'write window.targets: last, or normalise: none',
    });
  }
  const { lags, ...features } = spellFeatures(options, task.window);
  const spelled = spellNormalise(normalise, task.window.context);
  checkSeason(spelled, task.window.context);
  const network: Network = {
    input: { kind: 'numbers', targets: task.targets, past: task.past, future: task.future, ...(lags ? { lags } : {}) },
    layers,
    loss,
    normalise: spelled,
    output: {
      kind: 'numbers',
      horizon: task.window.horizon,
      targets: task.targets,
      quantiles: (LOSSES[loss.kind] as LossKind).outputs(loss),
    },
    ...features,
    ...(carry ? { carry } : {}),
  };
  return checkEnds(network, task.window);
}

function checkSeason(normalise: Normalise, context: number): void {
  if (normalise.kind !== 'season' || normalise.season <= context) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `targets relative to ${normalise.season} steps before, and the context holds ${context}`,
    { where: 'model.normalise', hint: `write window.context: ${normalise.season} or more` },
  );
}
