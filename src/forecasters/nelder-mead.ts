// The least of a function of a few variables, found without derivatives and without chance.
// In: the function, where to begin, how far to look first, bounds. Out: the best point seen. Not here: what is minimised.

/** One variable: where the search begins, its first step, and the bounds it is kept within. */
export interface Variable {
  readonly start: number;
  readonly step: number;
  readonly min: number;
  readonly max: number;
}

export interface Minimum {
  readonly point: Float64Array; // (D)
  readonly value: number;
}

const SEARCHES = 2; // a second search from where the first ended frees a simplex that has collapsed too early
const EVALUATIONS = 200; // per variable and search
const SAME = 1e-12; // relative spread of the simplex's values at which a search ends

/**
 * The downhill simplex of Nelder and Mead (The Computer Journal 7, 1965) with its standard coefficients: reflection 1, expansion 2,
 * contraction ½, shrinkage ½. Points beyond a bound are moved onto it; a value that is not finite counts as infinitely large.
 * Of equal values the point seen first stays, so that a start that cannot be bettered is returned as it is.
 */
export function minimise(f: (point: Float64Array) => number, variables: readonly Variable[]): Minimum {
  const start = Float64Array.from(variables, (variable) => variable.start);
  const evaluate = (point: Float64Array): Minimum => {
    const value = f(point);
    return { point, value: Number.isFinite(value) ? value : Number.POSITIVE_INFINITY };
  };
  let best = evaluate(start);
  if (variables.length === 0) return best;
  for (let search = 0; search < SEARCHES; search++) best = descend(evaluate, best, variables);
  return best;
}

function descend(evaluate: (point: Float64Array) => Minimum, start: Minimum, variables: readonly Variable[]): Minimum {
  const size = variables.length;
  const simplex = [start, ...variables.map((_, d) => evaluate(stepped(start.point, variables, d)))];
  let evaluations = size;
  while (evaluations < EVALUATIONS * size) {
    simplex.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0)); // stable; ∞ − ∞ would not be
    const best = simplex[0] as Minimum;
    const worst = simplex[size] as Minimum;
    if (!(worst.value - best.value > SAME * best.value)) break;
    const centre = centroid(simplex.slice(0, size));
    const toward = (factor: number): Minimum => {
      evaluations++;
      return evaluate(between(centre, worst.point, factor, variables));
    };
    const reflected = toward(-1);
    if (reflected.value < best.value) {
      const expanded = toward(-2);
      simplex[size] = expanded.value < reflected.value ? expanded : reflected;
      continue;
    }
    if (reflected.value < (simplex[size - 1] as Minimum).value) {
      simplex[size] = reflected;
      continue;
    }
    const outside = reflected.value < worst.value;
    const contracted = toward(outside ? -0.5 : 0.5);
    if (contracted.value < Math.min(reflected.value, worst.value)) {
      simplex[size] = contracted;
      continue;
    }
    for (let i = 1; i <= size; i++) {
      simplex[i] = evaluate(between(best.point, (simplex[i] as Minimum).point, 0.5, variables));
      evaluations++;
    }
  }
  return simplex.reduce((least, corner) => (corner.value < least.value ? corner : least));
}

/** `point` one step along variable d: forwards, or back where a bound is in the way. */
function stepped(point: Float64Array, variables: readonly Variable[], d: number): Float64Array {
  const { step, max } = variables[d] as Variable;
  const moved = point.slice();
  moved[d] = (point[d] as number) + step <= max ? (point[d] as number) + step : (point[d] as number) - step;
  return bounded(moved, variables);
}

function centroid(corners: readonly Minimum[]): Float64Array {
  const centre = new Float64Array((corners[0] as Minimum).point.length);
  for (const { point } of corners) for (let d = 0; d < centre.length; d++) (centre[d] as number) += point[d] as number;
  return centre.map((sum) => sum / corners.length);
}

/** from + factor · (to − from), kept within the bounds. */
function between(from: Float64Array, to: Float64Array, factor: number, variables: readonly Variable[]): Float64Array {
  const point = new Float64Array(from.length);
  for (let d = 0; d < point.length; d++) {
    const x = from[d] as number;
    point[d] = x + factor * ((to[d] as number) - x);
  }
  return bounded(point, variables);
}

/** In place. */
function bounded(point: Float64Array, variables: readonly Variable[]): Float64Array {
  for (let d = 0; d < point.length; d++) {
    const { min, max } = variables[d] as Variable;
    point[d] = Math.min(Math.max(point[d] as number, min), max);
  }
  return point;
}
