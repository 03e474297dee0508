// How the forecaster of a complete run is brought back: networks from their weights, closed forms fitted again where the run fitted them.
// In: a run folder, new data where there are any. Out: what forecasts a series, or continues a text. Not here: asking it (stored.ts).

import { relative, resolve } from 'node:path';
import { readModels, type SeriesModel } from '../artifact/model.ts';
import type { StoredRun } from '../artifact/run-folder.ts';
import { blend, type How } from '../combine/blend.ts';
import type { CombinationReport } from '../combine/combination.ts';
import { hasNetwork } from '../combine/member.ts';
import type { Choice, Config } from '../config/config.ts';
import { settle } from '../config/defaults.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Loaded, Numbers, Series, Text } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, FittedText } from '../core/forecaster.ts';
import { ordered, stableJson } from '../core/json.ts';
import { restoreText } from '../encoders/chain.ts';
import type { TextEncoder } from '../encoders/encoder.ts';
import { openEngine } from '../engines/index.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { MODELS } from '../models/index.ts';
import { isOpen } from '../models/lstm-regressor.ts';
import type { Made, NetworkParts } from '../predict/network.ts';
import { restoreNumberNetwork } from '../predict/number-network.ts';
import { restoreTextNetwork } from '../predict/text-network.ts';
import { holdOut, windowShape } from '../prepare/cutting.ts';
import { factsOf, loadData, type OpenedConfig, storedResult } from '../prepare/open.ts';
import type { Result } from '../report/result.ts';
import { SOURCES } from '../sources/index.ts';
import type { SourceKind } from '../sources/source.ts';
import { fitTogether } from '../track/fitting.ts';
import { modelForecaster, type Workshop } from '../track/forecaster.ts';
import { isFittedAgain, taskOf } from '../track/judging.ts';
import { trainOptions } from '../track/outcome.ts';
import { fitAnyway, fitShort } from '../track/short.ts';
import { refitText } from '../track/text.ts';
import { asRunReads } from './actuals.ts';

const CSV = (SOURCES.csv as SourceKind).options;

/** What brings back the forecaster of a series. `opened`: as the run fitted it; `config`: the same, for the data that are forecast. */
export async function restorer(
  stored: StoredRun,
  opened: LoadedConfig,
  config: Config,
  seasons: readonly number[],
): Promise<(series: Series) => Promise<FittedNumbers>> {
  const models = networksBySeries(readModels(stored));
  const ensemble = ensembleOf(config);
  return models.size > 0 && ensemble
    ? await fromWeights(stored, models, ensemble, config, seasons)
    : await fittedAgain(stored, models, opened, config, seasons);
}

/** Networks alone: their weights are all there is to know. Series that were too short for one have none. */
async function fromWeights(
  stored: StoredRun,
  models: ReadonlyMap<string, readonly SeriesModel[]>,
  { name, how }: Ensemble,
  { engine: { kind }, seed, window }: Config,
  seasons: readonly number[],
): Promise<(series: Series) => Promise<FittedNumbers>> {
  const { engine } = await openEngine(kind);
  const forecast = new Set(storedResult(stored, ['forecast']).forecast.map(({ series }) => series));
  return async (series) => {
    if (forecast.has(series.id) && !models.has(series.id)) return await fitAnyway(series, seed, seasons);
    const fits: FittedNumbers[] = [];
    for (const { parts, encoder } of ofSeries(models, series.id))
      fits.push(await restoreNumberNetwork(name, { ...parts, encoder }, window.kind, engine));
    if (fits.length === 1) return fits[0] as FittedNumbers;
    const members = fits.map((fitted) => ({ fitted, weight: 1 / fits.length }));
    return blend(name, members, how, { rule: '', members: [] });
  };
}

