// A series taken apart into seasons that change slowly and what is left: STL for one season, and for several in turn.
// In: values and their seasons. Out: one seasonal component per season. Not here: what is forecast of the rest (mstl.ts).

const INNER = 2; // passes of one STL, as its authors advise where nothing is robust
const TURNS = 2; // times the seasons are estimated in turn where there are several

/** The number of values (odd) that a seasonal smoother spans, by place of the season: 11, 15, 19 … seasons. */
export function seasonalWindow(place: number): number {
  return 7 + 4 * (place + 1);
}

/**
 * One component per season, shortest first: Bandara, Hyndman and Bergmeir, MSTL: a seasonal-trend decomposition algorithm for time
 * series with multiple seasonal patterns (2021). Each season is estimated by STL from the values without the others.
 */
export function seasonalComponents(
  values: Float64Array,
  seasons: readonly number[],
  windows: readonly number[],
): Float64Array[] {
  const components = seasons.map(() => new Float64Array(values.length));
  const left = values.slice();
  for (let turn = 0; turn < (seasons.length > 1 ? TURNS : 1); turn++) {
    for (const [i, season] of seasons.entries()) {
      const component = components[i] as Float64Array;
      for (let t = 0; t < left.length; t++) (left[t] as number) += component[t] as number;
      component.set(seasonOf(left, season, windows[i] as number));
      for (let t = 0; t < left.length; t++) (left[t] as number) -= component[t] as number;
    }
  }
  return components;
}

/**
 * The seasonal component of Cleveland, Cleveland, McRae and Terpenning, STL: a seasonal-trend decomposition procedure based on loess,
 * Journal of Official Statistics 6 (1990), §2, without its robust outer loop: seasons smoothed by local means of `window` seasons, the
 * trend by local lines. Needs two seasons of values.
 */
function seasonOf(values: Float64Array, season: number, window: number): Float64Array {
  const n = values.length;
  const trendWindow = nextOdd(Math.ceil((1.5 * season) / (1 - 1.5 / window)));
  const lowWindow = nextOdd(season);
  let trend: Float64Array = new Float64Array(n);
  let seasonal: Float64Array = new Float64Array(n);
  for (let pass = 0; pass < INNER; pass++) {
    const cycles = cycleSubseries(
      values.map((value, t) => value - (trend[t] as number)),
      season,
      window,
    ); // (n + 2 seasons)
    const low = loess(means(means(means(cycles, season), season), 3), lowWindow, 1);
    seasonal = low.map((l, t) => (cycles[season + t] as number) - l);
    trend = loess(
      values.map((value, t) => value - (seasonal[t] as number)),
      trendWindow,
      1,
    );
  }
  return seasonal;
}

function nextOdd(n: number): number {
  return n % 2 === 1 ? n : n + 1;
}

/** The values of each phase smoothed by themselves, one season further on both sides. */
function cycleSubseries(values: Float64Array, season: number, window: number): Float64Array {
  const n = values.length;
  const smoothed = new Float64Array(n + 2 * season);
  for (let phase = 0; phase < season; phase++) {
    const count = Math.ceil((n - phase) / season);
    const own = Float64Array.from({ length: count }, (_, k) => values[phase + k * season] as number);
    for (let k = -1; k <= count; k++) {
      const at = season + phase + k * season;
      if (at >= 0 && at < smoothed.length) smoothed[at] = local(own, k, window, 0);
    }
  }
  return smoothed;
}

/** Means of `span` neighbours; as many fewer values as they are. */
function means(values: Float64Array, span: number): Float64Array {
  const result = new Float64Array(values.length - span + 1);
  let sum = 0;
  for (let t = 0; t < values.length; t++) {
    sum += values[t] as number;
    if (t >= span) sum -= values[t - span] as number;
    if (t >= span - 1) result[t - span + 1] = sum / span;
  }
  return result;
}

/** Local lines (degree 1) or means (degree 0) of the `window` nearest values, at each value. */
export function loess(values: Float64Array, window: number, degree: 0 | 1): Float64Array {
  const half = (window - 1) >> 1;
  if (window % 2 === 0 || window > values.length) return values.map((_, t) => local(values, t, window, degree));
  const central = centralLine(half, degree);
  return values.map((_, t) =>
    t < half || t + half >= values.length ? local(values, t, window, degree) : central(values, t),
  );
}

/** The local line at x, which may lie a little outside; tricube weights over the `window` nearest values. */
function local(values: Float64Array, x: number, window: number, degree: 0 | 1): number {
  const n = values.length;
  const span = Math.min(window, n);
  const left = Math.max(0, Math.min(Math.round(x) - ((span - 1) >> 1), n - span));
  const right = left + span - 1;
  const reach = Math.max(x - left, right - x) + (window > n ? (window - n) / 2 : 0);
  let total = 0;
  let sum = 0;
  let first = 0;
  let second = 0;
  let product = 0;
  for (let t = left; t <= right; t++) {
    const distance = t - x;
    const weight = tricube(Math.abs(distance), reach);
    const value = values[t] as number;
    total += weight;
    sum += weight * value;
    first += weight * distance;
    second += weight * distance * distance;
    product += weight * distance * value;
  }
  return (
    lineAt0(total, sum, first, second, product, reach, degree) ??
    (values[Math.max(0, Math.min(n - 1, Math.round(x)))] as number)
  );
}

/** The mean or line of weighted sums of 1, value, distance, its square and distance · value, at distance 0; null where nothing has a weight. */
function lineAt0(
  total: number,
  sum: number,
  first: number,
  second: number,
  product: number,
  reach: number,
  degree: 0 | 1,
): number | null {
  if (total <= 0) return null;
  const middle = first / total;
  const spread = second / total - middle * middle;
  const mean = sum / total;
  if (degree === 0 || spread <= 1e-6 * reach * reach) return mean;
  return mean - (middle * (product / total - middle * mean)) / spread;
}

/** `local` in the middle of its window, to the last bit: its weights and all that is made of them alone are the same at every value. */
function centralLine(half: number, degree: 0 | 1): (values: Float64Array, t: number) => number {
  const weights = Float64Array.from({ length: 2 * half + 1 }, (_, i) => tricube(Math.abs(i - half), half));
  const moments = weights.map((weight, i) => weight * (i - half));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const first = moments.reduce((sum, moment) => sum + moment, 0);
  const second = moments.reduce((sum, moment, i) => sum + moment * (i - half), 0);
  return (values, t) => {
    let sum = 0;
    let product = 0;
    for (let i = 0, at = t - half; i < weights.length; i++, at++) {
      const value = values[at] as number;
      sum += (weights[i] as number) * value;
      product += (moments[i] as number) * value;
    }
    return lineAt0(total, sum, first, second, product, half, degree) ?? (values[t] as number);
  };
}

function tricube(distance: number, reach: number): number {
  if (distance > 0.999 * reach) return 0;
  if (distance <= 0.001 * reach) return 1;
  const ratio = distance / reach;
  const left = 1 - ratio * ratio * ratio;
  return left * left * left;
}
