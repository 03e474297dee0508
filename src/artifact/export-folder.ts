// A folder for other programs: written as a whole with a manifest, never over something that is not an export.
// In: a path and contents by name. Out: the folder in place. Not here: what the files say (formats/).

import { access, readdir, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForecastError } from '../core/errors.ts';
import { MANIFEST, manifestText, markOf, readManifest } from './manifest.ts';
import { discard, seal, unseal } from './sealed.ts';
import { codeOf, onDisk, shownPath } from './write.ts';

/**
 * Writes `files` as the folder `path`. The same export standing there already is left as it is ('same').
 * Errors: E_RUN_EXISTS where anything else stands there (another export gives way to `force`, other files never do),
 * E_OUT_NOT_WRITABLE (its parent is missing, no permission), E_IO_WRITE.
 */
export async function writeExport(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  force: boolean,
): Promise<'written' | 'same'> {
  await onDisk(path, () => access(dirname(path)));
  const names = await onDisk(path, () => readdir(path, { recursive: true, withFileTypes: true })).catch(missing);
  const present = (names ?? [])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  if (present.length === 0) {
    if (names !== null) await onDisk(path, () => rmdir(path)); // Windows renames onto no folder, empty or not
    await seal(path, files);
    return 'written';
  }
  const marks = await readManifest(path).catch(() => null);
  const own = new Set([MANIFEST, ...(marks?.keys() ?? [])].map((name) => join(path, name)));
  if (marks === null || present.some((file) => !own.has(file))) throw exists(path, 'holds files that are no export');
  const wanted = manifestText(new Map([...files].map(([name, content]) => [name, markOf(content)])));
  const intact = await unseal(path).then(
    () => true,
    () => false,
  );
  if (intact && manifestText(marks) === wanted) return 'same';
  if (!force) throw exists(path, 'holds another export');
  // The old one stays until the new one is whole.
  await discard(`${path}.new`);
  await seal(`${path}.new`, files);
  await discard(path);
  await onDisk(path, () => rename(`${path}.new`, path));
  return 'written';
}

function missing(error: unknown): null {
  if (codeOf((error as ForecastError).cause) === 'ENOENT') return null;
  throw error;
}

function exists(path: string, what: string): ForecastError {
  const hint = what.includes('another')
    ? 'replace it with --force, or choose another folder with --out'
    : 'choose an empty or a new folder with --out';
  return new ForecastError('E_RUN_EXISTS', `the folder ${what}`, { where: shownPath(path), hint });
}
