// Kernels in the addon. In: plain arrays, read where they are. Out: plain arrays. Not here: loading the addon (addon.ts).

import type { CreateKernel, Kernel } from '../compiled/kernel.ts';
import type { Addon } from './addon.ts';

/** Makes kernels of an addon. */
export function nativeKernels(addon: Addon): CreateKernel {
  return ({ ints, reals }, values): Kernel | null => {
    const net = addon.create(ints, reals);
    if (!net) return null;
    if (addon.values(net) !== values) throw new Error(`kernels count ${addon.values(net)} weights, not ${values}`);
    return {
      copies: false,
      turn: 1e8,
      write: (which, array) => addon.write(net, which, array),
      read: (which, into) => addon.read(net, which, into),
      optimizer: (settings) => addon.optimizer(net, settings),
      save: () => addon.save(net) === 1,
      fallBack: () => addon.fallBack(net),
      bind: ({ channels, cutoffs, lengths, settings }) => addon.bind(net, channels, cutoffs, lengths, settings) === 1,
      train: (bounds, rates, settings, results) => addon.train(net, bounds, rates, settings, results),
      evaluate: (start, end, results) => addon.evaluate(net, start, end, results),
      predict: (start, end, outputs) => addon.predict(net, start, end, outputs),
      abort: () => undefined, // every call comes back before another can be made
      destroy: () => addon.destroy(net),
    };
  };
}
