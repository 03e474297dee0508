// The season of a series by classical decomposition, and whether there is one worth taking out.
// In: known values and the season. Out: one factor (or offset) per phase; a yes or no. Not here: what is forecast of the rest.

export type Seasonal = 'additive' | 'multiplicative';

/**
 * One number per phase, factors[t mod season], by classical decomposition (Hyndman and Athanasopoulos, Forecasting: Principles and
 * Practice, 3rd ed., §3.4): the trend is a centred mean over a season (2 × m where m is even), the number the mean of value − trend
 * (additive; they sum to 0) or value / trend (multiplicative; their mean is 1) over all values of the phase that have a trend.
 * Needs two seasons of values; multiplicative ones above 0.
 */
export function seasonalFactors(values: Float64Array, season: number, seasonal: Seasonal): Float64Array {
  const half = Math.floor(season / 2);
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  for (let t = half; t + half < values.length; t++) {
    const trend = centredMean(values, t, season);
    const value = values[t] as number;
    (sums[t % season] as number) += seasonal === 'additive' ? value - trend : value / trend;
    (counts[t % season] as number)++;
  }
  const means = sums.map((sum, phase) => sum / (counts[phase] as number));
  const middle = means.reduce((sum, mean) => sum + mean, 0) / season;
  return means.map((mean) => (seasonal === 'additive' ? mean - middle : mean / middle));
}

/** The mean of a season around t, the two ends halved where the season is even; summed as distances from the value at t. */
function centredMean(values: Float64Array, t: number, season: number): number {
  const half = Math.floor(season / 2);
  const at = values[t] as number;
  let sum = 0;
  for (let i = t - half; i <= t + half; i++) sum += (values[i] as number) - at;
  if (season % 2 === 0) sum -= ((values[t - half] as number) - at + ((values[t + half] as number) - at)) / 2;
  return at + sum / season;
}

const NORMAL_90 = 1.645;

/**
 * Whether the autocorrelation a season apart is outside the 90 % bounds that the nearer ones leave (Bartlett's formula): the test of the
 * M4 competition (Makridakis, Spiliotis and Assimakopoulos, International Journal of Forecasting 36, 2020). No where fewer than three
 * seasons are known or the series is constant.
 */
export function isSeasonal(values: Float64Array, season: number): boolean {
  if (season < 2 || values.length < 3 * season) return false;
  const distances = aroundMean(values);
  const variance = productSum(distances, 0);
  if (variance === 0) return false;
  let squares = 0;
  for (let lag = 1; lag < season; lag++) {
    const correlation = productSum(distances, lag) / variance;
    squares += correlation * correlation;
  }
  const bound = NORMAL_90 * Math.sqrt((1 + 2 * squares) / values.length);
  return Math.abs(productSum(distances, season) / variance) > bound;
}

function aroundMean(values: Float64Array): Float64Array {
  const first = values[0] as number;
  const mean = values.reduce((sum, value) => sum + (value - first), 0) / values.length;
  return values.map((value) => value - first - mean);
}

function productSum(distances: Float64Array, lag: number): number {
  let sum = 0;
  for (let t = lag; t < distances.length; t++) sum += (distances[t] as number) * (distances[t - lag] as number);
  return sum;
}
