// The package as a stranger gets it: packed, installed in an empty folder, called and imported.

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { platformHere } from '../src/engines/native/place.ts';
import { workspace } from './support/workspace.ts';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const space = workspace();
/** The package without what it depends on. */
const alone = workspace();
const installed = join(space.path, 'node_modules', 'forecast-toolkit');
const bin = join(space.path, 'node_modules', '.bin', 'forecast');
const prebuilt = (root: string): string => join(root, 'prebuilds', platformHere(), 'kernels.node');

/** A minute for a registry; where there is none, the tarball is laid beside this checkout's dependencies. */
const INSTALL_MS = 60_000;

async function install(tarball: string): Promise<void> {
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0', '--loglevel=error'];
  try {
    await exec('npm', ['install', tarball, ...flags], { cwd: space.path, timeout: INSTALL_MS });
  } catch {
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
    for (const name of readdirSync(join(ROOT, 'node_modules')).filter((name) => !name.startsWith('.'))) {
      const link = join(space.path, 'node_modules', name);
      if (!existsSync(link)) symlinkSync(join(ROOT, 'node_modules', name), link);
    }
    mkdirSync(join(space.path, 'node_modules', '.bin'), { recursive: true });
    if (!existsSync(bin)) symlinkSync(join(installed, manifest.bin.forecast), bin);
  }
}

beforeAll(async () => {
  // Without its scripts: dist was built before the tests, and other tests are reading it.
  const { stdout } = await exec(
    'npm',
    ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', space.path],
    {
      cwd: ROOT,
    },
  );
  await install(join(space.path, stdout.trim().split('\n').at(-1) as string));
});

/** The programs of one language that a page shows. */
const programsIn = (page: string, language: string): string[] =>
  [...readFileSync(join(installed, page), 'utf8').matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
    (found) => found[1] as string,
  );

/** As strict as it gets, and the package's own declarations are checked along. */
const tsc = (...flags: string[]) => {
  const program = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = ['--strict', '--skipLibCheck', 'false', '--target', 'es2023'];
  const modules = flags.includes('--module') ? [] : ['--module', 'nodenext'];
  return exec(process.execPath, [program, ...strict, ...modules, ...flags], { cwd: space.path });
};

const forecast = (...args: string[]) => exec(process.execPath, [bin, ...args], { cwd: space.path });

