import fc from 'fast-check';
import { expect, it } from 'vitest';
import { random } from '../../../src/core/random.ts';
import { COLUMNS, multiply, pack, panelSize, ROWS } from '../../../src/engines/reference/product.ts';

const size = fc.integer({ min: 1, max: 19 });

function matrix(rows: number, columns: number, purpose: string): Float64Array {
  const draws = random(1, purpose);
  return Float64Array.from({ length: rows * columns }, () => draws.normal());
}

function packed(
  source: Float64Array,
  lines: number,
  depth: number,
  lineStride: number,
  depthStride: number,
  width: number,
) {
  const out = new Float64Array(panelSize(lines, depth, width)).fill(Number.NaN);
  pack(source, 0, lines, depth, lineStride, depthStride, width, out);
  return out;
}

function product(a: Float64Array, b: Float64Array, rows: number, depth: number, columns: number): Float64Array {
  const c = new Float64Array(rows * columns);
  const left = packed(a, rows, depth, depth, 1, ROWS);
  const right = packed(b, columns, depth, 1, columns, COLUMNS);
  multiply(left, depth, 0, right, depth, 0, depth, rows, columns, c, 0, columns);
  return c;
}

it('is the sum over rising depth, for any shape', () => {
  fc.assert(
    fc.property(size, size, size, (rows, depth, columns) => {
      const a = matrix(rows, depth, 'a');
      const b = matrix(depth, columns, 'b');
      const found = product(a, b, rows, depth, columns);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let k = 0; k < depth; k++) sum += (a[i * depth + k] as number) * (b[k * columns + j] as number);
          expect(found[i * columns + j]).toBe(sum);
        }
      }
    }),
  );
});

it('a row’s bits do not depend on the rows beside it', () => {
  const [rows, depth, columns] = [70, 300, 9];
  const a = matrix(rows, depth, 'a');
  const b = matrix(depth, columns, 'b');
  const all = product(a, b, rows, depth, columns);
  for (const row of [0, 3, 63, 64, 69]) {
    const alone = product(a.slice(row * depth, (row + 1) * depth), b, 1, depth, columns);
    expect(alone).toEqual(all.slice(row * columns, (row + 1) * columns));
  }
});

it('a transpose is packed by its strides', () => {
  const a = matrix(5, 7, 'a');
  const transposed = Float64Array.from({ length: 35 }, (_, i) => a[(i % 5) * 7 + Math.floor(i / 5)] as number);
  expect(packed(a, 7, 5, 1, 7, COLUMNS)).toEqual(packed(transposed, 7, 5, 5, 1, COLUMNS));
});

it('a product may begin inside its operands’ depth', () => {
  const [rows, depth, columns] = [6, 10, 5];
  const a = matrix(rows, depth, 'a');
  const b = matrix(depth, columns, 'b');
  const left = packed(a, rows, depth, depth, 1, ROWS);
  const right = packed(b, columns, depth, 1, columns, COLUMNS);
  const c = new Float64Array(rows * columns);
  multiply(left, depth, 0, right, depth, 4, 6, rows, columns, c, 0, columns);
  const shifted = Float64Array.from({ length: rows * 6 }, (_, i) => a[Math.floor(i / 6) * depth + (i % 6)] as number);
  expect(c).toEqual(product(shifted, b.slice(4 * columns), rows, 6, columns));
});
