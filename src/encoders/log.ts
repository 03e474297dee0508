// Turns growth by a factor into growth by a step: the natural logarithm of value + offset.
// In: one column of values above −offset. Out: an encoder. Not here: choosing the offset.

import { z } from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { NumberEncoder, NumberEncoderKind } from './encoder.ts';

export interface LogOptions {
  readonly offset: number;
}

/** z = ln(x + offset). Errors: E_DATA_RANGE naming the column and the first value that has no logarithm. */
export const log: NumberEncoderKind<LogOptions> = {
  kind: 'log',
  form: 'numbers',
  summary: 'Natural logarithm, for positive values whose swings grow with their level.',
  options: z.strictObject({
    offset: z
      .number()
      .default(0)
      .describe('Added to every value first, in units of the column, default 0; 1 lets zeros in'),
  }),
  fit: (values, until, { offset }, { column }) => {
    checkPositive(values, until, offset, column);
    return logEncoder(offset, column);
  },
  restore: (state) => logEncoder(state.offset as number, state.column as string),
};

function logEncoder(offset: number, column: string): NumberEncoder {
  return {
    state: { kind: 'log', column, offset },
    skip: 0,
    encode: (values) => {
      checkPositive(values, values.length, offset, column);
      const encoded = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) encoded[i] = Math.log((values[i] as number) + offset);
      return encoded;
    },
    decode: (forecast) => {
      for (let h = 0; h < forecast.length; h++) forecast[h] = Math.exp(forecast[h] as number) - offset;
    },
  };
}

function checkPositive(values: Float64Array, until: number, offset: number, column: string): void {
  for (let i = 0; i < until; i++) {
    const value = values[i] as number;
    if (value + offset > 0) continue;
    const shown = offset === 0 ? `${value}` : `${value} + ${offset}`;
    throw new ForecastError('E_DATA_RANGE', `column "${column}", row ${i + 1}: ${shown} has no logarithm`, {
      where: 'encoder.log',
      hint:
        value + offset === 0
          ? 'set offset: 1, or use another encoder'
          : 'set an offset above every negative value, or use another encoder',
    });
  }
}
