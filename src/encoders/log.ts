// Turns growth by a factor into growth by a step: the natural logarithm of value + offset.
// In: one column of values above −offset. Out: an encoder. Not here: choosing the offset.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { NumberEncoder, NumberEncoderKind } from './encoder.ts';

export interface LogOptions {
  readonly offset: number;
  readonly below: 'refuse' | 'least';
}

/**
 * z = ln(x + offset). Errors: E_DATA_RANGE naming the column and the first value that has no logarithm; with below `least`
 * only where no value has one that it is fitted on: else such a value counts as half the least x + offset above 0 of those.
 */
export const log: NumberEncoderKind<LogOptions> = {
  kind: 'log',
  form: 'numbers',
  summary: 'Natural logarithm, for positive values whose swings grow with their level.',
  options: z.strictObject({
    offset: z
      .number()
      .default(0)
      .describe('Added to every value first, in units of the column, default 0; 1 lets zeros in'),
    below: z
      .enum(['refuse', 'least'])
      .default('refuse')
      .describe(
        'A value without a logarithm: an error (refuse, default), or counted as half the least one that has one and is learned from (least)',
      ),
  }),
  fit: (values, until, { offset, below }, { column }) => {
    const least = below === 'least' ? leastOf(values, until, offset) : Number.POSITIVE_INFINITY;
    if (least < Number.POSITIVE_INFINITY) return logEncoder(offset, column, least / 2);
    checkPositive(values, until, offset, column);
    return logEncoder(offset, column, null);
  },
  restore: (state) =>
    logEncoder(state.offset as number, state.column as string, (state.floor as number | undefined) ?? null),
};

/** ∞ where no value is above 0. */
function leastOf(values: Float64Array, until: number, offset: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < until; i++) {
    const value = (values[i] as number) + offset;
    if (value > 0 && value < least) least = value;
  }
  return least;
}

/** `floor`: what a value without a logarithm counts as; null: it is refused. */
function logEncoder(offset: number, column: string, floor: number | null): NumberEncoder {
  return {
    state: { kind: 'log', column, offset, ...(floor === null ? {} : { floor }) },
    skip: 0,
    encode: (values) => {
      if (floor === null) checkPositive(values, values.length, offset, column);
      const encoded = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) {
        const value = (values[i] as number) + offset;
        encoded[i] = Math.log(value <= 0 && floor !== null ? floor : value);
      }
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
