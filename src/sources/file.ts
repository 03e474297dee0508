// Opening a data file safely: only regular files, only up to a size, gzip or not; its sha256 on the way.
// In: a path from the config, limits, an encoding. Out: chunks of inflated UTF-8. Not here: what the bytes mean.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ForecastError } from '../core/errors.ts';
import { asUtf8, type Encoding } from './encoding.ts';
import { refuseBinary } from './foreign.ts';
import type { SourceContext } from './source.ts';

export interface ByteLimits {
  /** Most bytes, after inflating. */
  readonly bytes: number;
  /** Most inflated bytes per byte of a gzip file. */
  readonly ratio: number;
}

export interface OpenFile {
  /** As shown in messages. */
  readonly name: string;
  readonly chunks: AsyncIterable<Buffer>;
  /** sha256 (hex) of the bytes on disk; known once the chunks are read to the end. */
  sha256(): string;
}

const CHUNK = 1 << 20;
/** Small files may inflate as they like: a ratio says something only above this. */
const RATIO_FROM = 1 << 20;

/**
 * Opens a data file, hands it to `use` for one pass and closes it whatever happens. Throws E_URL_DISABLED, E_DATA_NOT_FOUND,
 * E_DATA_NOT_FILE; reading throws E_DATA_TOO_LARGE, E_DATA_GZIP, E_DATA_FORMAT and E_CSV_ENCODING. A pipe or a device is refused before a byte is read, so
 * nothing can hang. What is not written in UTF-8 comes as UTF-8.
 */
export async function withFile<T>(
  path: string,
  context: SourceContext,
  limits: ByteLimits,
  use: (file: OpenFile) => Promise<T>,
  encoding?: Encoding,
): Promise<T> {
  refuseUrl(path);
  const resolved = context.resolve(path);
  const name = context.display(resolved);
  const handle = await openHandle(resolved, name);
  try {
    return await use(await fileOf(handle, name, limits, encoding));
  } finally {
    await handle.close();
  }
}

async function fileOf(
  handle: FileHandle,
  name: string,
  limits: ByteLimits,
  encoding: Encoding | undefined,
): Promise<OpenFile> {
  const stat = await handle.stat();
  if (!stat.isFile()) {
    const what = stat.isDirectory() ? 'is a directory, not a file' : 'is a pipe, a socket or a device, not a file';
    throw new ForecastError('E_DATA_NOT_FILE', what, { where: name, hint: 'name a file' });
  }
  const hash = createHash('sha256');
  const zipped = await startsWithGzipMagic(handle);
  const raw = (): Readable => handle.createReadStream({ start: 0, highWaterMark: CHUNK, autoClose: false });
  const bytes = zipped ? inflated(raw, hash, name, limits, stat.size) : plain(raw, hash, name, limits);
  return { name, chunks: asUtf8(refuseBinary(bytes, name), encoding, name), sha256: () => hash.copy().digest('hex') };
}

/** All bytes of a file at once. */
export async function readWhole(file: OpenFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** File name without its folder and endings: "story.txt.gz" is "story". */
export function stem(path: string): string {
  return basename(path.replaceAll('\\', '/'))
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '');
}

function refuseUrl(path: string): void {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(path)) return;
  const shown = path.replace(/\/\/[^/@]*@/, '//***@').replace(/[?#].*$/s, '');
  throw new ForecastError('E_URL_DISABLED', `"${shown.slice(0, 80)}" is a URL, and sources read files only`, {
    where: 'source.file',
    hint: 'download it and name the file',
  });
}

async function openHandle(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === 'EACCES' || code === 'EPERM' ? 'may not be read (permission denied)' : 'no such file';
    if (code === 'ENXIO')
      throw new ForecastError('E_DATA_NOT_FILE', 'is not a file', { where: name, hint: 'name a file' });
    throw new ForecastError('E_DATA_NOT_FOUND', what, {
      where: name,
      hint: 'paths in a config are relative to the config',
      cause: error,
    });
  }
}

async function startsWithGzipMagic(handle: FileHandle): Promise<boolean> {
  const magic = Buffer.alloc(2);
  const { bytesRead } = await handle.read(magic, 0, 2, 0);
  return bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
}

async function* plain(
  open: () => Readable,
  hash: ReturnType<typeof createHash>,
  name: string,
  limits: ByteLimits,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of open() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > limits.bytes) throw tooManyBytes(name, limits.bytes);
    yield chunk;
  }
}

/** Gunzip with its own count: the stream's maxOutputLength is not honoured by the streaming form. */
async function* inflated(
  open: () => Readable,
  hash: ReturnType<typeof createHash>,
  name: string,
  limits: ByteLimits,
  size: number,
): AsyncGenerator<Buffer> {
  const raw = open();
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const gunzip = createGunzip({ chunkSize: CHUNK });
  raw.on('error', (error) => gunzip.destroy(error));
  raw.pipe(hashing).pipe(gunzip);
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytes) throw tooManyBytes(name, limits.bytes);
      if (bytes > RATIO_FROM && bytes > limits.ratio * size) {
        throw new ForecastError('E_DATA_TOO_LARGE', `inflates to more than ${limits.ratio} times its ${size} bytes`, {
          where: name,
          hint: 'if it is meant to, raise source.limits.ratio',
        });
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ForecastError) throw error;
    throw new ForecastError('E_DATA_GZIP', `is damaged gzip after ${bytes} inflated bytes`, {
      where: name,
      hint: 'download or compress the file again',
      cause: error,
    });
  } finally {
    raw.destroy();
    gunzip.destroy();
  }
}

function tooManyBytes(name: string, limit: number): ForecastError {
  return new ForecastError('E_DATA_TOO_LARGE', `more than ${limit} bytes`, {
    where: name,
    hint: 'raise source.limits.bytes',
  });
}
