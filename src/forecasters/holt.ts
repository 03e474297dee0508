// Holt's linear trend: a level and a slope that follow the series; damped where asked for.
// In: values before the cutoff. Out: the line from the level along the slope. Not here: seasons (holt-winters.ts).

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit } from './from-fit.ts';
import { damped, phi, startLevel, startTrend, weight } from './options.ts';
import { learnSmoothing } from './smoothing.ts';

export interface HoltOptions {
  readonly damped: boolean;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly phi?: number | undefined;
  readonly level?: number | undefined;
  readonly trend?: number | undefined;
}

/** Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §8.2; damped as Gardner and McKenzie 1985. */
export const holt: NumberForecasterKind<HoltOptions> = {
  kind: 'holt',
  form: 'numbers',
  baseline: false,
  summary: 'Exponential smoothing of level and trend (Holt), damped where asked for.',
  options: z.strictObject({
    damped,
    alpha: weight('value in the level'),
    beta: weight('slope in the trend'),
    phi,
    level: startLevel,
    trend: startTrend,
  }),
  create: (options) =>
    fromFit('holt', { damped: options.damped }, (known) =>
      learnSmoothing(known, { trend: true, damped: options.damped, seasonal: null, season: 1 }, options),
    ),
};
