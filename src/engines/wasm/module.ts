// The embedded module, compiled once, for a memory of its own or one that threads share. In: nothing. Out: modules, memories, instances.
// Not here: calls (kernel.ts), threads (crew.ts).

import { KERNELS } from './kernels.wasm.ts';
import { type WasmMemory, type WasmModule, WebAssembly } from './webassembly.ts';

/** The kernels' C interface: addresses and counts. */
export interface Exports {
  readonly __stack_pointer: { value: number };
  kernel_create(ints: number, reals: number): number;
  kernel_allocate(bytes: number): number;
  kernel_release(at: number): void;
  /** Nothing is kept at this address or above. */
  kernel_memory_end(): number;
  kernel_values(net: number): number;
  kernel_write(net: number, which: number, values: number): void;
  kernel_read(net: number, which: number, values: number): void;
  kernel_optimizer(net: number, settings: number): void;
  kernel_save(net: number): number;
  kernel_fall_back(net: number): void;
  kernel_bind(net: number, channels: number, cutoffs: number, lengths: number, settings: number): void;
  kernel_stop(net: number, stop: number): void;
  kernel_train(net: number, bounds: number, count: number, rates: number, settings: number, results: number): number;
  kernel_evaluate(net: number, start: number, end: number, results: number): number;
  kernel_predict(net: number, start: number, end: number, outputs: number): number;
  kernel_map(which: number, x: number, y: number, count: number): void;
}

/** What the module's import asks for: `initial` pages of 64 KiB, at most `maximum`. */
export const SIZE: { readonly initial: number; readonly maximum: number } = { initial: 17, maximum: 65535 };

const compiled: { [form in Form]?: WasmModule } = {};

/** `shared`: threads can see the memory; its pages go back to the system later than those of a plain one. */
export type Form = 'plain' | 'shared';

/** Errors: WebAssembly.CompileError where this machine has no SIMD. */
export function wasmModule(form: Form): WasmModule {
  compiled[form] ??= new WebAssembly.Module(form === 'shared' ? forSharedMemory(bytesOf(KERNELS)) : bytesOf(KERNELS));
  return compiled[form];
}

/** An empty memory. Errors: RangeError where there is no address space for it. */
export function createMemory(form: Form): WasmMemory {
  return new WebAssembly.Memory({ ...SIZE, shared: form === 'shared' });
}

export function instantiate(form: Form, memory: WasmMemory): Exports {
  return new WebAssembly.Instance(wasmModule(form), { env: { memory } }).exports as unknown as Exports;
}

/**
 * The same code for shared memory: one bit of the import's description. The kernels hold no atomic instruction, threads meet outside
 * them; so both forms are one compilation, and compute the same.
 */
function forSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const name = Array.from('memory', (letter) => letter.charCodeAt(0));
  const at = bytes.findIndex((_, i) => name.every((letter, k) => bytes[i + k] === letter)) + name.length;
  if (bytes[at] !== MEMORY || bytes[at + 1] !== WITH_MAXIMUM) throw new Error('the module imports no memory');
  bytes[at + 1] = WITH_MAXIMUM | SHARED;
  return bytes;
}

/** Of the binary format: the kind of an import, and the flags of its limits. */
const MEMORY = 2;
const WITH_MAXIMUM = 1;
const SHARED = 2;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
