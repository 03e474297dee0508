// The airline model (0,1,1)(0,1,1) of Box and Jenkins: seasonal and plain differences with one moving average each.
// In: values before the cutoff, the season. Out: forecasts by its recursion, on logarithms where values allow. Not here: other orders.

import * as z from 'zod';
import type { NumberForecasterKind } from './forecaster.ts';
import { checkTwoSeasons, type Follow, fromFit, seasonOf } from './from-fit.ts';
import { type Scale, scaleOf } from './logarithms.ts';
import { minimise } from './nelder-mead.ts';
import { season } from './options.ts';

export interface AirlineOptions {
  readonly log: 'auto' | boolean;
  readonly season?: number | undefined;
  readonly theta?: number | undefined;
  readonly seasonalTheta?: number | undefined;
}

interface Parameters {
  readonly theta: number;
  readonly seasonalTheta: number;
}

const KIND = 'airline';
const MOST = 0.98; // |θ| and |Θ| stay below it, so that old errors are forgotten

/**
 * Box and Jenkins, Time Series Analysis (1970), §9.2. With z the value or its logarithm, w[t] = z[t] − z[t−1] − z[t−m] + z[t−m−1] and
 * w[t] = e[t] − θ e[t−1] − Θ e[t−m] + θΘ e[t−m−1], the errors before the first w being 0. θ and Θ = 0.98 tanh(u) make Σ e² least. A cutoff with a season or less before it repeats the last value.
 * The one ARIMA in the box: the library that runs in JavaScript (arima 0.2.8, ctsa in WebAssembly) fits this form as well (RMSE 25.2 over
 * the five origins of air-passengers, 12 steps, where this has 25.1), but gives infinity for (2,1,1)(0,1,1), takes 5 s for an automatic
 * choice that has 61.7, and tells no coefficients to go on from.
 * Errors: E_CONFIG_CONFLICT without a season, E_DATA_TOO_SHORT under two seasons, E_DATA_RANGE for the logarithm of 0 or less.
 */
export const airline: NumberForecasterKind<AirlineOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  summary: 'The airline model (0,1,1)(0,1,1), on logarithms where all values are above 0.',
  options: z.strictObject({
    log: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Whether logarithms are modelled: auto (default) where all values fitted on are above 0'),
    season,
    theta: z.number().gt(-1).lt(1).optional().describe('Moving average θ, −1 to 1, default chosen from the data'),
    seasonalTheta: z
      .number()
      .gt(-1)
      .lt(1)
      .optional()
      .describe('Seasonal moving average Θ, −1 to 1, default chosen from the data'),
  }),
  create: (options, context) => {
    const m = seasonOf(KIND, options.season, context);
    return fromFit(KIND, { season: m }, (known) => {
      checkTwoSeasons(KIND, known.length, m);
      const scale = scaleOf(known, options.log);
      const parameters = choose(scale.transformed(known, known.length), m, options);
      return {
        parameters: { log: scale.log, theta: parameters.theta + 0, seasonalTheta: parameters.seasonalTheta + 0 },
        run: (values, last) => {
          const z = scale.transformed(values, last);
          const errors = new Float64Array(last);
          residuals(z, m, parameters, errors);
          return follow(values, z, errors, m, parameters, scale);
        },
      };
    });
  },
};

/** Fills errors; gives the sum of their squares. */
function residuals(z: Float64Array, m: number, { theta, seasonalTheta }: Parameters, errors: Float64Array): number {
  let squares = 0;
  for (let t = m + 1; t < z.length; t++) {
    const error = change(z, t, m) + memory(errors, t, m, theta, seasonalTheta);
    errors[t] = error;
    squares += error * error;
  }
  return squares;
}

/** w[t]. */
function change(z: Float64Array, t: number, m: number): number {
  return (z[t] as number) - (z[t - 1] as number) - ((z[t - m] as number) - (z[t - m - 1] as number));
}

/** θ e[t−1] + Θ e[t−m] − θΘ e[t−m−1]; t ≥ m + 1. Errors not known yet (at or after the cutoff) are to be 0. */
function memory(errors: Float64Array, t: number, m: number, theta: number, seasonalTheta: number): number {
  const old = errors[t - m - 1] as number;
  return theta * (errors[t - 1] as number) + seasonalTheta * (errors[t - m] as number) - theta * seasonalTheta * old;
}

function choose(z: Float64Array, m: number, fixed: AirlineOptions): Parameters {
  const errors = new Float64Array(z.length);
  const free = { start: 0.5, step: 0.5, min: -8, max: 8 };
  const inside = (u: number | undefined): number => MOST * Math.tanh(u as number);
  const at = (point: Float64Array): Parameters => {
    const theta = fixed.theta ?? inside(point[0]);
    return { theta, seasonalTheta: fixed.seasonalTheta ?? inside(point[fixed.theta === undefined ? 1 : 0]) };
  };
  const variables = [fixed.theta, fixed.seasonalTheta].filter((given) => given === undefined).map(() => free);
  return at(minimise((point) => residuals(z, m, at(point), errors), variables).point);
}

/** z[t] = z[t−1] + z[t−m] − z[t−m−1] − memory, counted from the last value so that a constant goes on to the last bit. */
function follow(
  values: Float64Array,
  z: Float64Array,
  errors: Float64Array,
  m: number,
  { theta, seasonalTheta }: Parameters,
  scale: Scale,
): Follow {
  return (cutoff, path) => {
    const last = values[cutoff - 1] as number;
    if (cutoff <= m) {
      path.fill(last);
      return;
    }
    const known = (t: number): number => (t < cutoff ? (errors[t] as number) : 0);
    const ahead = new Float64Array(path.length); // z[cutoff + h] − z[cutoff − 1]
    const beyond = (t: number): number =>
      t < cutoff ? (z[t] as number) - (z[cutoff - 1] as number) : (ahead[t - cutoff] as number);
    for (let h = 0; h < path.length; h++) {
      const t = cutoff + h;
      const old = theta * known(t - 1) + seasonalTheta * known(t - m) - theta * seasonalTheta * known(t - m - 1);
      ahead[h] = beyond(t - 1) + (beyond(t - m) - beyond(t - m - 1)) - old;
      path[h] = scale.moved(last, ahead[h] as number);
    }
  };
}
