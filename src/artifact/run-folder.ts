// The folder a run works in: created, locked, filled, committed as a whole.
// In: a path and the run's identity. Out: a RunFolder that knows whether the run is new, interrupted or done. Not here: what the files say.
// Everything of an unfinished run stands in `unfinished/`; the artifacts reach the folder itself only when all of them are durable.

import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, toNamespacedPath } from 'node:path';
import { ForecastError, type Warning } from '../core/errors.ts';
import { type Json, type JsonObject, stableJson } from '../core/json.ts';
import type { Tensors } from '../core/tensor.ts';
import type { TrainState } from '../train/state.ts';
import { type Checkpoints, checkpointsIn } from './checkpoints.ts';
import { firstDifference, hashIdentity, type Identity, identityText, parseIdentity } from './identity.ts';
import { isLockFile, type Lock, takeLock } from './lock.ts';
import { Damage, type FileMark, isInside, MANIFEST, manifestText, markOf, readManifest, sha256 } from './manifest.ts';
import { decodeTensors, encodeTensors } from './safetensors.ts';
import { discard, seal, unseal } from './sealed.ts';
import { exists, PENDING, RUN, readRunFolder, type StoredRun, UNFINISHED } from './stored-run.ts';
import {
  type Content,
  codeOf,
  freshFolder,
  makeFolders,
  onDisk,
  outputError,
  shownPath,
  syncFolder,
  writeAtomic,
} from './write.ts';

export { hashIdentity, type Identity, readRunFolder, type StoredRun };

const IDENTITY = 'identity.json';
const RUNNING: string = stableJson({ state: 'running' });

type Files = Iterable<readonly [name: string, content: Content]>;

export interface OpenOptions {
  /** Start anew whatever run the folder holds; a finished one stays readable until the new one is complete. */
  readonly force?: boolean;
  /** A difference of config or data is the person's mistake (E_RESUME_MISMATCH), not a name clash (E_RUN_EXISTS). */
  readonly resume?: boolean;
  /** Create missing parent folders (for the default place); without it a missing parent is E_OUT_NOT_WRITABLE. */
  readonly parents?: boolean;
}

/** Everything of one finished series in a run of many. */
export interface SeriesResult {
  readonly json: Json;
  readonly tensors: Tensors;
}

export interface RunFolder {
  readonly path: string;
  /** `interrupted`: same identity, not finished, whatever stopped it. `done`: same identity and verified; read it with `readRunFolder`. */
  readonly state: 'new' | 'interrupted' | 'done';
  /** Adds an artifact ("forecast.csv", "series/x.json"); visible in the folder once the run is complete. */
  write(name: string, content: Content): Promise<void>;
  /** Several artifacts, side by side. */
  writeAll(files: Files): Promise<void>;
  saveCheckpoint(series: string, state: TrainState): Promise<void>;
  /** Warnings are for the screen only: they differ between an interrupted run and an uninterrupted one. */
  latestCheckpoint(
    series: string,
  ): Promise<{ readonly state: TrainState | null; readonly warnings: readonly Warning[] }>;
  /** Keeps the result of a finished series, so that a resumed run skips it; its checkpoints go. */
  saveSeries(series: string, result: SeriesResult): Promise<void>;
  /** null where the series was not finished, or what was kept of it is damaged. */
  loadSeries(series: string): Promise<SeriesResult | null>;
  /** Commits all artifacts, the manifest last; run.json says `done` and is given back. Checkpoints go. */
  complete(run: JsonObject): Promise<JsonObject>;
  /** Says in run.json why the run stopped; it can be resumed. Never throws: what stopped it matters more. */
  leave(as: 'interrupted' | 'diverged' | 'failed', run?: JsonObject): Promise<void>;
  /** Unlocks. Call it in `finally`. */
  close(): Promise<void>;
}

/**
 * Opens the folder of a run before any work is done. Errors: E_RUN_LOCKED, E_RUN_EXISTS (another run's folder, or no run's),
 * E_RESUME_MISMATCH, E_RUN_CORRUPT (a finished run that is damaged), E_OUT_NOT_WRITABLE, E_IO_WRITE.
 */
export async function openRunFolder(path: string, identity: Identity, options: OpenOptions = {}): Promise<RunFolder> {
  const created = await createFolder(path, options.parents ?? false);
  await refuseForeign(path);
  const lock = await takeLock(path);
  try {
    const state = await onDisk(path, () => prepare(path, identity, options));
    return runFolder(path, identity, state, lock, created);
  } catch (error) {
    await lock.release();
    await removeEmpty(path, created);
    throw error;
  }
}

