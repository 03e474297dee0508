// Exponential smoothing: one recursion for ses, holt and holt-winters, its start and the choice of its parameters.
// In: known values of one column. Out: parameters, states and forecasts. Not here: options (ses.ts, holt.ts, holt-winters.ts).

import type { JsonObject } from '../core/json.ts';
import { type Seasonal, seasonalFactors } from './decompose.ts';
import type { Follow, Learned } from './from-fit.ts';
import { fitLine } from './line.ts';
import { minimise, type Variable } from './nelder-mead.ts';

/** Which parts the recursion has. */
export interface SmoothingForm {
  readonly trend: boolean;
  readonly damped: boolean;
  /** null: no season. */
  readonly seasonal: Seasonal | null;
  readonly season: number;
}

export interface SmoothingParameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
  /** The state before the first value. */
  readonly level: number;
  readonly trend: number;
  readonly seasonals: Float64Array; // (season) in time order; empty without a season
}

/** What a person fixed; the rest is chosen. */
export interface FixedSmoothing {
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly gamma?: number | undefined;
  readonly phi?: number | undefined;
  readonly level?: number | undefined;
  readonly trend?: number | undefined;
  readonly seasonals?: readonly number[] | undefined;
}

/** The states: index t holds what the values [0, t) leave. */
interface States {
  readonly level: Float64Array; // (N + 1)
  readonly trend: Float64Array; // (N + 1)
  /** The newest number of each phase after t values is at [t, t + season). */
  readonly seasonals: Float64Array; // (N + season)
  /** Sum of squared one-step errors. */
  readonly squares: number;
}

/**
 * One pass over values[0, last). With base = level + φ trend and forecast f = base + s or base · s (s: the number of this phase):
 * level' = base + α (y − s − base), trend' = φ trend + β (level' − base), s' = s + γ (y − base − s); multiplicative: y / s for y − s and
 * y / base for y − base. These are Holt's and Winters' formulas (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd
 * ed., §8.2–8.3) written as corrections, so that a series without errors leaves the state as it is to the last bit; the season's
 * correction uses the old level. A factor that would leave [1e-6, 1e6] (a base near or below 0) stays as it is.
 */
export function smooth(
  values: Float64Array,
  last: number,
  form: SmoothingForm,
  parameters: SmoothingParameters,
  states: States = emptyStates(last, form),
): States {
  const { alpha, beta, gamma, phi } = parameters;
  const { level, trend, seasonals } = states;
  const season = form.seasonal === null ? 0 : form.season;
  const multiplicative = form.seasonal === 'multiplicative';
  const slide = form.trend ? phi : 0;
  level[0] = parameters.level;
  trend[0] = form.trend ? parameters.trend : 0;
  seasonals.set(parameters.seasonals);
  let squares = 0;
  for (let t = 0; t < last; t++) {
    const y = values[t] as number;
    const moved = slide * (trend[t] as number);
    const base = (level[t] as number) + moved;
    const s = season === 0 ? 0 : (seasonals[t] as number);
    const error = y - (multiplicative ? base * s : base + s);
    squares += error * error;
    const surprise = alpha * (multiplicative ? y / s - base : error);
    level[t + 1] = base + surprise;
    trend[t + 1] = form.trend ? moved + beta * surprise : 0;
    if (season === 0) continue;
    if (!multiplicative) seasonals[t + season] = s + gamma * error;
    else seasonals[t + season] = factor(s + gamma * (y / base - s), s);
  }
  return { level, trend, seasonals, squares };
}

const MOST_FACTOR = 1e6;

/** The next factor of a season, or the old one where the next would divide by next to nothing. */
function factor(next: number, old: number): number {
  return next >= 1 / MOST_FACTOR && next <= MOST_FACTOR ? next : old;
}

function emptyStates(last: number, form: SmoothingForm): States {
  return {
    level: new Float64Array(last + 1),
    trend: new Float64Array(last + 1),
    seasonals: new Float64Array(form.seasonal === null ? 0 : last + form.season),
    squares: 0,
  };
}

/** Forecast h = level + (φ + φ² + … + φʰ) trend, with the newest number of its phase. */
function follow(states: States, form: SmoothingForm, phi: number): Follow {
  const { level, trend, seasonals } = states;
  return (cutoff, path) => {
    let power = 1;
    let reach = 0;
    for (let h = 0; h < path.length; h++) {
      power *= phi;
      reach += power;
      const base = (level[cutoff] as number) + reach * (trend[cutoff] as number);
      if (form.seasonal === null) path[h] = base;
      else {
        const s = seasonals[cutoff + (h % form.season)] as number;
        path[h] = form.seasonal === 'additive' ? base + s : base * s;
      }
    }
  };
}

/**
 * Parameters that are not fixed, chosen for the least sum of squared one-step errors over all of `values`; what runs with them.
 * Without a season the start (level, trend) is chosen with them; with one it stays as `startOf` gives it.
 */
export function learnSmoothing(values: Float64Array, form: SmoothingForm, fixed: FixedSmoothing): Learned {
  return withParameters(form, choose(values, form, fixed));
}

