// The operations the layers are made of, with their attributes. In: tensors. Out: tensors.
// Rows are float32 (rows, values). Not here: layers (layers/), memory (kernels.ts).

import { type Attributes, FLOAT, type Id, IS, type Kernels, NONE } from './kernels.ts';

const int = (name: string, value: number) => ({ name, type: IS.int, value });
const bool = (name: string, value: boolean) => ({ name, type: IS.bool, value });

/** Of lists of inputs TensorFlow has to be told. */
const list = (parts: readonly Id[]): Attributes => [int('N', parts.length), { name: 'T', type: IS.type, value: FLOAT }];

const PRODUCT: readonly Attributes[] = [NONE, [bool('transpose_a', true)], [bool('transpose_b', true)]];

/** a · b; `flip` turns a (1) or b (2) on its side. */
export function product(k: Kernels, a: Id, b: Id, flip: 0 | 1 | 2 = 0): Id {
  return k.run('MatMul', PRODUCT[flip] as Attributes, a, b);
}

const ADJOINT: Attributes = [bool('adj_y', true)];
/** Values of a matrix from which TensorFlow's product of few rows packs it anew each time, thrice as long as the other one takes. */
const LARGE = 250_000;

/** gradient · matrixᵀ of a step's few rows, for a matrix of this shape. */
export function productBack(k: Kernels, gradient: Id, matrix: Id, [rows, columns]: readonly [number, number]): Id {
  if (rows * columns < LARGE) return product(k, gradient, matrix, 2);
  return k.run('BatchMatMulV2', ADJOINT, gradient, matrix);
}

export function add(k: Kernels, a: Id, b: Id): Id {
  return k.run('AddV2', NONE, a, b);
}
export function subtract(k: Kernels, a: Id, b: Id): Id {
  return k.run('Sub', NONE, a, b);
}
export function multiply(k: Kernels, a: Id, b: Id): Id {
  return k.run('Mul', NONE, a, b);
}
export function divide(k: Kernels, a: Id, b: Id): Id {
  return k.run('RealDiv', NONE, a, b);
}
export function maximum(k: Kernels, a: Id, b: Id): Id {
  return k.run('Maximum', NONE, a, b);
}
export function minimum(k: Kernels, a: Id, b: Id): Id {
  return k.run('Minimum', NONE, a, b);
}

type Function = 'Abs' | 'Exp' | 'Log' | 'Sign' | 'Neg' | 'Rsqrt' | 'Square' | 'ZerosLike';

/** A function of each value. */
export function each(k: Kernels, name: Function, a: Id): Id {
  return k.run(name, NONE, a);
}

/** By a factor that is the same in every step. */
export function scale(k: Kernels, a: Id, factor: number): Id {
  return k.run('Mul', NONE, a, k.filled(factor, []));
}

/** Sum of several of one shape, from first to last: of three and more AddN adds in an order that depends on whose memory is free. */
export function addInOrder(k: Kernels, parts: readonly Id[]): Id {
  return parts.reduce((sum, part) => add(k, sum, part));
}

/** Sum of two of one shape, or of numbers nobody else reads. */
export function addAll(k: Kernels, parts: readonly Id[]): Id {
  return parts.length === 1 ? (parts[0] as Id) : k.run('AddN', list(parts), ...parts);
}

/** rows + bias. */
export function addBias(k: Kernels, rows: Id, bias: Id): Id {
  return k.run('BiasAdd', NONE, rows, bias);
}

/** Sum over all rows. */
export function columnSums(k: Kernels, rows: Id): Id {
  return k.run('BiasAddGrad', NONE, rows);
}

export const KEEPING: Attributes = [bool('keep_dims', true)];

/** Sum of all values of a tensor with this many axes. */
export function total(k: Kernels, a: Id, axes: number): Id {
  return k.run(
    'Sum',
    NONE,
    a,
    vector(
      k,
      Array.from({ length: axes }, (_, i) => i),
    ),
  );
}

/** (rows, 1) mean of each row. */
export function rowMeans(k: Kernels, rows: Id): Id {
  return k.run('Mean', KEEPING, rows, vector(k, [1]));
}

