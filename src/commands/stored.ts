// Using a complete run: forecasts from new data, text from a new prompt. No network is trained and nothing is written.
// In: a run folder. Out: forecasts or text in raw units. Not here: training (run.ts), bringing back what was fitted (restored.ts).

import { resolve } from 'node:path';
import { readIntervals } from '../artifact/intervals.ts';
import { readRunFolder } from '../artifact/run-folder.ts';
import { readYardsticks, type Yardsticks } from '../artifact/yardsticks.ts';
import { settle } from '../config/defaults.ts';
import { describeFrequency } from '../core/calendar.ts';
import type { Series } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import { checkOptions, checkPath, type Sorts } from '../core/options.ts';
import type { Calibration } from '../evaluate/intervals.ts';
import { naiveScale } from '../metrics/pointwise.ts';
import { factsOf, storedConfig, storedResult } from '../prepare/open.ts';
import { forecastCsv } from '../report/forecast-csv.ts';
import { renderForecast } from '../report/forecast-lines.ts';
import type { ForecastRow, TextAnswer } from '../report/result.ts';
import { renderText } from '../report/terminal.ts';
import { forecastRows, pathId } from '../track/forecast-rows.ts';
import { generateText, reachOf } from '../track/text.ts';
import { inTurn } from './in-turn.ts';
import { dataOf, noText, restorer, textOf } from './restored.ts';

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
  /** As forecast.csv, made when it is asked for. */
  readonly csv: string;
  readonly warnings: readonly Warning[];
}

/** Forecasts what follows the run's data, or new data of the same columns. Errors: ForecastError. */
export async function predict(folder: string, options: PredictOptions = {}): Promise<PredictOutcome> {
  checkPath('predict', 'a run', folder);
  checkOptions('predict', options, { data: 'text', horizon: 'number', root: 'text' });
  return await inTurn(() => forecastAgain(folder, options));
}

async function forecastAgain(folder: string, options: PredictOptions): Promise<PredictOutcome> {
  const stored = await readRunFolder(resolve(folder));
  const made = storedResult(stored, ['data', 'forecast', 'text']);
  if (made.text.length > 0) throw noNumbers(folder);
  const set = options.horizon === undefined ? [] : [`predict.horizon=${options.horizon}`];
  const place = options.root === undefined ? {} : { root: options.root };
  const opened = storedConfig(stored, { set, ...place });
  const fittedAs = storedConfig(stored, place); // how far is asked for now must not change what is fitted
  const { data, seasons } = await dataOf(stored, opened, options.data);
  if (data.raw.form === 'text') throw noNumbers(folder);
  const config = settle(opened.written, factsOf(data));
  const restore = await restorer(stored, fittedAs, settle(fittedAs.written, factsOf(data)), seasons);
  const known = new Set(made.forecast.map(({ series }) => series));
  const scaledFor = intervalsFor(readIntervals(stored), readYardsticks(stored), seasons[0] ?? 1, known);
  const rows: ForecastRow[] = [];
  for (const series of [...data.raw.series, ...(data.raw.short ?? [])]) {
    const fitted = await restore(series);
    const forecast = await forecastRows(fitted, series, config.predict, config.window.lead, scaledFor(series));
    rows.push(...forecast.rows);
    fitted.dispose();
  }
  const warnings = [...data.warnings, ...rhythmWarnings(made.data.frequency, data.raw.series)];
  return {
    rows,
    text: renderForecast(rows),
    get csv() {
      return forecastCsv({ forecast: rows });
    },
    warnings,
  };
}

function noNumbers(folder: string): ForecastError {
  return new ForecastError('E_USAGE', 'this run generates text, it forecasts no numbers', {
    where: folder,
    hint: 'forecast generate RUN --prompt "…"',
  });
}

/**
 * The run's intervals for a series: those of the same name, or, of one that the run did not `forecast`, of the run's only one; as wide again
 * as the series moves more now than it did then. A series that the run gave none has none.
 */
