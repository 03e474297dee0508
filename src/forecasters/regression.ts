// Ridge regression of a value on its last values, on means of longer stretches, on the waves of a year (or any period), and on what is known
// in advance of its row. In: values before the cutoff, columns known in advance. Out: one step after the other, each from the ones before. Not here: all steps at once (linear.ts).

import * as z from 'zod';
import type { Column } from '../core/data.ts';
import type { NumberForecasterKind } from './forecaster.ts';
import { fromFit, type Learned } from './from-fit.ts';
import { scaleOf } from './logarithms.ts';
import { ridge } from './ridge.ts';

export interface RegressionOptions {
  readonly lags: number | readonly number[];
  readonly means: readonly number[];
  readonly harmonics: number;
  readonly period?: number | undefined;
  readonly ridge: number;
  readonly log: 'auto' | boolean;
}

const KIND = 'regression';
const rows = z.number().int().min(1);
const RANGES = 1; // forecasts are kept within so many ranges of the values known: after a step at their end a recursion runs away

/**
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §7.4 and §10.5, with lags for the errors. Inputs are
 * standardised, so that one penalty serves them all; the constant is not penalised. Means longer than a third of the rows known, and waves
 * of a period of which less than one is known, are left out. Columns known in advance (holidays, prices, a calendar) are inputs with their value at
 * the row that is told. Errors: E_DATA_RANGE for the logarithm of 0 or less.
 */
export const regression: NumberForecasterKind<RegressionOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  ahead: true,
  summary: 'Ridge regression on lags, means of longer stretches, the waves of a season and inputs known in advance.',
  options: z.strictObject({
    lags: z
      .union([rows, z.array(rows)])
      .default(3)
      .describe('Rows back that a value is told from: 3 (default) for the last three, or a list such as [1, 2, 7]'),
    means: z
      .array(z.number().int().min(2))
      .default([14, 30, 90])
      .describe('Stretches whose mean is an input, rows each, default [14, 30, 90]'),
    harmonics: z
      .number()
      .int()
      .min(0)
      .max(50)
      .default(3)
      .describe('Pairs of sine and cosine of the period, a count, default 3'),
    period: z
      .number()
      .min(2)
      .optional()
      .describe(
        'Rows of the slow wave, not always whole (365.25 for days of a year), default all seasons of the series',
      ),
    ridge: z
      .number()
      .min(0)
      .default(1e-4)
      .describe('Penalty on standardised weights, a share of the number of rows, default 1e-4'),
    log: z
      .union([z.literal('auto'), z.boolean()])
      .default(false)
      .describe('Whether logarithms are modelled, default false; auto: where all values fitted on are above 0'),
  }),
  create: (options, context) => {
    const periods = options.period === undefined ? (context.seasons ?? [context.season]) : [options.period];
    const period = periods.length === 1 ? (periods[0] as number) : periods;
    const lags =
      typeof options.lags === 'number' ? Array.from({ length: options.lags }, (_, i) => i + 1) : options.lags;
    const learn = (known: Float64Array, ahead: readonly Column[]): Learned =>
      learnRegression(known, ahead, lags, periods, options);
    return fromFit(KIND, { lags, period }, learn, true);
  },
};

/** Which inputs there are. */
interface Inputs {
  readonly lags: readonly number[];
  readonly means: readonly number[];
  readonly waves: readonly number[]; // cycles per row
  readonly ahead: readonly string[]; // columns known in advance
  readonly count: number;
}

function inputsOf(
  known: number,
  ahead: readonly string[],
  lags: readonly number[],
  periods: readonly number[],
  options: RegressionOptions,
): Inputs {
  const most = Math.max(1, Math.floor(known / 3));
  const near = lags.filter((lag) => lag <= most);
  const means = options.means.filter((rows) => rows <= most);
  const whole = periods.filter((period) => period >= 2 && known >= period);
  const all = whole.flatMap((period) => Array.from({ length: options.harmonics }, (_, k) => (k + 1) / period));
  const waves = [...new Set(all)].filter((cycles) => cycles <= 0.5); // the seventh wave of a week is the first of a day
  const count = near.length + means.length + 2 * waves.length + ahead.length;
  return { lags: near, means, waves, ahead, count };
}

