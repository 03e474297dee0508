// The native engine: the kernels as an addon, compiled for this machine. In: a network and weights. Out: a Compiled.
// Same bytes per instruction set and build. Not here: building it (scripts/build-native.js).

import { ForecastError } from '../../core/errors.ts';
import { nextTurn } from '../../core/turn.ts';
import { compileWith } from '../compiled/compiled.ts';
import type { Engine } from '../engine.ts';
import { threadsAsked } from '../threads.ts';
import { type Addon, loadAddon } from './addon.ts';
import { nativeKernels } from './kernel.ts';
import { repair } from './place.ts';

export const native: Engine = {
  kind: 'native',
  summary: 'C++ in float32, compiled for this machine: the fastest.',
  available: async () => {
    const found = loadAddon();
    return 'addon' in found
      ? { ok: true, detail: describe(found.addon), build: found.addon.instructions }
      : { ok: false, why: found.why, repair: repair() };
  },
  /** One network a thread: side by side they need no waiting for each other within a step. */
  get together() {
    const found = loadAddon();
    return 'addon' in found ? found.addon.threads(0) : 1;
  },
  compile: async (network, weights) => {
    const found = loadAddon();
    await nextTurn(); // networks that were dropped are freed between turns: a loop of short fits must have some
    if ('addon' in found) return compileWith(nativeKernels(found.addon), network, weights);
    throw new ForecastError('E_CONFIG_CONFLICT', `engine "native" does not load: ${found.why}`, {
      where: 'engine.kind',
      hint: repair(),
    });
  },
};

function describe(addon: Addon): string {
  const threads = addon.threads(0);
  const { why } = threadsAsked(process.env.FORECAST_THREADS);
  const [instructions, count] = [whyNotHeld(), why].map((words) => (words === null ? '' : ` (${words})`));
  return `${addon.instructions}${instructions}, float32, ${threads} thread${threads === 1 ? '' : 's'}${count}, loads`;
}

/** What FORECAST_INSTRUCTIONS may name, the widest set to be taken: choose() of kernels/addon.cpp. */
const INSTRUCTIONS = ['SSE2', 'NEON', 'AVX2', 'AVX-512'];

/** Why FORECAST_INSTRUCTIONS holds nobody to anything; null where it does, or is not set. */
function whyNotHeld(): string | null {
  const { FORECAST_INSTRUCTIONS: named = '' } = process.env;
  if (named === '' || INSTRUCTIONS.includes(named)) return null;
  return `FORECAST_INSTRUCTIONS is none of ${INSTRUCTIONS.join(', ')}: ${JSON.stringify(named.slice(0, 20))}`;
}
