// Kernels in WebAssembly: one memory per network, so that what is no longer used goes with its garbage. Small work is done at once, on the
// caller's thread; long work by the crew, in the memory itself where it can be shared, else in a copy that comes back.
// In: plain arrays, copied into the memory. Out: plain arrays, copied out of it. Not here: what is computed (kernels/), threads (crew.ts).

import { ForecastError } from '../../core/errors.ts';
import { shuffle } from '../../core/random.ts';
import { type Bound, type Description, type Kernel, NO_MEMORY, type Soon } from '../compiled/kernel.ts';
import { type Crew, crew, type Job, type Room, type Tenant } from './crew.ts';
import { createMemory, type Form, instantiate } from './module.ts';
import { copyRows, cutoffsAmong, rowsOf } from './rows.ts';
import type { WasmMemory } from './webassembly.ts';

type Numbers = Float32Array | Float64Array | Int32Array;

/** Memory that is asked for again and again: it grows and never shrinks. */
interface Scratch {
  at: number;
  bytes: number;
}

/** Weights, gradients and moments of more have no addresses. */
const MOST_VALUES = 0x8000000;

/** Multiply-adds, some 10⁷ a millisecond. A call of more would hold up the caller's thread: it waits for the crew. */
const LONG = 1e8;
/** A network that has worked so much on the caller's thread calls the crew: starting one costs about as much. */
const ENOUGH = 5e8;
/** A call of less is done sooner than another thread hears of it. */
const SHORT = 1e7;
/** What a call should take: on the caller's thread; off it; off it for each byte that goes to and fro. */
const TURN = 1e8;
const TURN_OFF = 1e9;
const TURN_PER_BYTE = 300;

/** Bytes of a thread's stack, and the number of control words: worker.js. */
const STACK = 65536;
const WORDS = 16;

/** Null where there is no memory. */
export const createWasmKernel = (description: Description, values: number): Kernel | null =>
  createKernel(description, values, crew);

