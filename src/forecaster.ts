// The config's model as a forecaster of numbers: a network around encoders and windows, a closed form, or a combination of both.
// In: the config, the engine. Out: a NumberForecaster. Not here: fitting, judging (numbers.ts).

import { COMBINATIONS } from './combine/index.ts';
import { hasNetwork } from './combine/member.ts';
import type { Choice, Config } from './config/config.ts';
import type { Series } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import type { NumberForecaster } from './core/forecaster.ts';
import type { Engine } from './engines/engine.ts';
import { FORECASTERS } from './forecasters/index.ts';
import { MODELS } from './models/index.ts';
import { summarise } from './models/summary.ts';
import { buildNetwork, type NetworkPlan, type TrainOptions } from './predict/network.ts';
import { numberNetwork } from './predict/number-network.ts';
import type { WindowShape } from './window/window.ts';

/** What every network of a run is made with, whether it is the model or a member of one. */
export interface Workshop {
  readonly config: Config;
  readonly shape: WindowShape;
  readonly season: number;
  /** All seasons, `season` first; absent: no other. */
  readonly seasons?: readonly number[];
  readonly engine: Engine;
  readonly train: TrainOptions;
}

/** The config's model. `hooks`: checkpoints of the one network, where it is one; members of combinations have none. */
export function modelForecaster(workshop: Workshop, hooks?: NonNullable<NetworkPlan['hooks']>): NumberForecaster {
  const { model } = workshop.config;
  return MODELS[model.kind] ? networkOf(workshop, model, hooks) : memberOf(workshop, model);
}

/** Whether fitting the model trains a network, as itself or as a member. */
export function trainsNetwork(model: Choice): boolean {
  return hasNetwork(model);
}

function memberOf(workshop: Workshop, choice: Choice): NumberForecaster {
  const { kind, ...options } = choice;
  const { season, seasons } = workshop;
  if (MODELS[kind]) return networkOf(workshop, choice);
  const combination = COMBINATIONS[kind];
  if (!combination) return closedForm(choice, season, seasons);
  return combination.create(combination.options.parse(options), {
    season,
    create: (member) => memberOf(workshop, member),
    networkCost: (member, series, rows) => networkCost(workshop, member, series, rows),
  });
}

function networkOf(
  { config, shape, season, engine, train }: Workshop,
  model: Choice,
  hooks?: NonNullable<NetworkPlan['hooks']>,
): NumberForecaster {
  return numberNetwork({
    name: model.kind,
    model,
    chain: config.encoder,
    season,
    shape,
    cutting: config.window,
    train,
    engine,
    ...(hooks ? { hooks } : {}),
  });
}

/** Forward and backward (three times forward) over all windows, epoch after epoch. */
function networkCost({ shape, train }: Workshop, member: Choice, series: Series, rows: number): number {
  const model = (member.kind === 'transformed' ? member.model : member) as Choice;
  const channels = (columns: Series['targets']): Float64Array[] => columns.map(({ values }) => values);
  const { targets, past, future } = series;
  const sequence = { targets: channels(targets), past: channels(past), future: channels(future), tokens: null };
  const { multiplyAdds } = summarise(buildNetwork({ model, shape }, sequence), shape);
  const windows = Math.max(1, rows - shape.context - shape.lead - shape.horizon + 1);
  return 3 * multiplyAdds * windows * train.epochs;
}

/** A closed-form forecaster by its kind. */
export function closedForm(
  choice: { readonly kind: string; readonly [option: string]: unknown },
  season: number,
  seasons?: readonly number[],
): NumberForecaster {
  const { kind, ...options } = choice;
  const entry = FORECASTERS[kind];
  if (entry?.form === 'numbers')
    return entry.create(entry.options.parse(options), seasons ? { season, seasons } : { season });
  throw otherForm(kind, 'numbers', 'evaluate.baselines');
}

/** Errors: E_CONFIG_CONFLICT, to be thrown. */
export function otherForm(kind: string, form: 'numbers' | 'text', where: string, hint?: string): ForecastError {
  const model = form === 'text' ? 'model: { kind: language-model }' : 'model: { kind: lstm-regressor }';
  return new ForecastError('E_CONFIG_CONFLICT', `${kind} is not for ${form}, which the source gives`, {
    where,
    hint: hint ?? model,
  });
}
