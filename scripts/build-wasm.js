// Compiles the kernels to WebAssembly and embeds them: src/engines/wasm/kernels.wasm.ts, the same bytes from the same compiler.
// With --check it only says whether the committed bytes are the built ones. zig is got from PyPI, or PYTHON has it (zig.js).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zig } from './zig.js';

const root = join(import.meta.dirname, '..');
const target = join(root, 'src/engines/wasm/kernels.wasm.ts');
const [command = '', ...first] = zig();

const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
try {
  const out = join(folder, 'kernels.wasm');
  // Without loop strength reduction offsets stay in loads and stores; with it each is an addition of its own in the inner loops.
  const flags =
    '-target wasm32-freestanding -msimd128 -mbulk-memory -O3 -mllvm -disable-lsr -std=c++17 ' +
    '-fno-exceptions -fno-rtti -fno-builtin -ffp-contract=off ' +
    '-Wl,--no-entry -Wl,--export-dynamic -Wl,-s -Wl,--import-memory -Wl,--max-memory=4294901760';
  execFileSync(command, [...first, 'c++', ...flags.split(' '), '-o', out, 'kernels.cpp'], {
    cwd: join(root, 'src/engines/kernels'),
    stdio: 'inherit',
  });
  const text = embed(readFileSync(out).toString('base64'));
  if (process.argv.includes('--check')) {
    const same = readFileSync(target, 'utf8') === text;
    console.log(same ? 'the committed module is the built one' : 'the committed module differs from the built one');
    process.exitCode = same ? 0 : 1;
  } else {
    writeFileSync(target, text);
    console.log(`${target}: ${text.length} characters`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function embed(base64) {
  return `// Made by scripts/build-wasm.js from src/engines/kernels; do not edit. In base64: the kernels as WebAssembly with SIMD.

// biome-ignore format: one long line
export const KERNELS: string = '${base64}';
`;
}
