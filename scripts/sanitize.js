// The kernels under sanitizers: built with them by g++ on Linux, then run through the engine's own suites. A read out of bounds, a use
// after free, undefined arithmetic or a race between threads ends the suite that made it, with its line.
// `node scripts/sanitize.js` runs all, `node scripts/sanitize.js memory` or `threads` one.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileAddon, headersFolder, platformHere, ROOT } from './kernels.js';

const SUITES = ['parity', 'sizes', 'functions', 'laws', 'native', 'native-threads', 'native-epochs'].map(
  (name) => `test/engines/${name}.test.ts`,
);

const SANITIZERS = {
  memory: {
    flags: ['-fsanitize=address,undefined', '-fno-sanitize=vptr', '-fno-sanitize-recover=all'],
    runtime: 'libasan.so',
    env: {
      ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1', // Node keeps what it has until it ends
      UBSAN_OPTIONS: 'print_stacktrace=1',
      FUZZ: '3',
    },
  },
  threads: {
    flags: ['-fsanitize=thread'],
    runtime: 'libtsan.so',
    env: { TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:halt_on_error=1:allocator_may_return_null=1' }, // Node's own are its own
  },
};

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(SANITIZERS)) await sanitize(name, SANITIZERS[name]);

async function sanitize(name, { flags, runtime, env }) {
  const library = execFileSync('g++', [`-print-file-name=${runtime}`], { encoding: 'utf8' }).trim();
  const headers = headersFolder();
  if (!headers || !existsSync(library)) throw new Error(`sanitizers need g++ with ${runtime}, and the headers of Node`);
  const out = join(ROOT, 'build/sanitize', name, 'kernels.node');
  mkdirSync(join(out, '..'), { recursive: true });
  await compileAddon({
    compiler: ['g++'],
    flags: ['-O1', '-g', '-fno-omit-frame-pointer', '-Wno-psabi', ...flags],
    link: ['-shared', '-pthread', '-Wl,-z,now', ...flags],
    platform: platformHere(),
    arch: process.arch,
    headers,
    out,
    inputs: name,
  });
  console.log(`sanitizers of ${name}`);
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...SUITES, '-t', 'native'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, FORECAST_ADDON: out, LD_PRELOAD: library },
  });
  if (status !== 0) process.exitCode = 1;
}
