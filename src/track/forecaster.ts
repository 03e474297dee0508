// The config's model as a forecaster of numbers: a network around encoders and windows, a closed form, or a combination of both.
// In: the config, the engine. Out: a NumberForecaster. Not here: fitting (fitting.ts), judging (judging.ts).

import type { CombinationReport, Member } from '../combine/combination.ts';
import { COMBINATIONS } from '../combine/index.ts';
import { spelled } from '../combine/member.ts';
import { seeded } from '../combine/seeds.ts';
import type { Choice, Config } from '../config/config.ts';
import { isRecorded } from '../config/defaults.ts';
import { recipeOf } from '../config/recipe.ts';
import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, NumberForecaster } from '../core/forecaster.ts';
import type { Sequence } from '../core/sequence.ts';
import type { Engine } from '../engines/engine.ts';
import type { ForecasterContext } from '../forecasters/forecaster.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { MODELS } from '../models/index.ts';
import { isOpen } from '../models/lstm-regressor.ts';
import { summarise } from '../models/summary.ts';
import {
  buildNetwork,
  type Made,
  madeOf,
  type NetworkParts,
  type NetworkSetup,
  type TrainOptions,
} from '../predict/network.ts';
import { numberNetwork, restoreNumberNetwork } from '../predict/number-network.ts';
import { yearly } from '../prepare/seasons.ts';
import { withFeatures } from '../sources/calendar.ts';
import type { WindowShape } from '../window/window.ts';
import { trainOptions } from './outcome.ts';

/** What every network of a run is made with, whether it is the model or a member of one. */
export interface Workshop {
  readonly config: Config;
  readonly shape: WindowShape;
  readonly season: number;
  /** All seasons, `season` first; absent: no other. */
  readonly seasons?: readonly number[];
  readonly engine: Engine;
  readonly train: TrainOptions;
  /** Series of the run; absent: one. */
  readonly series?: number;
  /** Whether networks are made for an ensemble of seeds. */
  readonly alone?: boolean;
  /** Whether networks are made for the logarithms of a series. */
  readonly logarithms?: true;
  /** Networks that a run has left: they are taken instead of trained again. */
  readonly trained?: (series: string, made: Made) => NetworkParts | null;
  /** What a run's combination chose for a series: it is not judged again. */
  readonly chosen?: (series: string) => CombinationReport | null;
}

/** Checkpoints and news of the network of each seed. */
export type SeedHooks = ReadonlyMap<number, NonNullable<NetworkSetup['hooks']>>;

/** The config's model. `hooks`: of its own networks; members of combinations have none. */
export function modelForecaster(workshop: Workshop, hooks?: SeedHooks): NumberForecaster {
  const { model, train } = workshop.config;
  return MODELS[model.kind] ? ensembleOf(workshop, model, train.seeds ?? 1, hooks) : memberOf(workshop, model);
}

function memberOf(workshop: Workshop, choice: Choice): NumberForecaster {
  const { kind, ...options } = choice;
  if (MODELS[kind]) return isLeft(workshop, choice) ? leftOpen(workshop, choice) : networkOf(workshop, choice);
  const combination = COMBINATIONS[kind];
  if (!combination) return closedForm(choice, workshop);
  const inner: Workshop = {
    ...workshop,
    ...(kind === 'seeds' ? { alone: true } : {}), // what is trained from several seeds already is not an ensemble itself
    ...(kind === 'log-scale' ? { logarithms: true } : {}),
  };
  return combination.create(combination.options.parse(options), {
    season: workshop.season,
    create: (member) => memberOf(inner, member),
    networkCost: (member, series, rows) => networkCost(inner, member, series, rows),
    ...(workshop.chosen ? { chosen: workshop.chosen } : {}),
  });
}

/** One network, or the mean of those of several seeds. */
function ensembleOf(workshop: Workshop, model: Choice, count: number, hooks?: SeedHooks): NumberForecaster {
  const create = (seed: number): NumberForecaster => networkOf(workshop, model, hooks?.get(seed));
  const name = model.kind;
  return count > 1
    ? seeded({ name, label: name, count, how: 'mean', create })
    : { name, fit: (series, request) => create(request.seed).fit(series, request) };
}

/** Whether a member is a network that its config leaves to the recipe. */
function isLeft({ config }: Workshop, choice: Choice): boolean {
  return isRecorded(config) && isOpen(choice);
}

/** A member by the recipe: its own encoders, windows, training and calendar, whatever those of the config are. */
function leftOpen(workshop: Workshop, choice: Choice): NumberForecaster {
  return {
    name: choice.kind,
    fit: async (series, request) => {
      const { own, count, shown } = byRecipe(workshop, choice, series, request);
      const fitted = await ensembleOf(own, own.config.model, count).fit(shown(series), request);
      return { ...fitted, forecast: (given, asked) => fitted.forecast(shown(given), asked) };
    },
  };
}

