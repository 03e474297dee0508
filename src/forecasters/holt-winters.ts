// Holt and Winters' seasonal smoothing: level, trend and one number per phase of the season that follow the series.
// In: values before the cutoff, the season. Out: level along the trend, with the season. Not here: several seasons.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { Seasonal } from './decompose.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { checkPositive, checkTwoSeasons, fromFit, type Learned, seasonOf } from './from-fit.ts';
import { damped, phi, season, seasonals, startLevel, startTrend, weight } from './options.ts';
import { type FixedSmoothing, learnSmoothing, type SmoothingForm } from './smoothing.ts';

export interface HoltWintersOptions {
  readonly seasonal: Seasonal;
  readonly trend: 'additive' | 'none';
  readonly damped: boolean;
  readonly season?: number | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly gamma?: number | undefined;
  readonly phi?: number | undefined;
  readonly start: {
    readonly level?: number | undefined;
    readonly trend?: number | undefined;
    readonly seasonals?: readonly number[] | undefined;
  };
}

const KIND = 'holt-winters';

/**
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §8.3. Errors: E_CONFIG_CONFLICT without a season or with
 * a start of another length, E_DATA_TOO_SHORT under two seasons, E_DATA_RANGE for values at or below 0 where multiplicative.
 */
export const holtWinters: NumberForecasterKind<HoltWintersOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  summary: 'Exponential smoothing of level, trend and season (Holt and Winters).',
  options: z.strictObject({
    seasonal: z
      .enum(['additive', 'multiplicative'])
      .default('additive')
      .describe('Whether the season is added or multiplies (values above 0 only), default additive'),
    trend: z.enum(['additive', 'none']).default('additive').describe('Whether there is a trend, default additive'),
    damped,
    season,
    alpha: weight('value in the level'),
    beta: weight('slope in the trend'),
    gamma: weight('value in the season'),
    phi,
    start: z
      .strictObject({ level: startLevel, trend: startTrend, seasonals })
      .default({})
      .describe('The state before the first row, default estimated from the first seasons'),
  }),
  create: (options, context) => {
    const form: SmoothingForm = {
      trend: options.trend === 'additive',
      damped: options.damped && options.trend === 'additive',
      seasonal: options.seasonal,
      season: seasonOf(KIND, options.season, context),
    };
    checkStart(options.start.seasonals, form.season);
    const settings = { seasonal: options.seasonal, trend: options.trend, damped: form.damped, season: form.season };
    const { alpha, beta, gamma, phi: slide, start } = options;
    const fixed: FixedSmoothing = { alpha, beta, gamma, phi: slide, ...start };
    return fromFit(KIND, settings, (known) => {
      checkTwoSeasons(KIND, known.length, form.season);
      checkSign(options.seasonal, known, known.length);
      const learned = learnSmoothing(known, form, fixed);
      const run: Learned['run'] = (values, last) => {
        checkSign(options.seasonal, values, last);
        return learned.run(values, last);
      };
      return { parameters: learned.parameters, run };
    });
  },
};

function checkSign(seasonal: Seasonal, values: Float64Array, last: number): void {
  if (seasonal === 'multiplicative') checkPositive('a multiplicative season', values, last, 'seasonal: additive');
}

function checkStart(given: readonly number[] | undefined, season: number): void {
  if (given === undefined || given.length === season) return;
  throw new ForecastError('E_CONFIG_CONFLICT', `${given.length} numbers for a season of ${season} rows`, {
    where: 'model.start.seasonals',
    hint: 'one number per row of the season, or leave them out',
  });
}
