// One or several seasons taken out by STL, the rest forecast by exponential smoothing or a straight line, the last seasons put back.
// In: values before the cutoff, the seasons. Out: their sum. Not here: the decomposition (stl.ts).

import * as z from 'zod';
import { formsOf, learn } from './ets.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { type Follow, fromFit, type Learned } from './from-fit.ts';
import { scaleOf } from './logarithms.ts';
import { seasonalComponents, seasonalWindow } from './stl.ts';

export interface MstlOptions {
  readonly season?: number | readonly number[] | undefined;
  readonly window?: number | readonly number[] | undefined;
  readonly rest: 'ets' | 'drift';
  readonly log: 'auto' | boolean;
}

const KIND = 'mstl';
const rows = z.number().int().min(2);
const odd = z.number().int().min(3);

/**
 * Bandara, Hyndman and Bergmeir 2021 (stl.ts); seasons of which fewer than two are known are left out. Where cutoffs follow the rows
 * fitted on, the last seasons go on as they were and the rest takes up what is new. Errors: E_DATA_RANGE for the logarithm of 0 or less.
 */
export const mstl: NumberForecasterKind<MstlOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  summary: 'Seasons (one or several) taken out by STL, the rest smoothed, the last seasons put back.',
  options: z.strictObject({
    season: z
      .union([rows, z.array(rows).min(1)])
      .optional()
      .describe('Rows per season, or a list of several such as [24, 168], default all seasons of the series'),
    window: z
      .union([odd, z.array(odd).min(1)])
      .optional()
      .describe(
        'Seasons that a season is smoothed over, a count, or one for each season, default 11, 15, 19 … from the shortest',
      ),
    rest: z
      .enum(['ets', 'drift'])
      .default('ets')
      .describe(
        'How what is left is forecast: by exponential smoothing, its trend chosen by AICc (default), or by the mean change',
      ),
    log: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Whether logarithms are taken apart: auto (default) where all values fitted on are above 0'),
  }),
  create: (options, context) => {
    const written =
      typeof options.season === 'number' ? [options.season] : (options.season ?? context.seasons ?? [context.season]);
    const seasons = [...new Set(written)].sort((a, b) => a - b);
    return fromFit(KIND, { seasons, rest: options.rest }, (known) => learnMstl(known, seasons, options));
  },
};

function learnMstl(known: Float64Array, asked: readonly number[], options: MstlOptions): Learned {
  const seasons = asked.filter((season) => season >= 2 && known.length >= 2 * season);
  const windows = seasons.map((_, i) => {
    const { window } = options;
    return (typeof window === 'number' ? window : window?.[i]) ?? seasonalWindow(i);
  });
  const scale = scaleOf(known, options.log);
  const origin = scale.transformed(known, 1)[0] as number;
  const inner = scale.transformed(known, known.length, origin);
  const components = seasonalComponents(inner, seasons, windows);
  let sums = seasonalSums(components, seasons, known.length, known.length); // of the seasonal numbers of all seasons, row by row
  const seasonal = (t: number): number => {
    if (t >= sums.length) sums = seasonalSums(components, seasons, known.length, Math.max(t + 1, 2 * sums.length));
    return sums[t] as number;
  };
  const rest = learnRest(without(inner, seasonal), options.rest);
  return {
    parameters: {
      seasons,
      log: scale.log,
      rest: rest.parameters,
      last: seasons.map((season, i) => Array.from((components[i] as Float64Array).subarray(-season), (s) => s + 0)),
    },
    run: (values, last) => {
      const z = scale.transformed(values, last, origin);
      const follow = rest.run(without(z, seasonal), last);
      return (cutoff, path) => {
        follow(cutoff, path);
        const now = values[cutoff - 1] as number;
        for (let h = 0; h < path.length; h++) {
          path[h] = scale.moved(now, (path[h] as number) + seasonal(cutoff + h) - (z[cutoff - 1] as number));
        }
      };
    },
  };
}

function seasonalSums(
  components: readonly Float64Array[],
  seasons: readonly number[],
  known: number,
  rows: number,
): Float64Array {
  const sums = new Float64Array(rows);
  for (const [i, season] of seasons.entries()) {
    const component = components[i] as Float64Array;
    for (let t = 0; t < rows; t++) (sums[t] as number) += component[rowOf(t, known, season)] as number;
  }
  return sums;
}

/** The row whose seasonal number stands for row t: itself where it was fitted, else the same one of the last season. */
function rowOf(t: number, known: number, season: number): number {
  return t < known ? t : known - season + ((t - known) % season);
}

function without(z: Float64Array, seasonal: (t: number) => number): Float64Array {
  return z.map((value, t) => value - seasonal(t));
}

function learnRest(values: Float64Array, rest: MstlOptions['rest']): Learned {
  if (rest === 'ets')
    return learn(values, formsOf(values, { error: 'additive', trend: 'auto', seasonal: 'none' }, 1), 'aicc');
  const run: Learned['run'] =
    (given): Follow =>
    (cutoff, path) => {
      const slope = cutoff > 1 ? ((given[cutoff - 1] as number) - (given[0] as number)) / (cutoff - 1) : 0;
      for (let h = 0; h < path.length; h++) path[h] = (given[cutoff - 1] as number) + slope * (h + 1);
    };
  return { parameters: {}, run };
}
