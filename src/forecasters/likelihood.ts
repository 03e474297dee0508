// The likelihood of an exponential smoothing model and its gradient, by one pass forwards and one back over the values.
// In: values, the form, its parameters and start. Out: minus twice the log-likelihood. Not here: which forms are tried (ets.ts).

import type { SmoothingForm, SmoothingParameters } from './smoothing.ts';

export interface EtsForm extends SmoothingForm {
  /** Whether errors grow with the forecast (ε = e / f) or not (ε = e). */
  readonly relative: boolean;
}

/** Derivatives with respect to the parameters; `beta` is that of level and trend together, α β of the smoothing recursion. */
export interface EtsGradient {
  alpha: number;
  beta: number;
  gamma: number;
  phi: number;
  level: number;
  trend: number;
  readonly seasonals: Float64Array; // (season)
}

interface Work {
  readonly values: Float64Array;
  readonly form: EtsForm;
  readonly least: number;
  readonly base: Float64Array; // (N)
  readonly trend: Float64Array; // (N)
  readonly seasonals: Float64Array; // (N + season)
  readonly errors: Float64Array; // (N)
  /** Of the last pass forwards: Σ ε² and, where errors are relative, Σ ln |f|. */
  squares: number;
  logarithms: number;
}

/** The value at some parameters (`beta` is αβ here); fills the gradient where given. */
export type Likelihood = (parameters: SmoothingParameters, gradient: EtsGradient | null) => number;

/**
 * n ln Σ ε² (+ 2 Σ ln |f| where errors are relative), up to a constant: Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
 * Smoothing (2008), §5.1. `least` keeps the logarithm of a perfect fit finite. The recursion is that of smoothing.ts with αβ for β. +∞
 * where a relative error would divide by a forecast at or below 0, or a factor leaves what can be divided by.
 */
export function likelihoodOf(values: Float64Array, form: EtsForm, least: number): Likelihood {
  const work: Work = {
    values,
    form,
    least,
    base: new Float64Array(values.length),
    trend: new Float64Array(values.length),
    seasonals: new Float64Array(values.length + form.season),
    errors: new Float64Array(values.length),
    squares: Number.NaN,
    logarithms: Number.NaN,
  };
  return (parameters, gradient) => {
    if (!forwards(work, parameters)) return Number.POSITIVE_INFINITY;
    const { squares, logarithms } = work;
    if (!Number.isFinite(squares + logarithms)) return Number.POSITIVE_INFINITY;
    if (gradient !== null) backwards(work, parameters, gradient);
    return values.length * Math.log(squares + least) + 2 * logarithms;
  };
}

/** False where the values leave what the form can divide by. A search calls it by the thousand: it makes no objects, and calls nothing that is longer than itself. */
function forwards(
  work: Work,
  { alpha, beta, gamma, phi, level: start, trend: slope, seasonals: first }: SmoothingParameters,
): boolean {
  const { values, form, base, trend, seasonals, errors } = work;
  const { season } = form;
  const additive = form.seasonal === 'additive';
  const multiplicative = form.seasonal === 'multiplicative';
  const slide = form.trend ? phi : 0;
  for (let i = 0; form.seasonal !== null && i < season; i++) seasonals[i] = first[i] as number;
  let level = start;
  let b = form.trend ? slope : 0;
  let squares = 0;
  let logarithms = 0;
  for (let t = 0; t < values.length; t++) {
    trend[t] = b;
    const q = level + slide * b;
    const s = multiplicative || additive ? (seasonals[t] as number) : 0;
    const f = multiplicative ? q * s : q + s;
    const e = (values[t] as number) - f;
    base[t] = q;
    errors[t] = e;
    if (form.relative) {
      if (!(f > 0)) return false;
      squares += (e / f) * (e / f);
      logarithms += Math.log(f);
    } else squares += e * e;
    if (multiplicative && !(s > 1e-6 && q !== 0)) return false;
    const d = multiplicative ? e / s : e;
    level = q + alpha * d;
    if (form.trend) b = slide * b + beta * d;
    if (multiplicative) seasonals[t + season] = s + (gamma * e) / q;
    else if (additive) seasonals[t + season] = s + gamma * e;
  }
  work.squares = squares;
  work.logarithms = logarithms;
  return true;
}

/** The pass back: what a small change of each state would do to the value, from the last one to the first. */
function backwards(work: Work, { alpha, beta, gamma, phi }: SmoothingParameters, gradient: EtsGradient): void {
  const { values, form, base, trend, seasonals, errors } = work;
  const { season } = form;
  const additive = form.seasonal === 'additive';
  const multiplicative = form.seasonal === 'multiplicative';
  const slide = form.trend ? phi : 0;
  const weight = (2 * values.length) / (work.squares + work.least);
  const ring = gradient.seasonals;
  for (let i = 0; i < season; i++) ring[i] = 0;
  let dAlpha = 0;
  let dBeta = 0;
  let dGamma = 0;
  let dPhi = 0;
  let toLevel = 0;
  let toTrend = 0;
  let phase = values.length % season;
  for (let t = values.length - 1; t >= 0; t--) {
    phase = (phase === 0 ? season : phase) - 1;
    const q = base[t] as number;
    const e = errors[t] as number;
    const b = trend[t] as number;
    const s = multiplicative || additive ? (seasonals[t] as number) : 0;
    const f = multiplicative ? q * s : q + s;
    const own = form.relative ? (-weight * e * (values[t] as number)) / (f * f * f) + 2 / f : -weight * e;
    const toSeason = multiplicative || additive ? (ring[phase] as number) : 0;
    const toSurprise = alpha * toLevel + beta * toTrend;
    let toBase: number;
    if (multiplicative) {
      const d = e / s;
      dAlpha += d * toLevel;
      dBeta += d * toTrend;
      dGamma += (e / q) * toSeason;
      const toForecast = own - toSurprise / s - (gamma * toSeason) / q;
      toBase = toLevel + toForecast * s - (gamma * toSeason * e) / (q * q);
      ring[phase] = toSeason + toForecast * q - (toSurprise * e) / (s * s);
    } else {
      dAlpha += e * toLevel;
      dBeta += e * toTrend;
      dGamma += e * toSeason;
      const toForecast = own - toSurprise - gamma * toSeason;
      toBase = toLevel + toForecast;
      if (additive) ring[phase] = toSeason + toForecast;
    }
    if (form.trend) {
      dPhi += b * (toBase + toTrend);
      toTrend = slide * (toBase + toTrend);
    }
    toLevel = toBase;
  }
  gradient.alpha = dAlpha;
  gradient.beta = dBeta;
  gradient.gamma = dGamma;
  gradient.phi = dPhi;
  gradient.level = toLevel;
  gradient.trend = toTrend;
}
