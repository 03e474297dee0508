// Beginning: a config made for a table, a preset made one's own, and what a name on the command line stands for.
// In: a preset, a .csv or nothing. Out: a config, opened or written to the disk (never over something). Not here: running it.

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { writeAtomic } from './artifact/write.ts';
import type { Facts } from './config/defaults.ts';
import { type LoadedConfig, parseConfig } from './config/load.ts';
import { PACKAGE_FOLDER, type Preset, presets } from './config/presets.ts';
import type { Numbers } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import { nearest } from './core/nearest.ts';
import { factsOf, loadData, type OpenOptions } from './open.ts';

const TABLE = /\.(?:csv|tsv)(?:\.gz)?$/i;

/** What to run: a table becomes the config made for it, a preset's name its file, anything else stays the path it is. */
export async function inputOf(argument: string, options: OpenOptions = {}): Promise<LoadedConfig | string> {
  return TABLE.test(argument) ? await configFor(argument, options) : pathOf(argument);
}

/** A preset's name as its file; any other argument unchanged. */
export function pathOf(argument: string): string {
  if (!/^[\w-]+$/.test(argument) || existsSync(argument)) return argument;
  return presets().find(({ name }) => name === argument)?.path ?? argument;
}

/** The config made for a table: columns and season as they are found. Errors: those of the csv source. */
export async function configFor(table: string, options: OpenOptions = {}): Promise<LoadedConfig> {
  const place = { base: dirname(resolve(table)), file: table, allowOutside: true };
  return parseConfig(await textFor(table, options), { ...options, ...place });
}

export interface InitOptions {
  /** The file to write; default: named after the preset or the table, in the current folder. */
  readonly out?: string;
  /** For a table: overrides such as "source.target=sales". */
  readonly set?: readonly string[];
}

/** Writes a config to start from. The first file is the config. Errors: E_USAGE where something is in the way. */
export async function init(from?: string, options: InitOptions = {}): Promise<{ readonly files: readonly string[] }> {
  if (from === undefined)
    return await write(options.out ?? 'forecast.yaml', (folder) => `${schemaLine(folder)}\n${STARTER}`);
  if (TABLE.test(from)) {
    const name = `${stemOf(from)}.yaml`;
    const text = await textFor(from, { set: options.set ?? [] }, dirname(resolve(options.out ?? name)));
    return await write(options.out ?? name, (folder) => `${schemaLine(folder)}\n${text}`);
  }
  return await initPreset(presetCalled(from), options);
}

/** The preset's own text; the data it reads are copied beside it. */
async function initPreset(preset: Preset, options: InitOptions): Promise<{ readonly files: readonly string[] }> {
  const text = readFileSync(preset.path, 'utf8');
  const written = /^\s*(?:source:.*?)?\bfile:\s*([^\s,}#]+)/m.exec(text)?.[1];
  const target = resolve(options.out ?? `${preset.name}.yaml`);
  const data = written === undefined ? null : { from: resolve(dirname(preset.path), written), name: basename(written) };
  if (data !== null) refuse(join(dirname(target), data.name));
  const own = (folder: string): string =>
    (written === undefined ? text : text.replace(written, data!.name)).replace(
      /^# yaml-language-server:.*$/m,
      schemaLine(folder),
    );
  const { files } = await write(target, own);
  if (data === null) return { files };
  const copy = join(dirname(target), data.name);
  await writeAtomic(copy, readFileSync(data.from));
  return { files: [...files, copy] };
}

function presetCalled(name: string): Preset {
  const all = presets();
  const found = all.find((preset) => preset.name === name.replace(/\.ya?ml$/i, ''));
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    all.map((preset) => preset.name),
  );
  throw new ForecastError('E_USAGE', `no preset is called ${JSON.stringify(name.slice(0, 60))}`, {
    hint: guess === null ? '`forecast presets` lists them; a table ends in .csv' : `did you mean ${guess}?`,
  });
}

async function write(out: string, text: (folder: string) => string): Promise<{ readonly files: readonly string[] }> {
  const path = resolve(out);
  refuse(path);
  await writeAtomic(path, text(dirname(path)));
  return { files: [path] };
}

function refuse(path: string): void {
  if (!existsSync(path)) return;
  throw new ForecastError('E_USAGE', 'is there already and is not overwritten', {
    where: basename(path),
    hint: 'move it away, or name another file with --out',
  });
}

/** Line 1: what editors complete and check by. */
function schemaLine(folder: string): string {
  const path = relative(folder, join(PACKAGE_FOLDER, 'configs', 'schema.json'))
    .split(sep)
    .join('/');
  return `# yaml-language-server: $schema=${path.startsWith('.') ? path : `./${path}`}`;
}

/** The text of a config for a table: loads it once to name the columns and to see its season. */
async function textFor(table: string, options: OpenOptions, folder = dirname(resolve(table))): Promise<string> {
  const path = resolve(table);
  const file = relative(folder, path).split(sep).join('/');
  const place = { base: folder, file: table, allowOutside: true };
  const probe = parseConfig({ source: { kind: 'csv', file }, model: 'lstm-regressor' }, { ...options, ...place });
  const { raw } = await loadData(probe);
  const facts = factsOf(probe.written.source, raw);
  return raw.form === 'numbers' ? starterFor(stemOf(table), file, raw, facts) : '';
}

function starterFor(name: string, file: string, raw: Numbers, facts: Facts): string {
  const first = raw.series[0]!;
  const seasonal = facts.season > 1 && facts.rows >= 4 * facts.season;
  const positive = raw.series.every((series) =>
    series.targets.every(({ values }) => values.every((value) => value > 0)),
  );
  const encoders = [
    ...(seasonal && positive ? ['{ kind: log }'] : []),
    ...(seasonal ? [`{ kind: difference, lag: ${facts.season} }`] : []),
    '{ kind: standard }',
  ];
  const targets = first.targets.map((target) => JSON.stringify(target.name));
  const time = first.time.stamps === null ? '' : `, time: ${JSON.stringify(first.time.name)}`;
  const held = Math.max(1, Math.min(48, Math.floor(facts.rows / 10)));
  return `# ${name}: made from ${basename(file)} (${facts.rows} rows, season ${facts.season}). Change what you know better.
name: ${JSON.stringify(name)}

source:   { kind: csv, file: ${JSON.stringify(file)}${time}, target: ${targets.length === 1 ? targets[0] : `[${targets.join(', ')}]`} }
split:    { validation: ${held}, test: ${held} }                       # windows: to stop by, and to be judged by
encoder:  [${encoders.join(', ')}]
model:    { kind: lstm-regressor, units: [32]${seasonal ? '' : ', normalise: last'} }
train:    { epochs: 200, batch: 32, optimizer: adam, rate: 0.003, patience: 20, clip: 1 }
`;
}

function stemOf(path: string): string {
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

const STARTER = `# A config to start from: a generated series with trend and season. For your own table: forecast init data.csv
name: forecast

source:   { kind: generated, series: trend-season, length: 240, period: 12, noise: 0.3 }
# source: { kind: csv, file: data.csv, time: month, target: sales }
split:    { validation: 24, test: 24 }                     # windows: to stop by, and to be judged by
encoder:  [{ kind: difference, lag: 12 }, { kind: standard }]
window:   { context: 24, horizon: 12 }                     # two seasons in, one out
model:    { kind: lstm-regressor, units: [32] }
train:    { epochs: 200, batch: 32, optimizer: adam, rate: 0.003, patience: 20 }
predict:  { horizon: 12 }
`;
