// Taking a fixed season out of a series and putting it back: what naive2 and theta do before and after their formula.
// In: known values, the season, how. Out: the season's numbers and both directions. Not here: seasons that change (smoothing.ts).

import * as z from 'zod';
import type { JsonObject } from '../core/json.ts';
import { isSeasonal, type Seasonal, seasonalFactors } from './decompose.ts';
import { checkPositive, checkTwoSeasons } from './from-fit.ts';

export type Deseasonalise = 'auto' | 'none' | Seasonal;

export const deseasonalise: z.ZodDefault<
  z.ZodEnum<{ auto: 'auto'; none: 'none'; additive: 'additive'; multiplicative: 'multiplicative' }>
> = z
  .enum(['auto', 'none', 'additive', 'multiplicative'])
  .default('auto')
  .describe(
    'How the season is taken out first: auto (default) multiplicative, additive where values are 0 or below, none where a 90 % autocorrelation test finds no season',
  );

export interface FixedSeason {
  readonly seasonal: Seasonal | 'none';
  readonly factors: Float64Array; // (season), by row number mod season; empty where none
  /** The value at row t without its season. */
  without(value: number, t: number): number;
  /** The value at row t with its season. */
  with(value: number, t: number): number;
  readonly parameters: JsonObject;
}

/**
 * The season of `known`. `given`: factors that are fixed. Errors: E_DATA_TOO_SHORT and E_DATA_RANGE where a season is asked for that the
 * values do not allow.
 */
export function fixedSeason(
  kind: string,
  known: Float64Array,
  season: number,
  how: Deseasonalise,
  given?: readonly number[],
): FixedSeason {
  const seasonal = chosen(known, season, how);
  if (seasonal === 'none') return seasonOfFactors('none', new Float64Array(0));
  if (given !== undefined) return seasonOfFactors(seasonal, Float64Array.from(given));
  checkTwoSeasons(kind, known.length, season);
  if (seasonal === 'multiplicative')
    checkPositive('a multiplicative season', known, known.length, 'deseasonalise: additive, or auto');
  return seasonOfFactors(seasonal, seasonalFactors(known, season, seasonal));
}

function chosen(known: Float64Array, season: number, how: Deseasonalise): Seasonal | 'none' {
  if (how !== 'auto') return season < 2 ? 'none' : how;
  if (!isSeasonal(known, season)) return 'none';
  return known.every((value) => value > 0) ? 'multiplicative' : 'additive';
}

function seasonOfFactors(seasonal: Seasonal | 'none', factors: Float64Array): FixedSeason {
  const factor = (t: number): number => factors[t % factors.length] as number;
  const parameters: JsonObject =
    seasonal === 'none' ? { seasonal } : { seasonal, factors: Array.from(factors, (f) => f + 0) };
  if (seasonal === 'none') return { seasonal, factors, parameters, without: (value) => value, with: (value) => value };
  if (seasonal === 'additive')
    return {
      seasonal,
      factors,
      parameters,
      without: (value, t) => value - factor(t),
      with: (value, t) => value + factor(t),
    };
  return {
    seasonal,
    factors,
    parameters,
    without: (value, t) => value / factor(t),
    with: (value, t) => value * factor(t),
  };
}
