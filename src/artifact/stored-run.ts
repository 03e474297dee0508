// A finished run, read back from its folder.
// In: a path. Out: its files, every one checked against the manifest before the first is used. Not here: what they mean.

import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForecastError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Tensor } from '../core/tensor.ts';
import { readLines } from './json-lines.ts';
import { Damage, type FileMark, type Marks, readManifest, readMarked } from './manifest.ts';
import { decodeTensors } from './safetensors.ts';
import { shownPath } from './write.ts';

/** State of the run: what differs from run to run. The one file the manifest does not cover. */
export const RUN = 'run.json';
/** Where a run that is not done keeps everything. */
export const UNFINISHED = 'unfinished';
/** Artifacts waiting for their manifest; with it they are the run, and only have to be moved. */
export const PENDING: string = join(UNFINISHED, 'files');

export interface StoredRun {
  readonly path: string;
  /** Names of its files, sorted. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Errors (all four): E_RUN_CORRUPT where there is no such file or it is not what its name says. */
  bytes(name: string): Uint8Array;
  text(name: string): string;
  /** `wanted`: entries of the outermost object that are read; absent: all. However large, no string is made of the whole. */
  json(name: string, wanted?: readonly string[]): Json;
  tensors(name: string): Map<string, Tensor>;
  /** run.json: state, times, host. */
  readonly run: JsonObject;
}

/**
 * Reads the finished run at `path` without a lock. Errors: E_RUN_NOT_FOUND, E_RUN_INCOMPLETE (not finished),
 * E_RUN_CORRUPT naming the file that is not as it was written.
 */
export async function readRunFolder(path: string): Promise<StoredRun> {
  try {
    return await readVerified(path);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    throw new ForecastError('E_RUN_CORRUPT', `${error.file} ${describe(error)}`, {
      where: shownPath(path),
      hint: 'run its config again with --force',
      cause: error,
    });
  }
}

async function readVerified(path: string): Promise<StoredRun> {
  const { marks, places } = await findManifest(path);
  if (!marks.has('result.json') && [...marks.keys()].some((name) => /(?:^|\/)forecast\.json$/.test(name))) {
    throw new ForecastError('E_RUN_NOT_FOUND', 'holds an exported model, not a run', {
      where: shownPath(path),
      hint: 'give the folder that `forecast run` printed: exports are for other programs',
    });
  }
  const contents = new Map<string, Uint8Array>();
  for (const [name, mark] of marks) contents.set(name, await readFrom(places, name, mark));
  return storedRun(path, contents, await readRunJson(places));
}

interface Found {
  readonly marks: Marks;
  /** Folders its files may stand in. */
  readonly places: readonly string[];
}

/** A run whose files were committed but not all moved is complete: the pending manifest is the newer one. */
async function findManifest(path: string): Promise<Found> {
  const pending = join(path, PENDING);
  const committed = await readManifest(pending);
  if (committed !== null) return { marks: committed, places: [pending, path] };
  const marks = await readManifest(path);
  if (marks !== null) return { marks, places: [path] };
  const where = shownPath(path);
  if (await exists(join(path, UNFINISHED)))
    throw new ForecastError('E_RUN_INCOMPLETE', 'the run in this folder is not finished', {
      where,
      hint: 'run its config again with --resume',
    });
  const what = (await exists(path)) ? 'is not a run folder' : 'there is no such run folder';
  throw new ForecastError('E_RUN_NOT_FOUND', what, { where, hint: 'give the folder that `forecast run` printed' });
}

/** The file from the first place that has it as it was written: it may move from one to the next meanwhile. */
async function readFrom(places: readonly string[], name: string, mark: FileMark): Promise<Uint8Array> {
  for (const place of places.slice(0, -1)) {
    const content = await readMarked(join(place, name), name, mark).catch(() => null);
    if (content !== null) return content;
  }
  return readMarked(join(places.at(-1) as string, name), name, mark);
}

async function readRunJson(places: readonly string[]): Promise<JsonObject> {
  for (const place of places) {
    const text = await readFile(join(place, RUN), 'utf8').catch(() => null);
    if (text !== null) return asObject(parsed(text, RUN));
  }
  throw new Damage(RUN, 'is missing');
}

function storedRun(path: string, contents: ReadonlyMap<string, Uint8Array>, run: JsonObject): StoredRun {
  const corrupt = (what: string): ForecastError =>
    new ForecastError('E_RUN_CORRUPT', what, { where: shownPath(path), hint: 'run its config again with --force' });
  const bytes = (name: string): Uint8Array => {
    const content = contents.get(name);
    if (content !== undefined) return content;
    throw corrupt(`holds no ${name}`);
  };
  const text = (name: string): string => Buffer.from(bytes(name)).toString('utf8');
  return {
    path,
    names: [...contents.keys()],
    has: (name) => contents.has(name),
    bytes,
    text,
    json: (name, wanted) => {
      try {
        return readLines(bytes(name), wanted);
      } catch (error) {
        if (error instanceof SyntaxError) throw corrupt(`${name} is not JSON`);
        throw error;
      }
    },
    tensors: (name) => decodeTensors(bytes(name), shownPath(join(path, name))),
    run,
  };
}

function parsed(text: string, name: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Damage(name, 'is not JSON');
  }
}

function asObject(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Damage(RUN, 'is not an object');
}

function describe(damage: Damage): string {
  return damage.message.startsWith('is ') || damage.message.startsWith('cannot')
    ? damage.message
    : `(${damage.message})`;
}

export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}
