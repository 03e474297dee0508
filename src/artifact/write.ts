// The one way a file reaches the disk: whole or not at all, or into a folder that counts for nothing yet.
// In: a path and its content. Out: the file in place and durable, or a ForecastError and the old file untouched.
// Not here: which files a run leaves (run-folder.ts).

import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ForecastError } from '../core/errors.ts';

/** What a file holds: a text, bytes, or bytes in parts. */
export type Content = string | Uint8Array | readonly Uint8Array[];

/** Characters of a text that are encoded at once. */
const PART = 1 << 20;

/** The bytes of a content in parts, one after the other. */
export function partsOf(content: Content): readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content, 'utf8')];
  return content instanceof Uint8Array ? [content] : content;
}

/** A text that is made piece by piece, as bytes in parts: it never stands in memory as a string. */
export function encoded(pieces: Iterable<string>): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PART) continue;
    parts.push(Buffer.from(text, 'utf8'));
    text = '';
  }
  return [...parts, Buffer.from(text, 'utf8')];
}

/**
 * Writes `content` to `path` through `<path>.tmp` in the same folder: write until all bytes are out, fsync, check the size,
 * rename, fsync the folder. Whatever happens, `path` holds the old content or the new one, never a part.
 * Errors: E_IO_WRITE (disk full, size limit, I/O error), E_OUT_NOT_WRITABLE (no permission, read-only, missing folder; a device or a
 * pipe, in whose place a file would come to stand).
 */
export async function writeAtomic(path: string, content: Content): Promise<void> {
  const parts = partsOf(content);
  const temporary = `${path}.tmp`;
  const progress = { written: 0 };
  try {
    await refuseDevice(path);
    await rm(temporary, { force: true });
    await writeWhole(temporary, parts, progress);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw outputError(path, error, `wrote ${progress.written} of ${sizeOf(parts)}`);
  }
}

async function refuseDevice(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null || there.isFile() || there.isDirectory()) return;
  throw new ForecastError('E_OUT_NOT_WRITABLE', 'cannot be written: it is a pipe, a socket or a device, not a file', {
    where: shownPath(path),
    hint: 'name a file',
  });
}

/** A folder that counts for nothing until what stands beside it says so, as a manifest or a rename: a kill leaves what is thrown away. */
export interface FreshFolder {
  /** Writes a new file of a name with "/"; its content is durable, its name is not yet. Errors: as `writeAtomic`. */
  write(name: string, content: Content): Promise<void>;
  /** Makes the names durable. */
  sync(): Promise<void>;
}

/** The folder `path`, made with its first file: one write and one fsync a file, where `writeAtomic` renames and syncs the folder too. */
export function freshFolder(path: string): FreshFolder {
  const folders = new Set<string>();
  return {
    async write(name, content) {
      const file = join(path, name);
      const folder = dirname(file);
      if (!folders.has(folder)) await onDisk(file, () => makeFolders(folder));
      folders.add(folder);
      await writeNew(file, content);
    },
    async sync() {
      for (const folder of folders) await onDisk(folder, () => syncFolder(folder));
    },
  };
}

/**
 * Makes a folder and those above it; the first that was not there. Errors: the system's, where its own recursive call tells of a
 * folder that is missing whatever the reason (a read-only file system).
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    let first = path;
    for (let above = dirname(path); !(await stat(above).catch(() => null)); above = dirname(above)) first = above;
    await mkdir(first);
    throw error;
  }
}

async function writeNew(path: string, content: Content): Promise<void> {
  const parts = partsOf(content);
  const progress = { written: 0 };
  try {
    await writeWhole(path, parts, progress);
  } catch (error) {
    // A full disk gets the room back; what stood there before is another's.
    if (codeOf(error) !== 'EEXIST') await rm(path, { force: true }).catch(() => {});
    throw outputError(path, error, `wrote ${progress.written} of ${sizeOf(parts)}`);
  }
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Creates `path` (which must not exist) with all of `parts`, durable. */
async function writeWhole(path: string, parts: readonly Uint8Array[], progress: { written: number }): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const bytes of parts) {
      for (let from = 0; from < bytes.length; ) {
        const written = await writeSome(file, bytes, from);
        from += written;
        progress.written += written;
      }
    }
    await file.sync();
    const { size } = await file.stat();
    if (size !== sizeOf(parts)) throw new Error(`the file has ${size} bytes instead of ${sizeOf(parts)}`);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
}

/** A full disk shows first as a short count and only then as an error; a count of 0 would loop for ever. */
async function writeSome(file: FileHandle, bytes: Uint8Array, from: number): Promise<number> {
  const { bytesWritten } = await file.write(bytes, from, bytes.length - from);
  if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
  return bytesWritten;
}

/** Makes the names inside a folder durable. Some systems cannot open or sync folders: there the rename has to do. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, 'r');
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    await folder.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}

/** Runs disk work on `path` and turns the system's errors into ours. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw outputError(path, error);
  }
}

const NOT_WRITABLE: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'something of that name is in its place',
  EISDIR: 'it is a folder',
  ELOOP: 'its path is a loop of links',
  ENAMETOOLONG: 'its name is too long',
};

const HINTS: { readonly [code: string]: string } = {
  ENOENT: 'make the folder above it first',
  EEXIST: 'move it away, or choose another folder with --out',
  EISDIR: 'move it away, or choose another folder with --out',
};

const WRITE_FAILED: { readonly [code: string]: string } = {
  ENOSPC: 'no space left',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file size limit reached',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
};

/** The failure of disk work on `path` as a person reads it; errors that are ours already pass through. */
export function outputError(path: string, error: unknown, figures?: string): ForecastError {
  if (error instanceof ForecastError) return error;
  const where = shownPath(path);
  const code = codeOf(error);
  const why = NOT_WRITABLE[code];
  if (why !== undefined) {
    const hint = HINTS[code] ?? 'choose a folder you may write to with --out';
    return new ForecastError('E_OUT_NOT_WRITABLE', `cannot be written: ${why}`, { where, hint, cause: error });
  }
  const what = WRITE_FAILED[code] ?? (code || (error instanceof Error ? error.message : String(error)));
  return new ForecastError('E_IO_WRITE', figures === undefined ? what : `${what} (${figures})`, {
    where,
    hint: 'free some space or choose another disk with --out; what was written before is intact',
    cause: error,
  });
}

/** The system's error code ("ENOSPC"), or '' where there is none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** A path as messages show it: relative to the working directory, never absolute. */
export function shownPath(path: string): string {
  return relative(process.cwd(), resolve(path)) || '.';
}
