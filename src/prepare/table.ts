// The config made for a table: its columns, its season, and what is trained on it where nobody says.
// In: a data file, overrides of its source. Out: a config, as text or opened. Not here: writing it to the disk (commands/init.ts).

import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { type Facts, settle } from '../config/defaults.ts';
import { type LoadedConfig, parseConfig } from '../config/load.ts';
import { textHint } from '../config/named-text.ts';
import { refuseAddress } from '../config/paths.ts';
import { asArgument } from '../core/argument.ts';
import type { Loaded, Numbers } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { seasonFact } from '../report/seasons.ts';
import { SOURCES } from '../sources/index.ts';
import { kindOfFile } from '../sources/recognise.ts';
import { loadData, type OpenOptions } from './open.ts';
import { factsOf } from './seasons.ts';

/** The config made for a table: columns and season as they are found. Errors: those of the csv source. */
export async function configFor(table: string, options: OpenOptions = {}): Promise<LoadedConfig> {
  const place = { base: dirname(resolve(table)), file: table, allowOutside: true };
  return parseConfig(await textFor(table, options), { ...options, ...place });
}

/** Left open as in the config that is written, so that windows are as there. */
const STARTER_MODEL = { kind: 'lstm-regressor' };

/** The text of a config for a table: loads it once to name the columns and to see its season. */
export async function textFor(
  table: string,
  options: OpenOptions,
  folder: string = dirname(resolve(table)),
): Promise<string> {
  refuseAddress(table);
  const path = resolve(table);
  const file = relative(folder, path).split(sep).join('/');
  const place = { base: folder, file: table, allowOutside: true };
  // What cannot be opened is said by the source, as of any other table.
  const kind = await kindOfFile(path, { resolve: () => path, display: () => table, seed: 0 }).catch(
    () => 'csv' as const,
  );
  const given = { ...options, ...place };
  const source = { kind, file };
  const { probe, data } = await loaded(parseConfig({ source, model: STARTER_MODEL }, given))
    .catch((refused: unknown) =>
      loadedById(refused, (id) => parseConfig({ source: { ...source, id }, model: STARTER_MODEL }, given)),
    )
    .catch((refused: unknown) => {
      throw orText(refused, file);
    });
  const { raw } = data;
  if (raw.form !== 'numbers') return '';
  const facts = factsOf(data);
  const { window, predict } = settle(probe.written, facts);
  const columns = sourceLine(file, probe.written.source, raw);
  const season = seasonFact(data.seasons ?? []) || 'no season';
  if (raw.series.length > MOST_NETWORKS) return panelStarter(table, columns, raw, season, predict.horizon);
  return starterFor(table, columns, facts, season, window);
}

async function loaded(probe: LoadedConfig): Promise<{ readonly probe: LoadedConfig; readonly data: Loaded }> {
  return { probe, data: await loadData(probe) };
}

/** Of a .txt that is no table: how it is read as a text. */
function orText(error: unknown, file: string): unknown {
  if (!(error instanceof ForecastError) || !/\.txt(?:\.gz)?$/i.test(file)) return error;
  if (!/^E_(?:CSV_(?:HEADER|RAGGED|QUOTE)|DATA_(?:COLUMN|EMPTY|NOT_NUMERIC))$/.test(error.code)) return error;
  const where = error.where === undefined ? {} : { where: error.where };
  return new ForecastError(error.code, error.message, {
    ...where,
    hint: `${error.hint}; ${textHint(file)}`,
    cause: error,
  });
}

/** Fewer rows of each are no proof that columns name series. */
const LEAST_ROWS = 8;

/**
 * A table whose times repeat or go back, read as several series by the columns its refusal names, where every one of them is whole
 * and in order then: that can hardly be chance. Throws the refusal where it is not, or where gaps were to be passed over.
 */
async function loadedById(
  refused: unknown,
  probeWith: (id: readonly string[]) => LoadedConfig,
): Promise<{ readonly probe: LoadedConfig; readonly data: Loaded }> {
  const told = withoutConfig(refused);
  if (!(refused instanceof ForecastError) || !/^E_TIME_(ORDER|DUPLICATE)$/.test(refused.code)) throw told;
  const named = /\bset source\.id: (\[.*?\]|"[^"]*")/.exec(refused.hint ?? '')?.[1];
  if (named === undefined) throw told;
  const probe = probeWith([JSON.parse(named) as string | string[]].flat());
  if (probe.written.source.gaps !== 'refuse') throw told;
  const found = await loaded(probe).catch((other: unknown) => {
    // Cells are looked at once times are in order.
    throw other instanceof ForecastError && other.code === 'E_DATA_MISSING' ? withoutConfig(other) : told;
  });
  const series = found.data.raw.form === 'numbers' ? found.data.raw.series : [];
  if (series.length < 2 || series.some(({ length }) => length < LEAST_ROWS)) throw told;
  return found;
}

