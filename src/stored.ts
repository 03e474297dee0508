// Using a complete run: forecasts from new data, text from a new prompt. Nothing is trained and nothing is written.
// In: a run folder. Out: forecasts or text in raw units. Not here: training (run.ts).

import { relative, resolve } from 'node:path';
import { asRunReads } from './actuals.ts';
import { readIntervals } from './artifact/intervals.ts';
import { readModels, type SeriesModel } from './artifact/model.ts';
import { readRunFolder, type StoredRun } from './artifact/run-folder.ts';
import { readYardsticks, type Yardsticks } from './artifact/yardsticks.ts';
import { blend, type How } from './combine/blend.ts';
import type { CombinationReport } from './combine/combination.ts';
import { hasNetwork } from './combine/member.ts';
import type { Choice, Config } from './config/config.ts';
import { settle } from './config/defaults.ts';
import type { LoadedConfig } from './config/load.ts';
import { describeFrequency } from './core/calendar.ts';
import type { Loaded, Numbers, Series, Text } from './core/data.ts';
import { ForecastError, type Warning } from './core/errors.ts';
import type { FitRequest, FittedNumbers, FittedText } from './core/forecaster.ts';
import { stableJson } from './core/json.ts';
import { holdOut, windowShape } from './cutting.ts';
import { restoreText } from './encoders/chain.ts';
import type { TextEncoder } from './encoders/encoder.ts';
import { openEngine } from './engines/index.ts';
import type { Calibration } from './evaluate/intervals.ts';
import { fitTogether } from './fitting.ts';
import { forecastRows, pathId } from './forecast-rows.ts';
import { modelForecaster, type Workshop } from './forecaster.ts';
import { FORECASTERS } from './forecasters/index.ts';
import { naiveScale } from './metrics/pointwise.ts';
import { MODELS } from './models/index.ts';
import { isOpen } from './models/lstm-regressor.ts';
import { factsOf, loadData, type OpenedConfig, storedConfig } from './open.ts';
import { trainOptions } from './outcome.ts';
import type { Made, NetworkParts } from './predict/network.ts';
import { restoreNumberNetwork } from './predict/number-network.ts';
import { restoreTextNetwork } from './predict/text-network.ts';
import { forecastCsv } from './report/forecast-csv.ts';
import type { ForecastRow, Result, TextAnswer } from './report/result.ts';
import { renderForecast, renderText } from './report/terminal.ts';
import { fitAnyway, fitShort } from './short.ts';
import { SOURCES } from './sources/index.ts';
import type { SourceKind } from './sources/source.ts';
import { generateText, reachOf, refitText } from './text.ts';

const CSV = (SOURCES.csv as SourceKind).options;

export interface PredictOptions {
  /** A file like the one the run was made on; default: that one, unchanged. */
  readonly data?: string;
  /** Steps ahead; default: the run's own. */
  readonly horizon?: number;
  /** The folder the run's paths are relative to, where it has moved. */
  readonly root?: string;
}

export interface PredictOutcome {
  readonly rows: readonly ForecastRow[];
  /** The forecast as plain text. */
  readonly text: string;
  readonly csv: string;
  readonly warnings: readonly Warning[];
}

/** Forecasts what follows the run's data, or new data of the same columns. Errors: ForecastError. */
export async function predict(folder: string, options: PredictOptions = {}): Promise<PredictOutcome> {
  const stored = await readRunFolder(resolve(folder));
  const set = options.horizon === undefined ? [] : [`predict.horizon=${options.horizon}`];
  const place = options.root === undefined ? {} : { root: options.root };
  const opened = storedConfig(stored, { set, ...place });
  const fittedAs = storedConfig(stored, place); // how far is asked for now must not change what is fitted
  const { data, seasons } = await dataOf(stored, opened, options.data);
  if (data.raw.form === 'text') {
    throw new ForecastError('E_USAGE', 'this run generates text, it forecasts no numbers', {
      where: folder,
      hint: 'forecast generate RUN --prompt "…"',
    });
  }
  const config = settle(opened.written, factsOf(data));
  const restore = await restorer(stored, fittedAs, settle(fittedAs.written, factsOf(data)), seasons);
  const scaledFor = intervalsFor(readIntervals(stored), readYardsticks(stored), seasons[0] ?? 1);
  const rows: ForecastRow[] = [];
  for (const series of [...data.raw.series, ...(data.raw.short ?? [])]) {
    const fitted = await restore(series);
    const forecast = await forecastRows(fitted, series, config.predict, config.window.lead, scaledFor(series));
    rows.push(...forecast.rows);
    fitted.dispose();
  }
  const warnings = [...data.warnings, ...rhythmWarnings(stored, data.raw.series)];
  return { rows, text: renderForecast(rows), csv: forecastCsv({ forecast: rows }), warnings };
}

