// How the kernels become an addon, for every script that compiles them: units, flags, and the stamp beside a binary.
// In: a processor, a compiler. Out: command lines, files. Not here: which compiler, where the result goes.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '..');
export const SOURCES = join(ROOT, 'src/engines/kernels');

/** The Node-API the addon asks for: loading one that asks for a later one than Node has ends the process, so the stamp tells it. */
const NODE_API = 8;

/** Flags of every unit. */
export const COMMON = '-O3 -std=c++17 -fPIC -fno-exceptions -fno-rtti -fno-math-errno -fvisibility=hidden'.split(' ');

/** One build of the kernels per instruction set; the addon chooses among those of its processor (choose() of addon.cpp). */
const BUILDS = {
  base: { table: 'KERNELS_BASE', flags: [] },
  avx2: { table: 'KERNELS_AVX2', flags: ['-mavx2', '-mfma'], has: '-DWITH_AVX2' },
  avx512: {
    table: 'KERNELS_AVX512',
    flags: '-mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512'.split(' '),
    has: '-DWITH_AVX512',
  },
};
/** @type {{ [arch: string]: ('base' | 'avx2' | 'avx512')[] }} */
const OF = { x64: ['base', 'avx2', 'avx512'] };

/** The system and processor a binary is for, as src/engines/native/place.ts names it. */
export function platformHere() {
  process.report.excludeNetwork = true; // else it looks up the names of open connections
  const { glibcVersionRuntime } = /** @type {any} */ (process.report.getReport()).header;
  return `${process.platform}-${process.arch}${process.platform === 'linux' && !glibcVersionRuntime ? '-musl' : ''}`;
}

/**
 * The units of the addon for a processor as Node names it.
 * @param {string} arch
 * @param {string} headers folder of node_api.h
 */
function unitsOf(arch, headers) {
  const builds = (OF[arch] ?? ['base']).map((name) => ({ name, ...BUILDS[name] }));
  const has = builds.flatMap((build) => ('has' in build ? [build.has] : []));
  return [
    ...builds.map(({ name, table, flags }) => ({
      source: 'kernels.cpp',
      object: `${name}.o`,
      flags: [`-DKERNELS=${table}`, ...flags],
    })),
    { source: 'addon.cpp', object: 'addon.o', flags: [`-DNAPI_VERSION=${NODE_API}`, ...has, '-I', headers] },
  ];
}

/**
 * Compiles the units side by side and links them; the binary appears whole or not at all, its stamp beside it.
 * @param {{ compiler: string[], flags?: string[], link: string[], libraries?: string[], platform: string,
 *   arch: string, headers: string, out: string, inputs: string, verbose?: boolean }} plan
 */
export async function compileAddon(plan) {
  const { compiler, flags = [], libraries = [], out, verbose } = plan;
  const scratch = mkdtempSync(join(dirname(out), 'scratch-'));
  const call = async ([command = '', ...first], cwd, args) => {
    const { stderr } = await promisify(execFile)(command, [...first, ...args], { cwd, maxBuffer: 1 << 26 });
    if (verbose && stderr) process.stderr.write(stderr);
  };
  try {
    const units = unitsOf(plan.arch, plan.headers);
    await Promise.all(
      units.map(({ source, object, flags: own }) =>
        call(compiler, SOURCES, [...COMMON, ...flags, ...own, '-c', source, '-o', join(scratch, object)]),
      ),
    );
    const objects = units.map(({ object }) => object); // by name: a path would stay in the binary
    await call(compiler, scratch, [...plan.link, '-o', 'kernels.node', ...objects, ...libraries]);
    putInPlace(join(scratch, 'kernels.node'), out, { platform: plan.platform, inputs: plan.inputs });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Moves a binary to its place, then its stamp: between the two the loader sees a binary that is not the stamped one, and says so.
 * A process that has the old one loaded keeps it.
 * @param {string} binary
 * @param {string} out
 * @param {{ platform: string, inputs: string, nodeApi?: number }} of
 */
export function putInPlace(binary, out, { platform, inputs, nodeApi = NODE_API }) {
  const bytes = withoutClock(readFileSync(binary));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const stamp = `${binary}.stamp`;
  writeFileSync(binary, bytes);
  writeFileSync(stamp, `${JSON.stringify({ platform, nodeApi, bytes: bytes.length, sha256, inputs }, null, 2)}\n`);
  renameSync(binary, out);
  renameSync(stamp, stampOf(out));
}

/** The same bytes, but for the hour at which a Windows library was linked. @param {Buffer} bytes */
function withoutClock(bytes) {
  if (bytes.length > 64 && bytes.toString('latin1', 0, 2) === 'MZ') bytes.writeUInt32LE(0, bytes.readUInt32LE(60) + 8);
  return bytes;
}

/** The stamp of a binary. @param {string} binary */
export function stampOf(binary) {
  return join(dirname(binary), 'kernels.json');
}

/**
 * A hash of everything a binary is made of: sources, flags, whatever else is named. Equal: no need to build again.
 * @param {unknown} others
 */
export function fingerprint(others) {
  const hash = createHash('sha256');
  for (const name of readdirSync(SOURCES).sort()) hash.update(`${name}\n`).update(readFileSync(join(SOURCES, name)));
  return hash.update(JSON.stringify([NODE_API, COMMON, BUILDS, OF, others])).digest('hex');
}

/** Whether the binary is there, whole, and made of these inputs. @param {string} binary @param {string} inputs */
export function isCurrent(binary, inputs) {
  try {
    const stamp = JSON.parse(readFileSync(stampOf(binary), 'utf8'));
    const sha256 = createHash('sha256').update(readFileSync(binary)).digest('hex');
    return stamp.inputs === inputs && stamp.sha256 === sha256;
  } catch {
    return false;
  }
}

/** Folder of node_api.h: the package of headers, else those that came with Node; undefined where there are none. */
export function headersFolder() {
  return [
    process.env.NODE_INCLUDE,
    join(ROOT, 'node_modules/node-api-headers/include'),
    join(dirname(process.execPath), '../include/node'),
    '/usr/include/node',
    '/usr/local/include/node',
  ].find((path) => path && has(path, 'node_api.h'));
}

function has(folder, name) {
  try {
    return readdirSync(folder).includes(name);
  } catch {
    return false;
  }
}
