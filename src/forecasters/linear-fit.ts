// The robust linear model over windows of many series: how windows are normalised, and the weights that all of them share.
// In: rows of values, lengths, penalties. Out: weights. Not here: options, the choice of context and penalty (linear-choice.ts).

import { meanDiagonal, ridge } from './ridge.ts';
import {
  type Sliding,
  slidingMoments,
  slidingProducts,
  slidingWeights,
  transformCost,
  transformSize,
} from './sliding-moments.ts';

/** How a window becomes inputs and targets. */
export interface LinearForm {
  readonly context: number; // L
  /** Steps the weights reach, all at once. */
  readonly reach: number; // H
  /** Whether the last value is taken from inputs and targets. */
  readonly subtract: boolean;
  /** Whether each window is divided by its own mean deviation; else all are by their series' unit. */
  readonly windowScale: boolean;
  /** Targets are told from the value so many rows before them; 0: from the last value. At most the context. */
  readonly base: number;
  readonly intercept: boolean;
  readonly absolute: boolean;
  readonly passes: number;
  readonly stride: number;
}

/** One row of values the model learns from. */
export interface Trace {
  /** Transformed (logarithms where so), in time order. */
  readonly values: Float64Array;
  readonly log: boolean;
  /** What a deviation is divided by where windows have no scale of their own. */
  readonly unit: number;
  /** Least scale of a window. */
  readonly floor: number;
  /** What an error of one raw unit costs beside its level: weights of w0; null: all windows weigh the same. */
  readonly cost: Cost | null;
}

/** A window's error in raw units e costs e · (perLevel / level + fixed). */
export interface Cost {
  readonly perLevel: number;
  readonly fixed: number;
}

export interface LinearWeights {
  readonly beta: Float64Array; // (L, H)
  readonly intercept: Float64Array; // (H), zeros where there is none
}

/** Normalised values beyond ± CLIP are moved onto it: windows before a jump would rule all others. */
export const CLIP = 20;
const MOST_WEIGHT = 20;
const LEAST_RESIDUAL = 0.02; // of the median one

/** The last value and the scale of the window values[start, start + context). */
export function levelAndScale(
  values: Float64Array,
  start: number,
  form: LinearForm,
  trace: Pick<Trace, 'unit' | 'floor'>,
): [number, number] {
  const { context } = form;
  const last = values[start + context - 1] as number;
  if (!form.windowScale) return [form.subtract ? last : 0, trace.unit];
  let sum = 0;
  for (let i = 0; i < context; i++) sum += (values[start + i] as number) - last;
  const middle = sum / context;
  let deviation = 0;
  for (let i = 0; i < context; i++) deviation += Math.abs((values[start + i] as number) - last - middle);
  const scale = Math.max(deviation / context, trace.floor);
  return [form.subtract ? last : 0, scale > 0 ? scale : 1];
}

/** Position in the window (context and targets in one row) of the value that step h is told from; −1: from nothing. */
export function baseAt(form: LinearForm, h: number): number {
  if (!form.subtract) return -1;
  if (form.base === 0) return form.context - 1;
  return form.context + h - form.base * Math.ceil((h + 1) / form.base);
}

interface Part {
  readonly trace: Trace;
  readonly values: Float64Array; // padded, and told from their middle where the last value is subtracted
  readonly count: number;
  readonly levels: Float64Array;
  readonly scales: Float64Array;
  readonly own: Float64Array; // w0, 0 where the stride leaves the window out
  /** Windows that are summed one by one: clipped ones, and those of parts too small for a transform. */
  readonly single: Uint8Array;
}

/** Waited for between two sums over all windows; rejects where the work is to stop. */
export type Pause = () => Promise<void>;

const noPause: Pause = async () => {};

/** All windows of some rows of values, ready to be fitted with any penalty. */
export interface Prepared {
  readonly form: LinearForm;
  readonly windows: number;
  /** The weights for each penalty (times the mean diagonal, or as they are); the reweighting uses `first`. */
  solve(penalties: readonly number[], first: number, relative: boolean, pause?: Pause): Promise<LinearWeights[]>;
}