/** The source as found: its columns, and what the command line set. */
function sourceLine(file: string, written: Config['source'], raw: Numbers): string {
  const { kind, ...given } = written;
  const usual = SOURCES[kind]?.options.parse({ file: given.file }) as JsonObject;
  const { time, targets } = raw.series[0]!;
  const names = targets.map((target) => target.name);
  // A time joined from several columns is inferred again; its name is no column.
  const times = time.stamps === null || time.name === 'time' ? {} : { time: time.name };
  const found = kind === 'csv' ? { ...times, target: names.length === 1 ? names[0] : names } : {};
  const set = Object.fromEntries(
    Object.entries(given).filter(([key, value]) => !isDeepStrictEqual(value, (usual as JsonObject)[key])),
  );
  const entries = { kind, file, ...found, ...set };
  const shown = Object.entries(entries).map(([key, value]) => `${key}: ${key === 'kind' ? value : flow(value)}`);
  return `{ ${shown.join(', ')} }`;
}

/** JSON with a blank after commas and colons, which is YAML too. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${key}: ${flow(one)}`)
    .join(', ')} }`;
}

/** Most windows to be judged by where a horizon is short. */
const MOST_HELD = 48;

/** Series that each get a network of their own; of more, one model is fitted to all. */
const MOST_NETWORKS = 8;

/** Rows of all series that a pooled model takes a minute for, walked through its folds. */
const MOST_POOLED = 60_000;

/** A file's name on one line of a comment. */
function namedInside(table: string): string {
  return basename(table).replace(/\p{Cc}/gu, ' ');
}

function panelStarter(table: string, source: string, { series }: Numbers, season: string, horizon: number): string {
  const lengths = series.map(({ length }) => length);
  const [least, most] = lengths.reduce(([low, high], n) => [Math.min(low, n), Math.max(high, n)], [Infinity, 0]);
  const rows = least === most ? `${least}` : `${least} to ${most}`;
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const model =
    all > MOST_POOLED
      ? '{ kind: theta }                        # of each series; linear, one model for all of them, takes minutes here'
      : '{ kind: linear }                       # one model for all series; theta, ets and auto fit each by itself';
  const name = stemOf(table);
  return `# ${name}: made from ${namedInside(table)}: ${series.length} series of ${rows} rows, ${season}. Change what you know better.
name: ${JSON.stringify(name)}

source:   ${source}
window:   { horizon: ${horizon} }
model:    ${model}
`;
}

function starterFor(
  table: string,
  source: string,
  facts: Facts,
  season: string,
  { horizon }: Config['window'],
): string {
  const held = Math.max(1, Math.min(Math.max(MOST_HELD, 2 * horizon), Math.floor(facts.rows / 10)));
  // Windows whose targets reach into the test part are dropped: as many more are held out.
  const validation = held + horizon - 1;
  const split = `{ validation: ${validation}, test: ${held} }`;
  const name = stemOf(table);
  return `# ${name}: made from ${namedInside(table)}: ${facts.rows} rows, ${season}. Change what you know better.
name: ${JSON.stringify(name)}

source:   ${source}
split:    ${split.padEnd(38)} # windows: to look at, and to be judged by
model:    lstm-regressor                         # left open: the recipe for a recorded series (forecast explain recipe)
`;
}

export function stemOf(path: string): string {
  const stem = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '');
  return (
    stem
      .replace(/[^\p{L}\p{N} ._-]/gu, '-')
      .replace(/^[^\p{L}\p{N}]+/u, '')
      .slice(0, 60)
      .replace(/[ .]+$/, '') || 'table'
  );
}

/** The same error, its hint told for the command line: a bare table has no config to write a key into. */
function withoutConfig(error: unknown): unknown {
  if (!(error instanceof ForecastError)) return error;
  const { code, message, where, hint = '' } = error;
  if (code === 'E_DATA_NOT_FOUND') return new ForecastError(code, message, { where, hint: 'check the path' });
  const sets = setsOf(hint);
  if (sets.length === 0 || /--set/.test(hint)) return error;
  const told = `${hint} (typed as ${sets.join(' or ')})`;
  return new ForecastError(code, message, { where, hint: told, cause: error });
}

/** The keys that each of a hint's alternatives names, as they are typed with their values; without one only where none has any. */
function setsOf(hint: string): string[] {
  const alternatives = hint.split(/; |, or /).map((part) =>
    [...part.matchAll(/\b(source\.\w+)(?:: ("[^"]*"|\[[^\]]*\]|\w+(?!\w|, \w| or)))?/g)]
      .map(([, key, value = '…']) => `${key}=${value.replace(/^"([\w-]+)"$/, '$1')}`)
      .map((set) => `--set ${asArgument(set)}`)
      .join(' '),
  );
  const named = alternatives.filter((sets) => sets !== '');
  const whole = named.filter((sets) => !sets.includes('…'));
  return whole.length > 0 ? whole : named;
}
