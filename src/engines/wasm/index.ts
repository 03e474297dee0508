// The wasm engine: the kernels compiled to WebAssembly SIMD and embedded, so that nothing has to be installed.
// In: a network and weights. Out: a Compiled. Same bytes on every machine, in every browser and on any number of threads: no fused
// multiply-add, sums in a fixed order.

import type { Engine } from '../engine.ts';
import { threadsHere } from './thread.ts';

// The embedded module is read when it is asked for: a program that trains elsewhere, or not at all, does not wait for it.
export const wasm: Engine = {
  kind: 'wasm',
  summary: 'WebAssembly SIMD in float32: fast, the same bytes on every machine, nothing to install.',
  available: async () => {
    try {
      (await import('./module.ts')).wasmModule('plain');
      const { threads, why } = threadsHere();
      const shards = `${threads} shard${threads > 1 ? 's' : ''} at a time${why ? ` (${why})` : ''}`;
      return { ok: true, detail: `WebAssembly SIMD, float32, ${shards}, loads` };
    } catch (error) {
      return { ok: false, why: (error as Error).message, repair: 'install Node 20.19 or newer on a 64-bit machine' };
    }
  },
  compile: async (network, weights) => {
    const [{ compileWith }, { createWasmKernel }] = await Promise.all([
      import('../compiled/compiled.ts'),
      import('./kernel.ts'),
    ]);
    return compileWith(createWasmKernel, network, weights);
  },
};