/** Rows a series needs to be learned from: targets, and what a window can be told apart by. */
export function leastRows(form: LinearForm): number {
  return form.reach + Math.min(form.context, 20);
}

/** `values` with their first one repeated before them, so that one window fits. */
export function padded(values: Float64Array, length: number): Float64Array {
  if (values.length >= length) return values;
  const longer = new Float64Array(length).fill(values[0] as number);
  longer.set(values, length - values.length);
  return longer;
}

export function prepare(traces: readonly Trace[], form: LinearForm): Prepared {
  const span = form.context + form.reach;
  const usable = traces.filter(({ values }) => values.length >= leastRows(form));
  const longest = usable.reduce((most, { values }) => Math.max(most, values.length, span), 0);
  const size = transformSize(span, longest);
  const parts = usable.map((trace) => partOf(trace, form, size));
  capWeights(parts);
  const windows = parts.reduce((sum, { own }) => sum + own.reduce((all, w) => all + (w > 0 ? 1 : 0), 0), 0);
  return {
    form,
    windows,
    solve: (penalties, first, relative, pause = noPause) => solve(parts, form, size, penalties, first, relative, pause),
  };
}

function partOf(trace: Trace, form: LinearForm, size: number): Part {
  const { context, reach, stride } = form;
  const span = context + reach;
  const values = centred(padded(trace.values, span), form.subtract);
  const middle = (trace.values[trace.values.length - 1] as number) - (values[values.length - 1] as number);
  const count = values.length - span + 1;
  const levels = new Float64Array(count);
  const scales = new Float64Array(count);
  const own = new Float64Array(count);
  const single = new Uint8Array(count);
  const windows = Math.ceil(count / stride);
  const chunks = Math.ceil(count / (size - span + 1));
  const few = form.intercept || windows * context * (context / 2 + reach) < chunks * transformCost(span, size);
  for (let k = 0; k < count; k++) {
    if ((count - 1 - k) % stride !== 0) continue;
    const [level, scale] = levelAndScale(values, k, form, trace);
    levels[k] = level;
    scales[k] = scale;
    own[k] = trace.cost === null ? 1 : ownWeight(values, k, context, scale, middle, trace);
    single[k] = few || isClipped(values, k, form, level, scale) ? 1 : 0;
  }
  return { trace, values, count, levels, scales, own, single };
}

function centred(values: Float64Array, subtract: boolean): Float64Array {
  if (!subtract) return values;
  const last = values[values.length - 1] as number;
  let sum = 0;
  for (let t = 0; t < values.length; t++) sum += (values[t] as number) - last;
  const middle = last + sum / values.length;
  return values.map((value) => value - middle);
}

/** What the window's normalised error is worth: its scale in raw units times what a raw unit costs there. */
function ownWeight(
  values: Float64Array,
  start: number,
  context: number,
  scale: number,
  middle: number,
  trace: Trace,
): number {
  const { perLevel, fixed } = trace.cost as Cost;
  let sum = 0;
  for (let i = 0; i < context; i++) sum += values[start + i] as number;
  const mean = sum / context + middle;
  const level = trace.log ? Math.exp(mean) : Math.abs(mean);
  const unit = trace.log ? level * scale : scale;
  return level > 0 ? unit * (perLevel / level + fixed) : unit * fixed;
}

function isClipped(values: Float64Array, start: number, form: LinearForm, level: number, scale: number): boolean {
  if (!form.windowScale) return false;
  const most = CLIP * scale;
  for (let i = 0; i < form.context; i++) if (Math.abs((values[start + i] as number) - level) > most) return true;
  for (let h = 0; h < form.reach; h++) {
    const base = baseAt(form, h);
    const from = base < 0 ? 0 : (values[start + base] as number);
    if (Math.abs((values[start + form.context + h] as number) - from) > most) return true;
  }
  return false;
}