/** Closed forms, and combinations that hold any: fitted again on the run's own data, their networks taken from their weights. */
async function fittedAgain(
  stored: StoredRun,
  models: ReadonlyMap<string, readonly SeriesModel[]>,
  opened: LoadedConfig,
  { model, engine: { kind } }: Config,
  seasons: readonly number[],
): Promise<(series: Series) => Promise<FittedNumbers>> {
  const data = await ownData(stored, opened, [
    `${model.kind} is fitted again on the data of the run`,
    'keep them as they were, name the folder they are in with --root, or run the config anew',
  ]);
  const { series: panel, short = [] } = data.raw as Numbers;
  const tooShort = new Set(short);
  const config = settle(opened.written, factsOf(data));
  const { fit, fits } = storedResult(stored, ['fit', 'fits']);
  const fitBySeries = new Map(fits?.map((one) => [one.series, one]));
  const fitOf = (id: string): Result['fit'] => fitBySeries.get(id) ?? fit;
  // Only networks that are there, or would have to be judged again, need an engine.
  const trains = hasNetwork(model) && fit.combination === undefined;
  const { engine } = await openEngine(models.size > 0 || trains ? kind : 'reference');
  const trained = (id: string, made: Made): NetworkParts | null => {
    const asked = stableJson(ordered(made));
    const found = models.get(id)?.find((one) => one.made && stableJson(ordered(one.made)) === asked);
    return found ? { ...found.parts, encoder: found.encoder } : null;
  };
  // Series too short to be judged were fitted with the others where those were fitted again, else each by itself.
  const again = isFittedAgain(config, taskOf(config, panel[0] as Series).parts);
  const alone = new Set(again && panel.length > 1 ? [] : short.map(({ id }) => id));
  const chosen = (id: string): CombinationReport | null => (alone.has(id) ? null : (fitOf(id).combination ?? null));
  /** What a series was fitted with. */
  const asFitted = (series: Series): { workshop: Workshop; request: FitRequest } => {
    const shape = windowShape(config, series);
    const whole = again || tooShort.has(series);
    const { validation, test } = whole ? WHOLE : holdOut(config, shape, series.length).parts;
    const { epochs, ...training } = trainOptions(config);
    const { refit } = fitOf(series.id);
    const train = { ...training, epochs: refit?.epochs ?? epochs, ...(again ? { patience: null } : {}) };
    return {
      workshop: { config, shape, season: seasons[0] ?? 1, seasons, engine, train, trained, chosen },
      request: {
        until: test ?? series.length,
        validation,
        horizon: whole ? config.predict.horizon : shape.horizon,
        lead: config.window.lead,
        seed: config.seed,
      },
    };
  };
  const pool = again ? [...panel, ...short] : panel;
  const requests = pool.map((series) => asFitted(series).request);
  const { workshop } = asFitted(panel[0] as Series);
  const together = panel.length > 1 ? await fitTogether(workshop, pool, requests) : null;
  const own = new Map([...panel, ...short].map((series) => [series.id, series]));
  const fitted = new Map(together?.map((one, s) => [(pool[s] as Series).id, one]));
  return async ({ id }) => {
    const series = ofSeries(own, id);
    const { workshop, request } = asFitted(series);
    if (tooShort.has(series)) return await fitShort(workshop, series, request, fitted.get(series.id));
    return together ? ofSeries(fitted, id) : await modelForecaster(workshop).fit(series, request);
  };
}

/** Nothing held out. */
const WHOLE = { validation: null, test: null };

/** The networks of each series, in the order of its members. */
function networksBySeries(models: ReadonlyMap<string, SeriesModel>): Map<string, readonly SeriesModel[]> {
  const found = new Map<string, SeriesModel[]>();
  for (const [name, model] of models) {
    const id = model.series ?? name;
    found.set(id, [...(found.get(id) ?? []), model]);
  }
  return found;
}

interface Ensemble {
  readonly name: string;
  readonly how: How;
}

/** What a model is that is made of networks alone, whose weights are all there is to know; null: it is not. */
function ensembleOf({ model }: Config): Ensemble | null {
  const inner = (model.kind === 'seeds' ? model.model : model) as string | Choice;
  const choice = typeof inner === 'string' ? { kind: inner } : inner;
  if (!MODELS[choice.kind] || (choice !== model && isOpen(choice))) return null;
  return { name: model.kind, how: (model.kind === 'seeds' ? model.how : 'mean') as How };
}

/** What a run knows of a series: by its id, or the only one there is. */
function ofSeries<Known>(known: ReadonlyMap<string, Known>, id: string): Known {
  const found = known.get(id) ?? (known.size === 1 ? [...known.values()][0] : undefined);
  if (found) return found;
  throw new ForecastError('E_DATA_COLUMN', `the run knows no series "${id}"`, {
    where: 'source.id',
    hint: `take its rows out, or run the config anew on these data; it knows ${[...known.keys()].slice(0, 5).join(', ')}`,
  });
}