/** The first folder that had to be created on the way to `path`; null where it stood already. */
async function createFolder(path: string, parents: boolean): Promise<string | null> {
  try {
    if (parents) return (await makeFolders(path)) ?? null; // in full: \\?\C:\… on Windows
    await mkdir(path);
    return path;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null;
    throw outputError(path, error);
  }
}

/** Takes back the folders from `path` up to the one that was `created`, as far as they are empty. */
async function removeEmpty(path: string, created: string | null): Promise<void> {
  if (created === null) return;
  const least = toNamespacedPath(created).length;
  for (let folder = path; toNamespacedPath(folder).length >= least; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return; // somebody's files stand in it
    }
  }
}

/** A folder with files and no trace of a run is somebody's: nothing is written into it, not even a lock. */
async function refuseForeign(path: string): Promise<void> {
  const names = await onDisk(path, () => readdir(path));
  const isRun = names.some((name) => name === UNFINISHED || name === MANIFEST || isLockFile(name));
  if (isRun || names.length === 0) return;
  throw new ForecastError('E_RUN_EXISTS', 'the folder is not empty and holds no run', {
    where: shownPath(path),
    hint: 'choose an empty or a new folder with --out',
  });
}

/** Under the lock: finishes a commit that was cut short, sweeps leftovers, decides the state. */
async function prepare(path: string, identity: Identity, options: OpenOptions): Promise<RunFolder['state']> {
  if ((await readPendingManifest(path)) !== null) await settle(path);
  for (const name of await readdir(path)) {
    if (name.endsWith('.tmp') && !isLockFile(name)) await rm(join(path, name), { recursive: true, force: true });
  }
  const state = options.force ? 'new' : await stateOf(path, identity, options.resume ?? false);
  if (state === 'new') await begin(path, identity);
  if (state === 'interrupted') {
    await rm(join(path, PENDING), { recursive: true, force: true });
    await writeAtomic(join(path, UNFINISHED, RUN), RUNNING);
  }
  return state;
}

async function stateOf(path: string, identity: Identity, resume: boolean): Promise<RunFolder['state']> {
  const unfinished = await readIdentity(join(path, UNFINISHED, IDENTITY));
  if (unfinished?.hash === identity.hash) return 'interrupted';
  const isDone = await exists(join(path, MANIFEST));
  const done = isDone ? await readIdentity(join(path, IDENTITY)) : null;
  if (isDone && (done === null || done.hash === identity.hash)) {
    const stored = await readRunFolder(path);
    if (done === null) stored.bytes(IDENTITY); // intact, but not ours: says so
    return 'done';
  }
  const other = unfinished ?? done;
  if (other === null) return 'new';
  throw resume ? mismatch(path, other, identity) : otherRun(path, other, identity);
}

async function begin(path: string, identity: Identity): Promise<void> {
  await discard(join(path, UNFINISHED));
  const unfinished = freshFolder(join(path, UNFINISHED));
  await unfinished.write(IDENTITY, identityText(identity));
  await unfinished.write(RUN, RUNNING);
  await unfinished.sync();
  await syncFolder(path);
}

