// Opening what a command names: a config file, its text or an object, or a run folder to replay; and the data it points to.
// In: what the person typed. Out: a checked config, loaded data, the facts defaults depend on. Not here: fitting.

import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readRunFolder, type StoredRun } from '../artifact/run-folder.ts';
import type { Config } from '../config/config.ts';
import { settle } from '../config/defaults.ts';
import { type LoadedConfig, loadConfig, parseConfig } from '../config/load.ts';
import type { Loaded } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { shown } from '../core/options.ts';
import type { Season } from '../core/season.ts';
import type { Result } from '../report/result.ts';
import { type CalendarEntry, withCalendar } from '../sources/calendar.ts';
import { SOURCES } from '../sources/index.ts';
import { shortApart } from './panel.ts';
import { factsOf, withSeasons } from './seasons.ts';
import { withSigns } from './signs.ts';

export { factsOf } from './seasons.ts';

export interface OpenOptions {
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly engine?: string;
  readonly root?: string;
  readonly allowOutside?: boolean;
}

/** A checked config, and the data it must be run on where it is replayed. */
export interface OpenedConfig extends LoadedConfig {
  /** sha256 the data must have; absent where any will do. */
  readonly expects?: string;
  /** The seasons its data have, found before; absent: they are to be found. */
  readonly seasons?: readonly Season[];
  /** Whether short series of a panel stay among the others: for forecasts by what was fitted before. */
  readonly keepShort?: boolean;
}

/**
 * A config by path (YAML file, run folder or a run's config.yaml), as YAML text, as an object, or already opened. Errors: E_CONFIG_*; E_USAGE
 * of what is no config, and of options that one already opened would not follow.
 */
export async function openConfig(
  input: LoadedConfig | string | object,
  options: OpenOptions = {},
): Promise<OpenedConfig> {
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) throw noConfig(input);
  if (typeof input === 'object') return isLoaded(input) ? unchanged(input, options) : parseConfig(input, options);
  if (input.includes('\n') && !existsSync(input)) return parseConfig(input, options);
  const folder = runFolderOf(input);
  return folder === null ? await loadConfig(input, options) : await replayed(folder, options);
}

function isLoaded(input: object): input is LoadedConfig {
  return 'written' in input && 'resolve' in input;
}

/** What changes a config is heard where it is loaded: here it would be passed over in silence. */
function unchanged(opened: LoadedConfig, { set = [], seed, engine, root, allowOutside }: OpenOptions): LoadedConfig {
  const given = Object.entries({ set: set[0], seed, engine, root, allowOutside: allowOutside || undefined });
  const late = given.find(([, value]) => value !== undefined)?.[0];
  if (late === undefined) return opened;
  const hint = `give ${late} to loadConfig or parseConfig`;
  throw new ForecastError('E_USAGE', `the config is loaded, ${late} comes too late`, { where: opened.file, hint });
}

function noConfig(input: unknown): ForecastError {
  const hint = 'name a YAML file, a preset, a run folder or a table, or give the config as an object';
  return new ForecastError('E_USAGE', `a config is a text or an object, got ${shown(input)}`, { hint });
}

/** The config of a complete run, its paths relative to the folder run.json names. */
export function storedConfig(stored: StoredRun, options: OpenOptions = {}): LoadedConfig {
  const { root, ...rest } = options;
  const home = stored.run as JsonObject & { base?: string; root?: string };
  const place =
    root === undefined
      ? { base: String(home.base), root: String(home.root) }
      : { base: resolve(root), root: resolve(root) };
  return parseConfig(stored.text('config.yaml'), {
    ...rest,
    ...place,
    file: join(basename(stored.path), 'config.yaml'),
  });
}

/** What a complete run found; with `keys` that of it alone: of a large panel the whole takes gigabytes. */
export function storedResult(stored: StoredRun): Result;
export function storedResult<Key extends keyof Result>(stored: StoredRun, keys: readonly Key[]): Pick<Result, Key>;
export function storedResult(stored: StoredRun, keys?: readonly string[]): Result {
  return stored.json('result.json', keys) as unknown as Result;
}

/** The data of a config, with their seasons and the calendar it asks for. Errors: the source's; the calendar's; E_DATA_CHANGED where a replayed run's data are no longer the same. */
export async function loadData(opened: OpenedConfig): Promise<Loaded> {
  const { kind, ...options } = opened.written.source;
  const source = SOURCES[kind];
  if (!source)
    throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no source is called "${kind}"`, { where: 'source.kind' });
  const loaded = await source.load(options, {
    resolve: opened.resolve,
    display: opened.display,
    seed: opened.written.seed,
  });
  if (opened.expects === undefined || opened.expects === loaded.sha256) {
    const { seasons } = opened;
    const seasonal = seasons ? { ...loaded, seasons } : withSeasons(loaded, opened.written);
    const data = withSigns(opened.keepShort ? seasonal : shortApart(seasonal, opened.written, factsOf), opened.written);
    const config = settle(opened.written, factsOf(data));
    return withCalendar(data, (config.source.calendar ?? []) as readonly CalendarEntry[], rowsAhead(config));
  }
  throw new ForecastError(
    'E_DATA_CHANGED',
    `the data have sha256 ${loaded.sha256.slice(0, 12)}…, the run was made on ${opened.expects.slice(0, 12)}…`,
    {
      where: 'source',
      hint: 'restore the file, run the original config again, or forecast from it with predict --data FILE',
    },
  );
}

/** Rows after the last one that whole blocks of the horizon reach. */
function rowsAhead({ window, predict }: Config): number {
  return window.lead + Math.ceil(predict.horizon / window.horizon) * window.horizon;
}

function runFolderOf(path: string): string | null {
  const folder = basename(path) === 'config.yaml' ? dirname(path) : path;
  const isRun = existsSync(join(folder, 'run.json')) && existsSync(folder) && statSync(folder).isDirectory();
  return isRun ? folder : null;
}

/**
 * The same again, but for what `options` change. Seasons are those the run found: a resolved config says more of what is held out than the
 * one that was written, and might find them in other rows. What changes the config may hold out others: then they are found anew.
 */
async function replayed(folder: string, options: OpenOptions): Promise<OpenedConfig> {
  const stored = await readRunFolder(folder);
  const { sha256, seasons } = storedResult(stored, ['data']).data;
  const same = (options.set ?? []).length === 0 && seasons !== undefined;
  return { ...storedConfig(stored, options), expects: sha256, ...(same ? { seasons } : {}) };
}
