// An addon that is missing, broken or another's: `auto` falls to wasm and says why, `native` is refused in one line, nothing crashes.
// Each is loaded in a process of its own, since a bad library can end the one that loads it.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headersFolder, putInPlace, stampOf } from '../../scripts/kernels.js';
import { native } from '../../src/engines/native/index.ts';
import { flawOf, platformHere } from '../../src/engines/native/place.ts';
import { workspace } from '../support/workspace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILT = join(ROOT, 'build', 'kernels.node');
const REPAIR = 'node scripts/build-native.js --verbose';
const space = workspace();

const compiler = ['g++', 'clang++', 'c++'].find((name) => spawnSync(name, ['--version']).status === 0);
const headers = headersFolder();
if (process.env.CI && !(existsSync(BUILT) && compiler && headers)) {
  throw new Error(`the native engine is tested in CI, and here it cannot be built: ${REPAIR}`);
}

/** A folder with what a case puts there; its addon is named to the program. */
function place(name: string, make: (addon: string) => void): string {
  const addon = join(space.path, name.replaceAll(' ', '-'), 'kernels.node');
  mkdirSync(join(addon, '..'));
  make(addon);
  return addon;
}

function copy(addon: string): void {
  copyFileSync(BUILT, addon);
  copyFileSync(stampOf(BUILT), stampOf(addon));
}

/** Writes a binary with a stamp that fits it. */
function stamped(addon: string, bytes: string | Buffer, of: { platform?: string; nodeApi?: number } = {}): void {
  writeFileSync(`${addon}.new`, bytes);
  putInPlace(`${addon}.new`, addon, { platform: platformHere(), inputs: '', ...of });
}

/** An addon of a few lines, whole and stamped. */
function compiled(addon: string, source: string, flags: readonly string[] = []): void {
  const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-Wl,-z,now'];
  writeFileSync(`${addon}.cpp`, `#include <node_api.h>\n${source}\n`);
  const own = ['-shared', '-fPIC', '-I', headers as string, ...link, ...flags];
  execFileSync(compiler as string, [...own, '-o', `${addon}.new`, `${addon}.cpp`]);
  putInPlace(`${addon}.new`, addon, { platform: platformHere(), inputs: '' });
}

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

async function program(args: readonly string[], addon: string): Promise<Ended> {
  const loader = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const child = spawn(process.execPath, ['--import', loader, ...args], {
    cwd: space.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', FORECAST_ADDON: addon },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => {
    said.out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    said.err += data.toString();
  });
  return await new Promise((done) => child.on('close', (status, signal) => done({ status, signal, ...said })));
}

const PROBE = space.write(
  'probe.mts',
  `import { openEngine } from ${JSON.stringify(join(ROOT, 'src/engines/index.ts'))};
const { engine, reason } = await openEngine('auto');
const refusal = await openEngine('native').then(() => null, ({ code, message, hint }) => ({ code, message, hint }));
console.log(JSON.stringify({ kind: engine.kind, reason, refusal }));
`,
);

/** What the program makes of an addon: the reason why native is refused. */
async function refusal(addon: string): Promise<string> {
  const { status, signal, out, err } = await program([PROBE], addon);
  expect({ status, signal, err }).toEqual({ status: 0, signal: null, err: '' });
  const said = JSON.parse(out);
  const why = said.refusal.message.replace('engine "native" does not load: ', '');
  expect(said).toEqual({
    kind: 'wasm',
    reason: `auto: native does not load (${why})`,
    refusal: {
      code: 'E_CONFIG_CONFLICT',
      message: `engine "native" does not load: ${why}`,
      hint: expect.stringContaining(REPAIR),
    },
  });
  expect(why).not.toContain('\n');
  expect(why).not.toContain(space.path);
  return why;
}