interface Weights {
  readonly centres: Float64Array;
  readonly betas: Float64Array; // per unit of the input
  readonly mean: number;
}

function learnRegression(
  known: Float64Array,
  ahead: readonly Column[],
  lags: readonly number[],
  periods: readonly number[],
  options: RegressionOptions,
): Learned {
  const names = ahead.map(({ name }) => name);
  const inputs = inputsOf(known.length, names, lags, periods, options);
  const scale = scaleOf(known, options.log);
  const first = known[0] as number;
  const origin = scale.transformed(known, 1)[0] as number;
  const inner = scale.transformed(known, known.length, origin);
  const weights = solve(inner, ahead, inputs, options.ridge);
  const extremes = extremesOf(inner);
  return {
    parameters: {
      log: scale.log,
      inputs: {
        lags: inputs.lags,
        means: inputs.means,
        harmonics: inputs.waves.length,
        ...(names.length > 0 ? { ahead: names } : {}),
      },
      mean: weights.mean + 0,
      weights: Array.from(weights.betas, (b) => b + 0),
    },
    run: (values, last, ahead = []) => {
      const z = scale.transformed(values, last, origin);
      const [lows, highs] = [z.slice(), z.slice()]; // of what is known to the fit and at each row
      for (let t = 0, own = extremes; t < last; t++) {
        const value = z[t] as number;
        own = [Math.min(own[0], value), Math.max(own[1], value)];
        [lows[t], highs[t]] = own;
      }
      const deep = Math.max(0, ...inputs.lags, ...inputs.means);
      const row = new Float64Array(inputs.count);
      const sums = new Float64Array(inputs.means.length);
      const toldBy = kept((t) => {
        fillKnown(t, ahead, inputs, row);
        return weights.mean + told(row, nearOf(inputs), row.length, weights);
      });
      let near = new Float64Array(0); // what is known and reached back to, then what follows
      return (cutoff, path) => {
        const from = Math.max(0, cutoff - deep);
        const [low, high] = [lows[cutoff - 1] as number, highs[cutoff - 1] as number];
        const reach = RANGES * (high - low);
        if (near.length < deep + path.length) near = new Float64Array(deep + path.length);
        near.set(z.subarray(from, cutoff));
        const without = toldBy(cutoff, path.length); // what is told without any value
        for (let t = cutoff; t < cutoff + path.length; t++) {
          if (t === cutoff) sumUp(near, from, t, inputs.means, sums);
          else slide(near, from, t, inputs.means, sums);
          fillNear(near, from, t, sums, inputs, row);
          const all = (without[t - cutoff] as number) + told(row, 0, nearOf(inputs), weights);
          const value = Math.min(Math.max(all, low - reach), high + reach);
          near[t - from] = value;
          path[t - cutoff] = scale.moved(first, value);
        }
      };
    },
  };
}

