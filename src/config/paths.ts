// Where a config may reach: paths written in it are relative to it and stay inside the project.
// In: a path as written. Out: a real path to open. Not here: opening it (sources/).

import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ForecastError } from '../core/errors.ts';
import { maskCredentials } from './issues.ts';

/** The nearest folder at or above `folder` with package.json or .git; `folder` itself where there is none. */
export function projectRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) || existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return folder;
  }
}

export interface Boundary {
  /** What written paths are relative to. */
  readonly base: string;
  readonly root: string;
  readonly allowOutside: boolean;
  /** Where a path was written, for messages. */
  where(path: string): string;
}

/** Throws E_URL_DISABLED for an address. */
export function refuseAddress(path: string, where?: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(path) && !/^(?:file|data|javascript):/i.test(path)) return;
  const name = JSON.stringify(maskCredentials(path).slice(0, 60));
  throw new ForecastError('E_URL_DISABLED', `${name} is an address; data are read from files only`, {
    where,
    hint: 'download the file and write its path',
  });
}

/** A written path as a real one. Errors: E_PATH_OUTSIDE where it leaves the project, E_URL_DISABLED where it is an address. */
export function resolveInside(path: string, boundary: Boundary): string {
  refuseAddress(path, boundary.where(path));
  const name = JSON.stringify(maskCredentials(path).slice(0, 60));
  const outside = (why: string): ForecastError =>
    new ForecastError('E_PATH_OUTSIDE', `${name} ${why}`, {
      where: boundary.where(path),
      hint: 'keep data inside the project, name another project folder with --root, or use --allow-outside',
    });
  if (path === '' || path.includes('\0')) throw outside('is not a path');
  if (boundary.allowOutside) return resolve(boundary.base, path);
  if (/%(?:2e|2f|5c)/i.test(path)) throw outside('hides dots or slashes as % codes');
  if (path.includes('\\')) throw outside('has backslashes; write / between folders');
  const full = resolve(boundary.base, path);
  if (!isInside(full, boundary.root)) throw outside('leaves the project');
  const real = realOf(full);
  if (!isInside(real, realOf(boundary.root))) throw outside('leaves the project through a link');
  return real;
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** The real path; where the file is not there, that of its nearest existing folder with the rest appended. */
function realOf(path: string, hops = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path || hops > 40) return path;
    const target = linkTarget(path);
    // A link to something that is not there (yet) still says where it points.
    if (target !== null) return realOf(resolve(parent, target), hops + 1);
    return join(realOf(parent, hops), basename(path));
  }
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** How a path is shown: relative to `from`, with forward slashes. */
export function shownPath(path: string, from: string): string {
  const way = relative(from, path) || basename(path);
  return way.split(sep).join('/');
}
