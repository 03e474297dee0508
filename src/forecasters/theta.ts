// The Theta method with its one parameter at 2: half the slope of the long line, and a level that follows the series.
// In: values before the cutoff, the season. Out: level plus half the line, with the season. Not here: optimised or dynamic thetas.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import { type Deseasonalise, deseasonalise, fixedSeason } from './deseasonalise.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { type Follow, fromFit } from './from-fit.ts';
import { fitLine } from './line.ts';
import { minimise } from './nelder-mead.ts';
import { positiveWeight, season } from './options.ts';

export interface ThetaOptions {
  readonly deseasonalise: Deseasonalise;
  readonly season?: number | undefined;
  readonly alpha?: number | undefined;
  readonly drift?: number | undefined;
  readonly factors?: readonly number[] | undefined;
}

/**
 * Assimakopoulos and Nikolopoulos 2000 in the form of Hyndman and Billah (International Journal of Forecasting 19, 2003): simple
 * exponential smoothing from the first value on, and drift / 2 per step, where drift is the slope of the line through all fitted values:
 * forecast h = level + drift / 2 (h − 1 + 1/α − (1 − α)ⁿ/α) after n values. α makes the sum of squared one-step errors least.
 */
export const theta: NumberForecasterKind<ThetaOptions> = {
  kind: 'theta',
  form: 'numbers',
  baseline: false,
  summary: 'The Theta method: smoothing with half the slope of the long line, the season taken out and put back.',
  options: z.strictObject({
    deseasonalise,
    season,
    alpha: positiveWeight('value in the level'),
    drift: z
      .number()
      .optional()
      .describe('Slope of the long line, in units of the target (season taken out) per row, default estimated'),
    factors: z
      .array(z.number())
      .optional()
      .describe(
        'Numbers of the season that is taken out, one per row of it in time order (factors, or offsets where additive), default estimated; needs deseasonalise: multiplicative or additive',
      ),
  }),
  create: (options, context) => {
    const m = options.season ?? context.season;
    checkFactors(options, m);
    return fromFit('theta', { season: m }, (known) => {
      const fixed = fixedSeason('theta', known, m, options.deseasonalise, options.factors);
      const levels = known.map((value, t) => fixed.without(value, t));
      const drift = options.drift ?? fitLine(levels).slope;
      const alpha = options.alpha ?? chooseAlpha(levels, drift);
      return {
        parameters: { alpha, drift: drift + 0, ...fixed.parameters },
        run: (values, last) => {
          const smoothed = smooth(values.subarray(0, last).map(fixed.without), alpha);
          return follow(smoothed, alpha, drift, fixed.with);
        },
      };
    });
  },
};

/** levels[t]: the smoothed level after t values, t ≥ 1; before any value it is the first one. */
function smooth(values: Float64Array, alpha: number): Float64Array {
  const levels = new Float64Array(values.length + 1);
  levels[0] = values[0] as number;
  for (let t = 0; t < values.length; t++) {
    const level = levels[t] as number;
    levels[t + 1] = level + alpha * ((values[t] as number) - level);
  }
  return levels;
}

function follow(
  levels: Float64Array,
  alpha: number,
  drift: number,
  withSeason: (v: number, t: number) => number,
): Follow {
  return (cutoff, path) => {
    const lag = (1 - power(1 - alpha, cutoff)) / alpha; // how many steps of the line the level is behind
    for (let h = 0; h < path.length; h++) {
      path[h] = withSeason((levels[cutoff] as number) + (drift / 2) * (h + lag), cutoff + h);
    }
  };
}

function chooseAlpha(values: Float64Array, drift: number): number {
  const squares = (alpha: number): number => {
    let sum = 0;
    let level = values[0] as number;
    let left = 1; // (1 − α)ᵗ
    for (let t = 0; t < values.length; t++) {
      const error = (values[t] as number) - level - ((drift / 2) * (1 - left)) / alpha;
      sum += error * error;
      level += alpha * ((values[t] as number) - level);
      left *= 1 - alpha;
    }
    return sum;
  };
  const { point } = minimise(([alpha]) => squares(alpha as number), [{ start: 0.5, step: 0.3, min: 1e-4, max: 1 }]);
  return point[0] as number;
}

/** base to a whole power, by repeated squaring: the same bits on every machine. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let left = exponent, square = base; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) result *= square;
  }
  return result;
}

function checkFactors({ factors, deseasonalise: how }: ThetaOptions, m: number): void {
  if (factors === undefined) return;
  const where = 'model.factors';
  if (how === 'auto' || how === 'none') {
    throw new ForecastError('E_CONFIG_CONFLICT', `factors are given, but deseasonalise is ${how}`, {
      where,
      hint: 'deseasonalise: multiplicative',
    });
  }
  if (factors.length !== m) {
    throw new ForecastError('E_CONFIG_CONFLICT', `${factors.length} factors for a season of ${m} rows`, {
      where,
      hint: 'one factor per row of the season, or leave them out',
    });
  }
}
