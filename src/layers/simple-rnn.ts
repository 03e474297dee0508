// SimpleRNN: a recurrent layer without gates (Elman 1990), described. Not here: its arithmetic.

import * as z from 'zod';
import type { Activation, LayerKind, SpecOf } from './layer.ts';
import { activation, type RecurrentOptions, recurrentFields } from './options.ts';
import { describeRecurrent } from './recurrent.ts';

export interface SimpleRnnOptions extends RecurrentOptions {
  readonly activation: Activation;
}

export const simpleRnn: LayerKind<SpecOf<'simple-rnn'>, SimpleRnnOptions> = {
  kind: 'simple-rnn',
  summary: 'Recurrent layer without gates: forgets quickly, and shows why gates exist.',
  recurrent: true,
  options: z.strictObject({
    ...recurrentFields,
    activation: activation.default('tanh').describe('of the state; default tanh'),
  }),
  spell: (options, name, sequences) => ({
    kind: 'simple-rnn',
    name,
    units: options.units,
    activation: options.activation,
    sequences: options.sequences ?? sequences,
    bidirectional: options.bidirectional,
    kernel: options.kernel,
    recurrent: options.recurrent,
  }),
  describe: (spec, input) => describeRecurrent(spec, input, 1, { shape: [spec.units], initialiser: 'zeros' }),
};
