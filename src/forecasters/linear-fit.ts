// The robust linear model over windows of many series: how windows are normalised, and the weights that all of them share.
// In: rows of values, lengths, penalties. Out: weights. Not here: options, the choice of context and penalty (linear-choice.ts).

import { joined } from '../core/joined.ts';
import type { Pause } from '../core/turn.ts';
import { outerSums } from './outer-sums.ts';
import { meanDiagonal, ridge } from './ridge.ts';
import {
  type Sliding,
  slidingMoments,
  slidingProducts,
  slidingWeights,
  transformCost,
  transformSize,
  windowsTogether,
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
  /** What an error of one raw unit costs beside its level, one for each way of weighing; null: all windows weigh the same. */
  readonly costs: readonly (Cost | null)[];
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
const ENOUGH = 30_000; // windows that the passes before the last look at
const UNHEARD = 1024; // windows looked at one by one between two pauses

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
  /** Whether the window is learned from: not those that the stride leaves out. */
  readonly taken: Uint8Array;
  readonly own: readonly Float64Array[]; // w0 of each way of weighing
  /** Windows that are summed one by one: clipped ones, and those of parts too small for a transform. */
  readonly single: Uint8Array;
}

/** What is solved for weights: XᵀWX (upper triangle) and XᵀWR, told from their means where there is an intercept. */
export interface Equations {
  readonly gram: Float64Array; // (L, L)
  readonly products: Float64Array; // (L, H)
  readonly means: { readonly x: Float64Array; readonly r: Float64Array } | null;
}

/** Weights that stand for the equations of a way of weighing. */
export type Reference = (found: Equations, set: number) => LinearWeights;