/** w0 divided by its median and kept below MOST_WEIGHT. */
function capWeights(parts: readonly Part[]): void {
  if (parts.every(({ trace }) => trace.cost === null)) return;
  const all = Float64Array.from(parts.flatMap(({ own }) => Array.from(own.filter((w) => w > 0))));
  const middle = median(all) || 1;
  for (const { own } of parts)
    for (let k = 0; k < own.length; k++) own[k] = Math.min((own[k] as number) / middle, MOST_WEIGHT);
}

export function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

async function solve(
  parts: readonly Part[],
  form: LinearForm,
  size: number,
  penalties: readonly number[],
  first: number,
  relative: boolean,
  pause: Pause,
): Promise<LinearWeights[]> {
  let weights = parts.map(({ own }) => own);
  const at = (equations: Equations, penalty: number): LinearWeights =>
    solved(equations, form, relative ? penalty * equations.diagonal : penalty);
  let equations = equationsOf(parts, weights, form, size);
  for (let pass = 0; form.absolute && pass < form.passes; pass++) {
    await pause();
    weights = reweighted(parts, residuals(parts, at(equations, first), form, size));
    equations = equationsOf(parts, weights, form, size);
  }
  return penalties.map((penalty) => at(equations, penalty));
}

/** w0 / max(r, 0.02 · median r), with mean 1: least squares with them is least absolute deviations where r stays. */
function reweighted(parts: readonly Part[], found: readonly Float64Array[]): Float64Array[] {
  const all = Float64Array.from(
    found.flatMap((r, p) => Array.from(r.filter((_, k) => ((parts[p] as Part).own[k] as number) > 0))),
  );
  const least = LEAST_RESIDUAL * median(all);
  let sum = 0;
  const weights = found.map((r, p) =>
    (parts[p] as Part).own.map((own, k) => {
      const size = Math.max(r[k] as number, least);
      const weight = size > 0 ? own / size : own;
      sum += weight;
      return weight;
    }),
  );
  const scale = sum > 0 ? all.length / sum : 1;
  return weights.map((own) => own.map((w) => w * scale));
}

/** XᵀWX (upper triangle) and XᵀWR, told from their means where there is an intercept. */
interface Equations {
  readonly gram: Float64Array; // (L, L)
  readonly products: Float64Array; // (L, H)
  readonly diagonal: number;
  readonly means: { readonly x: Float64Array; readonly r: Float64Array } | null;
}

function solved({ gram, products, means }: Equations, form: LinearForm, lambda: number): LinearWeights {
  const { context, reach } = form;
  const beta = ridge(gram, products, context, reach, lambda);
  const intercept = new Float64Array(reach);
  for (let h = 0; means !== null && h < reach; h++) {
    let sum = means.r[h] as number;
    for (let i = 0; i < context; i++) sum -= (means.x[i] as number) * (beta[i * reach + h] as number);
    intercept[h] = sum;
  }
  return { beta, intercept };
}

function equationsOf(
  parts: readonly Part[],
  weights: readonly Float64Array[],
  form: LinearForm,
  size: number,
): Equations {
  const { context, reach } = form;
  const span = context + reach;
  const sliding: Sliding[] = [];
  for (const [p, { values, scales, single }] of parts.entries()) {
    const omega = (weights[p] as Float64Array).map((w, k) =>
      single[k] === 1 || w === 0 ? 0 : w / ((scales[k] as number) * (scales[k] as number)),
    );
    if (omega.some((w) => w !== 0)) sliding.push({ values, weights: omega });
  }
  const gram = new Float64Array(context * context);
  const products = new Float64Array(context * reach);
  if (sliding.length > 0) spread(slidingMoments(sliding, context, span, size), form, gram, products);
  addSingles(parts, weights, form, gram, products);
  const means = form.intercept ? withoutMeans(parts, weights, form, gram, products) : null;
  return { gram, products, diagonal: meanDiagonal(gram, context), means };
}

