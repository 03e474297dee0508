// Sums of weighted outer products Σ w z[0, n) zᵀ of many rows z, on and above the diagonal, in blocks that stay in the cache.
// In: rows and their weights, one after the other. Out: the sums. Not here: what the rows are (linear-fit.ts).

export interface OuterSums {
  /** A row to be filled with z before the next call. */
  next(weight: number): Float64Array;
  /** Σ (n × width), what is below the diagonal undefined; null of no rows. */
  found(): Float64Array | null;
}

const TOGETHER = 64; // rows swept over at once
const BLOCK = 4; // sums held in registers: BLOCK × BLOCK

/** Sums over rows of `width` numbers; the first n of them are multiplied by all. */
export function outerSums(n: number, width: number): OuterSums {
  const wide = Math.ceil(width / BLOCK) * BLOCK;
  const rows = new Float64Array(TOGETHER * wide);
  const each = Array.from({ length: TOGETHER }, (_, k) => rows.subarray(k * wide, k * wide + width));
  const weighted = new Float64Array(TOGETHER * BLOCK);
  const weights = new Float64Array(TOGETHER);
  let sums: Float64Array | null = null;
  let held = 0;
  const flush = (): void => {
    if (held === 0) return;
    sums ??= new Float64Array(Math.ceil(n / BLOCK) * BLOCK * wide);
    for (let i = 0; i < n; i += BLOCK) {
      for (let k = 0; k < held; k++)
        for (let b = 0; b < BLOCK; b++)
          weighted[k * BLOCK + b] = (weights[k] as number) * (rows[k * wide + i + b] as number);
      for (let j = i; j < wide; j += BLOCK) addBlock(weighted, rows, held, wide, j, sums, i * wide + j);
    }
    held = 0;
  };
  return {
    next: (weight) => {
      if (held === TOGETHER) flush();
      weights[held] = weight;
      return each[held++] as Float64Array;
    },
    found: () => {
      flush();
      return sums === null ? null : narrowed(sums, n, width, wide);
    },
  };
}

/** sums[at + a · wide + b] += Σ left[k, a] · rows[k, from + b], 4 × 4 of them. */
function addBlock(
  left: Float64Array,
  rows: Float64Array,
  count: number,
  wide: number,
  from: number,
  sums: Float64Array,
  at: number,
): void {
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let k = 0; k < count; k++) {
    const l = k * BLOCK;
    const a0 = left[l] as number;
    const a1 = left[l + 1] as number;
    const a2 = left[l + 2] as number;
    const a3 = left[l + 3] as number;
    const r = k * wide + from;
    const b0 = rows[r] as number;
    const b1 = rows[r + 1] as number;
    const b2 = rows[r + 2] as number;
    const b3 = rows[r + 3] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  add4(sums, at, s00, s01, s02, s03);
  add4(sums, at + wide, s10, s11, s12, s13);
  add4(sums, at + 2 * wide, s20, s21, s22, s23);
  add4(sums, at + 3 * wide, s30, s31, s32, s33);
}

function add4(sums: Float64Array, at: number, a: number, b: number, c: number, d: number): void {
  (sums[at] as number) += a;
  (sums[at + 1] as number) += b;
  (sums[at + 2] as number) += c;
  (sums[at + 3] as number) += d;
}

function narrowed(sums: Float64Array, n: number, width: number, wide: number): Float64Array {
  if (wide === width) return sums.subarray(0, n * width);
  const found = new Float64Array(n * width);
  for (let i = 0; i < n; i++) found.set(sums.subarray(i * wide, i * wide + width), i * width);
  return found;
}
