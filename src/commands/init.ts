// Beginning: a config written for a table, a preset made one's own, or one to start from.
// In: a preset, a data file or nothing. Out: a config on the disk (never over something). Not here: running it.

import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { writeAtomic } from '../artifact/write.ts';
import { PACKAGE_FOLDER, type Preset, presets } from '../config/presets.ts';
import { ForecastError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { stemOf, textFor } from '../prepare/table.ts';
import { DATA_FILE } from '../sources/endings.ts';

export interface InitOptions {
  /** The file to write; default: named after the preset or the table, in the current folder. */
  readonly out?: string;
  /** For a table: overrides of its source, such as "source.target=sales"; they are written into the config. */
  readonly set?: readonly string[];
}

/** Writes a config to start from. The first file is the config. Errors: E_USAGE where something is in the way. */
export async function init(from?: string, options: InitOptions = {}): Promise<{ readonly files: readonly string[] }> {
  refuseSets(options.set ?? [], from !== undefined && DATA_FILE.test(from));
  if (from === undefined)
    return await write(options.out ?? 'forecast.yaml', (folder) => `${schemaLine(folder)}\n${STARTER}`);
  if (DATA_FILE.test(from)) {
    const name = `${stemOf(from)}.yaml`;
    const text = await textFor(from, { set: options.set ?? [] }, dirname(resolve(options.out ?? name)));
    return await write(options.out ?? name, (folder) => `${schemaLine(folder)}\n${text}`);
  }
  return await initPreset(presetCalled(from), options);
}

/** Only what the source says is asked for before there is a file to edit. */
function refuseSets(set: readonly string[], table: boolean): void {
  const other = set.find((one) => !table || !/^\s*source\./.test(one));
  if (other === undefined) return;
  throw new ForecastError('E_USAGE', `init does not take --set ${JSON.stringify(other.slice(0, 60))}`, {
    hint: table ? 'it takes source.… only: edit the file it writes' : 'edit the file it writes',
  });
}

/** The preset's own text; the data it reads are copied beside it. */
async function initPreset(preset: Preset, options: InitOptions): Promise<{ readonly files: readonly string[] }> {
  const text = readFileSync(preset.path, 'utf8');
  const written = /^\s*(?:source:.*?)?\bfile:\s*([^\s,}#]+)/m.exec(text)?.[1];
  const target = resolve(options.out ?? `${preset.name}.yaml`);
  const data = written === undefined ? null : { from: resolve(dirname(preset.path), written), name: basename(written) };
  const own = (folder: string): string =>
    (written === undefined ? text : text.replace(written, data!.name)).replace(
      /^# yaml-language-server:.*$/m,
      schemaLine(folder),
    );
  if (data === null) return await write(target, own);
  refuse(target);
  const copy = join(dirname(target), data.name);
  const content = readFileSync(data.from);
  // Presets that differ in one word have one data set: it is there after the first of them.
  if (existsSync(copy)) {
    if (statSync(copy).isFile() && readFileSync(copy).equals(content)) return await write(target, own);
    refuse(
      copy,
      `move it away, or name a config in another folder with --out, such as ${join('other', basename(target))}`,
    );
  }
  await writeAtomic(copy, content);
  try {
    const { files } = await write(target, own);
    return { files: [...files, copy] };
  } catch (error) {
    rmSync(copy, { force: true }); // else it would be in the way of the next try
    throw error;
  }
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
    hint:
      guess === null ? '`forecast presets` lists them; a table ends in .csv, .tsv or .tsf' : `did you mean ${guess}?`,
  });
}

async function write(out: string, text: (folder: string) => string): Promise<{ readonly files: readonly string[] }> {
  const path = resolve(out);
  refuse(path);
  await writeAtomic(path, text(dirname(path)));
  return { files: [path] };
}

function refuse(path: string, hint = 'move it away, or name another file with --out'): void {
  if (!existsSync(path)) return;
  throw new ForecastError('E_USAGE', 'is there already and is not overwritten', { where: basename(path), hint });
}

/** Line 1: what editors complete and check by. */
function schemaLine(folder: string): string {
  const path = relative(folder, join(PACKAGE_FOLDER, 'configs', 'schema.json'))
    .split(sep)
    .join('/');
  return `# yaml-language-server: $schema=${path.startsWith('.') ? path : `./${path}`}`;
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
