// Dense: a matrix, a bias and an activation for each row; on a sequence, for each step. Described, not computed.

import * as z from 'zod';
import type { Activation, Initialiser, LayerKind, SpecOf } from './layer.ts';
import { activation, initialiser, units } from './options.ts';

export interface DenseOptions {
  readonly units: number;
  readonly activation: Activation;
  readonly kernel: Initialiser;
}

export const dense: LayerKind<SpecOf<'dense'>, DenseOptions> = {
  kind: 'dense',
  summary: 'Fully connected: every output sees every input of its step.',
  recurrent: false,
  options: z.strictObject({
    units,
    activation: activation.default('linear').describe('of the outputs; default linear'),
    kernel: initialiser.default('glorot-uniform').describe('first weights; default glorot-uniform'),
  }),
  spell: (options, name) => ({
    kind: 'dense',
    name,
    units: options.units,
    activation: options.activation,
    kernel: options.kernel,
  }),
  describe: (spec, input) => ({
    output: { sequence: input.sequence, features: spec.units, ids: false },
    weights: [
      { name: 'kernel', shape: [input.features, spec.units], initialiser: spec.kernel },
      { name: 'bias', shape: [spec.units], initialiser: 'zeros' },
    ],
    multiplyAdds: input.ids ? 0 : input.features * spec.units,
  }),
};
