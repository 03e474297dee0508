// Simple exponential smoothing: a level that follows the series, without trend or season.
// In: values before the cutoff. Out: the level, at every step. Not here: trends (holt.ts).

import { z } from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit } from './from-fit.ts';
import { startLevel, weight } from './options.ts';
import { learnSmoothing } from './smoothing.ts';

export interface SesOptions {
  readonly alpha?: number | undefined;
  readonly level?: number | undefined;
}

/** level' = level + α (y − level). Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §8.1. */
export const ses: NumberForecasterKind<SesOptions> = {
  kind: 'ses',
  form: 'numbers',
  baseline: false,
  summary: 'Simple exponential smoothing: a level that follows the series.',
  options: z.strictObject({ alpha: weight('value in the level'), level: startLevel }),
  create: (options) =>
    fromFit('ses', {}, (known) =>
      learnSmoothing(known, { trend: false, damped: false, seasonal: null, season: 1 }, options),
    ),
};
