// Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis, described. Not here: its arithmetic.

import * as z from 'zod';
import { refuseIds } from './ids.ts';
import type { LayerKind, SpecOf } from './layer.ts';

export interface LayerNormOptions {
  readonly epsilon: number;
}

export const layerNorm: LayerKind<SpecOf<'layer-norm'>, LayerNormOptions> = {
  kind: 'layer-norm',
  summary: 'Brings each row to mean 0 and variance 1, then scales and shifts it by learned numbers.',
  recurrent: false,
  options: z.strictObject({
    epsilon: z.number().positive().default(0.001).describe('added to the variance; default 0.001'),
  }),
  spell: (options, name) => ({ kind: 'layer-norm', name, epsilon: options.epsilon }),
  describe: (spec, input) => ({
    output: refuseIds(spec, input),
    weights: [
      { name: 'gamma', shape: [input.features], initialiser: 'ones' },
      { name: 'beta', shape: [input.features], initialiser: 'zeros' },
    ],
    multiplyAdds: 0,
  }),
};