function intervalsFor(
  calibration: Calibration | null,
  yardsticks: Yardsticks | null,
  season: number,
  forecast: ReadonlySet<string>,
): (series: Series) => Calibration | null {
  if (!calibration) return () => null;
  const { scales } = calibration;
  const scaled = [...scales.keys()];
  return (series) => {
    const named = series.targets.map(({ name }) => pathId(series.id, name));
    const lent = scales.size === named.length && !forecast.has(series.id);
    const own = series.targets.flatMap(({ values }, c): [string, number][] => {
      const id = named[c] as string;
      const from = lent ? (scaled[c] as string) : id;
      const scale = scales.get(from);
      const [now, then] = [naiveScale(values.subarray(0, series.length), season), yardsticks?.units[from] ?? null];
      return scale === undefined ? [] : [[id, now === null || then === null ? scale : scale * (now / then)]];
    });
    return { ...calibration, scales: new Map(own) };
  };
}

/** New data of another frequency can be read, and mean something else. */
function rhythmWarnings(learnt: string | null, series: readonly Series[]): Warning[] {
  const given = series[0] ? describeFrequency(series[0].time.frequency) : learnt;
  if (learnt === null || given === learnt) return [];
  return [{ code: 'W_OTHER_FREQUENCY', message: `steps of the data: ${given}; of the run: ${learnt}` }];
}

/** What is left out is as the run's config says (predict.prompt, predict.length, …). */
export interface GenerateOptions {
  /** What is continued; default: the run's prompt. */
  readonly prompt?: string;
  /** Tokens to generate. */
  readonly length?: number;
  /** greedy or temperature; a temperature, topK or topP asks for the latter. */
  readonly sampler?: string;
  /** Above 0; below 1 the likeliest tokens are drawn more often, above 1 less. */
  readonly temperature?: number;
  /** Drawn from that many likeliest tokens only. */
  readonly topK?: number;
  /** Drawn from the likeliest tokens whose probabilities reach this sum, above 0 to 1. */
  readonly topP?: number;
  /** Logits of tokens already written are made smaller by it; 1: not. */
  readonly repetition?: number;
  /** Makes a draw repeatable; default: the config's. */
  readonly seed?: number;
}

const GENERATE_OPTIONS: Sorts<GenerateOptions> = {
  prompt: 'text',
  length: 'number',
  sampler: 'text',
  temperature: 'number',
  topK: 'number',
  topP: 'number',
  repetition: 'number',
  seed: 'number',
};

export interface GenerateOutcome {
  readonly answer: TextAnswer;
  /** The answer as plain text. */
  readonly text: string;
  readonly warnings: readonly Warning[];
}

/** Continues a prompt with the run's language model; the same options and seed give the same text. Errors: ForecastError. */
export async function generate(folder: string, options: GenerateOptions = {}): Promise<GenerateOutcome> {
  checkPath('generate', 'a run', folder);
  checkOptions('generate', options, GENERATE_OPTIONS);
  return await inTurn(() => writeOn(folder, options));
}

async function writeOn(folder: string, options: GenerateOptions): Promise<GenerateOutcome> {
  const stored = await readRunFolder(resolve(folder));
  const result = storedResult(stored, ['forecast', 'text']);
  if (result.forecast.length > 0) throw noText(folder);
  const { seed, ...overrides } = options;
  // Through the config's own schema, so that a temperature of 0 is refused here as it is there; asking for a draw means not greedy.
  const draws = ['temperature', 'topK', 'topP'].some((key) => overrides[key as keyof typeof overrides] !== undefined);
  const set = Object.entries({ ...(draws ? { sampler: 'temperature' } : {}), ...overrides })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `predict.${key}=${JSON.stringify(value)}`);
  const opened = storedConfig(stored, { set, ...(seed === undefined ? {} : { seed }) });
  const settled = settle(opened.written, { form: 'text', season: 1, rows: 1 });
  const { fitted, encoder } = await textOf(stored, opened, folder);
  const warnings: Warning[] = [];
  const prompt = settled.predict.prompt ?? result.text[0]?.prompt ?? '';
  const task = { ...settled.predict, prompt, seed: settled.seed };
  const answer = await generateText(fitted, encoder, reachOf(fitted), task, (warning) => warnings.push(warning));
  fitted.dispose();
  return { answer, text: renderText([answer]), warnings };
}
