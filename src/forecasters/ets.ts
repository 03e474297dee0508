// Exponential smoothing with its form chosen: error, trend and season, each added, multiplied or left out (ETS).
// In: values before the cutoff, the season. Out: the recursion of the form with the least information criterion. Not here: that recursion.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Seasonal } from './decompose.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { checkPositive, checkTwoSeasons, fromFit, type Learned, seasonOf } from './from-fit.ts';
import { type EtsForm, type EtsGradient, type Likelihood, likelihoodOf } from './likelihood.ts';
import { season } from './options.ts';
import { descendSmoothly } from './quasi-newton.ts';
import { type SmoothingParameters, smooth, startOf, withParameters } from './smoothing.ts';

export interface EtsOptions {
  readonly error: 'auto' | 'additive' | 'multiplicative';
  readonly trend: 'auto' | 'none' | 'additive' | 'damped';
  readonly seasonal: 'auto' | 'none' | Seasonal;
  readonly criterion: 'aicc' | 'aic' | 'bic';
  readonly season?: number | undefined;
}

const KIND = 'ets';
const ITERATIONS = 150;
const STARTS = [0.15, 0.6]; // α where the search begins: a slow level and a quick one
const PERFECT = 1e-20; // of the sum of squares of the values: errors below it are rounding

/**
 * Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008). Every admissible form (no multiplied season with
 * added errors) is fitted by maximum likelihood, start included; the least AICc wins. Written here and not taken from a library: the one
 * that runs in JavaScript (augurs 0.10, a port in WebAssembly) fits no seasons and cannot go on from new values; on M4 Weekly it has OWA
 * 0.934, this 0.923 in less time. Errors: E_DATA_RANGE where a multiplied part is asked for and a value is 0 or below,
 * E_DATA_TOO_SHORT where a season is asked for and fewer than two are known.
 */
export const ets: NumberForecasterKind<EtsOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  summary: 'Exponential smoothing whose error, trend and season are chosen by AICc (ETS).',
  options: z.strictObject({
    error: z
      .enum(['auto', 'additive', 'multiplicative'])
      .default('auto')
      .describe(
        'Whether errors are added or grow with the level (values above 0 only), default auto: by the criterion',
      ),
    trend: z
      .enum(['auto', 'none', 'additive', 'damped'])
      .default('auto')
      .describe('Which trend there is, default auto: by the criterion'),
    seasonal: z
      .enum(['auto', 'none', 'additive', 'multiplicative'])
      .default('auto')
      .describe('Which season there is (multiplicative: values above 0 only), default auto: by the criterion'),
    criterion: z
      .enum(['aicc', 'aic', 'bic'])
      .default('aicc')
      .describe(
        "What forms are compared by: Akaike's criterion corrected for few values (default) or plain, or Schwarz's",
      ),
    season,
  }),
  create: (options, context) => {
    const asked = options.seasonal !== 'auto' && options.seasonal !== 'none';
    const m = asked ? seasonOf(KIND, options.season, context) : (options.season ?? context.season);
    if (options.error === 'additive' && options.seasonal === 'multiplicative') throw notAdmissible();
    return fromFit(KIND, { season: m, criterion: options.criterion }, (known) => {
      if (asked) checkTwoSeasons(KIND, known.length, m);
      if (options.seasonal === 'multiplicative')
        checkPositive('a multiplicative season', known, known.length, 'seasonal: auto');
      if (options.error === 'multiplicative')
        checkPositive('a multiplicative error', known, known.length, 'error: auto');
      return learn(known, formsOf(known, options, m), options.criterion);
    });
  },
};

function notAdmissible(): ForecastError {
  return new ForecastError('E_CONFIG_CONFLICT', 'a multiplicative season with additive errors has no finite variance', {
    where: 'model.error',
    hint: 'error: auto or multiplicative, or kind: holt-winters, which chooses by squared errors',
  });
}

/** The admissible forms of those asked for, plain ones first. */
export function formsOf(
  values: Float64Array,
  options: Pick<EtsOptions, 'error' | 'trend' | 'seasonal'>,
  m: number,
): EtsForm[] {
  const positive = values.every((value) => value > 0);
  const seasons = m >= 2 && values.length >= 2 * m ? ([null, 'additive', 'multiplicative'] as const) : [null];
  const forms: EtsForm[] = [];
  for (const relative of [false, true]) {
    if (relative && !positive) continue;
    if (options.error !== 'auto' && relative !== (options.error === 'multiplicative')) continue;
    for (const seasonal of seasons) {
      if (seasonal === 'multiplicative' && !(relative && positive)) continue;
      if (options.seasonal !== 'auto' && (seasonal ?? 'none') !== options.seasonal) continue;
      for (const trend of ['none', 'additive', 'damped'] as const) {
        if (options.trend !== 'auto' && trend !== options.trend) continue;
        forms.push({
          relative,
          seasonal,
          trend: trend !== 'none',
          damped: trend === 'damped',
          season: seasonal === null ? 1 : m,
        });
      }
    }
  }
  return forms;
}

