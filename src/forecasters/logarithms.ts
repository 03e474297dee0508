// What closed forms compute on: the values themselves, or their logarithms where all that is learned from lies above 0.
// In: the values learned from, whether logarithms are wanted. Out: values as they are computed on, and the way back. Not here: any forecast.

import { checkPositive } from './from-fit.ts';

export interface Scale {
  readonly log: boolean;
  /** The first `last` values, less `origin` (a value on this scale; default none). Errors: E_DATA_RANGE where logarithms were asked for by name. */
  transformed(values: Float64Array, last: number, origin?: number): Float64Array;
  /** The raw value `change` away from the raw value `from`. */
  moved(from: number, change: number): number;
}

/**
 * `auto`: logarithms where all values are above 0. What falls to 0 or below later – a strike, an article that is no longer sold – counts as
 * half the least value known then: fitted again with it, no logarithms are taken. Errors: E_DATA_RANGE for `true` and a value at or below 0.
 */
export function scaleOf(known: Float64Array, asked: 'auto' | boolean): Scale {
  const log = asked === 'auto' ? known.every((value) => value > 0) : asked;
  if (!log) return PLAIN;
  const least = asked === true ? 0 : halfTheLeast(known);
  const check = (values: Float64Array, last: number): void => {
    if (asked === true) checkPositive('a logarithm', values, last, 'log: false');
  };
  check(known, known.length);
  return {
    log,
    transformed: (values, last, origin = 0) => {
      check(values, last);
      return values.subarray(0, last).map((value) => Math.log(Math.max(value, least)) - origin);
    },
    moved: (from, change) => Math.max(from, least) * Math.exp(change),
  };
}

/** What a value without a logarithm counts as. */
export function halfTheLeast(values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY) / 2;
}

const PLAIN: Scale = {
  log: false,
  transformed: (values, last, origin = 0) => values.subarray(0, last).map((value) => value - origin),
  moved: (from, change) => from + change,
};