/**
 * The run's intervals for a series: those of the same name, or of the run's only one, as wide again as the series moves more now than it
 * did then.
 */
function intervalsFor(
  calibration: Calibration | null,
  yardsticks: Yardsticks | null,
  season: number,
): (series: Series) => Calibration | null {
  if (!calibration) return () => null;
  const { scales } = calibration;
  const known = [...scales.keys()];
  return (series) => {
    const named = series.targets.map(({ name }) => pathId(series.id, name));
    const lent = scales.size === named.length && !named.some((id) => scales.has(id));
    const own = series.targets.flatMap(({ values }, c): [string, number][] => {
      const id = named[c] as string;
      const from = lent ? (known[c] as string) : id;
      const scale = scales.get(from);
      const [now, then] = [naiveScale(values.subarray(0, series.length), season), yardsticks?.units[from] ?? null];
      return scale === undefined ? [] : [[id, now === null || then === null ? scale : scale * (now / then)]];
    });
    return { ...calibration, scales: new Map(own) };
  };
}

/** New data of another frequency can be read, and mean something else. */
function rhythmWarnings(stored: StoredRun, series: readonly Series[]): Warning[] {
  const learnt = (stored.json('result.json') as unknown as Result).data.frequency;
  const given = series[0] ? describeFrequency(series[0].time.frequency) : learnt;
  if (learnt === null || given === learnt) return [];
  return [{ code: 'W_OTHER_FREQUENCY', message: `steps of the data: ${given}; of the run: ${learnt}` }];
}

export interface GenerateOptions {
  readonly prompt?: string;
  /** Tokens to generate. */
  readonly length?: number;
  readonly sampler?: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly repetition?: number;
  readonly seed?: number;
}

export interface GenerateOutcome {
  readonly answer: TextAnswer;
  /** The answer as plain text. */
  readonly text: string;
  readonly warnings: readonly Warning[];
}

/** Continues a prompt with the run's language model; the same options and seed give the same text. Errors: ForecastError. */
export async function generate(folder: string, options: GenerateOptions = {}): Promise<GenerateOutcome> {
  const stored = await readRunFolder(resolve(folder));
  if ((stored.json('result.json') as unknown as Result).forecast.length > 0) throw noText(folder);
  const { seed, ...overrides } = options;
  // Through the config's own schema, so that a temperature of 0 is refused here as it is there; asking for a draw means not greedy.
  const draws = ['temperature', 'topK', 'topP'].some((key) => overrides[key as keyof typeof overrides] !== undefined);
  const set = Object.entries({ ...(draws ? { sampler: 'temperature' } : {}), ...overrides })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `predict.${key}=${JSON.stringify(value)}`);
  const opened = storedConfig(stored, { set, ...(seed === undefined ? {} : { seed }) });
  const settled = settle(opened.written, { form: 'text', season: 1, rows: 1 });
  const { fitted, encoder } = await textOf(stored, opened, folder);
  const answered = (stored.json('result.json') as unknown as Result).text[0]?.prompt ?? '';
  const warnings: Warning[] = [];
  const prompt = settled.predict.prompt ?? answered;
  const task = { ...settled.predict, prompt, seed: settled.seed };
  const answer = await generateText(fitted, encoder, reachOf(fitted), task, (warning) => warnings.push(warning));
  fitted.dispose();
  return { answer, text: renderText([answer]), warnings };
}

/** How a run's forecaster of tokens is brought back: a network from its weights, a closed form fitted again where the run fitted it. */
async function textOf(
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
  if (model || FORECASTERS[kind]?.form !== 'text') {
    throw noText(folder);
  }
  const { data } = await dataOf(stored, opened, undefined);
  return await refitText(settle(opened.written, factsOf(data)), data.raw as Text);
}

function noText(folder: string): ForecastError {
  return new ForecastError('E_USAGE', 'this run forecasts numbers, it generates no text', {
    where: folder,
    hint: 'forecast predict RUN',
  });
}

