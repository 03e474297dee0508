// The addons of a release: what their files say of themselves, and what they compute on every system this machine can run.
// Made by `npm run prebuild`; other Nodes come from scripts/setup-nodes.js. What is not there is skipped, and told.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { platformHere } from '../../src/engines/native/place.ts';
import { fingerprints, type Workspace, workspace } from '../support/workspace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROBE = join(import.meta.dirname, 'probe.js');
const BUILT = join(ROOT, 'build', 'kernels.node');
const prebuilt = (platform: string): string => join(ROOT, 'prebuilds', platform, 'kernels.node');

const platforms = existsSync(join(ROOT, 'prebuilds')) ? readdirSync(join(ROOT, 'prebuilds')).sort() : [];
const nodes = existsSync(join(ROOT, 'build', 'nodes'))
  ? readdirSync(join(ROOT, 'build', 'nodes')).filter((name) => name.endsWith('.json'))
  : [];
if (platforms.length === 0) console.warn('no prebuilt addon is tested: npm run prebuild makes them');
if (nodes.length === 0) console.warn('the addon is tested with no other Node: node scripts/setup-nodes.js gets some');

interface Said {
  readonly node: string;
  readonly platform: string;
  readonly state: { readonly ok: boolean; readonly detail?: string; readonly why?: string };
  readonly sha256: { readonly native: string; readonly wasm: string };
  /** Largest distance from the reference, relative to the largest value. */
  readonly worst: number;
}

const probes = new Map<string, Promise<Said>>();

/** What a Node computes with an addon, or with the one it finds by itself. */
function probe(command: readonly string[], addon = ''): Promise<Said> {
  const key = [...command, addon].join(' ');
  const [program = '', ...args] = command;
  const started = async (): Promise<Said> => {
    const env = { PATH: process.env.PATH ?? '', ...(addon ? { FORECAST_ADDON: addon } : {}) };
    const { stdout } = await promisify(execFile)(program, [...args, PROBE], { env, cwd: ROOT });
    return JSON.parse(stdout);
  };
  if (!probes.has(key)) probes.set(key, started());
  return probes.get(key) as Promise<Said>;
}

const here = [process.execPath];

describe.skipIf(!existsSync(BUILT))('the addon built here', () => {
  it('computes what the reference computes', async () => {
    const { state, worst } = await probe(here, BUILT);
    expect(state).toMatchObject({ ok: true });
    expect(worst).toBeLessThan(1e-4);
  });
});

describe.each(platforms)('the prebuilt addon for %s', (platform) => {
  const bytes = readFileSync(prebuilt(platform));
  const text = bytes.toString('latin1');
  const [system, arch, musl] = platform.split('-');

  it('is a library of that system and processor, and registers itself', () => {
    expect(kindOf(bytes)).toBe(`${system}-${arch}`);
    expect(text).toContain('napi_register_module_v1');
  });

  it('holds nothing of the machine that made it', () => {
    expect(text).not.toContain(ROOT);
    expect(text).not.toMatch(/\/tmp\/|\/home\/|scratch-/);
  });

  it.runIf(system === 'linux')('needs only the C library, of 2018 or later', () => {
    expect(text.includes('libc.so.6\0')).toBe(!musl);
    expect(text.includes('libc.so\0')).toBe(Boolean(musl));
    expect(text).not.toContain('libstdc++');
    const minor = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
    expect(Math.max(0, ...minor)).toBeLessThanOrEqual(28);
  });

  it.runIf(platform === platformHere())('computes here what the reference computes', async () => {
    const said = await probe(here, prebuilt(platform));
    expect(said.state).toMatchObject({ ok: true });
    expect(said.worst).toBeLessThan(1e-4);
  });
});

describe.each(nodes)('another Node, %s', (name) => {
  const command: string[] = JSON.parse(readFileSync(join(ROOT, 'build', 'nodes', name), 'utf8'));

  it('finds the addon that is for it, and computes the bytes this Node does with the same build', async () => {
    const said = await probe(command);
    expect(said.worst).toBeLessThan(1e-4);
    const has = said.platform === platformHere() ? existsSync(BUILT) : platforms.includes(said.platform);
    expect(said.state.ok, said.state.why).toBe(has);
    if (!has) return;
    if (said.platform === platformHere()) expect(said.sha256.native).toBe((await probe(here, BUILT)).sha256.native);
    // One compiler, one instruction set: neither the C library nor the system makes a difference.
    else if (said.platform.match(/^(linux-x64-musl|win32-x64)$/) && platforms.includes('linux-x64'))
      expect(said.sha256.native).toBe((await probe(here, prebuilt('linux-x64'))).sha256.native);
  });

  it('computes with wasm the bytes this Node does, whatever its processor', async () => {
    expect((await probe(command)).sha256.wasm).toBe((await probe(here)).sha256.wasm);
  });

  const spaces = [workspace(), workspace()] as const;

  it.runIf(name === 'windows.json' && ['linux-x64', 'win32-x64'].every((platform) => platforms.includes(platform)))(
    'leaves byte for byte the files this Node leaves, from paths as they are typed there',
    async () => {
      const there = await left(spaces[0], command, 'win32-x64', 'data\\trips.csv');
      expect(Object.keys(there).length).toBeGreaterThan(30);
      expect(there).toEqual(await left(spaces[1], here, 'linux-x64', 'data/trips.csv'));
    },
  );
});

/** What a training, a table forecast as it is, and an export into an empty folder leave in a folder. */
async function left(
  { path, write }: Workspace,
  command: readonly string[],
  platform: string,
  table: string,
): Promise<Record<string, string>> {
  const [program = '', ...first] = command;
  const env = { PATH: process.env.PATH ?? '', FORECAST_ADDON: prebuilt(platform) };
  const forecast = (...args: string[]) =>
    promisify(execFile)(program, [...first, join(ROOT, 'dist', 'cli', 'main.js'), ...args], { env, cwd: path });
  write('data/trips.csv', `step,trips\n${Array.from({ length: 60 }, (_, i) => `${i},${(i * i) % 17}\n`).join('')}`);
  mkdirSync(join(path, 'model'));
  await forecast('run', join(ROOT, 'configs', 'counting.yaml'), '--out', 'counted');
  await forecast('export', 'counted', '--to', 'tfjs', '--out', 'model');
  await forecast(table, '--set', 'model=theta');
  return fingerprints(path);
}

/** System and processor as Node names them, off the first bytes of a library. */
function kindOf(bytes: Buffer): string {
  if (bytes.readUInt32BE(0) === 0x7f454c46) return `linux-${{ 62: 'x64', 183: 'arm64' }[bytes.readUInt16LE(18)]}`;
  if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    return `darwin-${{ 16777223: 'x64', 16777228: 'arm64' }[bytes.readUInt32LE(4)]}`;
  }
  if (bytes.toString('latin1', 0, 2) === 'MZ') {
    return `win32-${{ 34404: 'x64', 43620: 'arm64' }[bytes.readUInt16LE(bytes.readUInt32LE(60) + 4)]}`;
  }
  return 'no library';
}
