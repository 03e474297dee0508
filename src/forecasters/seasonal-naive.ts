// The baseline of seasons: each step is like the same step of the last known season.
// In: values before the cutoff, the season. Out: that season again and again. Not here: trends.

import * as z from 'zod';
import { wholeSeasons } from '../core/season.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromPast } from './from-past.ts';

export interface SeasonalNaiveOptions {
  readonly season?: number | readonly number[] | undefined;
}

const rows = z.number().int().min(1);

/**
 * f = the latest known value a whole number of seasons before; the last value where less than a season is known. Of several seasons the
 * longest that is known.
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2.
 */
export const seasonalNaive: NumberForecasterKind<SeasonalNaiveOptions> = {
  kind: 'seasonal-naive',
  form: 'numbers',
  baseline: true,
  summary: 'Repeats the last known season.',
  options: z.strictObject({
    season: z
      .union([rows, z.array(rows).min(1)])
      .optional()
      .describe(
        'Steps per season, a count of rows, or a list of several such as [24, 168], of which the longest known is repeated; default the season of the series, of several the longest that holds whole shorter ones (a week of days)',
      ),
  }),
  create: (options, context) => {
    const written = options.season ?? wholeSeasons(context.seasons ?? [context.season]);
    const seasons = (typeof written === 'number' ? [written] : [...written]).sort((a, b) => b - a);
    const season = seasons.length === 1 ? (seasons[0] as number) : seasons;
    return fromPast('seasonal-naive', { season }, (values) => (cutoff, ahead) => {
      const known = seasons.find((rows) => rows <= cutoff);
      if (known === undefined) return values[cutoff - 1] as number;
      return values[cutoff - known + ((ahead - 1) % known)] as number;
    });
  },
};