/** What runs with these parameters. */
export function withParameters(form: SmoothingForm, parameters: SmoothingParameters): Learned {
  return {
    parameters: plain(form, parameters),
    run: (given, last) => follow(smooth(given, last, form, parameters), form, parameters.phi),
  };
}

function choose(values: Float64Array, form: SmoothingForm, fixed: FixedSmoothing): SmoothingParameters {
  const start = startOf(values, form, fixed);
  const names: Exclude<keyof FixedSmoothing, 'seasonals'>[] = [];
  const variables: Variable[] = [];
  const free = (name: (typeof names)[number], variable: Variable): void => {
    if (fixed[name] !== undefined) return;
    names.push(name);
    variables.push(variable);
  };
  free('alpha', { start: start.alpha, step: 0.2, min: 1e-4, max: 1 });
  if (form.trend) free('beta', { start: start.beta, step: 0.1, min: 0, max: 1 });
  if (form.seasonal !== null) free('gamma', { start: start.gamma, step: 0.1, min: 0, max: 1 });
  if (form.damped) free('phi', { start: start.phi, step: -0.05, min: 0.8, max: 0.98 });
  if (form.seasonal === null) {
    const step = meanStep(values);
    const anywhere = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
    free('level', { start: start.level, step, ...anywhere });
    if (form.trend) free('trend', { start: start.trend, step: step / 4, ...anywhere });
  }
  const tried: { -readonly [name in keyof SmoothingParameters]: SmoothingParameters[name] } = { ...start };
  const at = (point: Float64Array): SmoothingParameters => {
    for (let d = 0; d < names.length; d++) tried[names[d] as (typeof names)[number]] = point[d] as number;
    return tried;
  };
  const states = form.seasonal === null ? null : emptyStates(values.length, form);
  const squares = (point: Float64Array): number =>
    states === null
      ? levelSquares(values, form, at(point))
      : smooth(values, values.length, form, at(point), states).squares;
  return at(minimise(squares, variables).point);
}

/** The sum of squares of `smooth` without a season, to the last bit: a search asks for nothing else. */
function levelSquares(
  values: Float64Array,
  form: SmoothingForm,
  { alpha, beta, phi, level: start, trend }: SmoothingParameters,
): number {
  const slide = form.trend ? phi : 0;
  const steer = form.trend ? beta : 0;
  let level = start;
  let slope = form.trend ? trend : 0;
  let squares = 0;
  for (let t = 0; t < values.length; t++) {
    const moved = slide * slope;
    const base = level + moved;
    const error = (values[t] as number) - base;
    squares += error * error;
    const surprise = alpha * error;
    level = base + surprise;
    slope = moved + steer * surprise;
  }
  return squares;
}

/**
 * Where the search and the recursion begin: the season of the first four seasons by classical decomposition, level and trend from the
 * line through the first ten values without it (without a trend: their mean) — Hyndman, Koehler, Ord and Snyder, Forecasting with
 * Exponential Smoothing (2008), §2.6.1.
 */
export function startOf(values: Float64Array, form: SmoothingForm, fixed: FixedSmoothing): SmoothingParameters {
  const { seasonal, season } = form;
  const seasonals =
    seasonal === null
      ? new Float64Array(0)
      : Float64Array.from(fixed.seasonals ?? seasonalFactors(values.slice(0, 4 * season), season, seasonal));
  const first = values.slice(0, Math.max(10, seasonal === null ? 0 : season)).map((value, t) => {
    if (seasonal === null) return value;
    const s = seasonals[t % season] as number;
    return seasonal === 'additive' ? value - s : value / s;
  });
  const { intercept, slope } = fitLine(first);
  const mean = intercept + (slope * (first.length - 1)) / 2;
  return {
    alpha: fixed.alpha ?? 0.3,
    beta: form.trend ? (fixed.beta ?? 0.05) : 0,
    gamma: seasonal === null ? 0 : (fixed.gamma ?? 0.1),
    phi: form.damped ? (fixed.phi ?? 0.97) : 1,
    level: fixed.level ?? (form.trend ? intercept - slope : mean),
    trend: form.trend ? (fixed.trend ?? slope) : 0,
    seasonals,
  };
}

/** The mean distance of neighbours: how far a level is worth moving in a first step. */
function meanStep(values: Float64Array): number {
  let sum = 0;
  for (let t = 1; t < values.length; t++) sum += Math.abs((values[t] as number) - (values[t - 1] as number));
  return sum / Math.max(1, values.length - 1);
}

function plain(form: SmoothingForm, parameters: SmoothingParameters): JsonObject {
  const { alpha, beta, gamma, phi, level, trend, seasonals } = parameters;
  return {
    alpha,
    ...(form.trend ? { beta } : {}),
    ...(form.seasonal === null ? {} : { gamma }),
    ...(form.damped ? { phi } : {}),
    start: {
      level: level + 0, // + 0: no negative zeros
      ...(form.trend ? { trend: trend + 0 } : {}),
      ...(form.seasonal === null ? {} : { seasonals: Array.from(seasonals, (s) => s + 0) }),
    },
  };
}
