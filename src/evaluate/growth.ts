// How errors grow with the step: a power of it, and as much of each step's own departure as comes back fold after fold.
// In: sizes by step. Out: the same, steadied. Not here: quantiles (half-widths.ts).

/** Sizes by step as a power of the step, c · h^p with p ≥ 0, by least squares on logarithms; steps without a size above 0 have no say. */
export function growthOf(sizes: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const points = Array.from(sizes).flatMap((size, h) => {
    return size > 0 ? [{ x: Math.log(h + 1), y: Math.log(size), weight: weights[h] as number }] : [];
  });
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return new Float64Array(sizes.length).fill(1);
  const x = points.reduce((sum, point) => sum + point.weight * point.x, 0) / total;
  const y = points.reduce((sum, point) => sum + point.weight * point.y, 0) / total;
  const spread = points.reduce((sum, point) => sum + point.weight * (point.x - x) * (point.x - x), 0);
  const rise = points.reduce((sum, point) => sum + point.weight * (point.x - x) * (point.y - y), 0);
  const power = Math.max(0, spread > 0 ? rise / spread : 0);
  return Float64Array.from(sizes, (_, h) => Math.exp(y + power * (Math.log(h + 1) - x)));
}

/** Of one fold alone nothing says what comes back. */
const UNKNOWN = 0.5;

/**
 * Share of the steps' departures from their growth that is there again in another fold (Efron and Morris 1973): 1 where hours of the day differ as
 * they do every day, 0 where steps stand out by chance. `folds`: mean sizes by step (H), one list a fold.
 */
export function repeatedShare(folds: readonly ArrayLike<number>[]): number {
  const horizon = folds[0]?.length ?? 0;
  const paths = folds.map(departures).filter((path) => path !== null);
  if (horizon < 3 || paths.length < 2) return UNKNOWN;
  const mean = Float64Array.from({ length: horizon }, (_, h) => meanAt(paths, h));
  const growth = growthOf(mean.map(Math.exp), new Float64Array(horizon).fill(1));
  let chance = 0;
  let seen = 0;
  for (let h = 0; h < horizon; h++) {
    const at = mean[h] as number;
    for (const path of paths) chance += ((path[h] as number) - at) * ((path[h] as number) - at);
    const departure = at - Math.log(growth[h] as number);
    seen += departure * departure;
  }
  chance /= (paths.length - 1) * (horizon - 1) * paths.length;
  seen /= horizon - 2;
  return seen > chance ? (seen - chance) / seen : 0;
}

/** Logarithms of sizes around their mean; null where one is 0. */
function departures(sizes: ArrayLike<number>): Float64Array | null {
  const logs = Float64Array.from(sizes, Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Number.isFinite(mean) ? logs.map((log) => log - mean) : null;
}

function meanAt(paths: readonly Float64Array[], h: number): number {
  return paths.reduce((sum, path) => sum + (path[h] as number), 0) / paths.length;
}

/** Sizes drawn towards their growth until `share` of what they depart from it is left. */
export function steadied(sizes: Float64Array, weights: ArrayLike<number>, share: number): Float64Array {
  if (sizes.includes(0)) return sizes;
  const growth = growthOf(sizes, weights);
  return sizes.map((size, h) => {
    const usual = growth[h] as number;
    return usual * Math.exp(share * Math.log(size / usual));
  });
}
