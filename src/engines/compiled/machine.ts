// A compiled network's parts, the turns it takes with others, and what it says where memory ends.
// Not here: what is done with them (train.ts, evaluate.ts, predict.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import type { WindowShape } from '../../window/window.ts';
import { type Bound, type Kernel, NO_MEMORY, type Soon, STOPPED } from './kernel.ts';

/** Where the streams of a training or a pass stand, when the kernel does not hold them; null: nowhere yet. */
export interface Streams {
  readonly count: number;
  data: Float32Array | null;
}

/** What the last pass of predictions read, so that a text that grows is not read again from its beginning. */
export interface Passed {
  readonly ids: Float64Array;
  readonly streams: Streams;
  /** The weights it was read with. */
  readonly version: number;
}

export interface Machine {
  readonly network: Network;
  readonly plan: NetworkPlan;
  /** Replaced by one that refuses when the network is disposed of. */
  kernel: Kernel;
  /** Values of all weights. */
  readonly values: number;
  /** Whether a call of the kernel is pending, and who waits for it to end. */
  busy: boolean;
  readonly waiting: (() => void)[];
  /** Optimizer steps made, and the moments the kernel keeps, by name. */
  steps: number;
  moments: readonly string[];
  /** Whose states the kernel holds, where they are carried from batch to batch; null: nobody's. */
  holder: Streams | null;
  /** Where training's streams stand inside an epoch. */
  streams: Streams | null;
  /** Where the last pass of predictions stands. */
  passed: Passed | null;
  /** Changes with every change of the weights. */
  version: number;
}

/** Multiply-adds on this thread between two turns of the event loop: about 10 ms of the slowest build. */
export const WORK_PER_TURN = 1e8;

/** Multiply-adds of one window, at `passes` times the forward pass. */
export function workPerWindow({ plan, network }: Machine, shape: WindowShape, passes: number): number {
  let work = 1;
  for (const layer of plan.layers) {
    const rows = layer.input.sequence ? shape.context + (network.freeRun ?? 0) : 1;
    work += (layer.multiplyAdds + 20 * layer.output.features) * rows;
  }
  return passes * work;
}

/**
 * Calls the kernel once it is free: whoever came first goes first, so that a forecast asked for while a training runs is answered between
 * two of its pieces.
 */
export function alone<T>(machine: Machine, call: (kernel: Kernel) => Soon<T>): Soon<T> {
  if (machine.busy) return afterOthers(machine, call);
  const soon = call(machine.kernel);
  if (!(soon instanceof Promise)) return soon;
  machine.busy = true;
  return soon.finally(() => release(machine));
}

async function afterOthers<T>(machine: Machine, call: (kernel: Kernel) => Soon<T>): Promise<T> {
  await new Promise<void>((go) => machine.waiting.push(go));
  try {
    return await call(machine.kernel);
  } finally {
    release(machine);
  }
}

/** Hands the kernel on to the next in line. */
function release(machine: Machine): void {
  const next = machine.waiting.shift();
  if (next) next();
  else machine.busy = false;
}

/** No call that begins later reaches the kernel; one that is pending is stopped, and what is in memory goes when it has ended. */
export function retire(machine: Machine, successor: Kernel): void {
  const { kernel } = machine;
  machine.kernel = successor;
  if (!machine.busy) {
    kernel.destroy();
    return;
  }
  kernel.abort();
  machine.waiting.unshift(() => {
    kernel.destroy();
    release(machine);
  });
}

/** How an abort reaches a call that is at work on another thread. */
export interface Stopping {
  /** Whether the call pending is the caller's own: another's is not stopped. */
  own: boolean;
  readonly end: () => void;
}

export function stopOnAbort(machine: Machine, signal: AbortSignal | undefined): Stopping {
  if (!(signal instanceof AbortSignal)) return { own: false, end: () => undefined };
  const stop = (): void => {
    if (stopping.own) machine.kernel.abort();
  };
  const stopping: Stopping = { own: false, end: () => signal.removeEventListener('abort', stop) };
  signal.addEventListener('abort', stop);
  return stopping;
}

/** A signal that is up: one that is not the platform's may count how often it is asked, so this is for what waited for others. */
export function wasAborted(signal: AbortSignal | undefined): boolean {
  return signal instanceof AbortSignal && signal.aborted;
}

/** A pass forward, call by call of the kernel, once it is free. False where the signal has stopped it. Errors: those of `checkEnd`. */
export function passForward(
  machine: Machine,
  signal: AbortSignal | undefined,
  stopping: Stopping,
  call: (kernel: Kernel) => Soon<number>,
): Soon<boolean> {
  if (signal?.aborted) return false;
  const soon = alone(machine, (kernel) => {
    if (wasAborted(signal)) return STOPPED;
    stopping.own = true;
    return call(kernel);
  });
  if (soon instanceof Promise) return soon.then((end) => goesOn(machine, signal, stopping, end));
  return goesOn(machine, signal, stopping, soon);
}

function goesOn(machine: Machine, signal: AbortSignal | undefined, stopping: Stopping, end: number): boolean {
  stopping.own = false;
  if (end === STOPPED && wasAborted(signal)) return false;
  checkEnd(machine, end);
  return true;
}

/** Makes the kernel read these windows. Errors: E_LIMIT_MEMORY. */
export function bind(machine: Machine, bound: Bound): void {
  if (!machine.kernel.bind(bound)) throw noMemory(machine);
}

/** Besides the signal of a pass, only who disposes of its network asks it to stop. */
function checkEnd(machine: Machine, end: number): void {
  if (end === NO_MEMORY) throw noMemory(machine);
  if (end === STOPPED) throw new ForecastError('E_BUG', 'a network was disposed of while it was at work');
}

export function noMemory({ plan, values }: Pick<Machine, 'plan' | 'values'>): ForecastError {
  const widest = plan.layers.reduce((most, layer) => Math.max(most, layer.output.features), 0);
  return new ForecastError(
    'E_LIMIT_MEMORY',
    `there is no memory for ${values} parameters and layers up to ${widest} wide`,
    { where: 'model', hint: 'fewer units, a shorter window.context or a shorter series' },
  );
}
