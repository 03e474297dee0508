// Dropout (Srivastava et al. 2014): while training, each value is zeroed at a rate and the others are scaled up. Described.

import * as z from 'zod';
import { refuseIds } from './ids.ts';
import type { LayerKind, SpecOf } from './layer.ts';

export interface DropoutOptions {
  readonly rate: number;
}

export const dropout: LayerKind<SpecOf<'dropout'>, DropoutOptions> = {
  kind: 'dropout',
  summary: 'Zeroes a share of the values while training, against over-fitting.',
  recurrent: false,
  options: z.strictObject({
    rate: z.number().min(0).lt(1).describe('share of the values zeroed while training, 0 ≤ rate < 1'),
  }),
  spell: (options, name) => ({ kind: 'dropout', name, rate: options.rate }),
  describe: (spec, input) => ({ output: refuseIds(spec, input), weights: [], multiplyAdds: 0 }),
};
