// The losses in TensorFlow: rows of outputs against rows of targets. In: outputs, targets. Out: the sum of the rows' losses, and the gradient.
// Not here: which rows are compared (program.ts), what a loss is (losses/).

import type { LossName, LossOf, LossSpec } from '../../losses/loss.ts';
import { type Attributes, FLOAT, type Id, INT32, IS, type Kernels, NONE } from './kernels.ts';
import {
  add,
  divide,
  each,
  halfSquares,
  KEEPING,
  maximum,
  multiply,
  reshape,
  scale,
  subtract,
  takeRows,
  total,
  vector,
} from './operations.ts';

/** Outputs beside what they should have been; rows that do not count are 0 in `kept`. */
export interface Compared {
  readonly output: Id; // (rows, width)
  readonly rows: number;
  readonly width: number;
  /** (rows, target values), or (rows) ids. */
  readonly targets: Id;
  /** (rows, 1); null where all rows count. */
  readonly kept: Id | null;
  /** Rows that count. */
  readonly count: number;
}

export interface Measure {
  /** Sum over the rows of each one's mean. */
  readonly loss: Id;
  /** Rows whose likeliest id is the true one; null for numbers. */
  readonly correct: Id | null;
  /** (rows, width) of the mean over the rows that count; computed when asked for. */
  gradient(): Id;
}

type MakeLoss<Spec> = (k: Kernels, spec: Spec, compared: Compared) => Measure;

const LIKELIEST: Attributes = [{ name: 'output_type', type: IS.type, value: INT32 }];
const AS_NUMBER: Attributes = [{ name: 'DstT', type: IS.type, value: FLOAT }];

export const LOSSES: { readonly [K in LossName]: MakeLoss<LossOf<K>> } = {
  mse: (k, _spec, compared) => {
    const error = errorOf(k, compared);
    const { count, width } = compared;
    return {
      loss: scale(k, halfSquares(k, error), 2 / width),
      correct: null,
      gradient: () => multiply(k, error, k.scalar(2 / (count * width))),
    };
  },

  mae: (k, _spec, compared) => {
    const error = errorOf(k, compared);
    const { count, width } = compared;
    return {
      loss: scale(k, total(k, each(k, 'Abs', error), 2), 1 / width),
      correct: null,
      gradient: () => multiply(k, each(k, 'Sign', error), k.scalar(1 / (count * width))),
    };
  },

  // With e held within ± delta as h, the loss is h · (e − h / 2) and its slope h.
  huber: (k, { delta }, compared) => {
    const error = errorOf(k, compared);
    const { count, width } = compared;
    const held = k.run('ClipByValue', NONE, error, k.filled(-delta, []), k.filled(delta, []));
    const values = multiply(k, held, subtract(k, error, scale(k, held, 0.5)));
    return {
      loss: scale(k, total(k, values, 2), 1 / width),
      correct: null,
      gradient: () => multiply(k, held, k.scalar(1 / (count * width))),
    };
  },

  // The slope by the output is −q above it, 1 − q below and 0 on it: −((q − ½) |s| + ½ s) with s the error's sign.
  pinball: (k, { quantiles }, { output, rows, width, targets, kept, count }) => {
    const Q = quantiles.length;
    const values = width / Q; // target values in a row
    const levels = (less: number) =>
      k.floats(
        Float32Array.from(quantiles, (q) => q - less),
        [Q],
      );
    const shape = [rows, values, Q];
    const bare = subtract(k, reshape(k, targets, [rows, values, 1]), reshape(k, output, shape));
    const error = kept === null ? bare : multiply(k, bare, reshape(k, kept, [rows, 1, 1]));
    const losses = maximum(k, multiply(k, error, levels(0)), multiply(k, error, levels(1)));
    return {
      loss: scale(k, total(k, losses, 3), 1 / width),
      correct: null,
      gradient: () => {
        const sign = each(k, 'Sign', error);
        const slopes = add(k, multiply(k, each(k, 'Abs', sign), levels(0.5)), scale(k, sign, 0.5));
        return multiply(k, reshape(k, slopes, [rows, width]), k.scalar(-1 / (count * width)));
      },
    };
  },

  // log Σ exp x − the target's x, with the largest x taken from all before: half of what TensorFlow's one kernel takes.
  'cross-entropy': (k, _spec, { output, rows, width, targets, kept, count }) => {
    const flat = (all: Id) => reshape(k, all, [rows * width]);
    const first = k.run('Range', NONE, k.fixed([0], []), k.fixed([rows * width], []), k.fixed([width], []));
    const at = add(k, first, targets); // of each row's target among all outputs
    const below = subtract(k, output, k.run('Max', KEEPING, output, vector(k, [1])));
    const powers = each(k, 'Exp', below);
    const sums = k.run('Sum', KEEPING, powers, vector(k, [1]));
    const losses = subtract(k, reshape(k, each(k, 'Log', sums), [rows]), takeRows(k, flat(below), at));
    const likeliest = k.run('ArgMax', LIKELIEST, output, k.fixed([1], []));
    const right = k.run('Cast', AS_NUMBER, k.run('Equal', NONE, likeliest, targets));
    const counting = (values: Id) => (kept === null ? values : multiply(k, values, reshape(k, kept, [rows])));
    return {
      loss: total(k, counting(losses), 1),
      correct: total(k, counting(right), 1),
      gradient: () => {
        const part = multiply(k, kept ?? k.filled(1, [rows, 1]), k.scalar(1 / count));
        const [slopes, places] = [flat(multiply(k, powers, divide(k, part, sums))), reshape(k, at, [rows, 1])];
        return reshape(k, k.run('TensorScatterSub', NONE, slopes, places, reshape(k, part, [rows])), [rows, width]);
      },
    };
  },
};

export function measureLoss(k: Kernels, spec: LossSpec, compared: Compared): Measure {
  return (LOSSES[spec.kind] as MakeLoss<LossSpec>)(k, spec, compared);
}

/** output − target, 0 in rows that do not count. */
function errorOf(k: Kernels, { output, targets, kept }: Compared): Id {
  const error = subtract(k, output, targets);
  return kept === null ? error : multiply(k, error, kept);
}
