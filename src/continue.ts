// Training on: the weights and the optimizer's state of a complete run as the start of a new one; or weights made elsewhere, as they are.
// In: a run folder or an imported model, the new config. Out: states by series, and the config with the epochs added up. Not here: the loop (train/).

import { resolve } from 'node:path';
import { readModels } from './artifact/model.ts';
import { readRunFolder } from './artifact/run-folder.ts';
import { seedsFrom } from './combine/seeds.ts';
import type { Config } from './config/config.ts';
import { settle } from './config/defaults.ts';
import type { Loaded } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import { ordered } from './core/json.ts';
import { type Imported, importedStates } from './imported.ts';
import { MODELS } from './models/index.ts';
import { factsOf, storedConfig } from './prepare/open.ts';
import type { TrainState } from './train/state.ts';

export interface Continuation {
  /** Identity of the run continued, or of the imported model. */
  readonly hash: string;
  readonly states: ReadonlyMap<string, TrainState>;
  /** The new config, its epochs on top of those already done. */
  readonly config: Config;
}

/** Keys that must not change between a run and its continuation: they shape the weights or what they mean. */
const KEPT = ['encoder', 'model', 'window'] as const;

/**
 * What a run at `path`, or a model made elsewhere, hands to a new run of `config`. Errors: E_RESUME_MISMATCH where model, encoder or
 * window differ; those of `importedStates`.
 */
export async function continuation(from: string | Imported, config: Config, data: Loaded): Promise<Continuation> {
  if (typeof from !== 'string') {
    const states = importedStates(from, config, data);
    // Nothing is trained, so nothing is fitted anew either: no folds, no second fit.
    const train = { ...config.train, epochs: 0, refit: false };
    return { hash: from.hash, states, config: { ...config, train, evaluate: { ...config.evaluate, folds: 0 } } };
  }
  return await continued(from, config, data);
}

async function continued(path: string, config: Config, data: Loaded): Promise<Continuation> {
  const stored = await readRunFolder(resolve(path));
  const before = settle(storedConfig(stored).written, factsOf(data));
  const refuse = (what: string, hint: string): ForecastError =>
    new ForecastError('E_RESUME_MISMATCH', what, { where: path, hint });
  const other = otherwise(before, config);
  if (other !== null) throw refuse(other, 'continue with the config the run was made with');
  const identity = stored.json('identity.json') as { hash: string; data: string };
  const models = readModels(stored);
  if (!MODELS[config.model.kind] && models.size > 0) {
    throw refuse(
      `${config.model.kind} is made of several forecasters, none of them to be trained on`,
      'continue a run whose model is a network, or run the config anew with more train.epochs',
    );
  }
  if (models.size === 0) throw refuse('the run holds no network', 'name a run of a network model');
  // Numbers are scaled anew and may have grown; a text numbers its tokens anew, and the old weights would speak of other words.
  if (data.raw.form === 'text' && identity.data !== data.sha256)
    throw refuse('the run was made on another text', 'continue on the text the run was made with');
  const held = new Set([...models].map(([name, { series }]) => series ?? name));
  if (data.raw.form === 'numbers' && data.raw.series.some(({ id }) => !held.has(id)))
    throw refuse('the run holds other series than the data', 'continue on the data the run was made with');
  const states = new Map(
    [...models].map(
      ([id, { parts, training }]) =>
        [id, { ...training, weights: training.weights ?? parts.weights, best: null }] as const,
    ),
  );
  const done = [...states.values()].reduce((most, { history }) => Math.max(most, history.length), 0);
  return { hash: identity.hash, states, config: { ...config, train: longer(config.train, done) } };
}

/** The first thing that shapes the weights, or what they mean, and is not as it was; null where all is. */
function otherwise(before: Config, config: Config): string | null {
  for (const key of KEPT) {
    const [old, now] = [JSON.stringify(ordered(before[key])), JSON.stringify(ordered(config[key]))];
    if (old !== now) return `${key} ${old.slice(0, 60)} → ${now.slice(0, 60)}`;
  }
  const [old, now] = [before.train.seeds ?? 1, config.train.seeds ?? 1];
  const same = old === now && (now === 1 || before.seed === config.seed);
  return same ? null : `seeds ${seedsShown(before)} → ${seedsShown(config)}`;
}

/** Epochs on top of those done; where steps are counted, as many epochs again as they came to. */
function longer({ steps, epochs, ...train }: Config['train'], done: number): Config['train'] {
  return { ...train, epochs: done + (steps === undefined ? epochs : done) };
}

function seedsShown({ seed, train }: Config): string {
  const seeds = seedsFrom(seed, train.seeds ?? 1);
  return seeds.length > 1 ? `${seeds[0]} … ${seeds.at(-1)}` : `${seed}`;
}