/** The run's data, unchanged, or a new file of the same columns (a path typed by a person is free). */
async function dataOf(
  stored: StoredRun,
  opened: LoadedConfig,
  file: string | undefined,
): Promise<{ data: Loaded; seasons: readonly number[] }> {
  const result = stored.json('result.json') as unknown as Result;
  // Of runs of older versions the first one alone is known.
  const seasons = result.data.seasons?.map(({ rows }) => rows) ?? [result.data.season ?? 1];
  if (file === undefined) {
    const where = 'name the file with --data, or the folder it is in with --root';
    return { data: await found({ ...opened, expects: result.data.sha256 }, where), seasons };
  }
  const { source } = opened.written;
  // Targets that were inferred then are named now: a new file may have other columns beside them.
  const target = [...new Set(result.forecast.map((row) => row.target))];
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

/** How a series' forecaster is brought back: networks from their weights, closed forms fitted again where the run fitted them. */
async function restorer(
  stored: StoredRun,
  opened: LoadedConfig,
  config: Config,
  seasons: readonly number[],
): Promise<(series: Series) => Promise<FittedNumbers>> {
  const models = networksBySeries(readModels(stored));
  const ensemble = ensembleOf(config);
  if (models.size > 0 && ensemble) {
    const { engine } = await openEngine(config.engine.kind);
    const forecast = new Set((stored.json('result.json') as unknown as Result).forecast.map(({ series }) => series));
    return async (series) => {
      if (forecast.has(series.id) && !models.has(series.id)) return await fitAnyway(series, config.seed, seasons);
      const networks = ofSeries(models, series.id);
      const fits: FittedNumbers[] = [];
      for (const { parts, encoder } of networks)
        fits.push(await restoreNumberNetwork(ensemble.name, { ...parts, encoder }, config.window.kind, engine));
      return fits.length === 1 ? (fits[0] as FittedNumbers) : again(fits, ensemble);
    };
  }
  const { data } = await dataOf(stored, opened, undefined);
  const { series: panel, short = [] } = data.raw as Numbers;
  const own = new Map([...panel, ...short].map((series) => [series.id, series]));
  const tooShort = new Set(short);
  const settled = settle(opened.written, factsOf(data));
  const result = stored.json('result.json') as unknown as Result;
  const fitOf = (id: string): Result['fit'] => result.fits?.find((one) => one.series === id) ?? result.fit;
  const chosen = (id: string): CombinationReport | null => fitOf(id).combination ?? null;
  // Only networks that are there, or would have to be judged again, need an engine.
  const trains = hasNetwork(config.model) && result.fit.combination === undefined;
  const { engine } = await openEngine(models.size > 0 || trains ? config.engine.kind : 'reference');
  const season = seasons[0] ?? 1;
  const asked = (learned: Series): { workshop: Workshop; request: FitRequest; all: boolean } => {
    const shape = windowShape(settled, learned);
    const none = { validation: null, test: null };
    const parts = tooShort.has(learned) ? none : holdOut(settled, shape, learned.length).parts;
    const all = settled.train.refit && (parts.validation !== null || parts.test !== null);
    const request = {
      until: all ? learned.length : (parts.test ?? learned.length),
      validation: all ? null : parts.validation,
      horizon: config.predict.horizon,
      lead: config.window.lead,
      seed: config.seed,
    };
    const { refit } = fitOf(learned.id);
    const { epochs, ...training } = trainOptions(settled);
    const train = { ...training, epochs: refit?.epochs ?? epochs, ...(all ? { patience: null } : {}) };
    return { workshop: { config: settled, shape, season, seasons, engine, train, trained, chosen }, request, all };
  };
  // The networks of a combination are there; what else it is made of is fitted again.
  const trained = (id: string, made: Made): NetworkParts | null => {
    const found = models.get(id)?.find((one) => one.made && stableJson(one.made) === stableJson(made));
    return found ? { ...found.parts, encoder: found.encoder } : null;
  };
  const first = asked(panel[0] as Series);
  const pool = first.all ? [...panel, ...short] : panel; // as the run fitted them
  const together =
    panel.length > 1
      ? await fitTogether(
          first.workshop,
          pool,
          pool.map((learned) => asked(learned).request),
        )
      : null;
  const fits = new Map(together?.map((fitted, s) => [(pool[s] as Series).id, fitted]));
  return async (series) => {
    const learned: Series = ofSeries(own, series.id);
    const { workshop, request } = asked(learned);
    if (tooShort.has(learned)) return await fitShort(workshop, learned, request, fits.get(learned.id));
    if (together) return ofSeries(fits, series.id);
    return await modelForecaster(workshop).fit(learned, request);
  };
}

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

/** The ensemble of networks that are trained already. */
function again(fits: readonly FittedNumbers[], { name, how }: Ensemble): FittedNumbers {
  const parts = fits.map((fitted) => ({ fitted, weight: 1 / fits.length }));
  return blend(name, parts, how, { rule: '', members: [] });
}

/** What the run knows of a series: by its id, or the only one there is. */
function ofSeries<Known>(known: ReadonlyMap<string, Known>, id: string): Known {
  const found = known.get(id) ?? (known.size === 1 ? [...known.values()][0] : undefined);
  if (found) return found;
  throw new ForecastError('E_DATA_COLUMN', `the run knows no series "${id}"`, {
    where: 'source.id',
    hint: `it knows ${[...known.keys()].slice(0, 5).join(', ')}`,
  });
}
