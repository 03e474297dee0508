// The least of a smooth function whose gradient is known.
// In: function and gradient, where to begin. Out: the best point seen. Not here: what is minimised, functions without gradient (nelder-mead.ts).

import type { Minimum } from './nelder-mead.ts';

const ENOUGH = 1e-4; // share of the promised decrease a step must bring (Armijo)
const HALVINGS = 30;
const SAME = 1e-9; // relative decrease under which a step counts as none
const STILL = 3; // such steps in a row that end the search

/**
 * Broyden, Fletcher, Goldfarb and Shanno's method with backtracking (Nocedal and Wright, Numerical Optimization, 2nd ed., §6.1). `f` gives the
 * value and, where that is finite, fills the gradient (D); a value that is not finite is infinitely large. The first step is at most 1 long.
 */
export function descendSmoothly(
  f: (point: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  iterations: number,
): Minimum {
  const size = start.length;
  // All that a step needs is made once: of short series a step costs less than making it room.
  const [direction, step, turn, moved] = Array.from({ length: 4 }, () => new Float64Array(size)) as Four;
  let [next, gradient, nextGradient] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let point = start.slice();
  let value = finite(f(point, gradient));
  const inverse = new Float64Array(size * size);
  let fresh = true;
  let still = 0;
  for (let k = 0; k < iterations && still < STILL && Number.isFinite(value); k++) {
    if (fresh) reset(inverse, size, 1 / Math.max(1, norm(gradient)));
    multiply(inverse, gradient, direction);
    const slope = -dot(direction, gradient);
    if (!(slope < 0)) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    let nextValue = Number.POSITIVE_INFINITY;
    let length = 1;
    let halvings = 0;
    for (; halvings < HALVINGS; halvings++, length /= 2) {
      for (let d = 0; d < size; d++) next[d] = (point[d] as number) - length * (direction[d] as number);
      nextValue = finite(f(next, nextGradient));
      if (nextValue <= value + ENOUGH * length * slope) break;
    }
    if (halvings === HALVINGS) {
      if (fresh) break;
      fresh = true;
      continue;
    }
    still = value - nextValue <= SAME * Math.abs(value) ? still + 1 : 0;
    for (let d = 0; d < size; d++) {
      step[d] = (next[d] as number) - (point[d] as number);
      turn[d] = (nextGradient[d] as number) - (gradient[d] as number);
    }
    fresh = !update(inverse, step, turn, moved);
    const [left, leftGradient] = [point, gradient];
    point = next;
    gradient = nextGradient;
    next = left;
    nextGradient = leftGradient;
    value = nextValue;
  }
  return { point, value };
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY);

function reset(inverse: Float64Array, size: number, diagonal: number): void {
  inverse.fill(0);
  for (let d = 0; d < size; d++) inverse[d * size + d] = diagonal;
}

/**
 * The approximate inverse Hessian after a step, by which the gradient made a turn; false where the step says nothing of its curvature.
 * `moved` is overwritten.
 */
function update(inverse: Float64Array, step: Float64Array, turn: Float64Array, moved: Float64Array): boolean {
  const size = step.length;
  const curvature = dot(step, turn);
  if (!(curvature > 1e-12 * norm(step) * norm(turn))) return false;
  multiply(inverse, turn, moved);
  const factor = (1 + dot(turn, moved) / curvature) / curvature;
  for (let i = 0, at = 0; i < size; i++) {
    const s = step[i] as number;
    const m = moved[i] as number;
    const scaled = factor * s;
    for (let j = 0; j < size; j++, at++) {
      const own = step[j] as number;
      (inverse[at] as number) += scaled * own - (m * own + s * (moved[j] as number)) / curvature;
    }
  }
  return true;
}

/** Matrix times vector: four rows at a time, whose sums do not wait for each other. */
function multiply(matrix: Float64Array, vector: Float64Array, result: Float64Array): void {
  const size = vector.length;
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    const row = i * size;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < size; j++) {
      const x = vector[j] as number;
      a += (matrix[row + j] as number) * x;
      b += (matrix[row + size + j] as number) * x;
      c += (matrix[row + 2 * size + j] as number) * x;
      d += (matrix[row + 3 * size + j] as number) * x;
    }
    result[i] = a;
    result[i + 1] = b;
    result[i + 2] = c;
    result[i + 3] = d;
  }
  for (; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (matrix[i * size + j] as number) * (vector[j] as number);
    result[i] = sum;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}
