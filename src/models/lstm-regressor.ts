// LSTM regressor: stacked recurrent layers and one linear head that gives the whole horizon at once.
// In: units or layers, a loss, the task. Out: a network as data. Not here: arithmetic.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import { type LayerOptions, layerOptions } from '../layers/index.ts';
import type { Initialiser } from '../layers/layer.ts';
import { initialiser } from '../layers/options.ts';
import { LOSSES, type LossChoice, lossChoice, spellLoss } from '../losses/index.ts';
import type { LossKind } from '../losses/loss.ts';
import { spellLayers } from './chain.ts';
import type { ModelKind } from './model.ts';
import { type NormaliseChoice, normaliseChoice } from './normalise.ts';
import { numbersNetwork } from './numbers.ts';
import { dropoutField, everyStep, type FeatureOptions, featureFields, freeStepsOf } from './options.ts';

export interface LstmRegressorOptions extends FeatureOptions {
  /** Absent: 50. */
  readonly units?: number | readonly number[] | undefined;
  readonly cell: 'lstm' | 'gru' | 'simple-rnn';
  readonly activation: 'tanh' | 'relu';
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly recurrent: Initialiser;
  readonly layers?: readonly LayerOptions[] | undefined;
  readonly loss: LossChoice;
  /** Absent: none. */
  readonly normalise?: NormaliseChoice | undefined;
}

export const lstmRegressor: ModelKind<LstmRegressorOptions> = {
  kind: 'lstm-regressor',
  form: 'numbers',
  summary: 'Recurrent layers over the window, then a linear head for the whole horizon.',
  options: z.strictObject({
    units: z
      .union([z.int().min(1), z.array(z.int().min(1)).min(1)])
      .optional()
      .describe(
        'width of each recurrent layer, one number or a list; default 50, and by the recipe for a recorded series (forecast explain recipe)',
      ),
    cell: z.enum(['lstm', 'gru', 'simple-rnn']).default('lstm').describe('the recurrent layer; default lstm'),
    activation: z
      .enum(['tanh', 'relu'])
      .default('tanh')
      .describe('of the recurrent layers (a gru knows tanh only); default tanh'),
    dropout: dropoutField,
    bidirectional: z.boolean().default(false).describe('read the window in both directions; default false'),
    recurrent: initialiser.default('orthogonal').describe('first recurrent weights; default orthogonal'),
    layers: z
      .array(layerOptions)
      .min(1)
      .optional()
      .describe(
        'the layers before the head, spelled out, in place of units, cell, activation, dropout, bidirectional and recurrent',
      ),
    loss: lossChoice.default('mse').describe('error made small; default mse'),
    normalise: normaliseChoice
      .optional()
      .describe('per window: what values are relative to, and in which unit; default none, or by the recipe'),
    ...featureFields,
  }),
  build: (options, task) => {
    if (options.cell === 'gru' && options.activation !== 'tanh' && !options.layers) {
      throw new ForecastError('E_CONFIG_CONFLICT', `a gru knows tanh only, not ${options.activation}`, {
        where: 'model.activation',
        hint: 'remove it, or write cell: lstm',
      });
    }
    const loss = spellLoss(options.loss);
    const steps = freeStepsOf(options, task.window) === undefined ? task.window.horizon : 1;
    const outputs = steps * task.targets * (LOSSES[loss.kind] as LossKind).outputs(loss);
    const chain = [...(options.layers ?? recurrentLayers(options)), { kind: 'dense', units: outputs } as const];
    const layers = spellLayers(chain, everyStep(options, task.window));
    return numbersNetwork(layers, loss, options.normalise ?? PLAIN.normalise, options, task);
  },
};

/** What is meant where neither a config nor a recipe says. */
export const PLAIN = { units: 50, normalise: 'none' } as const;

/** Whether a choice of this kind says nothing of its layers: then a recorded series has them by the recipe (config/recipe.ts). */
export function isOpen({ kind, units, layers }: { readonly [option: string]: unknown }): boolean {
  return kind === lstmRegressor.kind && units === undefined && layers === undefined;
}

function recurrentLayers(options: LstmRegressorOptions): LayerOptions[] {
  const { units = PLAIN.units } = options;
  const widths = typeof units === 'number' ? [units] : units;
  const activation = options.cell === 'gru' ? {} : { activation: options.activation };
  return widths.flatMap((units): LayerOptions[] => {
    const { cell, bidirectional, recurrent, dropout } = options;
    const layer: LayerOptions = { kind: cell, units, bidirectional, recurrent, ...activation };
    return dropout > 0 ? [layer, { kind: 'dropout', rate: dropout }] : [layer];
  });
}
