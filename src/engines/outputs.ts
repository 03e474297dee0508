// Room for what an engine answers about windows. In: how many, how wide. Out: an array, or a refusal that says what would fit. Not here: the passes.

import { ForecastError } from '../core/errors.ts';

/** (count, width) for the outputs of windows. Errors: E_LIMIT_MEMORY. */
export function roomForOutputs(count: number, width: number): Float64Array {
  try {
    return new Float64Array(count * width);
  } catch (cause) {
    throw new ForecastError('E_LIMIT_MEMORY', `there is no memory for the outputs of ${count} windows, ${width} each`, {
      hint: 'predict fewer windows at a time',
      cause,
    });
  }
}
