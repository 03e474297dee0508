// The shape min-max, standard and robust share: subtract a centre, divide by a scale, add a shift; and the statistics they learn.
// In: one column, or the three numbers. Out: an encoder, or statistics in float64. Not here: which statistics a kind picks.

import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { NumberEncoder } from './encoder.ts';

/** z = (x − center) / scale + shift. */
export interface Affine {
  readonly center: number;
  readonly scale: number;
  readonly shift: number;
}

/** The encoder of one affine map. Errors: E_DATA_RANGE where the learned numbers are not finite. */
export function affineEncoder(kind: string, affine: Affine, column: string): NumberEncoder {
  const { center, scale, shift } = affine;
  if (!Number.isFinite(center) || !Number.isFinite(scale)) {
    throw new ForecastError(
      'E_DATA_RANGE',
      `the values of "${column}" are too far apart for ${kind} to scale in float64`,
      {
        hint: 'give the column in a larger unit (thousands, millions)',
      },
    );
  }
  return {
    state: { kind, column, center, scale, shift },
    skip: 0,
    encode: (values) => {
      const encoded = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) encoded[i] = ((values[i] as number) - center) / scale + shift;
      return encoded;
    },
    decode: (forecast) => {
      for (let h = 0; h < forecast.length; h++) forecast[h] = ((forecast[h] as number) - shift) * scale + center;
    },
  };
}

/** The affine encoder a state describes. */
export function restoreAffine(state: JsonObject): NumberEncoder {
  const affine = { center: state.center as number, scale: state.scale as number, shift: state.shift as number };
  return affineEncoder(state.kind as string, affine, state.column as string);
}

/**
 * Mean and population standard deviation of values[0, until), in two passes over the distances from the first value, so that an
 * offset of ±1e15 costs no digits of the spread.
 */
export function moments(values: Float64Array, until: number): { readonly mean: number; readonly std: number } {
  const first = values[0] as number;
  let sum = 0;
  for (let i = 0; i < until; i++) sum += (values[i] as number) - first;
  const shift = sum / until;
  let squares = 0;
  for (let i = 0; i < until; i++) {
    const distance = (values[i] as number) - first - shift;
    squares += distance * distance;
  }
  return { mean: first + shift, std: Math.sqrt(squares / until) };
}

/** The spread to divide by: 1 where it is next to nothing beside the centre (a constant column), as scikit-learn does. */
export function usableScale(spread: number, center: number): number {
  return spread < 1e-12 * Math.max(1, Math.abs(center)) ? 1 : spread;
}