/** How a run's forecaster of tokens is brought back: a network from its weights, a closed form fitted again where the run fitted it. */
export async function textOf(
  stored: StoredRun,
  opened: LoadedConfig,
  folder: string,
): Promise<{ fitted: FittedText; encoder: TextEncoder }> {
  const { kind } = opened.written.model;
  const [model] = readModels(stored).values();
  if (model?.encoder && model.parts.network.input.kind === 'tokens') {
    const { engine } = await openEngine(opened.written.engine.kind);
    const fitted = await restoreTextNetwork(kind, { ...model.parts, encoder: null }, engine);
    return { fitted, encoder: restoreText(model.encoder) };
  }
  if (model || FORECASTERS[kind]?.form !== 'text') throw noText(folder);
  // `generate` takes no other text.
  const data = await ownData(stored, opened, [
    `${kind} counts its text anew each time`,
    'put the text of the run back where it was, unchanged, or run it on the text that is there',
  ]);
  return await refitText(settle(opened.written, factsOf(data)), data.raw as Text);
}

export function noText(folder: string): ForecastError {
  return new ForecastError('E_USAGE', 'this run forecasts numbers, it generates no text', {
    where: folder,
    hint: 'forecast predict RUN',
  });
}

/** The run's data, for who is fitted on them again: no others can stand for them. `hint`: why, and what to do where they are not there. */
async function ownData(
  stored: StoredRun,
  opened: LoadedConfig,
  [why, todo]: readonly [string, string],
): Promise<Loaded> {
  try {
    return (await dataOf(stored, opened, undefined)).data;
  } catch (error) {
    if (!(error instanceof ForecastError) || !/^E_(?:DATA_NOT_FOUND|DATA_CHANGED|PATH_OUTSIDE)$/.test(error.code))
      throw error;
    const { code, message, where } = error;
    throw new ForecastError(code, message, { where, hint: `${why}: ${todo}`, cause: error });
  }
}

/** The run's data, unchanged, or a new file of the same columns (a path typed by a person is free). */
export async function dataOf(
  stored: StoredRun,
  opened: LoadedConfig,
  file: string | undefined,
): Promise<{ data: Loaded; seasons: readonly number[] }> {
  const result = storedResult(stored, ['data']);
  // Of runs of older versions the first one alone is known.
  const seasons = result.data.seasons?.map(({ rows }) => rows) ?? [result.data.season ?? 1];
  if (file === undefined) {
    const where = 'name the file with --data, or the folder it is in with --root';
    const { sha256: expects, seasons: known } = result.data;
    return { data: await found({ ...opened, expects, ...(known ? { seasons: known } : {}) }, where), seasons };
  }
  const { source } = opened.written;
  // Targets that were inferred then are named now: a new file may have other columns beside them.
  const target = [...new Set(storedResult(stored, ['forecast']).forecast.map((row) => row.target))];
  const own = sourceLike(source, target, file);
  const shown = relative(process.cwd(), resolve(file)) || file;
  const free: OpenedConfig = {
    ...opened,
    keepShort: true,
    written: { ...opened.written, source: { ...own, file } as Config['source'] },
    resolve: () => resolve(file),
    display: () => shown,
  };
  return { data: await found(free, 'check the path'), seasons };
}

/** New data are read as the run's own were, files of other kinds as what they are; runs on generated data have none: as a table. */
function sourceLike(source: Choice, target: readonly string[], file: string): Choice {
  if (source.kind === 'csv') return { target, ...source };
  const isFile = source.kind === 'rows' || source.kind === 'tsf';
  return isFile ? source : { kind: 'csv', ...(CSV.parse({ file }) as object) };
}

/** The data, or a hint that fits a command line where they are not there. */
async function found(opened: OpenedConfig, hint: string): Promise<Loaded> {
  return await loadData(opened).catch((error: unknown) => {
    if (!(error instanceof ForecastError)) throw error;
    if (!/^E_(?:DATA_NOT_FOUND|PATH_OUTSIDE)$/.test(error.code)) throw opened.expects ? error : asRunReads(error);
    throw new ForecastError(error.code, error.message, { where: error.where, hint });
  });
}
