// The baseline of seasons: each step is like the same step of the last known season.
// In: values before the cutoff, the season. Out: that season again and again. Not here: trends.

import { z } from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

export interface SeasonalNaiveOptions {
  readonly season?: number | undefined;
}

/**
 * f = the latest known value a whole number of seasons before; the last value where less than a season is known.
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2.
 */
export const seasonalNaive: NumberForecasterKind<SeasonalNaiveOptions> = {
  kind: 'seasonal-naive',
  form: 'numbers',
  baseline: true,
  summary: 'Repeats the last known season.',
  options: z.strictObject({
    season: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Steps per season, a count of rows, default the season of the series'),
  }),
  create: (options, context) => {
    const season = options.season ?? context.season;
    return fromPast('seasonal-naive', { season }, (values) => (cutoff, ahead) => {
      if (cutoff < season) return values[cutoff - 1] as number;
      return values[cutoff - season + ((ahead - 1) % season)] as number;
    });
  },
};
