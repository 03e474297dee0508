// GRU: gated recurrent unit (Cho et al. 2014) in the reset-after form, described.
// Weights as Keras stores them: columns in blocks z, r, h; bias row 0 for the input, row 1 for the recurrent part.

import * as z from 'zod';
import type { LayerKind, SpecOf } from './layer.ts';
import { type RecurrentOptions, recurrentFields } from './options.ts';
import { describeRecurrent } from './recurrent.ts';

export const gru: LayerKind<SpecOf<'gru'>, RecurrentOptions> = {
  kind: 'gru',
  summary: 'Gated recurrent unit: an update and a reset gate, no separate cell.',
  recurrent: true,
  options: z.strictObject({ ...recurrentFields }),
  spell: (options, name, sequences) => ({
    kind: 'gru',
    name,
    units: options.units,
    sequences: options.sequences ?? sequences,
    bidirectional: options.bidirectional,
    kernel: options.kernel,
    recurrent: options.recurrent,
  }),
  describe: (spec, input) => describeRecurrent(spec, input, 3, { shape: [2, 3 * spec.units], initialiser: 'zeros' }),
};
