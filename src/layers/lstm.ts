// LSTM: long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), described.
// Weights as Keras stores them: columns in blocks i, f, c, o. Not here: the gate equations (engines/reference/layers/lstm.ts).

import * as z from 'zod';
import type { LayerKind, SpecOf } from './layer.ts';
import { type RecurrentOptions, recurrentFields } from './options.ts';
import { describeRecurrent } from './recurrent.ts';

export interface LstmOptions extends RecurrentOptions {
  readonly activation: 'tanh' | 'relu';
  readonly forgetBias: number;
}

export const lstm: LayerKind<SpecOf<'lstm'>, LstmOptions> = {
  kind: 'lstm',
  summary: 'Long short-term memory: gates decide what the cell keeps, takes in and shows.',
  recurrent: true,
  options: z.strictObject({
    ...recurrentFields,
    activation: z
      .enum(['tanh', 'relu'])
      .default('tanh')
      .describe('of the candidate and of the cell output; default tanh'),
    forgetBias: z.number().default(1).describe('first bias of the forget gate; default 1'),
  }),
  spell: (options, name, sequences) => ({
    kind: 'lstm',
    name,
    units: options.units,
    activation: options.activation,
    sequences: options.sequences ?? sequences,
    bidirectional: options.bidirectional,
    kernel: options.kernel,
    recurrent: options.recurrent,
    forgetBias: options.forgetBias,
  }),
  describe: (spec, input) =>
    describeRecurrent(spec, input, 4, { shape: [4 * spec.units], initialiser: [0, spec.forgetBias, 0, 0] }),
};
