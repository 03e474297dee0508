// Whether a model fits into memory, told before anything is allocated.
// In: a model's summary and the batch. Out: nothing, or E_LIMIT_MEMORY. Not here: measuring real memory.

import { ForecastError } from '../core/errors.ts';
import { LAYERS } from '../layers/index.ts';
import type { ModelSummary } from '../models/summary.ts';
import type { WindowShape } from '../window/window.ts';

const GIB = 1_073_741_824;
/** Beyond it a small machine swaps or dies. */
const MEMORY_LIMIT_GIB = 2;
/** Float64 values an engine keeps per parameter (weight, gradient, two moments), per recurrent unit and step (gates, states, gradients), and per other one. */
const VALUES_PER_PARAMETER = 4;
const VALUES_PER_UNIT = 10;
const VALUES_PER_OUTPUT = 4;

/** Weights with their moments, and the activations of one batch: refused before anything is allocated. */
export function checkMemory(summary: ModelSummary, shape: WindowShape, batch: number): void {
  // A layer after the last step's row works on that row alone, however long the window.
  const read = summary.layers.reduce(
    (most, { output }) => Math.max(most, output.length > 1 ? (output[0] ?? 0) : 0),
    shape.context,
  );
  const perRow = summary.layers.reduce((sum, layer, l) => {
    const steps = l === 0 || (summary.layers[l - 1]?.output.length ?? 0) > 1 ? read : 1;
    const recurrent = Object.hasOwn(LAYERS, layer.kind) && LAYERS[layer.kind as keyof typeof LAYERS].recurrent;
    return sum + steps * (layer.output.at(-1) ?? 0) * (recurrent ? VALUES_PER_UNIT : VALUES_PER_OUTPUT);
  }, 0);
  const values = VALUES_PER_PARAMETER * summary.parameters + perRow * batch;
  const needed = (8 * values) / GIB;
  if (needed <= MEMORY_LIMIT_GIB) return;
  const what = `the model needs about ${Number(needed.toPrecision(2))} GiB (${summary.parameters} parameters)`;
  throw new ForecastError('E_LIMIT_MEMORY', `${what}; the limit is ${MEMORY_LIMIT_GIB} GiB`, {
    where: 'model',
    hint: 'fewer units, a smaller train.batch or a shorter window.context; of words, the most frequent alone (encoder.limit)',
  });
}
