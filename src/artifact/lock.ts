// One process, and one thread of it, at a time in a run folder.
// In: the folder. Out: a lock that is held until released, or E_RUN_LOCKED naming who holds it. Not here: what is done under it.
// A lock left by a killed process is taken over by exactly one successor: see `take`.

import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import { sha256 } from './manifest.ts';
import { codeOf, outputError, shownPath } from './write.ts';

const LOCK = 'lock';

export interface Lock {
  release(): Promise<void>;
}

const OWNER = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{16}$/),
  pid: z.int().min(1),
  /** When the process started, in the system's ticks; null where the system does not say. A recycled pid has another start. */
  start: z.string().nullable(),
  /** The thread of the process, as the system numbers it, and when it started; absent where the system does not say. A worker may end alone. */
  thread: z.strictObject({ id: z.int().min(1), start: z.string() }).optional(),
  host: z.string(),
});

type Owner = z.infer<typeof OWNER>;

/** Whether a file of a run folder belongs to the lock. */
export function isLockFile(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}.`);
}

/**
 * Takes the lock of `folder`, which must exist. Errors: E_RUN_LOCKED where a living process (or one on another host) holds it,
 * E_OUT_NOT_WRITABLE and E_IO_WRITE where the folder cannot be written.
 */
export async function takeLock(folder: string): Promise<Lock> {
  const nonce = randomBytes(8).toString('hex');
  const [start, thread] = [await startOf(`${process.pid}`), await threadHere()];
  const owner: Owner = { nonce, pid: process.pid, start, ...(thread ? { thread } : {}), host: hostname() };
  const ticket = join(folder, `${LOCK}.${nonce}.tmp`);
  try {
    await writeFile(ticket, JSON.stringify(owner), { flag: 'wx' });
    await take(folder, owner, ticket);
  } catch (error) {
    throw outputError(folder, error);
  } finally {
    await rm(ticket, { force: true }).catch(() => undefined);
  }
  await sweep(folder);
  return { release: () => release(folder) };
}

/**
 * The holder is the end of a chain: `lock`, or, where its owner is dead, `lock.<nonce of the dead>`, and so on. A name is created
 * at most once (hard link: complete or absent), so among all who saw the same dead owner one wins; and no living lock is ever removed
 * by another. Whoever created a link of a chain that was released meanwhile finds itself off the chain and starts again.
 */
async function take(folder: string, owner: Owner, ticket: string): Promise<void> {
  for (;;) {
    const before = await chain(folder);
    if (before.owner !== null) throw lockedBy(folder, before.owner);
    const path = join(folder, before.names.at(-1) as string);
    if (!(await created(path, owner, ticket))) continue;
    const after = await chain(folder);
    if (after.owner?.nonce === owner.nonce) return;
    await rm(path, { force: true });
  }
}

/** The chain's names in order; the last one is free (owner null) or held by a living owner. */
async function chain(folder: string): Promise<{ names: string[]; owner: Owner | null }> {
  const names = [LOCK];
  for (;;) {
    const name = names.at(-1) as string;
    const owner = await ownerOf(folder, name);
    if (owner === null || (await isAlive(owner))) return { names, owner };
    const next = `${LOCK}.${owner.nonce}`;
    if (names.includes(next)) throw damagedLock(folder);
    names.push(next);
  }
}

/** null where there is no file. A file that stays unreadable (its writer was killed, power was lost) counts as a dead owner's. */
async function ownerOf(folder: string, name: string): Promise<Owner | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (attempt > 0) await setTimeout(100);
    const text = await textOf(join(folder, name)).catch((error: unknown) => {
      throw codeOf(error) === 'EISDIR' ? damagedLock(folder) : error;
    });
    if (text === null) return null;
    const owner = parseOwner(text);
    if (owner !== null) return owner;
  }
  return { nonce: sha256(name).slice(0, 16), pid: 0, start: null, host: hostname() };
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    return OWNER.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Complete or absent, by a link to the ticket. False where the name is there. */
async function created(path: string, owner: Owner, ticket: string): Promise<boolean> {
  try {
    await link(ticket, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!['ENOENT', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
  }
  return createdExclusively(path, JSON.stringify(owner));
}

/** For file systems without hard links, and for whom a holder swept the ticket away, so long was it being written. */
async function createdExclusively(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true; // nothing can be known of it from here
  if (owner.pid === 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const start = await startOf(`${owner.pid}`);
  if (start === null || owner.start === null) return true;
  if (start !== owner.start || owner.thread === undefined) return start === owner.start;
  return (await startOf(`${owner.pid}/task/${owner.thread.id}`)) === owner.thread.start;
}

/** The thread that runs this JavaScript; null where the system does not say. */
async function threadHere(): Promise<Owner['thread'] | null> {
  try {
    const path = readlinkSync('/proc/thread-self'); // at once: what is awaited is read by another thread
    const start = await startOf(path);
    return start === null ? null : { id: Number(path.split('/').at(-1)), start };
  } catch {
    return null;
  }
}

/** Start time of a process, or of a thread ("12/task/34"), from /proc; null where it says nothing; "gone" for one that has ended but not been collected. */
async function startOf(path: string): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${path}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** The head of the chain goes first: from then on the folder is free, and what is left of the chain is litter. */
async function release(folder: string): Promise<void> {
  const { names } = await chain(folder);
  for (const name of names) await rm(join(folder, name), { force: true });
}

/** Removes what killed processes left: links off the chain (only the holder does this), and tickets whose owner is dead. */
async function sweep(folder: string): Promise<void> {
  const { names } = await chain(folder);
  for (const name of await readdir(folder)) {
    if (!isLockFile(name) || names.includes(name)) continue;
    const owner = name.endsWith('.tmp') ? await ownerOf(folder, name) : null;
    if (owner !== null && (await isAlive(owner))) continue;
    await rm(join(folder, name), { force: true });
  }
}

function damagedLock(folder: string): ForecastError {
  return new ForecastError('E_RUN_LOCKED', 'the lock files are damaged', {
    where: shownPath(folder),
    hint: `make sure that no run works here, then delete ${LOCK} and ${LOCK}.* in the folder`,
  });
}

function lockedBy(folder: string, owner: Owner): ForecastError {
  const here = owner.host === hostname();
  const who = here ? `pid ${owner.pid}` : `pid ${owner.pid} on ${owner.host}`;
  return new ForecastError('E_RUN_LOCKED', `another run works in this folder (${who})`, {
    where: shownPath(folder),
    hint: here
      ? 'wait for it to end, or choose another folder with --out'
      : `wait for it to end; if that host is gone, delete ${LOCK} in the folder`,
  });
}