/** Σ x² / 2 over all values. */
export function halfSquares(k: Kernels, a: Id): Id {
  return k.run('L2Loss', NONE, a);
}

export function vector(k: Kernels, values: readonly number[]): Id {
  return k.fixed(values, [values.length]);
}

function place(k: Kernels, value: number): Id {
  return k.fixed([value], []);
}

export function reshape(k: Kernels, a: Id, shape: readonly number[]): Id {
  return k.run('Reshape', NONE, a, vector(k, shape));
}

/** Side by side along an axis. */
export function concat(k: Kernels, parts: readonly Id[], axis: number): Id {
  if (parts.length === 1) return parts[0] as Id;
  return k.run('ConcatV2', list(parts), ...parts, place(k, axis));
}

/** Equal parts along an axis. */
export function split(k: Kernels, a: Id, parts: number, axis: number): readonly Id[] {
  if (parts === 1) return [a];
  return k.many('Split', [int('num_split', parts)], [place(k, axis), a], parts);
}

/** Parts of these sizes along an axis. */
export function splitAt(k: Kernels, a: Id, sizes: readonly number[], axis: number): readonly Id[] {
  return k.many('SplitV', [int('num_split', sizes.length)], [a, vector(k, sizes), place(k, axis)], sizes.length);
}

/** Sum of many of one shape: the same whoever's memory is free. */
export function addMany(k: Kernels, parts: readonly Id[]): Id {
  return k.run('Sum', NONE, stack(k, parts), vector(k, [0]));
}

/** Numbers as one row; tensors of one shape along a first axis more. */
export function stack(k: Kernels, numbers: readonly Id[]): Id {
  return k.run('Pack', list(numbers), ...numbers);
}

/** The parts along the first axis, without it. */
export function unstack(k: Kernels, a: Id, parts: number): readonly Id[] {
  return k.many('Unpack', [int('num', parts)], [a], parts);
}

const FIRST: Attributes = [int('shrink_axis_mask', 1)];
/** The first part along the first axis, without it. */
export function firstOf(k: Kernels, a: Id): Id {
  return k.run('StridedSlice', FIRST, a, vector(k, [0]), vector(k, [1]), vector(k, [1]));
}

/** Rows [first, first + count) of (rows, width). */
export function sliceRows(k: Kernels, rows: Id, first: number, count: number, width: number): Id {
  return k.run('Slice', NONE, rows, vector(k, [first, 0]), vector(k, [count, width]));
}

/** `count` rows of zeros above. */
export function zerosAbove(k: Kernels, rows: Id, count: number): Id {
  return count === 0 ? rows : k.run('Pad', NONE, rows, k.fixed([count, 0, 0, 0], [2, 2]));
}

/** Rows by number. */
export function takeRows(k: Kernels, rows: Id, numbers: Id): Id {
  return k.run('GatherV2', NONE, rows, numbers, place(k, 0));
}

/** (count, values): each row added where its number says; rows with a number below 0 are left out. */
export function addRowsAt(k: Kernels, rows: Id, numbers: Id, count: number): Id {
  return k.run('UnsortedSegmentSum', NONE, rows, numbers, place(k, count));
}

/** (rows, depth): 1 where the number says; a row of zeros for a number below 0. */
export function oneHot(k: Kernels, numbers: Id, depth: number): Id {
  return k.run('OneHot', NONE, numbers, place(k, depth), k.filled(1, []), k.filled(0, []));
}

const ACTIVATE = { relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid' } as const;
type Bent = keyof typeof ACTIVATE;

export function activate(k: Kernels, name: Bent | 'linear', a: Id): Id {
  return name === 'linear' ? a : k.run(ACTIVATE[name], NONE, a);
}

/** gradient · dy/dx, from y = activation(x). */
export function slope(k: Kernels, name: Bent | 'linear', y: Id, gradient: Id): Id {
  if (name === 'linear') return gradient;
  return name === 'relu'
    ? k.run('ReluGrad', NONE, gradient, y)
    : k.run(name === 'tanh' ? 'TanhGrad' : 'SigmoidGrad', NONE, y, gradient);
}
