// Whether one forecaster's errors are smaller than another's by more than chance: the Diebold–Mariano test, and the distributions of tests.
// In: loss differentials of the same windows in time order, or a statistic. Out: a probability. Not here: which losses, what is decided.

/** Windows before which nothing is tested. */
const LEAST_WINDOWS = 8;
/** Of them those that share no step: of two, one degree of freedom, hardly any gain is ever more than chance. */
const LEAST_APART = 3;

/** Whether so many windows, each sharing steps with the next `horizon` − 1, are enough for a test to find what there is. */
export function isTestable(windows: number, horizon: number): boolean {
  return windows >= LEAST_WINDOWS && windowsApart(windows, horizon) >= LEAST_APART;
}

/** Windows that share no step. */
function windowsApart(windows: number, horizon: number): number {
  return Math.ceil(windows / (lagsOf(windows, horizon) + 1));
}

function lagsOf(windows: number, horizon: number): number {
  return Math.min(horizon - 1, Math.floor(windows / 2));
}

/**
 * p of the hypothesis that the first is no better than the second, from d = loss(first) − loss(second) per window:
 * Diebold & Mariano (1995) with the small-sample correction of Harvey, Leybourne & Newbold (1997). Student's t has as many
 * degrees as there are windows that share no step, less one: with n − 1, equal forecasters differed by p < 0.05 in a tenth of all trials.
 * The variance counts autocovariances up to `horizon` − 1 (Bartlett weights, so that it is never negative), since windows overlap.
 * null where fewer than LEAST_WINDOWS, or no variance, leave nothing to test.
 */
export function dieboldMariano(differences: ArrayLike<number>, horizon: number): number | null {
  return differences.length < LEAST_WINDOWS ? null : studentOf(differences, horizon, 1);
}

/**
 * The same of windows too few to test, three at the least: no probability, since the degrees are taken to be two or more, but a hint
 * whether the gain is one of all windows or of one. null of fewer, or where they are equal.
 */
export function hintOf(differences: ArrayLike<number>, horizon: number): number | null {
  return differences.length < LEAST_APART ? null : studentOf(differences, horizon, LEAST_APART - 1);
}

function studentOf(differences: ArrayLike<number>, horizon: number, leastDegrees: number): number | null {
  const n = differences.length;
  const lags = lagsOf(n, horizon);
  const mean = meanOf(differences);
  let variance = autocovariance(differences, mean, 0);
  for (let lag = 1; lag <= lags; lag++) variance += 2 * (1 - lag / (lags + 1)) * autocovariance(differences, mean, lag);
  if (!(variance > 0)) return null;
  const correction = (n + 1 - 2 * (lags + 1) + ((lags + 1) * lags) / n) / n;
  const statistic = (mean / Math.sqrt(variance / n)) * Math.sqrt(Math.max(correction, 1 / n));
  return studentCdf(statistic, Math.max(leastDegrees, windowsApart(n, horizon) - 1));
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function autocovariance(values: ArrayLike<number>, mean: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++)
    sum += ((values[i] as number) - mean) * ((values[i - lag] as number) - mean);
  return sum / values.length;
}

/** P(T ≤ t) of Student's distribution, by the regularised incomplete beta function. */
export function studentCdf(t: number, degrees: number): number {
  const tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** P(Z ≤ z) of the normal distribution: Student's with very many degrees. */
export function normalCdf(z: number): number {
  return studentCdf(z, 1e4);
}

/** The t below which Student's distribution has the share `p`, 0 < p < 1, by halving. */
export function studentQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  let low = 0;
  let high = 1;
  while (studentCdf(high, degrees) < p && high < 1e12) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b) by Lentz' continued fraction (Press et al., Numerical Recipes, 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

const TINY = 1e-300;

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** ln Γ(x) for x > 0: Stirling's series after shifting x above 10. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; y++) shift += Math.log(y);
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