describe('the packed package', () => {
  it('holds the program, its types, presets, data sets and documents, and no test, source or build state', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll('\\', '/'),
    );
    for (const name of [
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
      'configs/counting.yaml',
      'configs/schema.json',
      'docs/errors.md',
      'README.md',
      'CHANGELOG.md',
      'ARCHITECTURE.md',
      'LICENSE',
    ])
      expect(files).toContain(name);
    for (const preset of readdirSync(join(ROOT, 'configs'))) expect(files).toContain(`configs/${preset}`);
    for (const set of readdirSync(join(ROOT, 'datasets'))) expect(files).toContain(`datasets/${set}`);
    const own = files.filter((name) => !name.startsWith('node_modules'));
    expect(
      own.filter((name) => /(^|\/)(test|src|benchmarks|scripts|runs)\/|\.test\.|tsbuildinfo|^\./.test(name)),
    ).toEqual([]);
  });

  it('runs nothing when it is installed, and neither does anything it depends on', () => {
    const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const script of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(script);
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: { [path: string]: { dev?: boolean; hasInstallScript?: boolean } };
    };
    const running = Object.entries(packages).filter(([, own]) => own.hasInstallScript && !own.dev);
    expect(running.map(([path]) => path)).toEqual([]);
  });

  it('brings the packages its command uses, joined to it, with their licences', async () => {
    for (const part of ['package.json', 'dist', 'configs'])
      cpSync(join(installed, part), join(alone.path, part), { recursive: true });
    const main = join(alone.path, 'dist', 'cli', 'main.js');
    const { stdout } = await exec(process.execPath, [main, 'run', 'counting', '--json'], { cwd: alone.path });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'counting' });
    const licences = readFileSync(join(alone.path, 'dist', 'cli', 'LICENSES.txt'), 'utf8');
    for (const name of Object.keys(manifest.dependencies)) expect(licences).toMatch(new RegExp(`^${name}$`, 'm'));
  });

  it('says its version', async () => {
    expect((await forecast('--version')).stdout.trim()).toBe(manifest.version);
  });

  it('runs a preset that came with it, by its name', async () => {
    const { stdout } = await forecast('run', 'air-passengers', '--set', 'train.epochs=2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'air-passengers' });
  });

  it.runIf(existsSync(prebuilt(ROOT)))('computes with the addon it brought for this system', async () => {
    const { stdout } = await forecast('run', 'counting', '--json');
    const reason = 'auto: native is the fastest that loads';
    expect(JSON.parse(stdout).engine).toEqual({ kind: 'native', build: expect.stringMatching(/\S/), reason });
    for (const platform of readdirSync(join(ROOT, 'prebuilds'))) {
      expect(readdirSync(join(installed, 'prebuilds', platform)).sort()).toEqual(['kernels.json', 'kernels.node']);
    }
  });

  it.runIf(existsSync(prebuilt(ROOT)))('computes with wasm where that addon was damaged, and says why', async () => {
    const whole = readFileSync(prebuilt(installed));
    writeFileSync(prebuilt(installed), whole.subarray(0, 1000));
    const { stdout } = await forecast('run', 'counting', '--json', '--out', 'damaged');
    const why = `its addon has 1000 of ${whole.length} bytes`;
    expect(JSON.parse(stdout).engine).toEqual({ kind: 'wasm', reason: `auto: native does not load (${why})` });
    await expect(forecast('run', 'counting', '--engine', 'native')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${why}. Hint: npm install --force forecast-toolkit`),
    });
    writeFileSync(prebuilt(installed), whole);
  });

  it('computes with wasm where it brought no addon, and says so', async () => {
    rmSync(join(installed, 'prebuilds'), { recursive: true, force: true });
    const { stdout } = await forecast('run', 'counting', '--json', '--out', 'without');
    const reason = `auto: native does not load (the package holds no addon for ${platformHere()})`;
    expect(JSON.parse(stdout).engine).toEqual({ kind: 'wasm', reason });
    await expect(forecast('run', 'counting', '--engine', 'native')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Hint: take --engine wasm'),
    });
  });

  it('is imported by name, and its types are those of what it does', async () => {
    space.write(
      'use.mjs',
      "import { run } from 'forecast-toolkit';\nimport { wasm } from 'forecast-toolkit/browser';\nconsole.log(typeof run, wasm.kind);\n",
    );
    expect((await exec(process.execPath, ['use.mjs'], { cwd: space.path })).stdout.trim()).toBe('function wasm');
    space.write(
      'right.mts',
      "import { type Result, run } from 'forecast-toolkit';\n" +
        "import { type Compiled, wasm } from 'forecast-toolkit/browser';\n" +
        'export const compile: (...given: Parameters<typeof wasm.compile>) => Promise<Compiled> = wasm.compile;\n' +
        "const result: Result = (await run('x.yaml', { seed: 1 })).result;\n" +
        'export const value: number | undefined = result.forecast[0]?.value;\n',
    );
    space.write('wrong.mts', "import { run } from 'forecast-toolkit';\nawait run('x.yaml', { seed: 'one' });\n");
    const check = (file: string) => tsc('--noEmit', '--types', '', file);
    await check('right.mts');
    await expect(check('wrong.mts')).rejects.toMatchObject({ stdout: expect.stringMatching(/wrong\.mts.*TS2322/) });
  });

  it('does what the programs of its README and its guide to code say, in a folder of somebody else', async () => {
    const programs = ['README.md', 'docs/code.md'].flatMap((page) => programsIn(page, 'ts'));
    expect(programs.length).toBeGreaterThan(2);
    const files = programs.map((program, i) => space.write(`said-${i}.mts`, program));
    const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
    await tsc(...types, '--noUncheckedIndexedAccess', '--outDir', 'said', ...files);
    for (const i of files.keys()) {
      const { stdout, stderr } = await exec(process.execPath, [`said/said-${i}.mjs`], { cwd: space.path });
      expect(stdout).not.toBe('');
      expect(stderr).not.toMatch(/\bE_/);
    }
  });

  it('is required by CommonJS, too', async () => {
    space.write(
      'use.cjs',
      "console.log(typeof require('forecast-toolkit').run, require('forecast-toolkit/browser').wasm.kind);",
    );
    expect((await exec(process.execPath, ['use.cjs'], { cwd: space.path })).stdout.trim()).toBe('function wasm');
  });

  it.each([
    ['--module', 'nodenext'],
    ['--module', 'es2022', '--moduleResolution', 'bundler'],
  ])('the program for a page is right with the types it names, %s %s', async (...modules) => {
    const [program = ''] = programsIn('docs/engines.md', 'js');
    const typed = program
      .replace('import { ', 'import { type WindowShape, ')
      .replace('./node_modules/forecast-toolkit/dist/browser.js', 'forecast-toolkit/browser')
      .replace('const shape =', 'const shape: WindowShape =')
      .replace("MODELS['lstm-regressor']", "MODELS['lstm-regressor']!");
    const flags = ['--noEmit', '--types', '', '--lib', 'es2023,dom', '--noUncheckedIndexedAccess'];
    await tsc(...flags, ...modules, space.write('page.mts', typed));
  });
});
