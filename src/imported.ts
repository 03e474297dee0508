// A model trained elsewhere in the place of training: what of it has to fit the config and the data.
// In: a foreign model, the settled config, the data. Out: where the run starts. Not here: reading the model (import.ts, formats/).

import type { Config } from './config/config.ts';
import type { Loaded, Series } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import { START } from './engines/engine.ts';
import type { ForeignModel } from './formats/format.ts';
import { LOSSES, spellLoss } from './losses/index.ts';
import type { LossKind } from './losses/loss.ts';
import type { TrainState } from './train/state.ts';

export interface Imported {
  readonly model: ForeignModel;
  /** sha256 (hex) of its files. */
  readonly hash: string;
  /** How messages name it. */
  readonly where: string;
}

/** The state that every series starts and ends with: nothing is trained. Errors: E_MODEL_SHAPE, E_MODEL_LAYER. */
export function importedStates({ model, where }: Imported, config: Config, { raw }: Loaded): Map<string, TrainState> {
  const context = config.window.context;
  const { steps } = model.input;
  if (steps !== null && context !== null && steps !== context)
    throw misfit(
      `the model reads windows of ${steps} steps, window.context is ${context}`,
      where,
      `write window.context: ${steps}`,
    );
  if (raw.form === 'numbers') for (const series of raw.series) checkNumbers(model, config, series, where);
  const state: TrainState = {
    position: START,
    weights: model.weights,
    optimizer: { steps: 0, moments: new Map() },
    history: [],
    best: null,
    firstLoss: null,
  };
  const ids = raw.form === 'numbers' ? raw.series.map(({ id }) => id) : [raw.id];
  return new Map(ids.map((id) => [id, state]));
}

function checkNumbers(model: ForeignModel, config: Config, series: Series, where: string): void {
  const { input, outputs } = model;
  if (input.ids)
    throw misfit('the model reads token ids, and the source gives numbers', where, 'name a config of text');
  if (model.softmax)
    throw misfit('the model ends in a softmax, and the source gives numbers', where, 'name a config of text');
  const { horizon } = config.window;
  const [C, P, K] = [series.targets.length, series.past.length, series.future.length];
  const features = C + P + K * horizon;
  if (input.features !== features)
    throw misfit(
      `the model reads ${input.features} values a step, the config gives ${features} (${C} targets, ${P} past, ${K} future × horizon ${horizon})`,
      where,
      'name the columns it was trained on in source.target, source.past and source.future',
    );
  const loss = spellLoss((config.model.loss ?? 'mse') as Parameters<typeof spellLoss>[0]);
  const quantiles = (LOSSES[loss.kind] as LossKind).outputs(loss);
  if (outputs !== horizon * C * quantiles)
    throw misfit(
      `the model gives ${outputs} values, the config asks for ${horizon * C * quantiles} (horizon ${horizon} × ${C} targets × ${quantiles} quantiles)`,
      where,
      outputs % (C * quantiles) === 0
        ? `write window.horizon: ${outputs / (C * quantiles)}`
        : 'let source.target and model.loss be those of its training',
    );
}

export function misfit(what: string, where: string, hint: string): ForecastError {
  return new ForecastError('E_MODEL_SHAPE', what, { where, hint });
}
