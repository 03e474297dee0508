// The tensorflow engine: @tensorflow/tfjs-node, an optional peer. In: a network and weights. Out: a Compiled, in float32.
// Not here: setting it up (scripts/setup-tensorflow.js). It is loaded only where it is asked for: never by `auto`.

import { ForecastError } from '../../core/errors.ts';
import type { Engine } from '../engine.ts';
import { loadTensorFlow } from './load.ts';

const REPAIR = 'npm run setup:tensorflow in a clone of the repository, else npm install @tensorflow/tfjs-node@4.22.0';

export const tensorflow: Engine = {
  kind: 'tensorflow',
  summary: 'TensorFlow for Node in float32: for those who live with it.',
  available: async () => {
    const found = await loadTensorFlow();
    return 'kernels' in found
      ? { ok: true, detail: `@tensorflow/tfjs-node ${found.version}, float32, loads` }
      : { ok: false, why: found.why, repair: found.repair ?? REPAIR };
  },
  compile: async (network, weights) => {
    const [found, { compileWith }] = await Promise.all([loadTensorFlow(), import('./compiled.ts')]);
    if ('kernels' in found) return compileWith(found.kernels, network, weights);
    throw new ForecastError('E_CONFIG_CONFLICT', `engine "tensorflow" does not load: ${found.why}`, {
      where: 'engine.kind',
      hint: found.repair ?? REPAIR,
    });
  },
};
