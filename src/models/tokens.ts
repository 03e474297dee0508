// The frame of every network over tokens: ids in, one logit per token out, cross-entropy.
// In: a whole chain of layers. Out: a network, checked against the task. Not here: which layers.

import { ForecastError } from '../core/errors.ts';
import type { LayerSpec } from '../layers/layer.ts';
import { checkEnds } from './ends.ts';
import type { Task } from './model.ts';
import type { Network } from './network.ts';

/** Errors: E_CONFIG_CONFLICT where the source gives numbers, more than one token is asked for at once, or layers do not fit. */
export function tokensNetwork(layers: readonly LayerSpec[], task: Task, carry = false): Network {
  if (!task.tokens) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'this model reads text, and the source gives numbers', {
      where: 'model.kind',
      hint: 'use kind: lstm-regressor',
    });
  }
  if (task.window.horizon !== 1) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `a text model predicts one token at a time, window.horizon is ${task.window.horizon}`,
      {
        where: 'window.horizon',
        hint: 'write window.horizon: 1; predict.length says how many tokens are generated',
      },
    );
  }
  if (carry && task.window.targets !== 'every') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'carried state reads a text once, so every step of it is a target', {
      where: 'window.targets',
      hint: 'write window.targets: every, or remove model.carry',
    });
  }
  const network: Network = {
    input: { kind: 'tokens', vocabulary: task.tokens.vocabulary, padding: task.tokens.padding },
    layers,
    loss: { kind: 'cross-entropy' },
    normalise: { kind: 'none' },
    output: { kind: 'tokens', vocabulary: task.tokens.vocabulary },
    ...(carry ? { carry } : {}),
  };
  return checkEnds(network, task.window);
}
