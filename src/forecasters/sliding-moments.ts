// Sums over all windows of a row of values: Σ ω x xᵀ, and x · β of every window, by Fourier transforms, since neighbouring windows share
// all values but two. In: values, one weight per window. Out: moments or products. Not here: what a window is normalised by.

import type { Pause } from '../core/turn.ts';
import { type Fourier, fourier } from './fourier.ts';

/** Consecutive windows of one row of values; window k is values[k, k + span). */
export interface Sliding {
  readonly values: Float64Array;
  /** ω of each window, one row of them for each set of sums; 0 leaves it out. */
  readonly weights: readonly Float64Array[];
}

/** A transform size that serves windows whose first `rows` are lags, over at most `longest` windows. */
export function transformSize(rows: number, longest: number): number {
  const wanted = rows + Math.max(1, Math.min(rows, longest));
  let size = 64;
  while (size < wanted) size *= 2;
  return size;
}

/** Windows that one transform of `size` serves. */
export function windowsTogether(rows: number, size: number): number {
  return size - rows + 1;
}

/** Multiply-adds that `slidingMoments` spends on a chunk of windows, roughly; what summing them one by one has to beat. */
export function transformCost(span: number, size: number): number {
  return 20 * span * size;
}

/**
 * M[i, j] = Σ ω x[i] x[j], i ≤ j < span, i < rows, over all windows of all `parts` (rows × span, what is below the diagonal stays 0), one for
 * each of the `sets` of weights. A diagonal d is the correlation of ω with values[t] · values[t + d]: one transform for two diagonals and
 * all sets, summed over all parts before a single inverse, O(span · n log n) where window by window would be O(span² · n).
 */
export async function slidingMoments(
  parts: readonly Sliding[],
  sets: number,
  rows: number,
  span: number,
  size: number,
  pause: Pause,
): Promise<Float64Array[]> {
  const transform = fourier(size);
  const pairs = Math.ceil(span / 2);
  const most = windowsTogether(rows, size);
  const sums = Array.from({ length: sets }, () => Array.from({ length: pairs }, () => complex(size)));
  const omegas = Array.from({ length: sets }, () => complex(size));
  const products = complex(size);
  for (const { values, weights } of parts) {
    const windows = values.length - span + 1;
    for (let from = 0; from < windows; from += most) {
      await pause();
      const count = Math.min(most, windows - from);
      const used = weights.flatMap((own, set) =>
        transformed(own, from, count, omegas[set] as Complex, transform) ? [set] : [],
      );
      if (used.length === 0) continue;
      const chunk = values.subarray(from, from + count + span - 1);
      for (let pair = 0; pair < pairs; pair++) {
        lagProducts(chunk, 2 * pair, count + rows - 1, products.re);
        lagProducts(chunk, 2 * pair + 1, count + rows - 1, products.im);
        transform.forward(products.re, products.im);
        for (const set of used) addConjugate(sums[set]?.[pair] as Complex, omegas[set] as Complex, products);
      }
    }
  }
  return sums.map((own) => diagonals(own, rows, span, transform));
}

interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function complex(size: number): Complex {
  return { re: new Float64Array(size), im: new Float64Array(size) };
}

/** The transform of some weights; false where all of them are 0. */
function transformed(weights: Float64Array, from: number, count: number, to: Complex, transform: Fourier): boolean {
  to.re.fill(0);
  to.im.fill(0);
  if (!copyWeights(weights, from, count, to.re)) return false;
  transform.forward(to.re, to.im);
  return true;
}

/** Whether any of the weights is not 0. */
function copyWeights(weights: Float64Array, from: number, count: number, to: Float64Array): boolean {
  let any = false;
  for (let k = 0; k < count; k++) {
    const weight = weights[from + k] as number;
    to[k] = weight;
    any ||= weight !== 0;
  }
  return any;
}

/** values[t] · values[t + lag] for t < `until`, as far as there are such. */
function lagProducts(values: Float64Array, lag: number, until: number, to: Float64Array): void {
  const last = Math.max(0, Math.min(until, values.length - lag));
  for (let t = 0; t < last; t++) to[t] = (values[t] as number) * (values[t + lag] as number);
  to.fill(0, last);
}

/** sum += conj(w) · z. */
function addConjugate(sum: Complex, w: Complex, z: Complex): void {
  const { re: sumRe, im: sumIm } = sum;
  const { re: wRe, im: wIm } = w;
  const { re: zRe, im: zIm } = z;
  for (let k = 0; k < sumRe.length; k++) {
    const a = wRe[k] as number;
    const b = wIm[k] as number;
    const c = zRe[k] as number;
    const d = zIm[k] as number;
    (sumRe[k] as number) += a * c + b * d;
    (sumIm[k] as number) += a * d - b * c;
  }
}

function diagonals(sums: readonly Complex[], rows: number, span: number, transform: Fourier): Float64Array {
  const moments = new Float64Array(rows * span);
  for (const [pair, { re, im }] of sums.entries()) {
    transform.inverse(re, im);
    for (let i = 0; i < rows; i++) {
      const j = i + 2 * pair;
      if (j < span) moments[i * span + j] = (re[i] as number) / transform.size;
      if (j + 1 < span) moments[i * span + j + 1] = (im[i] as number) / transform.size;
    }
  }
  return moments;
}

/** The transforms of the columns of β (rows × outputs), two at a time, to be used for many rows of values. */
export interface SlidingWeights {
  readonly rows: number;
  readonly outputs: number;
  readonly size: number;
  readonly columns: readonly Complex[];
}

export function slidingWeights(weights: Float64Array, rows: number, outputs: number, size: number): SlidingWeights {
  const transform = fourier(size);
  const columns = [];
  for (let h = 0; h < outputs; h += 2) {
    const { re, im } = complex(size);
    for (let i = 0; i < rows; i++) {
      re[i] = weights[i * outputs + h] as number;
      im[i] = h + 1 < outputs ? -(weights[i * outputs + h + 1] as number) : 0; // conjugated below, so that the pair comes out as (h, h + 1)
    }
    transform.forward(re, im);
    columns.push({ re, im });
  }
  return { rows, outputs, size, columns };
}

/** x · β of windows 0 … count − 1: `to[k · outputs + h]`. */
export async function slidingProducts(
  values: Float64Array,
  count: number,
  weights: SlidingWeights,
  to: Float64Array,
  pause: Pause,
): Promise<void> {
  const { rows, outputs, size, columns } = weights;
  const transform = fourier(size);
  const most = windowsTogether(rows, size);
  const chunk = complex(size);
  const { re, im } = complex(size);
  for (let from = 0; from < count; from += most) {
    await pause();
    const windows = Math.min(most, count - from);
    chunk.re.fill(0);
    chunk.im.fill(0);
    chunk.re.set(values.subarray(from, from + windows + rows - 1));
    transform.forward(chunk.re, chunk.im);
    for (const [pair, column] of columns.entries()) {
      re.fill(0);
      im.fill(0);
      addConjugate({ re, im }, column, chunk);
      transform.inverse(re, im);
      const h = 2 * pair;
      for (let k = 0; k < windows; k++) {
        to[(from + k) * outputs + h] = (re[k] as number) / size;
        if (h + 1 < outputs) to[(from + k) * outputs + h + 1] = (im[k] as number) / size;
      }
    }
  }
}
