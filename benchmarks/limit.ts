// The bare kernel of limit.cpp, compiled with the addon's flags for the instruction set in use, as a process that measures on request.
// In: the instruction set; or none, for that of WebAssembly (limit-wasm.ts). Out: a worker, or why there is none. Not here: what its rate is compared with (judge.ts).

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from './worker.ts';

const WIDE = '-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512';

/** `instructions` as the native engine tells them: "AVX-512 …", "AVX2 with FMA", … */
export async function startLimit(instructions: string, root: string): Promise<Worker | { readonly why: string }> {
  const folder = join(root, 'node_modules', '.cache');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'bare-kernel');
  const set = /AVX-?512/i.test(instructions) ? WIDE : /AVX2/i.test(instructions) ? '-mavx2 -mfma' : '';
  const flags = `-O3 -std=c++17 -fno-exceptions -fno-rtti -fno-math-errno -pthread ${set}`.trim().split(' ');
  const source = join(import.meta.dirname, 'limit.cpp');
  let why = 'there is no C++ compiler';
  for (const compiler of [process.env.CXX, 'g++', 'clang++', 'c++']) {
    if (!compiler) continue;
    const align = /(?<!clan)g\+\+$/.test(compiler) ? ['-falign-loops=64', '-Wno-psabi'] : [];
    const { status, stderr } = spawnSync(compiler, [...flags, ...align, '-o', program, source], { encoding: 'utf8' });
    if (status === null) continue;
    if (status !== 0) {
      why = `limit.cpp does not compile: ${stderr.split('\n')[0]}`;
      continue;
    }
    const worker = new Worker({ command: program, args: [], cwd: root });
    const hello = await worker.hello;
    return hello.ok ? worker : { why: hello.why ?? 'it does not run' };
  }
  return { why };
}

export async function startWasmLimit(root: string): Promise<Worker | { readonly why: string }> {
  const script = join(import.meta.dirname, 'limit-wasm.ts');
  const worker = new Worker({ command: process.execPath, args: ['--import', 'tsx', script], cwd: root });
  const hello = await worker.hello;
  return hello.ok ? worker : { why: hello.why ?? 'it does not run' };
}

/** GFLOP/s of all threads together, now; null where the process has ended. */
export async function bareRate(worker: Worker, threads: number): Promise<number | null> {
  const answer = await worker.ask(threads, 20);
  return answer.ok ? (answer.rate as number) : null;
}
