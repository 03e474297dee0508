// What columns known in advance (holidays, prices) do to the rows of a target: the linear model learns what is left without it.
// In: traces and such columns. Out: weights of the columns for each trace. Not here: the windows that are left (linear-fit.ts).

import type { Column } from '../core/data.ts';
import { joined } from '../core/joined.ts';
import type { Pause } from '../core/turn.ts';
import { contextsOf, type LinearGrid, upTo } from './linear-choice.ts';
import {
  type Equations,
  type LinearForm,
  type LinearWeights,
  levelAndScale,
  median,
  prepare,
  weightsOf,
} from './linear-fit.ts';
import { type LinearTrace, sumsFromFirst, without } from './linear-trace.ts';
import { meanDiagonal, ridgeAndVolume } from './ridge.ts';
import { slidingProducts, slidingWeights, transformSize } from './sliding-moments.ts';

/** The effect at row t is Σ weights[k] · (column k at t − centres[k]), in transformed units of the trace. */
export interface AheadWeights {
  readonly centres: Float64Array; // (K)
  readonly weights: Float64Array; // (K)
}

/** A target and the columns known in advance of its rows. */
export interface Led {
  readonly trace: LinearTrace;
  readonly columns: readonly Column[];
}

const ROUNDS = 2; // times the columns' weights and the errors they are told from are found in turn
const PASSES = 4; // times errors are weighed anew
const LEAST_RESIDUAL = 0.02; // of the median one
const WINDOW_PENALTY = 0.1; // of the window's weights meanwhile
const PENALTIES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]; // on the columns' weights, times the mean square of what they bring

/** What the columns do to rows [0, rows). */
export function effectOf(columns: readonly Column[], { centres, weights }: AheadWeights, rows: number): Float64Array {
  const effect = new Float64Array(rows);
  for (const [k, { values }] of columns.entries()) {
    const weight = weights[k] as number;
    if (weight === 0) continue;
    for (let t = 0; t < rows; t++) (effect[t] as number) += weight * ((values[t] as number) - (centres[k] as number));
  }
  return effect;
}

/**
 * A regression with errors of an autoregression, y = γ u + w with w told from its own window, found as Cochrane and Orcutt do (Journal of
 * the American Statistical Association 44, 1949): in turn the window's weights from what γ leaves, and γ from the one-step errors of y and
 * of u. Absolute errors, by reweighting, and a penalty on γ of greatest marginal likelihood: columns that say nothing get next to nothing.
 * Targets of one name share γ, as far as their own rows do not speak against it. Rows from `known` on are not looked at.
 */
export async function learnAhead(all: readonly Led[], grid: LinearGrid, pause: Pause): Promise<AheadWeights[]> {
  const context = shortContext(
    all.map(({ trace }) => trace),
    grid,
  );
  const form: LinearForm = { ...grid, context, reach: 1, subtract: true, base: 0, intercept: false, absolute: false };
  const found: AheadWeights[] = [];
  const kinds = all.map(({ trace }) => `${trace.log} ${trace.name}`); // an effect on logarithms is another one
  for (const kind of new Set(kinds)) {
    const own = all.flatMap((_, s) => (kinds[s] === kind ? [s] : []));
    const weights = await learnAlike(standardised(own.map((s) => all[s] as Led)), form, pause);
    for (const [k, s] of own.entries()) found[s] = weights[k] as AheadWeights;
  }
  return found;
}

/** The shortest context that is tried, where most series have windows enough of it. */
function shortContext(traces: readonly LinearTrace[], grid: LinearGrid): number {
  const lengths = traces.map(({ known }) => known).sort((a, b) => a - b);
  const most = Math.max(1, Math.floor((lengths[lengths.length >> 1] as number) / 3));
  return contextsOf(traces, grid).reduce((least, context) => Math.min(least, context), most);
}

/** Series that are too short to be learned from, and those that never move, take part in no sum; the first are told by what the others share. */
async function learnAlike(all: readonly Inputs[], form: LinearForm, pause: Pause): Promise<AheadWeights[]> {
  const usable = all.filter(({ trace }) => trace.values.length > form.context && trace.floor > 0);
  let shared: Float64Array = new Float64Array(all[0]?.rows.length ?? 0);
  let own: readonly Float64Array[] = usable.map(() => shared);
  for (let round = 0; usable.length > 0 && round < ROUNDS; round++) {
    const errors = await oneStepErrors(usable, own, form, pause);
    const together = await robust(errors, sharedBy, pause);
    shared = together[0] as Float64Array;
    if (usable.length === 1) own = together;
    else own = await robust(errors, (normals) => normals.map((normal) => movedFrom(shared, normal)), pause);
  }
  return all.map((one) => {
    const gamma = own[usable.indexOf(one)] ?? shared;
    const { trace, centres, scales } = one;
    return { centres, weights: scales.map((scale, k) => (trace.floor > 0 ? scale * (gamma[k] as number) : 0)) };
  });
}

