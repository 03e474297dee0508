// The addon on disk: loaded once, or why not. In: nothing. Out: its functions. Not here: what they compute (kernels/).

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { MOST_THREADS, threadsAsked } from '../threads.ts';
import { flawOf, placesOfAddons, whyMissing } from './place.ts';

/** A network inside the addon. */
export type Handle = object & { readonly handle?: never };

export interface Addon {
  readonly interface: number;
  /** The instruction set chosen for this processor. */
  readonly instructions: string;
  create(ints: Int32Array, reals: Float64Array): Handle | null;
  destroy(net: Handle): void;
  values(net: Handle): number;
  write(net: Handle, which: number, values: Float32Array): void;
  read(net: Handle, which: number, into: Float32Array): void;
  optimizer(net: Handle, settings: Float64Array): void;
  save(net: Handle): number;
  fallBack(net: Handle): void;
  bind(
    net: Handle,
    channels: readonly Float64Array[],
    cutoffs: Int32Array,
    lengths: Int32Array,
    settings: Int32Array,
  ): number;
  /**
   * `later`: 0 at once, 1 on another thread, 2 on several; then it gives a promise, and `held` keeps all arrays the call reads or writes,
   * those bound included. Every other call for the same network waits for it, but `abort`.
   */
  train(
    net: Handle,
    bounds: Int32Array,
    rates: Float64Array,
    settings: Float64Array,
    results: Float64Array,
    later: number,
    held: readonly unknown[] | null,
  ): number | Promise<number>;
  evaluate(
    net: Handle,
    start: number,
    end: number,
    results: Float64Array,
    later: number,
    held: readonly unknown[] | null,
  ): number | Promise<number>;
  predict(
    net: Handle,
    start: number,
    end: number,
    outputs: Float64Array,
    later: number,
    held: readonly unknown[] | null,
  ): number | Promise<number>;
  abort(net: Handle): void;
  /** Lets go of buffers and gradients, which the next call makes anew; nothing of a network at work, or destroyed. */
  rest(net: Handle): void;
  /** Sets how many threads may work, for all networks; 0: as they are. Gives how many may. */
  threads(count: number): number;
  /** Multiply-adds a second of the bare product on one thread: the limit of this build. */
  bareRate(): number;
  /** Bytes outside its heap that the collector of garbage was told of: process.memoryUsage() leaves them out. */
  told(): number;
  map(which: number, x: Float32Array, y: Float32Array): void;
  /** `shuffle` of core/random.ts, the key of its purpose given; a fifth of its time. */
  shuffle(seed: number, key: number, epoch: number, order: Int32Array): void;
}

/** INTERFACE of kernels/addon.cpp. */
const INTERFACE = 7;

export type Loaded = { readonly addon: Addon } | { readonly why: string };

let loaded: Loaded | undefined;

/** The addon, or one line that says why there is none. */
export function loadAddon(): Loaded {
  if (loaded) return loaded;
  loaded = firstThatLoads(placesOfAddons());
  if ('addon' in loaded) loaded.addon.threads(threadsWanted());
  return loaded;
}

/** One for each processor this process may use, or FORECAST_THREADS: results do not depend on it. */
function threadsWanted(): number {
  return threadsAsked(process.env.FORECAST_THREADS).threads ?? Math.min(availableParallelism(), MOST_THREADS);
}

function firstThatLoads(places: readonly string[]): Loaded {
  let why: string | undefined;
  for (const place of places) {
    const found = load(place);
    if ('addon' in found) return found;
    if (found.why !== whyMissing()) why ??= found.why;
  }
  return { why: why ?? whyMissing() };
}

/** The addon at a path; nothing of a file that is not whole is run. */
export function load(path: string): Loaded {
  const flaw = flawOf(path);
  if (flaw) return flaw === 'missing' ? { why: whyMissing() } : flaw;
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    if (addon.interface === INTERFACE) return { addon };
    return { why: `its addon was built for another version (${addon.interface}, not ${INTERFACE})` };
  } catch (error) {
    return { why: `its addon does not load: ${firstLine(error).replaceAll(path, 'kernels.node')}` };
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0] as string;
}
