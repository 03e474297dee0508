// Fitting the config's model: to several series at once, and again on every row, for as long as was best.
// In: series and what may be learned from. Out: fitted forecasters, checkpoints kept. Not here: what is held out, judging (judging.ts).

import { seedsFrom } from '../combine/seeds.ts';
import type { Config } from '../config/config.ts';
import type { Series } from '../core/data.ts';
import type { FitRequest, FittedNumbers } from '../core/forecaster.ts';
import { MODELS } from '../models/index.ts';
import type { TrainOptions } from '../predict/network.ts';
import type { FittedNumberNetwork } from '../predict/number-network.ts';
import type { WindowShape } from '../window/window.ts';
import { modelForecaster, type SeedHooks, type Workshop } from './forecaster.ts';
import { networksOf } from './networks.ts';
import { type Hooks, planHooks, requestOf } from './outcome.ts';

/** Several series fitted at once, as the backtest fits them; null where the model learns from each by itself. */
export async function fitTogether(
  workshop: Workshop,
  panel: readonly Series[],
  requests: readonly FitRequest[],
): Promise<readonly FittedNumbers[] | null> {
  if (panel.length < 2) return null;
  return (await modelForecaster(workshop).fitPanel?.(panel, requests)) ?? null;
}

/** The same forecaster fitted on every row: a network for the epochs that were best, with nothing held out. `fitted`: null where it held none. */
export async function refit(
  series: Series,
  fitted: FittedNumbers | FittedNumberNetwork | null,
  workshop: Workshop,
  hooks: Hooks,
): Promise<FittedNumbers | FittedNumberNetwork> {
  const { config, shape, train } = workshop;
  const name = `${series.id} (all rows)`;
  const training = refitOptions(train, fitted ? [fitted] : []);
  // What the model is like, and odd about it, was said of the first fit.
  const quiet = { ...hooks, warn: () => {}, summary: () => {} };
  const forecaster = modelForecaster({ ...workshop, train: training }, await seedHooks(name, config, quiet));
  const again = await forecaster.fit(series, allRows(config, series, shape.lead, name, quiet));
  await keepNetworks(name, again, config, hooks);
  return again;
}

/** A fit on every row of a series, nothing held out. */
export function allRows(config: Config, series: Series, lead: number, name: string, hooks: Hooks): FitRequest {
  return {
    ...requestOf(config.seed, name, hooks),
    horizon: config.predict.horizon,
    lead,
    until: series.length,
    validation: null,
  };
}

/** All series fitted at once on every row. `fits`: those whose networks tell for how long. */
export async function refitTogether(
  workshop: Workshop,
  tasks: readonly { readonly series: Series; readonly shape: WindowShape }[],
  fits: readonly FittedNumbers[],
  hooks: Hooks,
): Promise<readonly FittedNumbers[] | null> {
  const { config, train } = workshop;
  const quiet = { ...hooks, warn: () => {}, summary: () => {} };
  const requests = tasks.map(({ series, shape }) =>
    allRows(config, series, shape.lead, `${series.id} (all rows)`, quiet),
  );
  const training = refitOptions(train, fits);
  const panel = tasks.map(({ series }) => series);
  return await fitTogether({ ...workshop, train: training }, panel, requests);
}

/** Checkpoints of a series' own networks, one for each seed, under the names their weights are kept by; none where the model is no network. */
export async function seedHooks(name: string, config: Config, hooks: Hooks): Promise<SeedHooks> {
  if (!MODELS[config.model.kind]) return new Map(); // nobody looks through the disk for checkpoints of what has none
  const seeds = seedsFrom(config.seed, config.train.seeds ?? 1);
  const made = seeds.map(async (seed) => [seed, await planHooks(networkName(name, seed, config), hooks)] as const);
  return new Map(await Promise.all(made));
}

/** What the training of a seed is called: by its series, and where there are several by its seed too. */
function networkName(name: string, seed: number, { model, train }: Config): string {
  return (train.seeds ?? 1) > 1 ? `${name} / ${model.kind} seed ${seed}` : name;
}

/** Keeps the trainings that have checkpoints. */
export async function keepNetworks(name: string, fitted: FittedNumbers, config: Config, hooks: Hooks): Promise<void> {
  if (!MODELS[config.model.kind]) return;
  for (const { made, state } of networksOf(fitted)) await hooks.keep(networkName(name, made.seed, config), state);
}

/** Trained as long as was best: for as many epochs, or where steps are counted and nothing stops them early for as many steps. */
function refitOptions(train: TrainOptions, fits: readonly FittedNumbers[]): TrainOptions {
  if (train.steps !== undefined && train.patience === null) return train;
  return { ...train, steps: undefined, epochs: bestEpochs(fits, train.epochs), patience: null };
}

/** The epochs that were best, on the average of the networks in these fits; as many as the config says where there is none. */
function bestEpochs(fits: readonly FittedNumbers[], written: number): number {
  const chosen = fits.flatMap(networksOf).map(({ state }) => state.best?.epoch ?? state.history.length);
  const mean = chosen.reduce((sum, epochs) => sum + epochs, 0) / chosen.length;
  return chosen.length > 0 ? Math.max(1, Math.round(mean)) : written;
}