/** All windows of some rows of values, ready to be weighed. */
export interface Prepared {
  readonly windows: number;
  /**
   * The equations of each way of weighing. For absolute errors the windows are weighed anew, as often as the form says, by what the weights
   * that `reference` makes of the equations leave.
   */
  equations(reference: Reference): Promise<Equations[]>;
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

export async function prepare(traces: readonly Trace[], form: LinearForm, pause: Pause): Promise<Prepared> {
  const span = form.context + form.reach;
  const usable = traces.filter(({ values }) => values.length >= leastRows(form));
  const most = usable.reduce((all, { values }) => Math.max(all, values.length - span + 1), 1);
  const size = transformSize(form.context, most);
  const parts: Part[] = [];
  for (const trace of usable) parts.push(await partOf(trace, form, size, pause));
  const sets = traces[0]?.costs.length ?? 0;
  for (let set = 0; set < sets; set++) capWeights(parts, set);
  return {
    windows: parts.reduce((sum, { taken }) => sum + taken.reduce((all, one) => all + one, 0), 0),
    equations: (reference) => weighed({ parts, sets, form, size, pause }, reference),
  };
}

/** Windows and how they are summed. */
interface Pool {
  readonly parts: readonly Part[];
  readonly sets: number;
  readonly form: LinearForm;
  readonly size: number;
  readonly pause: Pause;
}

async function partOf(trace: Trace, form: LinearForm, size: number, pause: Pause): Promise<Part> {
  const { context, reach, stride } = form;
  const span = context + reach;
  const values = centred(padded(trace.values, span), form.subtract);
  const middle = (trace.values[trace.values.length - 1] as number) - (values[values.length - 1] as number);
  const count = values.length - span + 1;
  const levels = new Float64Array(count);
  const scales = new Float64Array(count);
  const own = trace.costs.map(() => new Float64Array(count));
  const taken = new Uint8Array(count);
  const single = new Uint8Array(count);
  const windows = Math.ceil(count / stride);
  const few = form.intercept || windows * singleCost(context, reach) < togetherCost(count, context, reach, size);
  const rest = (count - 1) % stride;
  for (let n = 0; n < windows; n++) {
    if (n % UNHEARD === 0) await pause();
    const k = rest + n * stride;
    const [level, scale] = levelAndScale(values, k, form, trace);
    taken[k] = 1;
    levels[k] = level;
    scales[k] = scale;
    for (const [set, cost] of trace.costs.entries())
      (own[set] as Float64Array)[k] = cost === null ? 1 : ownWeight(values, k, context, scale, middle, trace.log, cost);
    single[k] = few || isClipped(values, k, form, level, scale) ? 1 : 0;
  }
  return { trace, values, count, levels, scales, taken, own, single };
}

/** Multiply-adds of a window that is summed by itself. */
function singleCost(context: number, reach: number): number {
  return context * (context / 2 + reach);
}

function togetherCost(count: number, context: number, reach: number, size: number): number {
  return Math.ceil(count / windowsTogether(context, size)) * transformCost(context + reach, size);
}

/** Multiply-adds of one sum over the windows of a row of `rows` values, whichever way is cheaper. */
export function sweepCost(
  rows: number,
  { context, reach, stride, intercept }: Pick<LinearForm, 'context' | 'reach' | 'stride' | 'intercept'>,
): number {
  const single = (rows / stride) * singleCost(context, reach);
  return intercept ? single : Math.min(single, togetherCost(rows, context, reach, transformSize(context, rows)));
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
  log: boolean,
  { perLevel, fixed }: Cost,
): number {
  let sum = 0;
  for (let i = 0; i < context; i++) sum += values[start + i] as number;
  const mean = sum / context + middle;
  const level = log ? Math.exp(mean) : Math.abs(mean);
  const unit = log ? level * scale : scale;
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
function capWeights(parts: readonly Part[], set: number): void {
  if (parts.every(({ trace }) => trace.costs[set] === null)) return;
  const middle = median(joined(parts.map(({ own }) => (own[set] as Float64Array).filter((w) => w > 0)))) || 1;
  for (const { own } of parts) {
    const weights = own[set] as Float64Array;
    for (let k = 0; k < weights.length; k++) weights[k] = Math.min((weights[k] as number) / middle, MOST_WEIGHT);
  }
}

export function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** Of very many windows the passes before the last look at some: what the windows weigh in the end is told from all of them. */
async function weighed(all: Pool, reference: Reference): Promise<Equations[]> {
  const passes = all.form.absolute ? all.form.passes : 0;
  const some = passes > 0 ? thinned(all) : all;
  let found = await equationsOf(
    some,
    some.parts.map(({ own }) => own),
  );
  for (let pass = 1; pass <= passes; pass++) {
    const seen = pass < passes ? some : all;
    const bySet: (readonly Float64Array[])[] = [];
    for (const [set, equations] of found.entries())
      bySet.push(reweighted(seen, await residuals(seen, reference(equations, set)), set));
    found = await equationsOf(
      seen,
      seen.parts.map((_, p) => bySet.map((weights) => weights[p] as Float64Array)),
    );
  }
  return found;
}

/** Every k-th of the blocks that are transformed together, rows that are shorter as one, so that about ENOUGH windows remain. */
function thinned(pool: Pool): Pool {
  const { parts, form, size } = pool;
  const every = Math.floor(parts.reduce((sum, { count }) => sum + count, 0) / form.stride / ENOUGH);
  if (every < 2) return pool;
  const length = windowsTogether(form.context, size);
  let blocks = 0;
  const left = parts.flatMap((part) => {
    const first = blocks;
    blocks += Math.ceil(part.count / length);
    const within = (_: unknown, k: number): boolean => (first + Math.floor(k / length)) % every === 0;
    const taken = part.taken.map((one, k) => (within(one, k) ? one : 0));
    if (!taken.includes(1)) return [];
    return [{ ...part, taken, own: part.own.map((row) => row.map((w, k) => (within(w, k) ? w : 0))) }];
  });
  return { ...pool, parts: left };
}

/** w0 / max(r, 0.02 · median r), with mean 1: least squares with them is least absolute deviations where r stays. */
function reweighted({ parts }: Pool, found: readonly Float64Array[], set: number): Float64Array[] {
  const all = joined(found.map((r, p) => r.filter((_, k) => parts[p]?.taken[k] === 1)));
  const least = LEAST_RESIDUAL * median(all);
  let sum = 0;
  const weights = found.map((r, p) =>
    ((parts[p] as Part).own[set] as Float64Array).map((own, k) => {
      const size = Math.max(r[k] as number, least);
      const weight = size > 0 ? own / size : own;
      sum += weight;
      return weight;
    }),
  );
  const scale = sum > 0 ? all.length / sum : 1;
  return weights.map((own) => own.map((w) => w * scale));
}

/** The weights of the last `own` rows of a window, 0 for the rows before them; a relative penalty is a multiple of the mean diagonal. */
export function weightsOf(
  { gram, products, means }: Equations,
  { context, reach }: LinearForm,
  own: number,
  penalty: number,
  relative: boolean,
): LinearWeights {
  const skipped = context - own;
  const corner = skipped === 0 ? gram : cornerOf(gram, context, own);
  const lambda = relative ? penalty * meanDiagonal(corner, own) : penalty;
  const beta = new Float64Array(context * reach);
  const found = beta.subarray(skipped * reach);
  found.set(ridge(corner, products.subarray(skipped * reach), own, reach, lambda));
  const intercept = new Float64Array(reach);
  for (let h = 0; means !== null && h < reach; h++) {
    let sum = means.r[h] as number;
    for (let i = 0; i < own; i++) sum -= (means.x[skipped + i] as number) * (found[i * reach + h] as number);
    intercept[h] = sum;
  }
  return { beta, intercept };
}

/** The last `own` rows and columns. */
function cornerOf(gram: Float64Array, context: number, own: number): Float64Array {
  const corner = new Float64Array(own * own);
  for (let i = 0; i < own; i++) {
    const end = (context - own + i + 1) * context;
    corner.set(gram.subarray(end - own, end), i * own);
  }
  return corner;
}

async function equationsOf(pool: Pool, weights: readonly (readonly Float64Array[])[]): Promise<Equations[]> {
  const { parts, sets, form, size, pause } = pool;
  const { context, reach } = form;
  const span = context + reach;
  const sliding: Sliding[] = [];
  for (const [p, { values, scales, single, taken }] of parts.entries()) {
    if (!taken.some((one, k) => one === 1 && single[k] === 0)) continue;
    const omega = (row: Float64Array): Float64Array =>
      row.map((w, k) => (single[k] === 1 || w === 0 ? 0 : w / ((scales[k] as number) * (scales[k] as number))));
    sliding.push({ values, weights: (weights[p] as readonly Float64Array[]).map(omega) });
  }
  const moments = sliding.length > 0 ? await slidingMoments(sliding, sets, context, span, size, pause) : [];
  const found: Equations[] = [];
  for (let set = 0; set < sets; set++) {
    const gram = new Float64Array(context * context);
    const products = new Float64Array(context * reach);
    if (sliding.length > 0) spread(moments[set] as Float64Array, form, gram, products);
    const own = weights.map((rows) => rows[set] as Float64Array);
    await addSingles(pool, own, gram, products);
    found.push({ gram, products, means: form.intercept ? await withoutMeans(pool, own, gram, products) : null });
  }
  return found;
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

function inputsOf({ values, levels, scales }: Part, k: number, form: LinearForm, x: Float64Array): void {
  const level = levels[k] as number;
  const scale = scales[k] as number;
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  for (let i = 0; i < form.context; i++) x[i] = bounded(((values[k + i] as number) - level) / scale, clip);
}

function targetsOf({ values, scales }: Part, k: number, form: LinearForm, r: Float64Array): void {
  const scale = scales[k] as number;
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  for (let h = 0; h < form.reach; h++) {
    const base = baseAt(form, h);
    const from = base < 0 ? 0 : (values[k + base] as number);
    r[h] = bounded(((values[k + form.context + h] as number) - from) / scale, clip);
  }
}

export function bounded(value: number, most: number): number {
  return value > most ? most : value < -most ? -most : value;
}

/** Σ w x [x r]ᵀ of the windows that are summed one by one, a panel of them at a time. */
async function addSingles(
  { parts, form, pause }: Pool,
  weights: readonly Float64Array[],
  gram: Float64Array,
  products: Float64Array,
): Promise<void> {
  const { context, reach } = form;
  const sums = outerSums(context, context + reach);
  for (const [p, part] of parts.entries()) {
    const own = weights[p] as Float64Array;
    for (let k = 0; k < part.count; k++) {
      if (k % UNHEARD === 0) await pause();
      if (part.single[k] !== 1 || own[k] === 0) continue;
      const row = sums.next(own[k] as number);
      inputsOf(part, k, form, row);
      targetsOf(part, k, form, row.subarray(context));
    }
  }
  const found = sums.found();
  if (found === null) return;
  for (let i = 0; i < context; i++) {
    const row = i * (context + reach);
    for (let j = i; j < context; j++) (gram[i * context + j] as number) += found[row + j] as number;
    for (let h = 0; h < reach; h++) (products[i * reach + h] as number) += found[row + context + h] as number;
  }
}

/** Takes the weighted means of inputs and targets out of the sums: what an intercept that is not penalised amounts to. */
async function withoutMeans(
  { parts, form, pause }: Pool,
  weights: readonly Float64Array[],
  gram: Float64Array,
  products: Float64Array,
): Promise<{ x: Float64Array; r: Float64Array }> {
  const { context, reach } = form;
  const x = new Float64Array(context);
  const r = new Float64Array(reach);
  const sumX = new Float64Array(context);
  const sumR = new Float64Array(reach);
  let total = 0;
  for (const [p, part] of parts.entries()) {
    for (let k = 0; k < part.count; k++) {
      if (k % UNHEARD === 0) await pause();
      const weight = (weights[p] as Float64Array)[k] as number;
      if (weight === 0) continue;
      inputsOf(part, k, form, x);
      targetsOf(part, k, form, r);
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
async function residuals({ parts, form, size, pause }: Pool, weights: LinearWeights): Promise<Float64Array[]> {
  const { context, reach } = form;
  const columns = slidingWeights(weights.beta, context, reach, size);
  const sums = new Float64Array(reach);
  for (let i = 0; i < context; i++)
    for (let h = 0; h < reach; h++) (sums[h] as number) += weights.beta[i * reach + h] as number;
  const x = new Float64Array(context);
  const r = new Float64Array(reach);
  const one = new Float64Array(reach);
  const all: Float64Array[] = [];
  for (const part of parts) {
    const { count, taken, single, levels, scales } = part;
    const found = new Float64Array(count);
    const together = taken.some((own, k) => own === 1 && single[k] === 0);
    const products = new Float64Array(together ? count * reach : 0);
    if (together) await slidingProducts(part.values, count, columns, products, pause);
    for (let k = 0; k < count; k++) {
      if (k % UNHEARD === 0) await pause();
      if (taken[k] === 0) continue;
      targetsOf(part, k, form, r);
      if (single[k] === 0)
        slid(products, k * reach, levels[k] as number, scales[k] as number, sums, weights.intercept, one);
      else {
        inputsOf(part, k, form, x);
        product(x, weights, context, reach, one);
      }
      let sum = 0;
      for (let h = 0; h < reach; h++) sum += Math.abs((r[h] as number) - (one[h] as number));
      found[k] = sum / reach;
    }
    all.push(found);
  }
  return all;
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
