// Weights with which several forecasts together come nearest to what really came: not who is good alone, but who errs unlike the others.
// In: errors of each member at the same rows. Out: weights of 0 or more that sum to 1. Not here: where the errors come from (judge.ts).

/** Added to the mean square of each member, a part of the least one: among equals all have the same say. */
const SHRINKAGE = 0.05;
/** A weight below this is luck, and the fit of its member would be for nothing. */
const LEAST_WEIGHT = 0.01;
/** Parts of the usual block's size that a block counts for at the least, however well it was forecast. */
const LEAST_BLOCK = 0.1;
const STEPS = 3000;

/**
 * Weights w ≥ 0 with Σw = 1 for which wᵀ(S + λI)w is least: S the mean products of the members' errors, λ a part of its least diagonal
 * (Bates and Granger, The Combination of Forecasts, 1969, shrunk). Rows come in blocks, each of which is divided by the mean absolute error
 * of its middle member, so that one bad year does not decide; one in which a member has none (NaN) is left out. `errors`: (rows) of each
 * member. All the same where nobody errs.
 */
export function leastErrorWeights(errors: readonly Float64Array[], blocks: readonly number[]): number[] {
  const scales = scalesOf(errors, blocks);
  if (scales === null) return errors.map(() => 1 / errors.length);
  const products = productsOf(errors, scales);
  const shift = SHRINKAGE * Math.min(...products.map((row, i) => row[i] as number));
  for (const [i, row] of products.entries()) row[i] = (row[i] as number) + shift;
  const weights = smallest(products).map((weight) => (weight < LEAST_WEIGHT ? 0 : weight));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** What each row is multiplied with, 0 in blocks that are left out; null where no block has an error. `blocks`: the rows of each. */
function scalesOf(errors: readonly Float64Array[], blocks: readonly number[]): Float64Array | null {
  const middles: number[] = [];
  let from = 0;
  for (const rows of blocks) {
    const own = errors.map((all) => meanSize(all, from, rows)).sort((a, b) => a - b);
    middles.push(own.every(Number.isFinite) ? (own[own.length >> 1] as number) : Number.NaN);
    from += rows;
  }
  const known = middles.filter(Number.isFinite).sort((a, b) => a - b);
  const most = known.at(-1) ?? 0;
  if (!(most > 0)) return null;
  const least = LEAST_BLOCK * (known[known.length >> 1] || most);
  const scales = middles.map((middle) => (Number.isNaN(middle) ? 0 : 1 / Math.max(middle, least)));
  return Float64Array.from(blocks.flatMap((rows, b) => Array<number>(rows).fill(scales[b] as number)));
}

function meanSize(values: Float64Array, from: number, rows: number): number {
  let sum = 0;
  for (let t = from; t < from + rows; t++) sum += Math.abs(values[t] as number);
  return sum / rows;
}

function productsOf(errors: readonly Float64Array[], scales: Float64Array): Float64Array[] {
  const scaled = errors.map((all) => all.map((value, t) => (scales[t] === 0 ? 0 : value * (scales[t] as number))));
  return scaled.map((a) =>
    Float64Array.from(scaled, (b) => {
      let sum = 0;
      for (let t = 0; t < a.length; t++) sum += (a[t] as number) * (b[t] as number);
      return sum / a.length;
    }),
  );
}

/** The w of least wᵀSw on the simplex: as much as is best goes from the worst that has a part to the best, again and again. */
function smallest(products: readonly Float64Array[]): number[] {
  const n = products.length;
  const weights = Array<number>(n).fill(1 / n);
  const slopes = Float64Array.from(products, (row) => row.reduce((sum, value) => sum + value / n, 0));
  for (let step = 0; step < STEPS; step++) {
    let best = 0;
    let worst = -1;
    for (let i = 0; i < n; i++) {
      if ((slopes[i] as number) < (slopes[best] as number)) best = i;
      if ((weights[i] as number) > 0 && (worst < 0 || (slopes[i] as number) > (slopes[worst] as number))) worst = i;
    }
    const gap = (slopes[worst] as number) - (slopes[best] as number);
    if (!(gap > 1e-9 * (slopes[best] as number))) break;
    const [gains, loses] = [products[best], products[worst]] as [Float64Array, Float64Array];
    const bend = (gains[best] as number) + (loses[worst] as number) - 2 * (gains[worst] as number);
    const moved = bend > 0 ? Math.min(weights[worst] as number, gap / bend) : (weights[worst] as number);
    weights[best] = (weights[best] as number) + moved;
    weights[worst] = moved === weights[worst] ? 0 : (weights[worst] as number) - moved;
    for (let i = 0; i < n; i++)
      slopes[i] = (slopes[i] as number) + moved * ((gains[i] as number) - (loses[i] as number));
  }
  return weights;
}