/** Moments of plain windows become those of windows told from their last value, targets from their base. */
function spread(moments: Float64Array, form: LinearForm, gram: Float64Array, products: Float64Array): void {
  const { context, reach } = form;
  const span = context + reach;
  const last = context - 1;
  const m = (i: number, j: number): number => moments[i <= j ? i * span + j : j * span + i] as number;
  for (let i = 0; i < context; i++) {
    for (let j = i; j < context; j++)
      gram[i * context + j] = form.subtract ? m(i, j) - m(i, last) - m(j, last) + m(last, last) : m(i, j);
    for (let h = 0; h < reach; h++) {
      const base = baseAt(form, h);
      const target = m(i, context + h);
      products[i * reach + h] = form.subtract ? target - m(i, base) - (m(last, context + h) - m(last, base)) : target;
    }
  }
}

/** The normalised inputs (L) and targets (H) of one window. */
function windowOf(part: Part, k: number, form: LinearForm, x: Float64Array, r: Float64Array): void {
  const { values } = part;
  const level = part.levels[k] as number;
  const scale = part.scales[k] as number;
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  for (let i = 0; i < form.context; i++) x[i] = bounded(((values[k + i] as number) - level) / scale, clip);
  for (let h = 0; h < form.reach; h++) {
    const base = baseAt(form, h);
    const from = base < 0 ? 0 : (values[k + base] as number);
    r[h] = bounded(((values[k + form.context + h] as number) - from) / scale, clip);
  }
}

export function bounded(value: number, most: number): number {
  return value > most ? most : value < -most ? -most : value;
}

const TOGETHER = 4; // windows added in one sweep over the sums

function addSingles(
  parts: readonly Part[],
  weights: readonly Float64Array[],
  form: LinearForm,
  gram: Float64Array,
  products: Float64Array,
): void {
  const { context, reach } = form;
  const xs = Array.from({ length: TOGETHER }, () => new Float64Array(context));
  const rs = Array.from({ length: TOGETHER }, () => new Float64Array(reach));
  const ws = new Float64Array(TOGETHER);
  let held = 0;
  const flush = (): void => {
    for (let b = held; b < TOGETHER; b++) ws[b] = 0;
    addOuter(xs, ws, xs, gram, context, context, true);
    addOuter(xs, ws, rs, products, context, reach, false);
    held = 0;
  };
  for (const [p, part] of parts.entries()) {
    const own = weights[p] as Float64Array;
    for (let k = 0; k < part.count; k++) {
      if (part.single[k] !== 1 || own[k] === 0) continue;
      windowOf(part, k, form, xs[held] as Float64Array, rs[held] as Float64Array);
      ws[held++] = own[k] as number;
      if (held === TOGETHER) flush();
    }
  }
  if (held > 0) flush();
}

/** sums += Σ w a bᵀ over four windows; of a square only what is on or above the diagonal. */
function addOuter(
  a: readonly Float64Array[],
  w: Float64Array,
  b: readonly Float64Array[],
  sums: Float64Array,
  rows: number,
  columns: number,
  upper: boolean,
): void {
  const [a0, a1, a2, a3] = a as [Float64Array, Float64Array, Float64Array, Float64Array];
  const [b0, b1, b2, b3] = b as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < rows; i++) {
    const w0 = (w[0] as number) * (a0[i] as number);
    const w1 = (w[1] as number) * (a1[i] as number);
    const w2 = (w[2] as number) * (a2[i] as number);
    const w3 = (w[3] as number) * (a3[i] as number);
    const row = i * columns;
    for (let j = upper ? i : 0; j < columns; j++)
      (sums[row + j] as number) +=
        w0 * (b0[j] as number) + w1 * (b1[j] as number) + w2 * (b2[j] as number) + w3 * (b3[j] as number);
  }
}

