// The last value with the season taken out and put back: the yardstick of the M competitions.
// In: values before the cutoff, the season. Out: the level of the last value, with the season. Not here: smoothing.

import * as z from 'zod';
import { type Deseasonalise, deseasonalise, fixedSeason } from './deseasonalise.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit } from './from-fit.ts';
import { season } from './options.ts';

export interface Naive2Options {
  readonly deseasonalise: Deseasonalise;
  readonly season?: number | undefined;
}

/** Makridakis, Spiliotis and Assimakopoulos, International Journal of Forecasting 36 (2020): Naive 2 of the M4 competition. */
export const naive2: NumberForecasterKind<Naive2Options> = {
  kind: 'naive2',
  form: 'numbers',
  baseline: false,
  summary: 'Repeats the last value, the season taken out before and put back after (Naive 2).',
  options: z.strictObject({ deseasonalise, season }),
  create: (options, context) => {
    const m = options.season ?? context.season;
    return fromFit('naive2', { season: m }, (known) => {
      const fixed = fixedSeason('naive2', known, m, options.deseasonalise);
      return {
        parameters: fixed.parameters,
        run: (values) => (cutoff, path) => {
          const level = fixed.without(values[cutoff - 1] as number, cutoff - 1);
          for (let h = 0; h < path.length; h++) path[h] = fixed.with(level, cutoff + h);
        },
      };
    });
  },
};
