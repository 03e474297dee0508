// Embedding: one row of numbers per token id, learned. Described, not computed.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { Initialiser, LayerKind, SpecOf } from './layer.ts';
import { initialiser, units } from './options.ts';

export interface EmbeddingOptions {
  readonly units: number;
  readonly kernel: Initialiser;
}

export const embedding: LayerKind<SpecOf<'embedding'>, EmbeddingOptions> = {
  kind: 'embedding',
  summary: 'Looks up one learned row per token; first layer of a text model.',
  recurrent: false,
  options: z.strictObject({
    units,
    kernel: initialiser.default('uniform').describe('first rows; default uniform, ±0.05'),
  }),
  spell: (options, name) => ({ kind: 'embedding', name, units: options.units, kernel: options.kernel }),
  describe: (spec, input) => {
    if (!input.ids) {
      throw new ForecastError(
        'E_CONFIG_CONFLICT',
        `layer "${spec.name}" reads token ids and gets ${input.features} numbers a step`,
        {
          where: `model.layers (${spec.name})`,
          hint: 'an embedding is the first layer of a text model',
        },
      );
    }
    return {
      output: { sequence: input.sequence, features: spec.units, ids: false },
      weights: [{ name: 'embeddings', shape: [input.features, spec.units], initialiser: spec.kernel }],
      multiplyAdds: 0,
    };
  },
};
