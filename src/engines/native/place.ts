// Where an addon may lie, and whether the file there is the whole one that was built: loading half a library can end the process.
// In: nothing, or a path. Out: paths to try, or what is wrong with one. Not here: loading it (addon.ts), building it (scripts/).

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package, the same seen from src/ and from dist/. */
const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** What the build writes beside a binary, as kernels.json. */
interface Stamp {
  readonly platform: string;
  /** The Node-API it asks for: where Node has only an earlier one, loading ends the process. */
  readonly nodeApi: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** System and processor, and on Linux the C library where it is not glibc: `linux-x64`, `linux-arm64-musl`, `darwin-arm64`. */
export function platformHere(): string {
  const musl = process.platform === 'linux' && !hasGlibc();
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}`;
}

let glibc: boolean | undefined;

/** Node's report names the C library it runs on: nothing has to be started or guessed from files. */
function hasGlibc(): boolean {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  report.excludeNetwork = true; // else it looks up the names of open connections
  glibc ??= 'glibcVersionRuntime' in (report.getReport() as { header: object }).header;
  return glibc;
}

/** Paths of addons, the best first: the one named by FORECAST_ADDON alone, else one built here, else the one that came with the package. */
export function placesOfAddons(): readonly string[] {
  const named = process.env.FORECAST_ADDON;
  if (named) return [resolve(named)];
  const built = join(ROOT, 'build', 'kernels.node');
  return existsSync(join(ROOT, 'prebuilds'))
    ? [built, join(ROOT, 'prebuilds', platformHere(), 'kernels.node')]
    : [built];
}

/** A clone builds its addon, an installed package brought it along. */
const isClone = (): boolean => existsSync(join(ROOT, 'src', 'engines', 'kernels'));

/** Why there is no addon at all. */
export function whyMissing(): string {
  if (process.env.FORECAST_ADDON) return 'FORECAST_ADDON names a file that is not there';
  return isClone() ? 'its addon has not been built' : `the package holds no addon for ${platformHere()}`;
}

/** The command that brings an addon, or does without. */
export function repair(): string {
  const build = 'in a clone of the repository, node scripts/build-native.js --verbose';
  if (process.env.FORECAST_ADDON) return `unset FORECAST_ADDON, or name what was built: ${build}`;
  if (isClone()) return build;
  const came = existsSync(join(ROOT, 'prebuilds', platformHere()));
  return came ? 'npm install --force forecast-toolkit' : 'take --engine wasm, which needs no addon';
}

/** What is wrong with the file of an addon, before anything of it is run; `missing` where there is none; null: it is whole. */
export function flawOf(path: string): 'missing' | { readonly why: string } | null {
  try {
    if (!statSync(path).isFile()) return { why: 'its addon is not a file' };
    return flawAgainst(stampOf(path), readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : { why: `its addon cannot be read (${code})` };
  }
}

function flawAgainst(stamp: Stamp | null, binary: Buffer): { readonly why: string } | null {
  if (!stamp) return { why: 'its addon has no stamp beside it (kernels.json) that tells whether it is whole' };
  if (stamp.platform !== platformHere())
    return { why: `its addon is for ${stamp.platform}, this is ${platformHere()}` };
  if (!(stamp.nodeApi <= Number(process.versions.napi))) {
    return { why: `its addon needs Node-API ${stamp.nodeApi}, this Node has ${process.versions.napi}` };
  }
  if (stamp.bytes !== binary.length) return { why: `its addon has ${binary.length} of ${stamp.bytes} bytes` };
  const sha256 = createHash('sha256').update(binary).digest('hex');
  return sha256 === stamp.sha256 ? null : { why: 'its addon is damaged: it is not the one that was built' };
}

function stampOf(path: string): Stamp | null {
  try {
    const { platform, nodeApi, bytes, sha256 } = JSON.parse(readFileSync(join(dirname(path), 'kernels.json'), 'utf8'));
    return { platform, nodeApi, bytes, sha256 };
  } catch {
    return null;
  }
}
