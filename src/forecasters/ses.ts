// Simple exponential smoothing: a level that follows the series, without trend; the season taken out and put back where asked for.
// In: values before the cutoff. Out: the level, at every step. Not here: trends (holt.ts), seasons that change (holt-winters.ts).

import * as z from 'zod';
import { type Deseasonalise, deseasonalise, fixedSeason } from './deseasonalise.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit, type Learned } from './from-fit.ts';
import { season, startLevel, weight } from './options.ts';
import { type FixedSmoothing, learnSmoothing } from './smoothing.ts';

export interface SesOptions {
  readonly alpha?: number | undefined;
  readonly level?: number | undefined;
  readonly deseasonalise: Deseasonalise;
  readonly season?: number | undefined;
}

const LEVEL = { trend: false, damped: false, seasonal: null, season: 1 } as const;

/**
 * level' = level + α (y − level). Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §8.1. With deseasonalise:
 * auto it is the SES of the M4 competition.
 */
export const ses: NumberForecasterKind<SesOptions> = {
  kind: 'ses',
  form: 'numbers',
  baseline: false,
  summary: 'Simple exponential smoothing: a level that follows the series.',
  options: z.strictObject({
    alpha: weight('value in the level'),
    level: startLevel,
    deseasonalise: deseasonalise
      .unwrap()
      .default('none')
      .describe(
        'How a season is taken out first: none (default), additive, multiplicative, or auto: multiplicative, additive where values are 0 or below, none where a 90 % autocorrelation test finds no season',
      ),
    season,
  }),
  create: (options, context) => {
    const fixed: FixedSmoothing = { alpha: options.alpha, level: options.level };
    if (options.deseasonalise === 'none') return fromFit('ses', {}, (known) => learnSmoothing(known, LEVEL, fixed));
    const m = options.season ?? context.season;
    return fromFit('ses', { season: m }, (known) => learnLevel(known, m, options.deseasonalise, fixed));
  },
};

function learnLevel(known: Float64Array, m: number, how: Deseasonalise, fixed: FixedSmoothing): Learned {
  const pattern = fixedSeason('ses', known, m, how);
  const level = learnSmoothing(known.map(pattern.without), LEVEL, fixed);
  return {
    parameters: { ...level.parameters, ...pattern.parameters },
    run: (values, last) => {
      const follow = level.run(values.subarray(0, last).map(pattern.without), last);
      return (cutoff, path) => {
        follow(cutoff, path);
        for (let h = 0; h < path.length; h++) path[h] = pattern.with(path[h] as number, cutoff + h);
      };
    },
  };
}
