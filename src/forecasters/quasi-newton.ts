// The least of a smooth function whose gradient is known.
// In: function and gradient, where to begin. Out: the best point seen. Not here: what is minimised, functions without gradient (nelder-mead.ts).

import type { Minimum } from './nelder-mead.ts';

const ENOUGH = 1e-4; // share of the promised decrease a step must bring (Armijo)
const HALVINGS = 30;
const SAME = 1e-9; // relative decrease under which a step counts as none
const STILL = 3; // such steps in a row that end the search

/**
 * Broyden, Fletcher, Goldfarb and Shanno's method with backtracking (Nocedal and Wright, Numerical Optimization, 2nd ed., §6.1). `f` fills
 * the gradient (D) and gives the value; a value that is not finite is infinitely large. The first step is at most 1 long.
 */
export function descendSmoothly(
  f: (point: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  iterations: number,
): Minimum {
  const size = start.length;
  let point = start.slice();
  let gradient = new Float64Array(size);
  let value = finite(f(point, gradient));
  const inverse = new Float64Array(size * size);
  let fresh = true;
  let still = 0;
  for (let k = 0; k < iterations && still < STILL && Number.isFinite(value); k++) {
    if (fresh) reset(inverse, size, 1 / Math.max(1, norm(gradient)));
    const direction = times(inverse, gradient, size);
    const slope = -dot(direction, gradient);
    if (!(slope < 0)) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = Number.POSITIVE_INFINITY;
    let step = 1;
    let halvings = 0;
    for (; halvings < HALVINGS; halvings++, step /= 2) {
      for (let d = 0; d < size; d++) next[d] = (point[d] as number) - step * (direction[d] as number);
      nextValue = finite(f(next, nextGradient));
      if (nextValue <= value + ENOUGH * step * slope) break;
    }
    if (halvings === HALVINGS) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    still = value - nextValue <= SAME * Math.abs(value) ? still + 1 : 0;
    fresh = !update(inverse, size, point, next, gradient, nextGradient);
    point = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { point, value };
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY);

function reset(inverse: Float64Array, size: number, diagonal: number): void {
  inverse.fill(0);
  for (let d = 0; d < size; d++) inverse[d * size + d] = diagonal;
}

/** The approximate inverse Hessian after a step; false where the step says nothing of its curvature. */
function update(
  inverse: Float64Array,
  size: number,
  from: Float64Array,
  to: Float64Array,
  before: Float64Array,
  after: Float64Array,
): boolean {
  const step = to.map((x, d) => x - (from[d] as number));
  const turn = after.map((g, d) => g - (before[d] as number));
  const curvature = dot(step, turn);
  if (!(curvature > 1e-12 * norm(step) * norm(turn))) return false;
  const moved = times(inverse, turn, size);
  const factor = (1 + dot(turn, moved) / curvature) / curvature;
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const s = step[i] as number;
    const m = moved[i] as number;
    for (let j = 0; j < size; j++)
      (inverse[row + j] as number) +=
        factor * s * (step[j] as number) - (m * (step[j] as number) + s * (moved[j] as number)) / curvature;
  }
  return true;
}

function times(matrix: Float64Array, vector: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (matrix[i * size + j] as number) * (vector[j] as number);
    result[i] = sum;
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}
