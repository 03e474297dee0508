// Croston's method for intermittent demand: how large demands are and how far apart, smoothed each by itself.
// In: values before the cutoff, many of them 0. Out: demand per row, at every step. Not here: demand that dies out (tsb.ts).

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit } from './from-fit.ts';
import { minimise } from './nelder-mead.ts';
import { positiveWeight } from './options.ts';

export interface CrostonOptions {
  readonly alpha?: number | undefined;
  readonly variant: 'classic' | 'sba';
}

/**
 * Croston, Operational Research Quarterly 23 (1972): at every demand (a value other than 0) size' = size + α (y − size) and interval' =
 * interval + α (rows since the last demand − interval), from the first demand and its row number on; forecast size / interval, 0 before
 * any demand. `sba`: times 1 − α / 2 (Syntetos and Boylan 2005). α makes the sum of squared one-step errors least.
 */
export const croston: NumberForecasterKind<CrostonOptions> = {
  kind: 'croston',
  form: 'numbers',
  baseline: false,
  summary: 'Intermittent demand as size over interval, each smoothed (Croston).',
  options: z.strictObject({
    alpha: positiveWeight('demand in size and interval'),
    variant: z
      .enum(['classic', 'sba'])
      .default('classic')
      .describe('classic (default), or sba: corrected downwards for its bias (Syntetos and Boylan)'),
  }),
  create: ({ alpha: given, variant }) =>
    fromFit('croston', { variant }, (known) => {
      const rates = new Float64Array(known.length + 1);
      const alpha =
        given ??
        (minimise(
          ([a]) => demandRates(known, known.length, a as number, variant, rates),
          [{ start: 0.1, step: 0.2, min: 1e-4, max: 1 }],
        ).point[0] as number);
      return {
        parameters: { alpha },
        run: (values, last) => {
          const after = new Float64Array(last + 1);
          demandRates(values, last, alpha, variant, after);
          return (cutoff, path) => path.fill(after[cutoff] as number);
        },
      };
    }),
};

/** Fills rates[t], the demand per row expected after t values; gives the sum of squared one-step errors. */
function demandRates(
  values: Float64Array,
  last: number,
  alpha: number,
  variant: CrostonOptions['variant'],
  rates: Float64Array, // (last + 1)
): number {
  const correction = variant === 'sba' ? 1 - alpha / 2 : 1;
  let size = 0;
  let interval = 0;
  let since = 0;
  let squares = 0;
  rates[0] = 0;
  for (let t = 0; t < last; t++) {
    const y = values[t] as number;
    const error = y - (rates[t] as number);
    squares += error * error;
    since++;
    if (y !== 0) {
      size = interval === 0 ? y : size + alpha * (y - size);
      interval = interval === 0 ? since : interval + alpha * (since - interval);
      since = 0;
    }
    rates[t + 1] = interval === 0 ? 0 : (correction * size) / interval;
  }
  return squares;
}
