// Stack: every layer spelled out, the head included, for whoever wants to see all of the network in the config.
// In: layers, loss, normalisation, the task. Out: a network as data. Not here: any default layer.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import { type LayerOptions, layerOptions } from '../layers/index.ts';
import { type LossChoice, lossChoice, spellLoss } from '../losses/index.ts';
import { spellLayers } from './chain.ts';
import type { ModelKind } from './model.ts';
import { isPlain, type NormaliseChoice, normaliseChoice } from './normalise.ts';
import { numbersNetwork } from './numbers.ts';
import { carryField, everyStep, type FeatureOptions, featureFields, spellFeatures } from './options.ts';
import { tokensNetwork } from './tokens.ts';

export interface StackOptions extends FeatureOptions {
  readonly layers: readonly LayerOptions[];
  readonly loss?: LossChoice | undefined;
  readonly normalise: NormaliseChoice;
  readonly carry?: boolean | undefined;
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
      .describe('per window, numbers only: what values are relative to, and in which unit; default none'),
    ...featureFields,
    carry: carryField,
  }),
  build: (options, task) => {
    const layers = spellLayers(options.layers, everyStep(options, task.window));
    const loss = spellLoss(options.loss ?? (task.tokens ? 'cross-entropy' : 'mse'));
    if (task.tokens === null) return numbersNetwork(layers, loss, options.normalise, options, task, options.carry);
    if (loss.kind !== 'cross-entropy' || !isPlain(options.normalise)) {
      throw new ForecastError('E_CONFIG_CONFLICT', 'a text model takes loss: cross-entropy and normalise: none', {
        where: 'model',
      });
    }
    const { lags, ...features } = spellFeatures(options, task.window);
    const numeric = lags ? 'lags' : (['skip', 'freeRun', 'warmup'] as const).find((key) => features[key] !== undefined);
    if (numeric) {
      throw new ForecastError('E_CONFIG_CONFLICT', `${numeric} is for numbers, and the source gives text`, {
        where: `model.${numeric}`,
        hint: 'remove it',
      });
    }
    return tokensNetwork(layers, task, options.carry);
  },
};