async function windowWeights(traces: readonly LinearTrace[], form: LinearForm, pause: Pause): Promise<LinearWeights> {
  const prepared = await prepare(
    traces.map((trace) => ({ ...trace, costs: [null] })),
    form,
    pause,
  );
  const solve = (equations: Equations): LinearWeights => weightsOf(equations, form, form.context, WINDOW_PENALTY, true);
  const [equations] = await prepared.equations(solve);
  return solve(equations as Equations);
}

interface Inputs {
  readonly trace: LinearTrace;
  readonly rows: readonly Float64Array[]; // K columns over the rows of the trace
  readonly centres: Float64Array;
  /** Transformed units of the trace for a unit of a column. */
  readonly scales: Float64Array;
}

/** Columns told from their mean in each series, divided by the deviation they have in all; logarithms share one unit, others have that of their trace. */
function standardised(all: readonly Led[]): Inputs[] {
  const count = all[0]?.columns.length ?? 0;
  const moments = all.map(({ trace, columns }) =>
    columns.map(({ values }) => meanAndSquares(values.subarray(0, trace.known))),
  );
  const rows = all.reduce((sum, { trace }) => sum + trace.known, 0);
  const deviations = Float64Array.from({ length: count }, (_, k) =>
    Math.sqrt(moments.reduce((sum, own) => sum + (own[k] as [number, number])[1], 0) / rows),
  );
  return all.map(({ trace, columns }, s) => {
    const unit = trace.log ? 1 : trace.floor; // a share of the mean deviation
    const scales = deviations.map((deviation) => (deviation > 0 ? unit / deviation : 0));
    const centres = Float64Array.from(moments[s] as [number, number][], ([mean]) => mean);
    const told = columns.map(({ values }, k) =>
      values.slice(0, trace.known).map((value) => (value - (centres[k] as number)) * (scales[k] as number)),
    );
    return { trace: upTo(trace, trace.known), rows: told, centres, scales };
  });
}

/** The mean, and Σ (value − mean)², 0 where rounding is all there is. */
function meanAndSquares(values: Float64Array): [number, number] {
  const { sum, squares } = sumsFromFirst(values);
  const left = squares - (sum * sum) / values.length;
  return [(values[0] as number) + sum / values.length, left > 1e-20 * squares ? left : 0];
}

/** One-step errors of a trace, and of each column as if it were one. */
interface Errors {
  readonly target: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** All told by the window's weights that fit what the columns leave. */
async function oneStepErrors(
  all: readonly Inputs[],
  gammas: readonly Float64Array[],
  form: LinearForm,
  pause: Pause,
): Promise<Errors[]> {
  const left = all.map(({ trace, rows }, s) =>
    without(trace, summed(rows, gammas[s] as Float64Array, trace.values.length)),
  );
  const { beta } = await windowWeights(left, form, pause);
  const errors: Errors[] = [];
  for (const [s, { trace, rows }] of all.entries()) {
    const scales = new Float64Array(trace.values.length - form.context);
    for (let k = 0; k < scales.length; k++)
      scales[k] = levelAndScale((left[s] as LinearTrace).values, k, form, left[s] as LinearTrace)[1];
    const columns: Float64Array[] = [];
    for (const row of rows) columns.push(await errorsAfter(row, beta, scales, pause));
    errors.push({ target: await errorsAfter(trace.values, beta, scales, pause), columns });
  }
  return errors;
}

/** (y[k + L] − y[k + L − 1] − Σ β[i] (y[k + i] − y[k + L − 1])) / scale[k]. */
async function errorsAfter(
  values: Float64Array,
  beta: Float64Array,
  scales: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const { length } = beta;
  const middle = meanAndSquares(values)[0];
  const told = values.map((value) => value - middle);
  const errors = new Float64Array(scales.length);
  const size = transformSize(length, scales.length);
  await slidingProducts(told, scales.length, slidingWeights(beta, length, 1, size), errors, pause);
  const share = 1 - beta.reduce((sum, b) => sum + b, 0);
  for (let k = 0; k < errors.length; k++) {
    const change = (told[k + length] as number) - share * (told[k + length - 1] as number) - (errors[k] as number);
    errors[k] = change / (scales[k] as number);
  }
  return errors;
}

/** Σ gamma[k] · rows[k]. */
function summed(rows: readonly Float64Array[], gamma: Float64Array, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const [k, row] of rows.entries())
    for (let t = 0; t < length; t++) (sum[t] as number) += (gamma[k] as number) * (row[t] as number);
  return sum;
}

