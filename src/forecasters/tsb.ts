// Intermittent demand that may die out: the chance of a demand is smoothed at every row, its size at every demand.
// In: values before the cutoff, many of them 0. Out: demand per row, at every step. Not here: Croston's intervals (croston.ts).

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit } from './from-fit.ts';
import { minimise } from './nelder-mead.ts';
import { positiveWeight } from './options.ts';

export interface TsbOptions {
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
}

/** Chance and size before the first row. */
interface Start {
  readonly chance: number;
  readonly size: number;
}

/**
 * Teunter, Syntetos and Babai, European Journal of Operational Research 214 (2011): chance' = chance + β (1 or 0 − chance) at every
 * row, size' = size + α (y − size) at every demand (a value other than 0); forecast chance · size. The start is the share and the mean
 * size of the demands fitted on; α and β make the sum of squared one-step errors least.
 */
export const tsb: NumberForecasterKind<TsbOptions> = {
  kind: 'tsb',
  form: 'numbers',
  baseline: false,
  summary: 'Intermittent demand as chance times size, so that demand can die out (Teunter, Syntetos and Babai).',
  options: z.strictObject({ alpha: positiveWeight('demand in the size'), beta: positiveWeight('row in the chance') }),
  create: (options) =>
    fromFit('tsb', {}, (known) => {
      const start = startOf(known);
      const { alpha, beta } = choose(known, start, options);
      return {
        parameters: { alpha, beta, start: { ...start } },
        run: (values, last) => {
          const rates = new Float64Array(last + 1);
          demandRates(values, last, alpha, beta, start, rates);
          return (cutoff, path) => path.fill(rates[cutoff] as number);
        },
      };
    }),
};

function startOf(known: Float64Array): Start {
  const demands = known.filter((value) => value !== 0);
  if (demands.length === 0) return { chance: 0, size: 0 };
  const first = demands[0] as number;
  const sum = demands.reduce((total, demand) => total + (demand - first), 0);
  return { chance: demands.length / known.length, size: first + sum / demands.length };
}

function choose(known: Float64Array, start: Start, fixed: TsbOptions): { alpha: number; beta: number } {
  const rates = new Float64Array(known.length + 1);
  const free = { start: 0.1, step: 0.2, min: 1e-4, max: 1 };
  const at = (point: Float64Array): { alpha: number; beta: number } => {
    const alpha = fixed.alpha ?? (point[0] as number);
    return { alpha, beta: fixed.beta ?? (point[fixed.alpha === undefined ? 1 : 0] as number) };
  };
  const squares = (point: Float64Array): number => {
    const { alpha, beta } = at(point);
    return demandRates(known, known.length, alpha, beta, start, rates);
  };
  const variables = [fixed.alpha, fixed.beta].filter((given) => given === undefined).map(() => free);
  return at(minimise(squares, variables).point);
}

/** Fills rates[t], the demand per row expected after t values; gives the sum of squared one-step errors. */
function demandRates(
  values: Float64Array,
  last: number,
  alpha: number,
  beta: number,
  start: Start,
  rates: Float64Array, // (last + 1)
): number {
  let { chance, size } = start;
  let squares = 0;
  rates[0] = chance * size;
  for (let t = 0; t < last; t++) {
    const y = values[t] as number;
    const error = y - (rates[t] as number);
    squares += error * error;
    chance += beta * ((y === 0 ? 0 : 1) - chance);
    if (y !== 0) size += alpha * (y - size);
    rates[t + 1] = chance * size;
  }
  return squares;
}