/** The recipe for what a fit may learn from, in the place of the config's own keys. */
function byRecipe(
  workshop: Workshop,
  model: Choice,
  series: Series,
  { until, validation, horizon = 1, lead = 0 }: Pick<FitRequest, 'until' | 'validation' | 'horizon' | 'lead'>,
): { own: Workshop; count: number; shown: (series: Series) => Series } {
  const { config, season, seasons, alone, series: panel } = workshop;
  const known = validation ?? until;
  const recipe = recipeOf({
    model,
    season,
    seasons,
    room: known,
    series: panel ?? 1,
    horizon,
    positive: series.targets.every(({ values }) => values.subarray(0, known).every((value) => value > 0)),
    calendar: yearly(series, season),
    feeds: lead === 0 && series.past.length === 0,
  });
  const { context, horizon: block } = recipe;
  const shape: WindowShape = { context, horizon: block, lead, targets: 'last', pad: 'none', mask: false };
  const ahead = lead + Math.ceil(horizon / block) * block;
  const own: Config = {
    ...config,
    model: recipe.model,
    encoder: recipe.encoder,
    window: { ...config.window, ...shape },
    train: { ...config.train, ...recipe.train, epochs: 1, clip: null, patience: null, shuffle: true },
  };
  return {
    own: { ...workshop, config: own, shape, train: trainOptions(own) },
    count: alone ? 1 : recipe.train.seeds,
    shown: (given) => (recipe.calendar.length > 0 ? withFeatures(given, recipe.calendar, ahead) : given),
  };
}

function networkOf(
  { config, shape, season, engine, train, trained, logarithms }: Workshop,
  model: Choice,
  hooks?: NonNullable<NetworkSetup['hooks']>,
): NumberForecaster {
  const own = { model, ...(logarithms ? { logarithms } : {}) };
  const network = numberNetwork({
    name: model.kind,
    ...own,
    chain: config.encoder,
    season,
    shape,
    cutting: config.window,
    train,
    engine,
    ...(hooks ? { hooks } : {}),
  });
  if (!trained) return network;
  return {
    name: network.name,
    fit: async (series, request) => {
      const parts = trained(series.id, madeOf(own, request));
      if (!parts) return await network.fit(series, request);
      return await restoreNumberNetwork(model.kind, parts, config.window.kind, engine);
    },
  };
}

/** Forward and backward (three times forward) over all windows, epoch after epoch; of all seeds. */
function networkCost(workshop: Workshop, member: Choice, series: Series, rows: number): number {
  if (member.kind === 'seeds') {
    const [model, alone] = [spelled(member.model as Member), { ...workshop, alone: true }];
    return (member.count as number) * networkCost(alone, model, series, rows);
  }
  const model = (member.kind === 'log-scale' ? member.model : member) as Choice;
  if (isLeft(workshop, model)) return recipeCost(workshop, model, series, rows);
  const { shape, train } = workshop;
  const { multiplyAdds } = summarise(buildNetwork({ model, shape }, channelsOf(series)), shape);
  const windows = Math.max(1, rows - shape.context - shape.lead - shape.horizon + 1);
  const passes = train.steps === undefined ? windows * train.epochs : train.batch * train.steps;
  return 3 * multiplyAdds * passes;
}

/** Of all seeds: forward and backward over every batch of every step. */
function recipeCost(workshop: Workshop, choice: Choice, series: Series, rows: number): number {
  const { horizon, lead } = { horizon: workshop.config.predict.horizon, lead: workshop.config.window.lead };
  const { own, count, shown } = byRecipe(workshop, choice, series, { until: rows, validation: null, horizon, lead });
  const { multiplyAdds } = summarise(
    buildNetwork({ model: own.config.model, shape: own.shape }, channelsOf(shown(series))),
    own.shape,
  );
  return 3 * multiplyAdds * own.train.batch * (own.train.steps ?? 1) * count;
}

function channelsOf({ targets, past, future }: Series): Pick<Sequence, 'targets' | 'past' | 'future' | 'tokens'> {
  const values = (columns: Series['targets']): Float64Array[] => columns.map((column) => column.values);
  return { targets: values(targets), past: values(past), future: values(future), tokens: null };
}

/** A closed-form forecaster by its kind. */
export function closedForm(
  choice: { readonly kind: string; readonly [option: string]: unknown },
  { season, seasons }: ForecasterContext,
): NumberForecaster {
  const { kind, ...options } = choice;
  const entry = FORECASTERS[kind];
  if (entry?.form !== 'numbers') throw otherForm(kind, 'numbers', 'evaluate.baselines');
  return entry.create(entry.options.parse(options), { season, seasons });
}

/** Errors: E_CONFIG_CONFLICT, to be thrown. */
export function otherForm(kind: string, form: 'numbers' | 'text', where: string, hint?: string): ForecastError {
  const model = form === 'text' ? 'model: { kind: language-model }' : 'model: { kind: lstm-regressor }';
  return new ForecastError('E_CONFIG_CONFLICT', `${kind} is not for ${form}, which the source gives`, {
    where,
    hint: hint ?? model,
  });
}
