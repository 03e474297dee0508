// Matrix products in float64: operands packed in narrow panels, sums held in registers.
// In: packed panels. Out: C += A · B, each element summed over rising depth in blocks. Not here: what is multiplied (linear.ts, layers/recurrent.ts).

/** Lines of the left operand in a panel. */
export const ROWS = 4;
/** Lines of the right operand in a panel. */
export const COLUMNS = 4;

// A block of the left operand stays in the second-level cache while every panel of the right one passes.
const BLOCK_DEPTH = 256;
const BLOCK_ROWS = 64;

/** Values that panels of `width` lines, `depth` deep, take. */
export function panelSize(lines: number, depth: number, width: number): number {
  return Math.ceil(lines / width) * width * depth;
}

/**
 * Packs `lines` vectors of `depth` values into panels of `width` lines: out[(panel · depth + k) · width + line].
 * Strides say how a matrix lies in memory, so the same function packs a matrix and its transpose. Missing lines are 0.
 */
export function pack(
  source: Float64Array,
  offset: number,
  lines: number,
  depth: number,
  lineStride: number,
  depthStride: number,
  width: number,
  out: Float64Array,
): void {
  for (let first = 0, to = 0; first < lines; first += width, to += depth * width) {
    const count = Math.min(width, lines - first);
    for (let line = 0; line < width; line++) {
      let from = offset + (first + line) * lineStride;
      const end = to + line + depth * width;
      if (line < count) for (let at = to + line; at < end; at += width, from += depthStride) out[at] = source[from]!;
      else for (let at = to + line; at < end; at += width) out[at] = 0;
    }
  }
}

/**
 * C (rows × columns, row stride `cStride`) += A · B over `depth`. `aDepth` and `bDepth` are the depths the operands were packed
 * with, `aStart` and `bStart` where in them the product begins.
 */
export function multiply(
  a: Float64Array,
  aDepth: number,
  aStart: number,
  b: Float64Array,
  bDepth: number,
  bStart: number,
  depth: number,
  rows: number,
  columns: number,
  c: Float64Array,
  cOffset: number,
  cStride: number,
): void {
  for (let k = 0; k < depth; k += BLOCK_DEPTH) {
    const deep = Math.min(BLOCK_DEPTH, depth - k);
    for (let top = 0; top < rows; top += BLOCK_ROWS) {
      const bottom = Math.min(rows, top + BLOCK_ROWS);
      for (let column = 0; column < columns; column += COLUMNS) {
        const bAt = column * bDepth + (bStart + k) * COLUMNS;
        const wide = columns - column;
        let row = top;
        for (; row + ROWS <= bottom; row += ROWS) {
          const aAt = row * aDepth + (aStart + k) * ROWS;
          const cAt = cOffset + row * cStride + column;
          if (wide >= COLUMNS) tile(a, aAt, b, bAt, deep, c, cAt, cStride);
          else for (let i = 0; i < ROWS; i++) dots(a, aAt + i, b, bAt, deep, wide, c, cAt + i * cStride);
        }
        for (; row < bottom; row++) {
          const aAt = (row - (row % ROWS)) * aDepth + (aStart + k) * ROWS + (row % ROWS);
          const cAt = cOffset + row * cStride + column;
          if (wide >= COLUMNS) line(a, aAt, b, bAt, deep, c, cAt);
          else dots(a, aAt, b, bAt, deep, wide, c, cAt);
        }
      }
    }
  }
}

/** Four rows by four columns: sixteen sums in registers, eight loads for sixteen multiply-adds. */
function tile(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  depth: number,
  c: Float64Array,
  cAt: number,
  cStride: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  let q = bAt;
  for (let p = aAt, end = aAt + depth * ROWS; p < end; p += ROWS, q += COLUMNS) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const b2 = b[q + 2]!;
    const b3 = b[q + 3]!;
    const a0 = a[p]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[p + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[p + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[p + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  c[cAt]! += c00;
  c[cAt + 1]! += c01;
  c[cAt + 2]! += c02;
  c[cAt + 3]! += c03;
  const second = cAt + cStride;
  c[second]! += c10;
  c[second + 1]! += c11;
  c[second + 2]! += c12;
  c[second + 3]! += c13;
  const third = second + cStride;
  c[third]! += c20;
  c[third + 1]! += c21;
  c[third + 2]! += c22;
  c[third + 3]! += c23;
  const fourth = third + cStride;
  c[fourth]! += c30;
  c[fourth + 1]! += c31;
  c[fourth + 2]! += c32;
  c[fourth + 3]! += c33;
}

/** One row by four columns: rows left over, and single windows. */
function line(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  depth: number,
  c: Float64Array,
  cAt: number,
): void {
  let c0 = 0;
  let c1 = 0;
  let c2 = 0;
  let c3 = 0;
  let q = bAt;
  for (let p = aAt, end = aAt + depth * ROWS; p < end; p += ROWS, q += COLUMNS) {
    const value = a[p]!;
    c0 += value * b[q]!;
    c1 += value * b[q + 1]!;
    c2 += value * b[q + 2]!;
    c3 += value * b[q + 3]!;
  }
  c[cAt]! += c0;
  c[cAt + 1]! += c1;
  c[cAt + 2]! += c2;
  c[cAt + 3]! += c3;
}

/** One row by the last one to three columns. */
function dots(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  depth: number,
  wide: number,
  c: Float64Array,
  cAt: number,
): void {
  for (let j = 0; j < wide; j++) {
    let sum = 0;
    let q = bAt + j;
    for (let p = aAt, end = aAt + depth * ROWS; p < end; p += ROWS, q += COLUMNS) sum += a[p]! * b[q]!;
    c[cAt + j]! += sum;
  }
}