function extremesOf(values: Float64Array): readonly [low: number, high: number] {
  let least = values[0] as number;
  let most = least;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** Inputs that are told from the rows before: they stand first. */
function nearOf({ lags, means }: Inputs): number {
  return lags.length + means.length;
}

/** The inputs of row t from the rows before it, `values` beginning with row `start`; before the first row stands the first value. */
function fillNear(
  values: Float64Array,
  start: number,
  t: number,
  sums: Float64Array, // (means)
  { lags, means }: Inputs,
  row: Float64Array,
): void {
  let i = 0;
  for (let l = 0; l < lags.length; l++) row[i++] = values[Math.max(0, t - (lags[l] as number)) - start] as number;
  for (let k = 0; k < means.length; k++) {
    const count = Math.min(t, means[k] as number);
    row[i++] = count > 0 ? (sums[k] as number) / count : (values[0] as number);
  }
}

/** The inputs of row t that no value has a part in: waves, and what is known in advance. */
function fillKnown(t: number, ahead: readonly Column[], inputs: Inputs, row: Float64Array): void {
  let i = nearOf(inputs);
  for (const wave of inputs.waves) {
    const angle = 2 * Math.PI * wave * t;
    row[i++] = wave < 0.5 ? Math.sin(angle) : 0; // of two rows it is rounding alone, which standardising would blow up
    row[i++] = Math.cos(angle);
  }
  for (const { values: known } of ahead) row[i++] = known[t] as number;
}

/** Sums of the rows that the means of row t reach over. */
function sumUp(values: Float64Array, start: number, t: number, means: readonly number[], sums: Float64Array): void {
  for (let k = 0; k < means.length; k++) {
    let sum = 0;
    for (let i = Math.max(0, t - (means[k] as number)); i < t; i++) sum += values[i - start] as number;
    sums[k] = sum;
  }
}

/** From the sums of row t − 1 those of row t. */
function slide(values: Float64Array, start: number, t: number, means: readonly number[], sums: Float64Array): void {
  const next = values[t - 1 - start] as number;
  for (let k = 0; k < means.length; k++) {
    const gone = t - 1 - (means[k] as number);
    (sums[k] as number) += gone < 0 ? next : next - (values[gone - start] as number);
  }
}

/** A number of each of `count` rows from `first` on; those of rows asked for before are remembered, as cutoffs that follow one another share most. */
function kept(at: (t: number) => number): (first: number, count: number) => Float64Array {
  let numbers = new Float64Array(0);
  let start = 0;
  let end = 0; // rows [start, end)
  return (first, count) => {
    if (first < start || first > end) start = end = first;
    const size = first + count - start;
    if (size > numbers.length) {
      const more = new Float64Array(2 * size);
      more.set(numbers);
      numbers = more;
    }
    for (; end < first + count; end++) numbers[end - start] = at(end);
    return numbers.subarray(first - start, size);
  };
}

/** What inputs [from, until) of a row come to. */
function told(row: Float64Array, from: number, until: number, { centres, betas }: Weights): number {
  let sum = 0;
  for (let i = from; i < until; i++) sum += (betas[i] as number) * ((row[i] as number) - (centres[i] as number));
  return sum;
}

/** Least squares over the rows that have all their inputs (all rows where none has), inputs standardised. */
function solve(values: Float64Array, ahead: readonly Column[], inputs: Inputs, share: number): Weights {
  const p = inputs.count;
  const deep = Math.max(0, ...inputs.lags, ...inputs.means);
  const from = Math.min(deep, values.length - 1);
  const n = values.length - from;
  const table = new Float64Array(n * p);
  const sums = new Float64Array(inputs.means.length);
  for (let k = 0; k < n; k++) {
    const row = table.subarray(k * p, (k + 1) * p);
    sumUp(values, 0, from + k, inputs.means, sums);
    fillNear(values, 0, from + k, sums, inputs, row);
    fillKnown(from + k, ahead, inputs, row);
  }
  const centres = new Float64Array(p);
  const scales = new Float64Array(p);
  for (let i = 0; i < p; i++) [centres[i], scales[i]] = centreAndScale(table, i, p, n);
  const mean = values.subarray(from).reduce((sum, value) => sum + value, 0) / n;
  const gram = new Float64Array(p * p);
  const products = new Float64Array(p);
  for (let k = 0; k < n; k++) {
    const target = (values[from + k] as number) - mean;
    for (let i = 0; i < p; i++) {
      const x = ((table[k * p + i] as number) - (centres[i] as number)) / (scales[i] as number);
      (products[i] as number) += x * target;
      for (let j = i; j < p; j++)
        (gram[i * p + j] as number) +=
          (x * ((table[k * p + j] as number) - (centres[j] as number))) / (scales[j] as number);
    }
  }
  const betas = ridge(gram, products, p, 1, share * n).map((b, i) => b / (scales[i] as number));
  return { centres, betas, mean };
}

/** Mean and standard deviation of an input; a scale of 1 where it never moves. */
function centreAndScale(table: Float64Array, i: number, p: number, n: number): [number, number] {
  const first = table[i] as number;
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < n; k++) {
    const distance = (table[k * p + i] as number) - first;
    sum += distance;
    squares += distance * distance;
  }
  const mean = sum / n;
  const variance = squares / n - mean * mean;
  return [first + mean, variance > 1e-20 * squares && variance > 0 ? Math.sqrt(variance) : 1];
}
