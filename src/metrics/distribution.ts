// Scores of forecasts that are more than a point: intervals, quantiles, samples. The definitions of the M4 competition and of CRPS.
// In: true values and bounds, quantiles or samples. Out: a number, or null where it is undefined. Not here: point errors (pointwise.ts).

/** Share of values inside their bounds, both ends included. */
export function coverage(actual: ArrayLike<number>, lower: ArrayLike<number>, upper: ArrayLike<number>): number {
  let inside = 0;
  for (let i = 0; i < actual.length; i++) {
    const y = actual[i] as number;
    if ((lower[i] as number) <= y && y <= (upper[i] as number)) inside++;
  }
  return inside / actual.length;
}

/** Mean interval score (Winkler 1972; Gneiting and Raftery 2007, eq. 43): width, plus 2 / α times the distance to a value outside. */
export function intervalScore(
  actual: ArrayLike<number>,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  level: number,
): number {
  const penalty = 2 / (1 - level / 100);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const [y, l, u] = [actual[i] as number, lower[i] as number, upper[i] as number];
    sum += u - l + penalty * (Math.max(0, l - y) + Math.max(0, y - u));
  }
  return sum / actual.length;
}

/** Mean |x[t] − x[t − season]|: what scaled errors are divided by; null where the values are too few or repeat exactly. */
export function seasonalScale(train: ArrayLike<number>, season: number): number | null {
  if (train.length <= season) return null;
  let sum = 0;
  for (let t = season; t < train.length; t++) sum += Math.abs((train[t] as number) - (train[t - season] as number));
  return sum === 0 ? null : sum / (train.length - season);
}

/** Mean scaled interval score of the M4 competition; null where the scale is. */
export function msis(
  actual: ArrayLike<number>,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  level: number,
  train: ArrayLike<number>,
  season: number,
): number | null {
  const scale = seasonalScale(train, season);
  return scale === null ? null : intervalScore(actual, lower, upper, level) / scale;
}

/** Mean pinball loss of one quantile: max(q (y − f), (q − 1)(y − f)), without a factor 2. */
export function pinball(actual: ArrayLike<number>, forecast: ArrayLike<number>, quantile: number): number {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = (actual[i] as number) - (forecast[i] as number);
    sum += Math.max(quantile * error, (quantile - 1) * error);
  }
  return sum / actual.length;
}

/** Continuous ranked probability score from quantiles: twice the mean pinball loss. `forecasts[q]` belongs to `quantiles[q]`. */
export function crpsOfQuantiles(
  actual: ArrayLike<number>,
  forecasts: readonly ArrayLike<number>[],
  quantiles: readonly number[],
): number {
  const sum = quantiles.reduce((total, q, i) => total + pinball(actual, forecasts[i] as ArrayLike<number>, q), 0);
  return (2 * sum) / quantiles.length;
}

/** Weighted quantile loss: the CRPS of quantiles over the mean |y|; null where all values are 0. */
export function weightedQuantileLoss(
  actual: ArrayLike<number>,
  forecasts: readonly ArrayLike<number>[],
  quantiles: readonly number[],
): number | null {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += Math.abs(actual[i] as number);
  return sum === 0 ? null : (crpsOfQuantiles(actual, forecasts, quantiles) * actual.length) / sum;
}

/**
 * CRPS of one value from samples: mean |x − y| − Σ|xᵢ − xⱼ| / (2 n²), or 2 n (n − 1) where `fair` (Ferro 2014: without the samples'
 * own bias; null of one sample).
 */
export function crpsOfSamples(actual: number, samples: ArrayLike<number>, fair = false): number | null {
  const n = samples.length;
  if (fair && n < 2) return null;
  const sorted = Float64Array.from(samples).sort();
  let distance = 0;
  let spread = 0; // Σ over pairs i < j of x[j] − x[i], by ranks
  for (let i = 0; i < n; i++) {
    distance += Math.abs((sorted[i] as number) - actual);
    spread += (2 * i - n + 1) * (sorted[i] as number);
  }
  return distance / n - spread / (fair ? n * (n - 1) : n * n);
}