function runFolder(
  path: string,
  identity: Identity,
  state: RunFolder['state'],
  lock: Lock,
  created: string | null,
): RunFolder {
  const unfinished = join(path, UNFINISHED);
  const pending = freshFolder(join(path, PENDING));
  const marks = new Map<string, FileMark>();
  const checkpoints = new Map<string, Checkpoints>();
  const checkpointFolder = (series: string): string => join(unfinished, 'checkpoints', seriesKey(series));
  const seriesFolder = (series: string): string => join(unfinished, 'series', seriesKey(series));
  const checkpointsOf = (series: string): Checkpoints => {
    const known = checkpoints.get(series) ?? checkpointsIn(checkpointFolder(series));
    checkpoints.set(series, known);
    return known;
  };
  const write = async (name: string, content: Content): Promise<void> => {
    if (!isInside(name) || name === RUN || name === MANIFEST || name.startsWith(UNFINISHED) || isLockFile(name))
      throw new Error(`${JSON.stringify(name)} cannot be the name of an artifact`);
    await pending.write(name, content);
    marks.set(name, markOf(content));
  };
  /** All have ended before it is told that one has failed: nothing is written into a folder that is left. */
  const writeAll = async (files: Files): Promise<void> => {
    const ends = await Promise.allSettled(Array.from(files, ([name, content]) => write(name, content)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  };
  return {
    path,
    state,
    write,
    writeAll,
    saveCheckpoint: (series, trained) => checkpointsOf(series).save(trained),
    latestCheckpoint: (series) => checkpointsOf(series).latest(),
    async saveSeries(series, { json, tensors }) {
      const folder = seriesFolder(series);
      await discard(folder);
      await onDisk(folder, () => mkdir(dirname(folder), { recursive: true }));
      const files: [string, string | Uint8Array][] = [
        ['series.json', stableJson(json)],
        ['tensors.safetensors', encodeTensors(tensors)],
      ];
      await seal(folder, new Map(files));
      await discard(checkpointFolder(series));
    },
    loadSeries: (series) => readSeries(seriesFolder(series)),
    async complete(run) {
      const done = { ...run, state: 'done' };
      await write(IDENTITY, identityText(identity));
      await pending.write(RUN, stableJson(done));
      await pending.sync();
      await writeAtomic(join(path, PENDING, MANIFEST), manifestText(marks));
      await onDisk(path, () => settle(path));
      return done;
    },
    async leave(as, run = {}) {
      if (!(await exists(unfinished))) return;
      const kept = await Promise.all(['checkpoints', 'series'].map((name) => exists(join(unfinished, name))));
      // Refused before anything was learned: nothing is left behind.
      if (as === 'failed' && !kept.includes(true)) return await discard(unfinished).catch(() => undefined);
      await writeAtomic(join(unfinished, RUN), stableJson({ ...run, state: as })).catch(() => undefined);
    },
    async close() {
      await onDisk(path, () => lock.release());
      await removeEmpty(path, created);
    },
  };
}

/** Series ids are any text; folders carry a hash of them. */
function seriesKey(series: string): string {
  return sha256(series).slice(0, 16);
}

async function readSeries(folder: string): Promise<SeriesResult | null> {
  try {
    const files = await unseal(folder);
    const json = JSON.parse(Buffer.from(files.get('series.json') ?? []).toString('utf8')) as Json;
    return { json, tensors: decodeTensors(files.get('tensors.safetensors') ?? new Uint8Array(), folder) };
  } catch (error) {
    if (error instanceof Damage || error instanceof ForecastError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Moves committed artifacts from `unfinished/files` into the folder. Until its last step the pending manifest is the one that counts
 * (`readRunFolder` looks there first), so that a kill anywhere leaves a complete run, and calling this again finishes the move.
 */
async function settle(path: string): Promise<void> {
  const marks = await readManifest(join(path, PENDING));
  if (marks === null) throw new Error('nothing is committed');
  const before = await readManifest(path).catch(() => null);
  for (const name of [...marks.keys(), RUN]) await move(path, name);
  for (const name of before?.keys() ?? []) if (!marks.has(name)) await rm(join(path, name), { force: true });
  await syncFolder(path);
  await move(path, MANIFEST);
  await syncFolder(path);
  await discard(join(path, UNFINISHED));
}

async function move(path: string, name: string): Promise<void> {
  const from = join(path, PENDING, name);
  if (!(await exists(from))) return;
  const to = join(path, name);
  await onDisk(to, async () => {
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  });
}

/** null where nothing is committed; a damaged one is a commit that never was. One that cannot be read now may be whole: nothing is thrown away. */
async function readPendingManifest(path: string): Promise<unknown> {
  return readManifest(join(path, PENDING)).catch((error: unknown) => {
    if (error instanceof Damage) return null;
    throw error;
  });
}

/** null where there is none, or a damaged one. What cannot be read now may be whole, and what belongs to it is not to be thrown away. */
async function readIdentity(path: string): Promise<Identity | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : parseIdentity(text);
}

function mismatch(path: string, stored: Identity, wanted: Identity): ForecastError {
  return new ForecastError('E_RESUME_MISMATCH', firstDifference(stored, wanted), {
    where: shownPath(path),
    hint: 'resume with the config and data it was started with, or start anew with --force',
  });
}

function otherRun(path: string, stored: Identity, wanted: Identity): ForecastError {
  return new ForecastError('E_RUN_EXISTS', `the folder holds another run (${firstDifference(stored, wanted)})`, {
    where: shownPath(path),
    hint: 'choose another folder with --out, or replace that run with --force',
  });
}