interface Candidate {
  readonly form: EtsForm;
  readonly parameters: SmoothingParameters;
  readonly criterion: number;
}

/** The form with the least criterion; where too few values are known to compare any, the first. */
export function learn(values: Float64Array, forms: readonly EtsForm[], criterion: EtsOptions['criterion']): Learned {
  const first = forms[0] as EtsForm;
  const flat = values.every((value) => value === values[0]);
  let best: Candidate | null = flat ? { form: first, parameters: startOf(values, first, {}), criterion: 0 } : null;
  for (const form of flat ? [] : forms) {
    const candidate = fitForm(values, form, criterion);
    if (best === null || candidate.criterion < best.criterion) best = candidate;
  }
  const { form, parameters, criterion: value } = best as Candidate;
  const learned = withParameters(form, parameters);
  const compared = Number.isFinite(value) ? { [criterion]: value } : {};
  return { run: learned.run, parameters: { form: nameOf(form), ...compared, ...learned.parameters } as JsonObject };
}

/** As they are called: error, trend, season; "MAdM". */
export function nameOf({ relative, trend, damped, seasonal }: EtsForm): string {
  const letter = { additive: 'A', multiplicative: 'M' };
  return `${relative ? 'M' : 'A'}${damped ? 'Ad' : trend ? 'A' : 'N'}${seasonal === null ? 'N' : letter[seasonal]}`;
}

function fitForm(values: Float64Array, form: EtsForm, criterion: EtsOptions['criterion']): Candidate {
  const count = countOf(form);
  const start = startOf(values, form, {});
  if (penalty(values.length, count, criterion) === Number.POSITIVE_INFINITY)
    return { form, parameters: start, criterion: Number.POSITIVE_INFINITY };
  const likelihood = likelihoodOf(values, form, PERFECT * sumOfSquares(values));
  let best: { parameters: SmoothingParameters; value: number } | null = null;
  for (const alpha of STARTS) {
    const found = search(values, form, { ...start, alpha }, likelihood);
    if (best === null || found.value < best.value) best = found;
  }
  const { parameters, value } = best as { parameters: SmoothingParameters; value: number };
  return { form, parameters, criterion: value + penalty(values.length, count, criterion) };
}

/** Numbers that are fitted: weights, start, variance. */
function countOf({ trend, damped, seasonal, season: m }: EtsForm): number {
  return 3 + (trend ? 2 : 0) + (damped ? 1 : 0) + (seasonal === null ? 0 : m);
}

