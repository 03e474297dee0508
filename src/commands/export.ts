// Handing a run's model to other programs: each series' network in a format of theirs, with a guide beside it.
// In: a complete run, a format. Out: a folder. Not here: the formats (formats/), how the folder is written (artifact/).

import { resolve } from 'node:path';
import { writeExport } from '../artifact/export-folder.ts';
import { readModels, type SeriesModel } from '../artifact/model.ts';
import { readRunFolder, type StoredRun } from '../artifact/run-folder.ts';
import { shownPath } from '../artifact/write.ts';
import { ForecastError } from '../core/errors.ts';
import { type JsonObject, stableJson } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import { checkOptions, checkPath } from '../core/options.ts';
import { type Format, type Port, stepsOf } from '../formats/format.ts';
import { GUIDE, guideOf } from '../formats/guide.ts';
import { FORMATS } from '../formats/index.ts';
import { storedConfig } from '../prepare/open.ts';
import { type CalendarEntry, calendarWords } from '../sources/calendar.ts';

export interface ExportOptions {
  /** Kind of the format: onnx, tfjs. */
  readonly to: string;
  /** The folder to write; default: beside the run, its name with the format's behind it. */
  readonly out?: string;
  /** Replace another export that stands there. */
  readonly force?: boolean;
}

export interface ExportOutcome {
  readonly format: string;
  readonly folder: string;
  /** Names below the folder. */
  readonly files: readonly string[];
  /** One per series. */
  readonly models: readonly {
    readonly series: string;
    /** Below the folder; '' where there is one series. */
    readonly folder: string;
    readonly input: Port;
    readonly output: Port;
  }[];
  /** Whether the same export stood there already. */
  readonly same: boolean;
}

/**
 * Writes the networks of a complete run for other programs. Errors: E_USAGE (no such format, a run without a network), E_MODEL_LAYER
 * (what the format has no form for), E_RUN_EXISTS, E_OUT_NOT_WRITABLE, E_IO_WRITE, those of reading a run.
 */
export async function exportRun(folder: string, options: ExportOptions): Promise<ExportOutcome> {
  checkPath('exportRun', 'a run', folder);
  checkOptions('exportRun', options, { to: 'text', out: 'text', force: 'flag' });
  const format = formatOf(options.to);
  const stored = await readRunFolder(resolve(folder));
  const models = modelsOf(stored, folder);
  const places = placesOf([...models.keys()]);
  const about = aboutOf(stored, format.kind);
  const files = new Map<string, string | Uint8Array>();
  const written = [...models].map(([series, model]) => {
    const place = places.get(series) as string;
    const own = filesOf(format, model, { ...about, series });
    for (const [name, content] of own.files) files.set(place === '' ? name : `${place}/${name}`, content);
    return { series, folder: place, input: own.input, output: own.output };
  });
  const target = resolve(options.out ?? `${resolve(folder)}-${format.kind}`);
  const state = await writeExport(target, files, options.force ?? false);
  return { format: format.kind, folder: target, files: [...files.keys()], models: written, same: state === 'same' };
}

function formatOf(kind: string | undefined): Format {
  const kinds = Object.keys(FORMATS);
  if (kind === undefined)
    throw new ForecastError('E_USAGE', 'no format is named', { hint: `--to ${kinds.join(' or --to ')}` });
  const found = Object.hasOwn(FORMATS, kind) ? FORMATS[kind] : undefined;
  if (found) return found;
  const guess = nearest(kind, kinds);
  throw new ForecastError('E_USAGE', `no format is called ${JSON.stringify(kind.slice(0, 40))}`, {
    hint: guess === null ? `--to ${kinds.join(' or --to ')}` : `did you mean --to ${guess}?`,
  });
}

function modelsOf(stored: StoredRun, folder: string): ReadonlyMap<string, SeriesModel> {
  const models = stored.has('model.json') ? readModels(stored) : new Map<string, SeriesModel>();
  if (models.size > 0) return models;
  throw new ForecastError('E_USAGE', 'the run holds no network: a closed-form forecaster has no weights to hand on', {
    where: shownPath(resolve(folder)),
    hint: 'name a run whose model is a network',
  });
}

interface AboutRun {
  readonly run: string;
  readonly hash: string;
  readonly format: string;
  readonly cutting: 'sliding' | 'prefixes';
  readonly calendar: readonly string[];
}

function aboutOf(stored: StoredRun, format: string): AboutRun {
  const { written } = storedConfig(stored);
  const { hash } = stored.json('identity.json') as { hash: string };
  const { calendar = [] } = written.source as { readonly calendar?: readonly CalendarEntry[] };
  return {
    run: written.name,
    hash,
    format,
    cutting: written.window.kind ?? 'sliding',
    calendar: calendarWords(calendar),
  };
}

function filesOf(
  format: Format,
  { parts, encoder }: SeriesModel,
  { cutting, ...about }: AboutRun & { readonly series: string },
): { files: Map<string, string | Uint8Array>; input: Port; output: Port } {
  const { network, shape, weights } = parts;
  const model = { network, shape, weights, steps: stepsOf(shape, cutting, network.input.kind === 'tokens') };
  const exported = format.write(model);
  const guide = guideOf(model, exported, { ...about, encoder: encoder as JsonObject });
  return {
    files: new Map([...exported.files, [GUIDE, stableJson(guide)]]),
    input: exported.input,
    output: exported.output,
  };
}

/** A folder for each of several series, called after it as far as a file name allows. */
function placesOf(ids: readonly string[]): ReadonlyMap<string, string> {
  if (ids.length === 1) return new Map([[ids[0] as string, '']]);
  const digits = String(ids.length).length;
  return new Map(
    ids.map((id, i) => {
      const name = id.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40);
      return [id, `${String(i + 1).padStart(digits, '0')}-${name}`];
    }),
  );
}