/** The weights `solve` finds for each trace of the normal equations of all, errors weighed anew by what they leave. */
async function robust(
  errors: readonly Errors[],
  solve: (normals: readonly Normal[]) => readonly Float64Array[],
  pause: Pause,
): Promise<readonly Float64Array[]> {
  const weights = errors.map(({ target }) => new Float64Array(target.length).fill(1));
  for (let pass = 0; ; pass++) {
    const normals: Normal[] = [];
    for (const [s, own] of errors.entries()) {
      await pause();
      normals.push(normalOf(own, weights[s] as Float64Array));
    }
    const gammas = solve(normals);
    if (pass === PASSES) return gammas;
    const left = errors.map(({ target, columns }, s) => {
      const told = summed(columns, gammas[s] as Float64Array, target.length);
      return target.map((error, k) => Math.abs(error - (told[k] as number)));
    });
    const least = LEAST_RESIDUAL * median(joined(left));
    if (!(least > 0)) return gammas;
    reweigh(weights, left, least);
  }
}

/** 1 / max(|r|, least), with mean 1. */
function reweigh(weights: readonly Float64Array[], left: readonly Float64Array[], least: number): void {
  let sum = 0;
  let count = 0;
  for (const [s, own] of weights.entries()) {
    for (let k = 0; k < own.length; k++) sum += own[k] = 1 / Math.max(left[s]?.[k] as number, least);
    count += own.length;
  }
  for (const own of weights) for (let k = 0; k < own.length; k++) (own[k] as number) *= count / sum;
}

/** Σ w v vᵀ (upper triangle), Σ w v e, Σ w e². */
interface Normal {
  readonly gram: Float64Array;
  readonly products: Float64Array;
  readonly squares: number;
  readonly count: number;
}

function normalOf({ target, columns }: Errors, weights: Float64Array): Normal {
  const n = columns.length;
  const gram = new Float64Array(n * n);
  const products = new Float64Array(n);
  const row = new Float64Array(n);
  let squares = 0;
  for (let t = 0; t < target.length; t++) {
    const weight = weights[t] as number;
    const error = target[t] as number;
    squares += weight * error * error;
    for (let k = 0; k < n; k++) row[k] = columns[k]?.[t] as number;
    for (let i = 0; i < n; i++) {
      const own = weight * (row[i] as number);
      (products[i] as number) += own * error;
      for (let j = i; j < n; j++) (gram[i * n + j] as number) += own * (row[j] as number);
    }
  }
  return { gram, products, squares, count: target.length };
}

function sharedBy(normals: readonly Normal[]): Float64Array[] {
  const shared = likeliest(meanOf(normals));
  return normals.map(() => shared);
}

/** The mean, not the sum: series of a panel share what shocks them, so that many of them are hardly more to learn from than one. */
function meanOf(normals: readonly Normal[]): Normal {
  const share = 1 / normals.length;
  const mean = (pick: (normal: Normal) => Float64Array): Float64Array =>
    pick(normals[0] as Normal).map((_, i) => share * normals.reduce((sum, one) => sum + (pick(one)[i] as number), 0));
  return {
    gram: mean(({ gram }) => gram),
    products: mean(({ products }) => products),
    squares: share * normals.reduce((sum, { squares }) => sum + squares, 0),
    count: share * normals.reduce((sum, { count }) => sum + count, 0),
  };
}

/** The weights that are shared, and what a trace's own equations say beyond them. */
function movedFrom(shared: Float64Array, normal: Normal): Float64Array {
  const { gram, products, squares } = normal;
  const n = shared.length;
  const left = products.map((product, i) => {
    let rest = product;
    for (let j = 0; j < n; j++) rest -= (gram[i <= j ? i * n + j : j * n + i] as number) * (shared[j] as number);
    return rest;
  });
  const told = shared.reduce((sum, weight, i) => sum + weight * ((products[i] as number) + (left[i] as number)), 0);
  const own = likeliest({ ...normal, products: left, squares: squares - told });
  return shared.map((weight, i) => weight + (own[i] as number));
}

/** The ridge weights whose penalty has the greatest marginal likelihood (MacKay, Neural Computation 4, 1992); zeros where none is likelier. */
function likeliest({ gram, products, squares, count }: Normal): Float64Array {
  const n = products.length;
  const moving = products.reduce((sum, _, k) => sum + ((gram[k * n + k] as number) > 0 ? 1 : 0), 0);
  const unit = (meanDiagonal(gram, n) * n) / moving; // what never moves has no part in it
  let best: Float64Array = new Float64Array(n);
  let least = count * Math.log(squares);
  if (!(unit > 0) || !(squares > 0)) return best;
  for (const penalty of PENALTIES) {
    const { weights, volume } = ridgeAndVolume(gram, products, n, 1, penalty * unit);
    const told = weights.reduce((sum, weight, k) => sum + weight * (products[k] as number), 0);
    const cost = count * Math.log(Math.max(squares - told, 1e-12 * squares)) + volume;
    if (cost < least) [least, best] = [cost, weights];
  }
  return best;
}
