// Files of a model that some other program has written, read without trust: regular files of the promised size, inside one folder.
// In: a path a person typed, names a file lists. Out: text and bytes. Not here: what they mean (formats/).

import { lstat, open, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { type ErrorCode, ForecastError } from '../core/errors.ts';
import { codeOf, shownPath } from './write.ts';

/** A description is text about layers; one this long is something else. */
const MOST_TEXT = 1_048_576;

/** A model's description of at most 1 MiB; of a folder, the `usual` file in it. Errors: E_MODEL_NOT_FOUND, E_MODEL_HEADER. */
export async function readDescription(path: string, usual: string): Promise<{ text: string; path: string }> {
  const found = await stat(path).catch(() => null);
  const file = found?.isDirectory() ? join(path, usual) : path;
  const where = shownPath(file);
  const stats = file === path ? found : await stat(file).catch(() => null);
  if (stats === null) throw notFound('no such file', where);
  if (!stats.isFile()) throw notFound('is not a regular file', where);
  if (stats.size > MOST_TEXT)
    throw new ForecastError('E_MODEL_HEADER', `${stats.size} bytes, at most ${MOST_TEXT}`, { where, hint: HINT });
  const bytes = await readExactly(file, stats.size, where);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), path: file };
  } catch (cause) {
    throw new ForecastError('E_MODEL_HEADER', 'is not UTF-8 text', { where, hint: HINT, cause });
  }
}

const HINT = 'give the model.json of a model; its weights stand in files beside it';

/**
 * The files `names` below `folder`, one after the other: together exactly `bytes`, told before anything is read.
 * Errors: E_MODEL_LAYOUT (missing, a link, outside of the folder, another size).
 */
export async function readBeside(folder: string, names: readonly string[], bytes: number): Promise<Uint8Array> {
  const home = await realpath(folder);
  const sizes: number[] = [];
  for (const name of names) sizes.push(await sizeInside(home, name));
  const found = sizes.reduce((sum, size) => sum + size, 0);
  if (found !== bytes)
    throw layout(
      `expected ${bytes} bytes of weights, found ${found}`,
      names[0] ?? '',
      'copy the files again, all of them',
    );
  const content = new Uint8Array(bytes);
  let at = 0;
  for (const [i, name] of names.entries()) {
    content.set(await readExactly(join(home, name), sizes[i] as number, name), at);
    at += sizes[i] as number;
  }
  return content;
}

/** Size of a regular file that really is below the folder. */
async function sizeInside(home: string, name: string): Promise<number> {
  const path = join(home, name);
  const stats = await lstat(path).catch(() => null);
  if (stats === null) throw layout('is missing', name, 'it belongs beside model.json');
  if (!stats.isFile()) throw layout('is not a regular file', name, 'put the file itself there');
  const place = await realpath(dirname(path));
  if (place !== home && !place.startsWith(home + sep))
    throw layout("leaves the model's folder", name, 'put the file itself there');
  return stats.size;
}

/** All of a file that has `size` bytes; one that changes meanwhile is damaged. */
async function readExactly(path: string, size: number, where: string): Promise<Uint8Array> {
  const content = new Uint8Array(size);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw notFound(`cannot be opened (${codeOf(error)})`, where);
  }
  try {
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(content, at, size - at, at);
      if (bytesRead === 0) throw layout(`expected ${size} bytes, found ${at}`, where, 'copy the file again');
      at += bytesRead;
    }
    return content;
  } finally {
    await file.close();
  }
}

function notFound(what: string, where: string): ForecastError {
  const code: ErrorCode = 'E_MODEL_NOT_FOUND';
  return new ForecastError(code, what, { where, hint: 'check the path' });
}

function layout(what: string, where: string, hint: string): ForecastError {
  return new ForecastError('E_MODEL_LAYOUT', what, { where, hint });
}
