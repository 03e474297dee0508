// Compiles the kernels to a Node-API addon, build/kernels.node: what the native engine loads.
// Quick and silent where there is no compiler or no Node headers (exit 0); with --verbose it says what is missing.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const verbose = process.argv.includes('--verbose');
const root = join(import.meta.dirname, '..');
const sources = join(root, 'src/engines/kernels');
const folder = join(root, 'build');

const compiler = firstThatRuns([process.env.CXX, 'g++', 'clang++', 'c++']);
const headers = firstWithHeaders([
  process.env.NODE_INCLUDE,
  join(dirname(process.execPath), '../include/node'),
  '/usr/include/node',
  '/usr/local/include/node',
]);
if (process.platform === 'win32') skip('this script builds on Linux and macOS');
else if (!compiler) skip('there is no C++ compiler: install g++ or clang');
else if (!headers) skip('there are no Node headers: set NODE_INCLUDE to the folder of node_api.h');
else if (!existsSync(join(sources, 'kernels.cpp'))) skip('the sources of the kernels are not here');
else build();

function build() {
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'build-'));
  try {
    const common = '-O3 -std=c++17 -fPIC -fno-exceptions -fno-rtti -fno-math-errno -fvisibility=hidden'.split(' ');
    const align = compilerIs('gcc') ? ['-falign-loops=64', '-Wno-psabi'] : [];
    const compile = (source, object, flags) => {
      run([...common, ...align, ...flags, '-c', join(sources, source), '-o', join(scratch, object)]);
      return join(scratch, object);
    };
    const avx2 = process.arch === 'x64';
    const objects = [compile('kernels.cpp', 'base.o', ['-DKERNELS=KERNELS_BASE'])];
    if (avx2) objects.push(compile('kernels.cpp', 'avx2.o', ['-DKERNELS=KERNELS_AVX2', '-mavx2', '-mfma']));
    objects.push(compile('addon.cpp', 'addon.o', ['-I', headers, ...(avx2 ? ['-DWITH_AVX2'] : [])]));
    const link = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-s'];
    run([...link, '-o', join(scratch, 'kernels.node'), ...objects]);
    renameSync(join(scratch, 'kernels.node'), join(folder, 'kernels.node')); // a process that has the old one loaded keeps it
    if (verbose) console.log(join(folder, 'kernels.node'));
  } catch (error) {
    skip(`the compiler failed: ${error.message}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function run(args) {
  execFileSync(compiler, args, { stdio: verbose ? 'inherit' : 'ignore' });
}

function firstThatRuns(names) {
  return names.find((name) => name && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

function firstWithHeaders(folders) {
  return folders.find((path) => path && existsSync(join(path, 'node_api.h')));
}

function compilerIs(name) {
  const { stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  return name === 'gcc' && !/clang/.test(stdout);
}

function skip(why) {
  if (!verbose) return;
  console.error(`native engine not built: ${why}`);
  process.exitCode = 1;
}
