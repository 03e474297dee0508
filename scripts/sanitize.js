// The kernels under AddressSanitizer and UndefinedBehaviorSanitizer: built with them, then run through the engine's own suites.
// Needs g++ on Linux. A read out of bounds, a use after free or undefined arithmetic ends the suite that made it, with its line.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileAddon, headersFolder, platformHere, ROOT } from './kernels.js';

const SUITES = ['parity', 'sizes', 'functions', 'native'].map((name) => `test/engines/${name}.test.ts`);
const SANITIZERS = '-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all'.split(' ');

const out = join(ROOT, 'build/sanitize/kernels.node');
const runtime = execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const headers = headersFolder();
if (!headers || !existsSync(runtime)) throw new Error('sanitizers need g++ with libasan, and the headers of Node');

mkdirSync(join(out, '..'), { recursive: true });
await compileAddon({
  compiler: ['g++'],
  flags: ['-O1', '-g', '-fno-omit-frame-pointer', '-Wno-psabi', ...SANITIZERS],
  link: ['-shared', '-Wl,-z,now', ...SANITIZERS],
  platform: platformHere(),
  arch: process.arch,
  headers,
  out,
  inputs: 'sanitizers',
});
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...SUITES, '-t', 'native'], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    FORECAST_ADDON: out,
    LD_PRELOAD: runtime,
    ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1', // Node keeps what it has until it ends
    UBSAN_OPTIONS: 'print_stacktrace=1',
    FUZZ: '3',
  },
});
process.exitCode = status ?? 1;
