// Loading a source in a test, from bytes or from a file. In: options and content. Out: what the source delivers, or its error.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { formatStamp } from '../../src/core/calendar.ts';
import type { Loaded, Series } from '../../src/core/data.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { SOURCES } from '../../src/sources/index.ts';
import type { SourceContext, SourceKind } from '../../src/sources/source.ts';

const folder = mkdtempSync(join(tmpdir(), 'forecast-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Paths are taken below the test's folder, and shown as they are written. */
export const context: SourceContext = {
  resolve: (path) => (path.startsWith('/') ? path : join(folder, path)),
  display: (path) => path.replace(`${folder}/`, ''),
  seed: 7,
};

/** Writes a file for `file: name`. */
export function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

export function kindOf(name: string): SourceKind {
  return SOURCES[name] as SourceKind;
}

export async function load(kind: string, options: object, seed = 7): Promise<Loaded> {
  return kindOf(kind).load(kindOf(kind).options.parse(options), { ...context, seed });
}

/** Loads bytes as x.csv. */
export async function loadCsv(content: string | Uint8Array, options: object = {}, name = 'x.csv'): Promise<Loaded> {
  return load('csv', { file: write(name, content), ...options });
}

export async function csvSeries(content: string | Uint8Array, options: object = {}): Promise<readonly Series[]> {
  const { raw } = await loadCsv(content, options);
  if (raw.form !== 'numbers') throw new Error('not numbers');
  return raw.series;
}

/** The only series of a table. */
export async function onlySeries(content: string | Uint8Array, options: object = {}): Promise<Series> {
  const series = await csvSeries(content, options);
  if (series.length !== 1) throw new Error(`${series.length} series`);
  return series[0] as Series;
}

/** The error as "CODE where: message", with its hint. */
export async function failure(promise: Promise<unknown>): Promise<{ readonly said: string; readonly hint: string }> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof ForecastError)) throw error;
    return { said: `${error.code} ${error.where}: ${error.message}`, hint: error.hint ?? '' };
  }
  throw new Error('nothing was thrown');
}

export function stampsOf(series: Series): string[] {
  return Array.from(series.time.stamps ?? [], (stamp) => new Date(stamp).toISOString());
}

export function valuesOf(series: Series, target = 0): number[] {
  return [...(series.targets[target]?.values ?? [])];
}

/** The first target of each series by its id. */
export function asTable(all: readonly Series[]): Record<string, number[]> {
  return Object.fromEntries(all.map((one) => [one.id, valuesOf(one)]));
}

/** Stamps as the file writes them. */
export function datesOf({ time }: Series): string[] {
  return Array.from(time.stamps ?? [], (stamp) => formatStamp(time, stamp));
}