describe.concurrent('an addon that', () => {
  it('is not there is told in one line', async ({ expect }) => {
    expect(await refusal(place('missing', () => {}))).toBe('FORECAST_ADDON names a file that is not there');
  });

  it('is a folder, or a link to itself, is told in one line', async ({ expect }) => {
    expect(await refusal(place('folder', (addon) => mkdirSync(addon)))).toBe('its addon is not a file');
    const loop = place('loop', (addon) => symlinkSync(basename(addon), addon));
    expect(await refusal(loop)).toBe('its addon cannot be read (ELOOP)');
  });

  it('has no stamp, or one that is no JSON, is not run', async ({ expect }) => {
    const bare = place('bare', (addon) => writeFileSync(addon, 'not a library'));
    expect(await refusal(bare)).toMatch(/^its addon has no stamp/);
    const torn = place('torn', (addon) => {
      writeFileSync(addon, 'not a library');
      writeFileSync(stampOf(addon), '{"platform": "linux');
    });
    expect(await refusal(torn)).toMatch(/^its addon has no stamp/);
  });

  it('is for another system is told in one line', async ({ expect }) => {
    const other = place('other system', (addon) => stamped(addon, 'a library', { platform: 'sunos-sparc' }));
    expect(await refusal(other)).toBe(`its addon is for sunos-sparc, this is ${platformHere()}`);
  });

  it('asks for a later Node-API than this Node has is not run', async ({ expect }) => {
    const later = place('later Node-API', (addon) => stamped(addon, 'a library', { nodeApi: 9999 }));
    expect(await refusal(later)).toBe(`its addon needs Node-API 9999, this Node has ${process.versions.napi}`);
  });

  it('is whole and no library is told in one line', async ({ expect }) => {
    expect(await refusal(place('text', (addon) => stamped(addon, 'not a library')))).toMatch(
      /^its addon does not load: /,
    );
  });

  it.skipIf(process.getuid?.() === 0)('may not be read is told in one line', async ({ expect }) => {
    const closed = place('closed', (addon) => {
      stamped(addon, 'a library');
      chmodSync(addon, 0);
    });
    expect(await refusal(closed)).toBe('its addon cannot be read (EACCES)');
  });
});

describe.skipIf(!existsSync(BUILT)).concurrent('a built addon that', () => {
  it('is whole loads', async ({ expect }) => {
    const { out, err } = await program([PROBE], place('whole', copy));
    expect(JSON.parse(out || err)).toMatchObject({ kind: 'native', refusal: null });
  });

  it('is empty or cut off is not run', async ({ expect }) => {
    const size = readFileSync(BUILT).length;
    for (const left of [0, 1, 64, 4096, size >> 1, size - 1]) {
      const cut = place(`cut at ${left}`, (addon) => {
        copy(addon);
        truncateSync(addon, left);
      });
      expect(flawOf(cut)).toEqual({ why: `its addon has ${left} of ${size} bytes` });
    }
    expect(await refusal(join(space.path, `cut-at-${size >> 1}`, 'kernels.node'))).toMatch(/^its addon has \d+ of/);
  });

  it('has one bit that is not its own is not run', async ({ expect }) => {
    const damaged = place('damaged', (addon) => {
      copy(addon);
      const bytes = readFileSync(BUILT);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] as number) ^ 1;
      writeFileSync(addon, bytes);
    });
    expect(await refusal(damaged)).toBe('its addon is damaged: it is not the one that was built');
  });
});

describe.skipIf(!compiler || !headers).concurrent('a library that', () => {
  it('is no addon is told in one line', async ({ expect }) => {
    const plain = place('no addon', (addon) => compiled(addon, 'int nothing;'));
    expect(await refusal(plain)).toMatch(/^its addon does not load: .*self-register/);
  });

  it('lacks a function of the host is told in one line', async ({ expect }) => {
    const lacking = place('lacking', (addon) =>
      compiled(
        addon,
        'extern "C" int napi_of_another_day();\nstatic napi_value start(napi_env, napi_value e) { napi_of_another_day(); return e; }\nNAPI_MODULE(x, start)',
      ),
    );
    expect(await refusal(lacking)).toMatch(/^its addon does not load: .*napi_of_another_day/);
  });

  it('is the addon of another version is told in one line', async ({ expect }) => {
    const old = place('another version', (addon) =>
      compiled(
        addon,
        `static napi_value start(napi_env env, napi_value e) {
           napi_value n; napi_create_int32(env, 99, &n); napi_set_named_property(env, e, "interface", n); return e; }
         NAPI_MODULE(x, start)`,
      ),
    );
    expect(await refusal(old)).toMatch(/^its addon was built for another version \(99, not \d+\)$/);
  });
});

