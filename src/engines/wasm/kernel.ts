// Kernels in WebAssembly: one instance and one memory per network, so that what is no longer used goes with its garbage.
// In: plain arrays, copied into the memory. Out: plain arrays, copied out of it. Not here: what is computed (kernels/).

import { type Bound, type Description, type Kernel, NO_MEMORY } from '../compiled/kernel.ts';
import { KERNELS } from './kernels.wasm.ts';
import { type WasmMemory, type WasmModule, WebAssembly } from './webassembly.ts';

interface Exports {
  readonly memory: WasmMemory;
  kernel_create(ints: number, reals: number): number;
  kernel_allocate(bytes: number): number;
  kernel_release(at: number): void;
  kernel_values(net: number): number;
  kernel_write(net: number, which: number, values: number): void;
  kernel_read(net: number, which: number, values: number): void;
  kernel_optimizer(net: number, settings: number): void;
  kernel_save(net: number): number;
  kernel_fall_back(net: number): void;
  kernel_bind(net: number, channels: number, cutoffs: number, lengths: number, settings: number): void;
  kernel_train(net: number, bounds: number, count: number, rates: number, settings: number, results: number): number;
  kernel_evaluate(net: number, start: number, end: number, results: number): number;
  kernel_predict(net: number, start: number, end: number, outputs: number): number;
  kernel_map(which: number, x: number, y: number, count: number): void;
}

let compiled: WasmModule | undefined;

/** The embedded module, compiled once. Errors: WebAssembly.CompileError where this machine has no SIMD. */
export function wasmModule(): WasmModule {
  compiled ??= new WebAssembly.Module(bytesOf(KERNELS));
  return compiled;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

type Numbers = Float32Array | Float64Array | Int32Array;

/** Memory that is asked for again and again: it grows and never shrinks. */
interface Scratch {
  at: number;
  bytes: number;
}

/** Null where there is no memory. */
export function createWasmKernel({ ints, reals }: Description, values: number): Kernel | null {
  const wasm = new WebAssembly.Instance(wasmModule(), {}).exports as unknown as Exports;
  const call: Scratch = { at: 0, bytes: 0 };
  const data: Scratch = { at: 0, bytes: 0 };

  /** False where there is no memory. */
  const room = (scratch: Scratch, bytes: number): boolean => {
    if (bytes <= scratch.bytes) return true;
    if (bytes > 0x7fffffff) return false;
    wasm.kernel_release(scratch.at);
    scratch.bytes = 0;
    scratch.at = wasm.kernel_allocate(bytes);
    if (scratch.at === 0) return false;
    scratch.bytes = bytes;
    return true;
  };
  const put = (array: Numbers, at: number): number => {
    const view = new Uint8Array(wasm.memory.buffer, at, array.byteLength);
    view.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return at + aligned(array.byteLength);
  };
  const get = (array: Numbers, at: number): void => {
    const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    view.set(new Uint8Array(wasm.memory.buffer, at, array.byteLength));
  };

  if (!room(call, aligned(ints.byteLength) + reals.byteLength)) return null;
  put(reals, put(ints, call.at));
  const net = wasm.kernel_create(call.at, call.at + aligned(ints.byteLength));
  if (net === 0) return null;
  if (wasm.kernel_values(net) !== values)
    throw new Error(`kernels count ${wasm.kernel_values(net)} weights, not ${values}`);

  const needed = (bytes: number): void => {
    if (!room(call, bytes)) throw new RangeError('no memory for a call');
  };

  return {
    copies: true,
    turn: 1e8,
    write(which, array) {
      needed(array.byteLength);
      put(array, call.at);
      wasm.kernel_write(net, which, call.at);
    },
    read(which, into) {
      needed(into.byteLength);
      wasm.kernel_read(net, which, call.at);
      get(into, call.at);
    },
    optimizer(settings) {
      needed(settings.byteLength);
      put(settings, call.at);
      wasm.kernel_optimizer(net, call.at);
    },
    save: () => wasm.kernel_save(net) === 1,
    fallBack: () => wasm.kernel_fall_back(net),
    bind({ channels, cutoffs, lengths, settings }: Bound) {
      const arrays = [...channels, cutoffs, lengths, settings];
      const table = aligned(4 * channels.length);
      if (
        !room(
          data,
          arrays.reduce((sum, array) => sum + aligned(array.byteLength), table),
        )
      )
        return false;
      const places = arrays.map(() => 0);
      let at = data.at + table;
      arrays.forEach((array, i) => {
        places[i] = at;
        at = put(array, at);
      });
      put(Int32Array.from(places.slice(0, channels.length)), data.at);
      const [atCutoffs, atLengths, atSettings] = places.slice(channels.length) as [number, number, number];
      wasm.kernel_bind(net, data.at, atCutoffs, atLengths, atSettings);
      return true;
    },
    train(bounds, rates, settings, results) {
      const bytes = [bounds, rates, settings, results].reduce((sum, array) => sum + aligned(array.byteLength), 0);
      if (!room(call, bytes)) return -1;
      const atRates = put(bounds, call.at);
      const atSettings = put(rates, atRates);
      const atResults = put(settings, atSettings);
      put(results, atResults);
      const made = wasm.kernel_train(net, call.at, rates.length, atRates, atSettings, atResults);
      get(results, atResults);
      return made;
    },
    evaluate(start, end, results) {
      if (!room(call, results.byteLength)) return NO_MEMORY;
      const done = wasm.kernel_evaluate(net, start, end, call.at);
      get(results, call.at);
      return done;
    },
    predict(start, end, outputs) {
      if (!room(call, outputs.byteLength)) return NO_MEMORY;
      const done = wasm.kernel_predict(net, start, end, call.at);
      get(outputs, call.at);
      return done;
    },
    abort: () => undefined, // every call comes back before another can be made
    destroy: () => undefined, // the instance goes with its garbage
  };
}

/** exp, sigmoid or tanh (0, 1, 2) of each value as the kernels compute them; for measuring their error. */
export function wasmMap(which: number, x: Float32Array): Float32Array {
  const wasm = new WebAssembly.Instance(wasmModule(), {}).exports as unknown as Exports;
  const at = wasm.kernel_allocate(x.byteLength);
  new Float32Array(wasm.memory.buffer, at, x.length).set(x);
  wasm.kernel_map(which, at, at, x.length);
  return new Float32Array(wasm.memory.buffer, at, x.length).slice();
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
