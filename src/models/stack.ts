// Stack: every layer spelled out, the head included, for whoever wants to see all of the network in the config.
// In: layers, loss, normalisation, the task. Out: a network as data. Not here: any default layer.

import { z } from 'zod';
import { ForecastError } from '../core/errors.ts';
import { type LayerOptions, layerOptions } from '../layers/index.ts';
import { type LossChoice, lossChoice, spellLoss } from '../losses/index.ts';
import { spellLayers } from './chain.ts';
import type { ModelKind } from './model.ts';
import { type NormaliseChoice, normaliseChoice } from './normalise.ts';
import { numbersNetwork } from './numbers.ts';
import { tokensNetwork } from './tokens.ts';

export interface StackOptions {
  readonly layers: readonly LayerOptions[];
  readonly loss?: LossChoice | undefined;
  readonly normalise: NormaliseChoice;
}

export const stack: ModelKind<StackOptions> = {
  kind: 'stack',
  form: 'any',
  summary: 'Every layer spelled out, the head included.',
  options: z.strictObject({
    layers: z
      .array(layerOptions)
      .min(1)
      .describe('all layers; the last gives horizon · targets · quantiles values, or one logit per token'),
    loss: lossChoice.optional().describe('error made small; default mse for numbers, cross-entropy for text'),
    normalise: normaliseChoice
      .default('none')
      .describe('per window, numbers only: subtract nothing, the last value or a mean; default none'),
  }),
  build: (options, task) => {
    const layers = spellLayers(options.layers, task.window.targets === 'every');
    const loss = spellLoss(options.loss ?? (task.tokens ? 'cross-entropy' : 'mse'));
    if (task.tokens === null) return numbersNetwork(layers, loss, options.normalise, task);
    if (loss.kind !== 'cross-entropy' || options.normalise !== 'none') {
      throw new ForecastError('E_CONFIG_CONFLICT', 'a text model takes loss: cross-entropy and normalise: none', {
        where: 'model',
      });
    }
    return tokensNetwork(layers, task);
  },
};
