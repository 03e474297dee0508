// Ridge regression from normal equations, for one matrix of them and many penalties.
// In: XᵀX, XᵀY and penalties. Out: weights, all outputs at once. Not here: how the moments are summed (sliding-moments.ts).

/**
 * The weights β (n × outputs) of (XᵀX + λ I) β = XᵀY; `gram` (n × n) need hold its upper triangle only. Solved by a Cholesky
 * decomposition for each λ: nine of them (3 n³) cost less than the one eigen-decomposition (9 n³) that would serve all penalties.
 * A pivot that rounding leaves at or below 1e-14 of the largest diagonal element drops its column: that weight is 0.
 */
export function ridge(
  gram: Float64Array,
  products: Float64Array,
  n: number,
  outputs: number,
  lambda: number,
): Float64Array {
  return ridgeAndVolume(gram, products, n, outputs, lambda).weights;
}

/** The same, with ln |I + XᵀX / λ|: what a penalty costs in a marginal likelihood. */
export function ridgeAndVolume(
  gram: Float64Array,
  products: Float64Array,
  n: number,
  outputs: number,
  lambda: number,
): { readonly weights: Float64Array; readonly volume: number } {
  const lower = transposed(gram, n);
  for (let i = 0; i < n; i++) (lower[i * n + i] as number) += lambda;
  const kept = decompose(lower, n);
  const weights = products.slice();
  forwards(lower, weights, n, outputs, kept);
  backwards(lower, weights, n, outputs, kept);
  let volume = 0;
  for (let i = 0; i < n; i++) if (kept[i] === 1) volume += 2 * Math.log(lower[i * n + i] as number) - Math.log(lambda);
  return { weights, volume };
}

/** The mean of the diagonal: what a penalty relative to the data is a multiple of. */
export function meanDiagonal(gram: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += gram[i * n + i] as number;
  return sum / n;
}

/** The upper triangle of `gram` as a lower one; what is above its diagonal stays 0. */
function transposed(gram: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) lower[i * n + j] = gram[j * n + i] as number;
  return lower;
}

/** L of L Lᵀ = A in place, row by row; which columns have a pivot. */
function decompose(a: Float64Array, n: number): Uint8Array {
  const kept = new Uint8Array(n).fill(1);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i] as number);
  const least = largest * 1e-14;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let one = 0;
      let two = 0;
      let k = 0;
      for (; k + 1 < j; k += 2) {
        one += (a[row + k] as number) * (a[other + k] as number);
        two += (a[row + k + 1] as number) * (a[other + k + 1] as number);
      }
      if (k < j) one += (a[row + k] as number) * (a[other + k] as number);
      const left = (a[row + j] as number) - (one + two);
      if (j < i) a[row + j] = kept[j] === 1 ? left / (a[other + j] as number) : 0;
      else if (left > least) a[row + i] = Math.sqrt(left);
      else kept[i] = 0;
    }
  }
  return kept;
}

/** L x = b, in place, all outputs of a row together. */
function forwards(lower: Float64Array, x: Float64Array, n: number, outputs: number, kept: Uint8Array): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(x, i * outputs, k * outputs, lower[i * n + k] as number, outputs);
    divide(x, i * outputs, kept[i] === 1 ? (lower[i * n + i] as number) : 0, outputs);
  }
}

/** Lᵀ x = b, in place: each row found is taken from the rows before it. */
function backwards(lower: Float64Array, x: Float64Array, n: number, outputs: number, kept: Uint8Array): void {
  for (let i = n - 1; i >= 0; i--) {
    divide(x, i * outputs, kept[i] === 1 ? (lower[i * n + i] as number) : 0, outputs);
    for (let k = 0; k < i; k++) subtract(x, k * outputs, i * outputs, lower[i * n + k] as number, outputs);
  }
}

function subtract(x: Float64Array, to: number, from: number, factor: number, length: number): void {
  if (factor === 0) return;
  for (let h = 0; h < length; h++) (x[to + h] as number) -= factor * (x[from + h] as number);
}

function divide(x: Float64Array, at: number, by: number, length: number): void {
  for (let h = 0; h < length; h++) x[at + h] = by === 0 ? 0 : (x[at + h] as number) / by;
}
