// A straight line and one number per phase of the season, by least squares over the newest seasons, started again from the last level.
// In: values before the cutoff, the season. Out: line and season, moved to where the last values are. Not here: parts that follow the series.

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { checkTwoSeasons, fromFit, type Learned } from './from-fit.ts';
import { scaleOf } from './logarithms.ts';
import { season } from './options.ts';

export interface TrendSeasonOptions {
  readonly season?: number | undefined;
  readonly seasons: number | 'all';
  readonly halfLife?: number | undefined;
  readonly anchor?: number | undefined;
  readonly log: 'auto' | boolean;
}

const KIND = 'trend-season';

/**
 * Regression on a line and seasonal dummies (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §7.4) over the
 * last `seasons`, older rows counting half every `halfLife` seasons; the mean residual of the last `anchor` rows is added to all
 * forecasts. Errors: E_DATA_TOO_SHORT under two seasons, E_DATA_RANGE for the logarithm of 0 or less.
 */
export const trendSeason: NumberForecasterKind<TrendSeasonOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  summary: 'A straight line and a fixed season over the newest seasons, started again from the last level.',
  options: z.strictObject({
    season,
    seasons: z
      .union([z.literal('all'), z.number().int().min(2)])
      .default(5)
      .describe('Newest seasons that are fitted, a count, default 5, or all'),
    halfLife: z
      .number()
      .gt(0)
      .optional()
      .describe('Seasons after which a row counts half, default none: all count the same'),
    anchor: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('Last rows whose mean residual the forecasts start from, default half a season; 0: not moved'),
    log: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Whether logarithms are fitted: auto (default) where all values fitted on are above 0'),
  }),
  create: (options, context) => {
    const m = options.season ?? context.season;
    return fromFit(KIND, { season: m }, (known) => {
      if (m >= 2) checkTwoSeasons(KIND, known.length, m);
      return learnTrendSeason(known, m, options);
    });
  },
};

interface Plane {
  readonly slope: number;
  readonly phases: Float64Array; // (season), the line's value at row 0 for each
}

function learnTrendSeason(known: Float64Array, m: number, options: TrendSeasonOptions): Learned {
  const scale = scaleOf(known, options.log);
  const origin = scale.transformed(known, 1)[0] as number;
  const span = m >= 2 ? m : 12; // what counts as a season where there is none
  const from = options.seasons === 'all' ? 0 : Math.max(0, known.length - options.seasons * span);
  const fade = options.halfLife === undefined ? 1 : Math.exp(-Math.LN2 / (options.halfLife * span));
  const { slope, phases } = plane(scale.transformed(known, known.length, origin), from, m, fade);
  const anchor = options.anchor ?? Math.max(1, Math.floor(m / 2));
  const expected = (t: number): number => (phases[t % m] as number) + slope * t;
  return {
    parameters: { log: scale.log, slope: slope + 0, phases: Array.from(phases, (phase) => phase + 0) },
    run: (values, last) => {
      const inner = scale.transformed(values, last, origin);
      return (cutoff, path) => {
        const now = values[cutoff - 1] as number;
        const shift = meanResidual(inner, cutoff, anchor, expected) - (inner[cutoff - 1] as number);
        for (let h = 0; h < path.length; h++) {
          path[h] = scale.moved(now, expected(cutoff + h) + shift);
        }
      };
    },
  };
}

function meanResidual(z: Float64Array, cutoff: number, anchor: number, expected: (t: number) => number): number {
  const from = Math.max(0, cutoff - anchor);
  let sum = 0;
  for (let t = from; t < cutoff; t++) sum += (z[t] as number) - expected(t);
  return cutoff > from ? sum / (cutoff - from) : 0;
}

/** Weighted least squares: the slope from each phase's distances to its own means, then the phases. */
function plane(z: Float64Array, from: number, m: number, fade: number): Plane {
  const weights = new Float64Array(z.length);
  let weight = 1;
  for (let t = z.length - 1; t >= from; t--, weight *= fade) weights[t] = weight;
  const totals = new Float64Array(m);
  const times = new Float64Array(m);
  const means = new Float64Array(m);
  for (let t = from; t < z.length; t++) {
    const w = weights[t] as number;
    (totals[t % m] as number) += w;
    (times[t % m] as number) += w * t;
    (means[t % m] as number) += w * (z[t] as number);
  }
  for (let k = 0; k < m; k++) {
    times[k] = (times[k] as number) / Math.max(totals[k] as number, Number.MIN_VALUE);
    means[k] = (means[k] as number) / Math.max(totals[k] as number, Number.MIN_VALUE);
  }
  let product = 0;
  let square = 0;
  for (let t = from; t < z.length; t++) {
    const distance = t - (times[t % m] as number);
    product += (weights[t] as number) * distance * ((z[t] as number) - (means[t % m] as number));
    square += (weights[t] as number) * distance * distance;
  }
  const slope = square > 0 ? product / square : 0;
  return { slope, phases: means.map((mean, k) => mean - slope * (times[k] as number)) };
}