/** With a crew of one's own choice, for tests. */
export function createKernel({ ints, reals }: Description, values: number, crew: Crew): Kernel | null {
  if (values > MOST_VALUES) return null;
  let form: Form = 'plain';
  let memory = createMemory(form);
  let wasm = instantiate(form, memory);
  let room: Room | null = null;
  let busy = false;
  let broken: unknown = null;
  let worked = 0;
  const call: Scratch = { at: 0, bytes: 0 };
  const data: Scratch = { at: 0, bytes: 0 };
  const visited: Scratch = { at: 0, bytes: 0 };
  let bound: Bound | null = null;

  /** False where there is no memory. */
  const reserve = (scratch: Scratch, bytes: number): boolean => {
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
    const view = new Uint8Array(memory.buffer, at, array.byteLength);
    view.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return at + aligned(array.byteLength);
  };
  const get = (array: Numbers, at: number): void => {
    const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    view.set(new Uint8Array(memory.buffer, at, array.byteLength));
  };

  if (!reserve(call, aligned(ints.byteLength) + reals.byteLength)) return null;
  put(reals, put(ints, call.at));
  const net = wasm.kernel_create(call.at, call.at + aligned(ints.byteLength));
  if (net === 0) return null;
  if (wasm.kernel_values(net) !== values)
    throw new Error(`kernels count ${wasm.kernel_values(net)} weights, not ${values}`);

  /** Makes the kernels see windows [from, to) of what is bound as all there are; false where there is no memory. */
  const bindWindows = (from: number, to: number): boolean => {
    if (!bound) return false;
    const { channels, cutoffs, lengths, settings } = bound;
    const count = to - from;
    const columns = lengths.length / Math.max(1, cutoffs.length); // of lengths: see visits.ts
    const rows = rowsOf(bound, from, to);
    const table = aligned(4 * channels.length); // where each channel begins
    if (!reserve(data, table + 8 * rows.count * channels.length)) return false;
    if (!reserve(visited, aligned(settings.byteLength) + aligned(4 * count) + aligned(4 * count * columns)))
      return false;
    const places = new Int32Array(memory.buffer, data.at, channels.length);
    for (let c = 0; c < channels.length; c++) {
      places[c] = data.at + table + 8 * rows.count * c;
      copyRows(rows, bound, from, channels[c]!, new Float64Array(memory.buffer, places[c], rows.count));
    }
    const own =
      columns > 1 ? settings.map((n, k) => (k === 5 || k === 6 ? (n / cutoffs.length) * count : n)) : settings;
    const atCutoffs = put(own, visited.at);
    const atLengths = atCutoffs + aligned(4 * count);
    cutoffsAmong(rows, bound, from, to, new Int32Array(memory.buffer, atCutoffs, count));
    for (let c = 0; c < columns; c++) {
      const column = c * cutoffs.length;
      put(lengths.subarray(column + from, column + to), atLengths + 4 * c * count);
    }
    wasm.kernel_bind(net, data.at, atCutoffs, atLengths, visited.at);
    return true;
  };

  /** Nothing may be touched while threads work on it, or after one broke in the middle. */
  const check = (): void => {
    if (broken !== null) throw broken;
    if (busy) throw new ForecastError('E_BUG', 'a network was asked for its numbers while it was at work');
  };
  const needed = (bytes: number): void => {
    check();
    if (!reserve(call, bytes)) throw new RangeError('no memory for a call');
  };

  /** Whether a call leaves the caller's thread: at once, or when the crew is up. */
  const leaves = (work: number): boolean => {
    worked += work;
    if (crew.state === 'refused' || work < SHORT) return false;
    if (work >= LONG) return true;
    if (worked < ENOUGH) return false;
    if (crew.state !== 'ready') void crew.start();
    return crew.state === 'ready';
  };

  /** `here` on this thread, or `job` on the crew's; whichever it was, `after` reads what came of it. */
  const either = (work: number, here: () => number, job: Job, after: () => void): Soon<number> => {
    wasm.kernel_stop(net, 0);
    const atOnce = (): number => {
      const made = here();
      after();
      return made;
    };
    const breaks = (error: unknown): never => {
      broken =
        error instanceof ForecastError
          ? error
          : new ForecastError('E_BUG', `the wasm kernels broke: ${(error as Error).message}`);
      throw broken;
    };
    if (!leaves(work)) {
      try {
        return atOnce();
      } catch (error) {
        return breaks(error);
      }
    }
    busy = true;
    return (async () => {
      try {
        if (!(await crew.start())) return atOnce();
        room ??= openRoom();
        if (!room) return atOnce();
        const made = await send(room, job);
        after();
        return made;
      } catch (error) {
        return breaks(error);
      } finally {
        busy = false;
      }
    })();
  };

  const start = wasm.__stack_pointer.value; // below is the stack, from here on data
  const content = (): Uint8Array => new Uint8Array(memory.buffer, start, wasm.kernel_memory_end() - start);

  const send = async (to: Room, job: Job): Promise<number> => {
    const { made, bytes } = await crew.work(to, job, () => {
      if (!to.memory) return content().slice().buffer;
      new Int32Array(memory.buffer, to.control, WORDS).fill(0);
      return null;
    });
    if (bytes) fill(memory, to.data, new Uint8Array(bytes));
    return made;
  };

  /** Where threads meet and what stands on; null before there were any. */
  let places: { readonly control: number; readonly stacks: readonly number[] } | null = null;
  const reservePlaces = (): typeof places => {
    const control = wasm.kernel_allocate(4 * WORDS);
    const stacks = Array.from({ length: crew.threads - 1 }, () => wasm.kernel_allocate(STACK));
    if (control === 0 || stacks.includes(0)) return null;
    return { control, stacks: [0, ...stacks.map((at) => at + STACK)] };
  };

  /** What threads need to work here: moves to a memory they can share, where there is such a thing. Null where there is no memory. */
  const openRoom = (): Room | null => {
    if (!crew.shares) return { form, memory: null, stacks: [0], control: 0, data: start };
    places ??= reservePlaces();
    return places && moveTo('shared', () => crew.lend(tenant)) ? { form, memory, ...places, data: start } : null;
  };

  const tenant: Tenant = {
    moveOut() {
      if (busy || !room || !moveTo('plain', () => createMemory('plain'))) return false;
      crew.leave(room);
      room = null;
      return true;
    },
  };

  /** Everything as it is, at the same addresses of another memory; false where there is none. */
  const moveTo = (into: Form, create: () => WasmMemory): boolean => {
    try {
      const other = create();
      fill(other, start, content());
      wasm = instantiate(into, other);
      memory = other;
      form = into;
      return true;
    } catch {
      return false; // RangeError: no address space, or it cannot grow
    }
  };

  return {
    manyEpochs: false,
    get turn() {
      if (crew.state !== 'ready' || worked < ENOUGH) return TURN;
      return crew.shares ? TURN_OFF : Math.max(TURN_OFF, TURN_PER_BYTE * (wasm.kernel_memory_end() - start));
    },
    shuffle,
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
    save() {
      check();
      return wasm.kernel_save(net) === 1;
    },
    fallBack() {
      check();
      wasm.kernel_fall_back(net);
    },
    bind(given: Bound) {
      check();
      bound = given;
      return true;
    },
    unbind() {
      bound = null;
    },
    train(bounds, rates, settings, results, work) {
      check();
      const own = Int32Array.from(bounds, (end) => end - bounds[0]!);
      const bytes = [own, rates, settings, results].reduce((sum, array) => sum + aligned(array.byteLength), 0);
      if (!reserve(call, bytes) || !bindWindows(bounds[0]!, bounds.at(-1)!)) return -1;
      const at = call.at;
      const atRates = put(own, at);
      const atSettings = put(rates, atRates);
      const atResults = put(settings, atSettings);
      put(results, atResults);
      const count = rates.length;
      const [, , first, clip, checked] = settings as unknown as [number, number, number, number, number];
      const slice = sliceOf(count, work);
      return either(
        work,
        () => wasm.kernel_train(net, at, count, atRates, atSettings, atResults),
        {
          ...{ kind: 'train', net, count, first, clip, checked, slice },
          ...{ bounds: at, rates: atRates, settings: atSettings, results: atResults },
        },
        () => get(results, atResults),
      );
    },
    evaluate(start, end, results, work) {
      check();
      if (!reserve(call, results.byteLength) || !bindWindows(start, end)) return NO_MEMORY;
      const at = call.at;
      const count = end - start;
      put(new Float64Array(results.length), at);
      return either(
        work,
        () => wasm.kernel_evaluate(net, 0, count, at),
        { kind: 'evaluate', net, start: 0, end: count, at },
        () => get(results, at),
      );
    },
    predict(start, end, outputs, work) {
      check();
      if (!reserve(call, outputs.byteLength) || !bindWindows(start, end)) return NO_MEMORY;
      const at = call.at;
      const count = end - start;
      return either(
        work,
        () => wasm.kernel_predict(net, 0, count, at),
        {
          ...{ kind: 'predict', net, start: 0, end: count, at },
          ...{ slice: sliceOf(count, work), bytes: outputs.byteLength / count },
        },
        () => get(outputs, at),
      );
    },
    abort() {
      if (!busy) return;
      wasm.kernel_stop(net, 1);
      if (room) crew.stop(room);
    },
    destroy() {
      if (room) crew.leave(room); // else the instance goes with its garbage
      room = null;
    },
  };
}

/** Steps, or windows, of so many that a thread does between two looks for a message. */
function sliceOf(count: number, work: number): number {
  return Math.max(1, Math.floor((count * TURN) / work));
}

/** Bytes to where they were in another memory; grows it where they need more. */
function fill(memory: WasmMemory, at: number, bytes: Uint8Array): void {
  const missing = at + bytes.byteLength - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  new Uint8Array(memory.buffer, at).set(bytes);
}

/** exp, sigmoid or tanh (0, 1, 2) of each value as the kernels compute them; for measuring their error. */
export function wasmMap(which: number, x: Float32Array): Float32Array {
  const memory = createMemory('plain');
  const wasm = instantiate('plain', memory);
  const at = wasm.kernel_allocate(x.byteLength);
  new Float32Array(memory.buffer, at, x.length).set(x);
  wasm.kernel_map(which, at, at, x.length);
  return new Float32Array(memory.buffer, at, x.length).slice();
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
