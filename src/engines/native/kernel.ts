// Kernels in the addon. In: plain arrays, read where they are. Out: plain arrays. Not here: loading the addon (addon.ts).

import { keyOf, SHUFFLE } from '../../core/random.ts';
import type { Bound, CreateKernel, Kernel } from '../compiled/kernel.ts';
import type { Addon, Handle } from './addon.ts';

const SHUFFLE_KEY = keyOf(0, SHUFFLE).k1;

/** In multiply-adds: which work goes where. */
export interface Worth {
  /** Leaves the JavaScript thread. */
  readonly later: number;
  /** The same where other trainings wait for the JavaScript thread. */
  readonly laterInACrowd: number;
  /** A step, or a pass, that several threads share. */
  readonly together: number;
}

/** About a millisecond of one thread; what a change of threads costs; where waiting for each other is little beside the work. */
const WORTH: Worth = { later: 3e7, laterInACrowd: 1e6, together: 2e6 };

/** The network that trained last keeps its buffers from call to call; where many train, none but it holds memory it does not work in. */
let trained = new WeakRef<Handle>({});

function trainsNow(addon: Addon, net: Handle): void {
  const before = trained.deref();
  if (before === net) return;
  if (before) addon.rest(before);
  trained = new WeakRef(net);
}

/** Makes kernels of an addon. */
export function nativeKernels(addon: Addon, worth: Worth = WORTH): CreateKernel {
  return ({ ints, reals }, values): Kernel | null => {
    const net = addon.create(ints, reals);
    if (!net) return null;
    if (addon.values(net) !== values) throw new Error(`kernels count ${addon.values(net)} weights, not ${values}`);
    let bound: Bound | null = null; // the kernels point into its arrays until the next call that works has ended

    /** What a call later keeps alive; afterwards what was bound is let go. */
    const holding = (later: number, arrays: readonly unknown[]): readonly unknown[] | null => {
      const held = later ? [net, bound, ...arrays] : null;
      bound = null;
      return held;
    };
    /** 0: on this thread, 1: on another, 2: on several. */
    const threadsFor = (work: number, steps: number, crowded: boolean | undefined): number => {
      if (work < (crowded ? worth.laterInACrowd : worth.later)) return 0;
      return work / steps < worth.together ? 1 : 2;
    };
    return {
      turn: 5e9,
      manyEpochs: true,
      shuffle: (seed, epoch, _count, order) => addon.shuffle(seed, SHUFFLE_KEY, epoch, order),
      write: (which, array) => addon.write(net, which, array),
      read: (which, into) => addon.read(net, which, into),
      optimizer: (settings) => addon.optimizer(net, settings),
      save: () => addon.save(net) === 1,
      fallBack: () => addon.fallBack(net),
      bind: (given) => {
        bound = given;
        return addon.bind(net, given.channels, given.cutoffs, given.lengths, given.settings) === 1;
      },
      unbind: () => {
        bound = null;
      },
      train: (bounds, rates, settings, results, work, crowded) => {
        trainsNow(addon, net);
        const later = threadsFor(work, rates.length, crowded);
        const held = holding(later, [bounds, rates, settings, results]);
        return addon.train(net, bounds, rates, settings, results, later, held);
      },
      evaluate: (start, end, results, work) => {
        const later = threadsFor(work, 1, false);
        return addon.evaluate(net, start, end, results, later, holding(later, [results]));
      },
      predict: (start, end, outputs, work) => {
        const later = threadsFor(work, 1, false);
        return addon.predict(net, start, end, outputs, later, holding(later, [outputs]));
      },
      abort: () => addon.abort(net),
      destroy: () => addon.destroy(net),
    };
  };
}