/** Takes the weighted means of inputs and targets out of the sums: what an intercept that is not penalised amounts to. */
function withoutMeans(
  parts: readonly Part[],
  weights: readonly Float64Array[],
  form: LinearForm,
  gram: Float64Array,
  products: Float64Array,
): { x: Float64Array; r: Float64Array } {
  const { context, reach } = form;
  const x = new Float64Array(context);
  const r = new Float64Array(reach);
  const sumX = new Float64Array(context);
  const sumR = new Float64Array(reach);
  let total = 0;
  for (const [p, part] of parts.entries()) {
    for (let k = 0; k < part.count; k++) {
      const weight = (weights[p] as Float64Array)[k] as number;
      if (weight === 0) continue;
      windowOf(part, k, form, x, r);
      total += weight;
      for (let i = 0; i < context; i++) (sumX[i] as number) += weight * (x[i] as number);
      for (let h = 0; h < reach; h++) (sumR[h] as number) += weight * (r[h] as number);
    }
  }
  const means = { x: sumX.map((sum) => sum / total), r: sumR.map((sum) => sum / total) };
  for (let i = 0; i < context; i++) {
    const xi = sumX[i] as number;
    for (let j = i; j < context; j++) (gram[i * context + j] as number) -= xi * (means.x[j] as number);
    for (let h = 0; h < reach; h++) (products[i * reach + h] as number) -= xi * (means.r[h] as number);
  }
  return means;
}

/** r of each window: the mean of |R − X β| over its steps. */
function residuals(parts: readonly Part[], weights: LinearWeights, form: LinearForm, size: number): Float64Array[] {
  const { context, reach } = form;
  const columns = slidingWeights(weights.beta, context, reach, size);
  const sums = new Float64Array(reach);
  for (let i = 0; i < context; i++)
    for (let h = 0; h < reach; h++) (sums[h] as number) += weights.beta[i * reach + h] as number;
  const x = new Float64Array(context);
  const r = new Float64Array(reach);
  const one = new Float64Array(reach);
  return parts.map((part) => {
    const found = new Float64Array(part.count);
    const together = part.single.some((single, k) => single === 0 && (part.own[k] as number) > 0);
    const products = together ? new Float64Array(part.count * reach) : null;
    if (products) slidingProducts(part.values, part.count, columns, products);
    for (let k = 0; k < part.count; k++) {
      if (part.own[k] === 0) continue;
      windowOf(part, k, form, x, r);
      if (part.single[k] === 1) product(x, weights, context, reach, one);
      else
        slid(
          products as Float64Array,
          k * reach,
          part.levels[k] as number,
          part.scales[k] as number,
          sums,
          weights.intercept,
          one,
        );
      let sum = 0;
      for (let h = 0; h < reach; h++) sum += Math.abs((r[h] as number) - (one[h] as number));
      found[k] = sum / reach;
    }
    return found;
  });
}

/** The products of a plain window become those of the normalised one. */
function slid(
  products: Float64Array,
  at: number,
  level: number,
  scale: number,
  sums: Float64Array,
  intercept: Float64Array,
  to: Float64Array,
): void {
  for (let h = 0; h < to.length; h++)
    to[h] = ((products[at + h] as number) - level * (sums[h] as number)) / scale + (intercept[h] as number);
}

/** to = x β + intercept, four rows of β at a time. */
export function product(
  x: Float64Array,
  { beta, intercept }: LinearWeights,
  context: number,
  reach: number,
  to: Float64Array,
): void {
  to.set(intercept);
  let i = 0;
  for (; i + 3 < context; i += 4) {
    const x0 = x[i] as number;
    const x1 = x[i + 1] as number;
    const x2 = x[i + 2] as number;
    const x3 = x[i + 3] as number;
    const r0 = i * reach;
    const r1 = r0 + reach;
    const r2 = r1 + reach;
    const r3 = r2 + reach;
    for (let h = 0; h < reach; h++)
      (to[h] as number) +=
        x0 * (beta[r0 + h] as number) +
        x1 * (beta[r1 + h] as number) +
        x2 * (beta[r2 + h] as number) +
        x3 * (beta[r3 + h] as number);
  }
  for (; i < context; i++) {
    const x0 = x[i] as number;
    for (let h = 0; h < reach; h++) (to[h] as number) += x0 * (beta[i * reach + h] as number);
  }
}