function penalty(n: number, count: number, criterion: EtsOptions['criterion']): number {
  if (criterion === 'bic') return count * Math.log(n);
  if (criterion === 'aic') return 2 * count;
  return n > count + 1 ? (2 * count * n) / (n - count - 1) : Number.POSITIVE_INFINITY;
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Weights are searched as logistic curves within their bounds, 0 < β < α, 0 < γ < 1 − α; the start in units of its one-step errors. */
function search(
  values: Float64Array,
  form: EtsForm,
  start: SmoothingParameters,
  likelihood: Likelihood,
): { parameters: SmoothingParameters; value: number } {
  const { squares } = smooth(values, values.length, form, {
    ...start,
    beta: form.trend ? 0.1 : 0,
    gamma: form.seasonal === null ? 0 : 0.05,
  });
  const unit = Math.sqrt(squares / values.length) || 1;
  const place = placesOf(form);
  const seasonUnit = form.seasonal === 'multiplicative' ? unit / Math.max(Math.abs(start.level), unit) : unit;
  const space: Space = { form, place, start, unit, seasonUnit };
  const point = new Float64Array(place.size);
  point[place.alpha] = logit((start.alpha - LOW) / (HIGH - LOW));
  if (form.trend) point[place.beta] = logit(0.1);
  if (form.seasonal !== null) point[place.gamma] = logit(0.1);
  if (form.damped) point[place.phi] = logit(0.9);
  const gradientOf: EtsGradient = {
    alpha: 0,
    beta: 0,
    gamma: 0,
    phi: 0,
    level: 0,
    trend: 0,
    seasonals: new Float64Array(form.season),
  };
  const tried: Tried = { ...start, seasonals: start.seasonals.slice() };
  const value = (x: Float64Array, gradient: Float64Array): number => {
    setParameters(tried, x, space);
    const result = likelihood(tried, gradientOf);
    if (Number.isFinite(result)) chain(x, space, tried, gradientOf, gradient);
    return result;
  };
  const found = descendSmoothly(value, point, ITERATIONS);
  setParameters(tried, found.point, space);
  return { parameters: { ...tried, beta: tried.beta / tried.alpha }, value: found.value };
}

const LOW = 1e-4;
const HIGH = 0.9999;
const LEAST_PHI = 0.8;
const MOST_PHI = 0.98;
const TREND_UNIT = 0.1; // a slope moves by less than a level

interface Places {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
  readonly level: number;
  readonly trend: number;
  readonly seasonals: number;
  readonly size: number;
}

/** Where each variable stands; those a form has not are never looked at. */
function placesOf({ trend, damped, seasonal, season: m }: EtsForm): Places {
  let size = 1;
  const beta = trend ? size++ : -1;
  const gamma = seasonal === null ? -1 : size++;
  const phi = damped ? size++ : -1;
  const level = size++;
  const slope = trend ? size++ : -1;
  const seasonals = size;
  return { alpha: 0, beta, gamma, phi, level, trend: slope, seasonals, size: size + (seasonal === null ? 0 : m - 1) };
}

/** What a search moves in: its variables, where they begin, and what a step of them is worth. */
interface Space {
  readonly form: EtsForm;
  readonly place: Places;
  readonly start: SmoothingParameters;
  readonly unit: number;
  readonly seasonUnit: number;
}

/** Parameters that are overwritten for every point of a search. */
type Tried = { -readonly [name in keyof SmoothingParameters]: SmoothingParameters[name] };

/** `beta` is αβ here. The last number of the season is what the others leave of their sum. */
function setParameters(tried: Tried, x: Float64Array, { form, place, start, unit, seasonUnit }: Space): void {
  const alpha = LOW + (HIGH - LOW) * logistic(x[place.alpha] as number);
  const { seasonals } = tried;
  const first = start.seasonals;
  const others = first.length - 1;
  if (form.seasonal !== null) {
    let last = first[others] as number;
    for (let i = 0; i < others; i++) {
      const change = seasonUnit * (x[place.seasonals + i] as number);
      seasonals[i] = (first[i] as number) + change;
      last -= change;
    }
    seasonals[others] = last;
  }
  tried.alpha = alpha;
  tried.beta = form.trend ? alpha * (LOW + (HIGH - LOW) * logistic(x[place.beta] as number)) : 0;
  tried.gamma = form.seasonal === null ? 0 : (1 - alpha) * (LOW + (HIGH - LOW) * logistic(x[place.gamma] as number));
  tried.phi = form.damped ? LEAST_PHI + (MOST_PHI - LEAST_PHI) * logistic(x[place.phi] as number) : 1;
  tried.level = start.level + unit * (x[place.level] as number);
  tried.trend = form.trend ? start.trend + TREND_UNIT * unit * (x[place.trend] as number) : 0;
}

/** The gradient of the variables from that of the parameters. */
function chain(
  x: Float64Array,
  { form, place, unit, seasonUnit }: Space,
  { alpha, beta, gamma }: SmoothingParameters,
  of: EtsGradient,
  gradient: Float64Array,
): void {
  const curve = (at: number, width: number): number => {
    const y = logistic(x[at] as number);
    return width * y * (1 - y);
  };
  let toAlpha = of.alpha;
  if (form.trend) {
    toAlpha += (of.beta * beta) / alpha;
    gradient[place.beta] = of.beta * alpha * curve(place.beta, HIGH - LOW);
    gradient[place.trend] = of.trend * TREND_UNIT * unit;
  }
  if (form.seasonal !== null) {
    toAlpha -= (of.gamma * gamma) / (1 - alpha);
    gradient[place.gamma] = of.gamma * (1 - alpha) * curve(place.gamma, HIGH - LOW);
    const last = of.seasonals[form.season - 1] as number;
    for (let i = 0; i < form.season - 1; i++)
      gradient[place.seasonals + i] = ((of.seasonals[i] as number) - last) * seasonUnit;
  }
  if (form.damped) gradient[place.phi] = of.phi * curve(place.phi, MOST_PHI - LEAST_PHI);
  gradient[place.alpha] = toAlpha * curve(place.alpha, HIGH - LOW);
  gradient[place.level] = of.level * unit;
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
