// Ids stand for one-hot rows that are never built: only layers with a kernel can read them. Not here: the look-up.

import { ForecastError } from '../core/errors.ts';
import type { Flow, LayerSpec } from './layer.ts';

/** The input unchanged. Errors: E_CONFIG_CONFLICT where its rows are ids. */
export function refuseIds(spec: LayerSpec, input: Flow): Flow {
  if (!input.ids) return input;
  throw new ForecastError('E_CONFIG_CONFLICT', `layer "${spec.name}" cannot read token ids`, {
    where: `model.layers (${spec.name})`,
    hint: 'put an embedding, a recurrent or a dense layer before it',
  });
}