const symbols = spawnSync('nm', ['--version']).status === 0;
describe.skipIf(!compiler || !symbols)('the builds of the kernels', () => {
  it('share no function in a binary: the linker would keep one, made for another width of vectors', () => {
    const object = join(space.path, 'kernels.o');
    const sources = join(ROOT, 'src', 'engines', 'kernels', 'kernels.cpp');
    const flags = ['-O0', '-std=c++17', '-fPIC', '-fno-exceptions', '-fno-rtti', '-w', '-DKERNELS=KERNELS_BASE'];
    execFileSync(compiler as string, [...flags, '-c', sources, '-o', object]);
    const lines = execFileSync('nm', ['-C', object], { encoding: 'utf8' }).trim().split('\n');
    const global = lines.map((line) => line.slice(17)).filter((line) => /^[A-TV-Z] /.test(line));
    expect(global.map((line) => line.slice(2))).toEqual(['KERNELS_BASE']);
  });
});

describe('a run', () => {
  const config = space.write(
    'tiny.yaml',
    'name: tiny\nsource: { kind: generated, series: counting, length: 40 }\nwindow: { context: 3 }\n' +
      'model: { kind: lstm-regressor, units: [4] }\ntrain: { epochs: 2 }\n',
  );
  const main = join(ROOT, 'src', 'cli', 'main.ts');
  const addon = place('no library', (path) => stamped(path, 'not a library'));

  it('whose engine is native fails with status 2, the reason and the command that repairs it', async () => {
    const { status, err } = await program([main, 'run', config, '--engine', 'native'], addon);
    expect(status).toBe(2);
    expect(err).toContain('engine "native" does not load: its addon does not load: ');
    expect(err).toContain(REPAIR);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('whose engine is auto goes on with wasm, and records why', async () => {
    const { status, out } = await program([main, 'run', config, '--engine', 'auto', '--json'], addon);
    expect(status).toBe(0);
    expect(out).toContain('auto: native does not load (its addon does not load: ');
  });
});

it('native says with which instructions it loads, or the command that repairs it', async () => {
  const state = await native.available();
  if (state.ok) expect(state.detail).toMatch(/float32/);
  else expect(state.repair).toContain(REPAIR);
});

describe('variables of the environment', () => {
  it.each([
    ['FORECAST_THREADS', 'abc', / \(FORECAST_THREADS is no number from 1 on: "abc"\)/],
    ['FORECAST_THREADS', '0', / \(FORECAST_THREADS is no number from 1 on: "0"\)/],
    ['FORECAST_THREADS', '1', /1 (thread|shard at a time) \(FORECAST_THREADS says so\)/],
    ['FORECAST_THREADS', '1e99', /8 (threads|shards at a time) \(FORECAST_THREADS says so\)/],
    ['FORECAST_THREADS', '', /float32, \d (threads?|shards? at a time)(, loads| \(there is one processor\))/],
    ['FORECAST_INSTRUCTIONS', 'avx2', /FORECAST_INSTRUCTIONS is none of SSE2, .*: "avx2"|WebAssembly/],
  ])('that say nothing are told of where the engine is: %s=%s', async (name, value, expected) => {
    const probe = space.write(
      `said-${name}-${value}.mts`,
      `process.env[${JSON.stringify(name)}] = ${JSON.stringify(value)};
const { ENGINES } = await import(${JSON.stringify(join(ROOT, 'src/engines/index.ts'))});
for (const kind of ['native', 'wasm']) {
  const state = await ENGINES[kind].available();
  if (state.ok) console.log(state.detail);
}`,
    );
    const { out, err } = await program([probe], existsSync(BUILT) ? BUILT : '');
    expect(err).toBe('');
    for (const line of out.trim().split('\n')) expect(line).toMatch(expected);
  });
});
