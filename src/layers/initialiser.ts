// First values of a weight from its initialiser and a random stream. Glorot and Bengio 2010, He et al. 2015, Saxe et al. 2014.
// In: shape and stream. Out: float64 values. Not here: which stream belongs to which weight (models/weights.ts).

import type { Random } from '../core/random.ts';
import { sizeOf } from '../core/tensor.ts';
import type { Initialiser, WeightPlan } from './layer.ts';

/** Row-major values of `plan`'s shape. */
export function firstValues(plan: WeightPlan, random: Random): Float64Array {
  const values = new Float64Array(sizeOf(plan.shape));
  if (typeof plan.initialiser === 'string') DRAW[plan.initialiser](values, plan.shape, random);
  else fillBlocks(values, plan.shape, plan.initialiser);
  return values;
}

type Draw = (values: Float64Array, shape: readonly number[], random: Random) => void;

const DRAW: { readonly [K in Initialiser]: Draw } = {
  'glorot-uniform': (values, shape, random) => uniform(values, Math.sqrt(6 / (fanIn(shape) + fanOut(shape))), random),
  'glorot-normal': (values, shape, random) => normal(values, Math.sqrt(2 / (fanIn(shape) + fanOut(shape))), random),
  'he-uniform': (values, shape, random) => uniform(values, Math.sqrt(6 / fanIn(shape)), random),
  'he-normal': (values, shape, random) => normal(values, Math.sqrt(2 / fanIn(shape)), random),
  orthogonal: (values, shape, random) => orthogonal(values, fanIn(shape), fanOut(shape), random),
  identity: (values, shape) => identity(values, fanIn(shape), fanOut(shape)),
  uniform: (values, _shape, random) => uniform(values, 0.05, random),
  zeros: (values) => void values.fill(0),
  ones: (values) => void values.fill(1),
};

function fanIn(shape: readonly number[]): number {
  return shape.length > 1 ? (shape[0] as number) : 1;
}

function fanOut(shape: readonly number[]): number {
  return shape[shape.length - 1] as number;
}

function uniform(values: Float64Array, limit: number, random: Random): void {
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.next() - 1) * limit;
}

function normal(values: Float64Array, deviation: number, random: Random): void {
  for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
}

/** Ones where row and column of each square block agree: the state is handed on as it is (Le, Jaitly, Hinton 2015). */
function identity(values: Float64Array, rows: number, columns: number): void {
  for (let r = 0; r < rows; r++) {
    for (let c = r; c < columns; c += rows) values[r * columns + c] = 1;
  }
}

/** Orthonormal rows (columns where there are more rows than columns): normals, made orthogonal one after the other. */
function orthogonal(values: Float64Array, rows: number, columns: number, random: Random): void {
  const wide = rows <= columns;
  const count = wide ? rows : columns;
  const length = wide ? columns : rows;
  const basis = new Float64Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < length; k++) basis[i * length + k] = random.normal();
    // Once is not enough where rounding leaves a trace of the others in a short remainder; twice is (Giraud et al. 2005).
    for (let pass = 0; pass < 2; pass++) removeEarlier(basis, i, length);
    scaleToOne(basis, i * length, length);
  }
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      values[r * columns + c] = basis[wide ? r * length + c : c * length + r] as number;
    }
  }
}

function removeEarlier(basis: Float64Array, i: number, length: number): void {
  const own = i * length;
  for (let j = 0; j < i; j++) {
    const other = j * length;
    let dot = 0;
    for (let k = 0; k < length; k++) dot += basis[own + k]! * basis[other + k]!;
    for (let k = 0; k < length; k++) basis[own + k]! -= dot * basis[other + k]!;
  }
}

function scaleToOne(basis: Float64Array, start: number, length: number): void {
  let squares = 0;
  for (let k = 0; k < length; k++) squares += basis[start + k]! * basis[start + k]!;
  const scale = 1 / Math.sqrt(squares);
  for (let k = 0; k < length; k++) basis[start + k]! *= scale;
}

function fillBlocks(values: Float64Array, shape: readonly number[], blocks: readonly number[]): void {
  const width = fanOut(shape);
  const block = width / blocks.length;
  for (let i = 0; i < values.length; i++) values[i] = blocks[Math.floor((i % width) / block)] as number;
}
