// The settings of the linear model that are not written: context, penalty and what errors count, judged on the newest windows.
// In: traces and what is written. Out: the mean of the weights of all good settings, fitted on everything known. Not here: the fit itself.

import { ForecastError } from '../core/errors.ts';
import type { Pause } from '../core/turn.ts';
import {
  baseAt,
  bounded,
  CLIP,
  type Cost,
  type Equations,
  type LinearForm,
  type LinearWeights,
  leastRows,
  levelAndScale,
  padded,
  prepare,
  product,
  type Trace,
  weightsOf,
} from './linear-fit.ts';
import type { LinearTrace } from './linear-trace.ts';

type Weigh = 'equal' | 'owa';

/** What is written, and what is to be chosen. */
export interface LinearGrid extends Omit<LinearForm, 'context'> {
  readonly season: number;
  /** Of several the mean. */
  readonly context: 'auto' | readonly number[];
  readonly ridge: 'auto' | readonly number[] | { readonly absolute: number };
  readonly weigh: Weigh | 'auto';
}

export interface LinearChoice {
  /** What is forecast is their mean. */
  readonly models: readonly LinearModel[];
  readonly settings: readonly Setting[];
}

export interface LinearModel {
  readonly form: LinearForm;
  /** The mean over what is written of its settings, of each the mean over those that are good. */
  readonly weights: LinearWeights;
  readonly windows: number;
}

export interface Setting {
  readonly context: number;
  readonly ridge: number;
  readonly weigh: Weigh;
}

/** Tried where none is written. */
export const PENALTIES: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3];
const REWEIGHTED_WITH = 1e-3; // the penalty whose residuals weigh the windows while penalties are compared
const UNJUDGED = 0.1; // the penalty where nothing can be judged
const SEASONS = [1.5, 2, 3, 4, 5, 6];
const WITHOUT_SEASON = [8, 16, 32, 64, 128, 256];
const ORIGINS = 4; // of each series at least
const SHARED = 3; // times fewer windows than the shortest context has are too few for all
const JUDGED = 400; // windows over all series that are enough to judge by
const TOLERANCE = 0.01; // above the least error: what the newest windows cannot tell apart

/** Errors: E_DATA_TOO_SHORT where no window fits. */
export async function chooseLinear(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  pause: Pause,
): Promise<LinearChoice> {
  const all = settingsOf(traces, grid);
  const rivals = grouped(all, (one) => written(grid, one));
  const settings = rivals.length === all.length ? all : await goodOnes(traces, grid, all, rivals, pause);
  const known = traces.map((trace) => upTo(trace, trace.known));
  const models: LinearModel[] = [];
  // Contexts that are written learn from all their own windows.
  for (const own of grouped(settings, ({ context }) => (grid.context === 'auto' ? '' : `${context}`))) {
    const { form, found, windows } = await solved(known, grid, own, pause);
    const alike = grouped(own, (one) => written(grid, one)); // a penalty that is written counts once, however many of its settings are good
    const each = alike.map((some) => mean(some.map((one) => found[own.indexOf(one)] as LinearWeights)));
    models.push({ form, weights: mean(each), windows });
  }
  return { models, settings };
}

/** What is written of a setting: settings that have it in common are rivals, of which the good ones remain. */
function written({ context, ridge, weigh }: LinearGrid, own: Setting): string {
  return [
    context === 'auto' ? '' : own.context,
    ridge === 'auto' ? '' : own.ridge,
    weigh === 'auto' ? '' : own.weigh,
  ].join();
}

function grouped(settings: readonly Setting[], key: (one: Setting) => string): Setting[][] {
  return [...new Set(settings.map(key))].map((own) => settings.filter((one) => key(one) === own));
}

/** Everything that is not written, in all combinations. */
function settingsOf(traces: readonly LinearTrace[], grid: LinearGrid): Setting[] {
  const { absolute, weigh, ridge } = grid;
  const contexts = contextsOf(traces, grid);
  const weighs: readonly Weigh[] = !absolute ? ['equal'] : weigh === 'auto' ? ['equal', 'owa'] : [weigh];
  const penalties = ridge === 'auto' ? PENALTIES : 'absolute' in ridge ? [ridge.absolute] : ridge;
  return weighs.flatMap((weigh) =>
    contexts.flatMap((context) => penalties.map((ridge) => ({ context, ridge, weigh }))),
  );
}

/**
 * The settings whose errors over the newest windows are close to the least of their rivals. What these windows cannot tell apart is better
 * averaged than picked from: the mean of linear models is one again, and not worse than they are on average.
 */
async function goodOnes(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  settings: readonly Setting[],
  rivals: readonly Setting[][],
  pause: Pause,
): Promise<Setting[]> {
  const errors = await judged(traces, grid, settings, pause);
  const errorOf = (one: Setting): number => errors.get(one) ?? Number.POSITIVE_INFINITY;
  return rivals.flatMap((own) => {
    const able = own.filter((one) => errors.has(one));
    if (able.length === 0) return [unjudged(grid, own)];
    const least = able.reduce((least, one) => Math.min(least, errorOf(one)), Number.POSITIVE_INFINITY);
    return able.filter((one) => !(errorOf(one) > (1 + TOLERANCE) * least));
  });
}

/** The errors of the settings over the newest windows; none of those whose context leaves too few rows to learn from. */
async function judged(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  settings: readonly Setting[],
  pause: Pause,
): Promise<ReadonlyMap<Setting, number>> {
  const shortest = settings.reduce((least, { context }) => Math.min(least, context), Number.POSITIVE_INFINITY);
  const held = holdOut(traces, leastRows(formOf(grid, shortest)), grid.reach);
  const past = held.map(({ trace, until }) => upTo(trace, until));
  const rows = past.reduce((most, { values }) => Math.max(most, values.length), 0);
  const able = settings.filter(({ context }) => rows >= leastRows(formOf(grid, context)));
  if (able.length === 0 || held.every(({ cutoffs }) => cutoffs.length === 0)) return new Map();
  const { form, found } = await solved(past, grid, able, pause);
  const errors = await errorsOf(held, naiveErrors(past, form), form, found, pause);
  return new Map(able.map((one, k) => [one, errors[k] as number]));
}

function unjudged({ ridge }: LinearGrid, settings: readonly Setting[]): Setting {
  const first = settings[0] as Setting;
  return ridge === 'auto' ? { ...first, ridge: UNJUDGED } : first;
}

function mean(found: readonly LinearWeights[]): LinearWeights {
  const first = found[0] as LinearWeights;
  const of = (pick: (weights: LinearWeights) => Float64Array): Float64Array =>
    pick(first).map((_, i) => found.reduce((sum, weights) => sum + (pick(weights)[i] as number), 0) / found.length);
  return { beta: of(({ beta }) => beta), intercept: of(({ intercept }) => intercept) };
}

/**
 * The weights of each setting, all from windows of the longest context: what a shorter one has to solve is a corner of it. While windows
 * are weighed they are those of one setting.
 */
async function solved(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  settings: readonly Setting[],
  pause: Pause,
): Promise<{ form: LinearForm; found: LinearWeights[]; windows: number }> {
  const form = formOf(
    grid,
    settings.reduce((most, { context }) => Math.max(most, context), 0),
  );
  const weighs = [...new Set(settings.map(({ weigh }) => weigh))];
  const relative = grid.ridge === 'auto' || !('absolute' in grid.ridge);
  const prepared = await prepare(costed(traces, form, weighs), form, pause);
  const weights = (equations: Equations, { context, ridge }: Setting): LinearWeights =>
    weightsOf(equations, form, context, ridge, relative);
  const equations = await prepared.equations((equations, set) =>
    weights(equations, referenceOf(settings, weighs[set] as Weigh)),
  );
  const found: LinearWeights[] = [];
  for (const setting of settings) {
    await pause();
    found.push(weights(equations[weighs.indexOf(setting.weigh)] as Equations, setting));
  }
  return { form, found, windows: prepared.windows };
}

/** The setting whose errors weigh the windows: of the longest contexts the one with the penalty nearest to REWEIGHTED_WITH. */
function referenceOf(settings: readonly Setting[], weigh: Weigh): Setting {
  const distance = ({ ridge }: Setting): number => Math.abs(Math.log((ridge + 1e-12) / REWEIGHTED_WITH));
  const own = settings.filter((one) => one.weigh === weigh);
  return own.reduce((best, one) =>
    one.context > best.context || (one.context === best.context && distance(one) < distance(best)) ? one : best,
  );
}

function formOf(
  { reach, subtract, windowScale, base, intercept, absolute, passes, stride }: LinearGrid,
  context: number,
): LinearForm {
  return { context, reach, subtract, windowScale, base, intercept, absolute, passes, stride };
}

/** A trace as if its rows from `until` on were not known. */
export function upTo(trace: LinearTrace, until: number): LinearTrace {
  if (until === trace.values.length) return trace;
  return {
    ...trace,
    values: trace.values.subarray(0, until),
    raw: trace.raw.subarray(0, until),
    known: Math.min(trace.known, until),
  };
}

export function contextsOf(traces: readonly LinearTrace[], grid: LinearGrid): readonly number[] {
  const lengths = traces.map(({ known }) => known);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest < grid.reach + 1) throw tooShort(longest, grid.reach);
  if (grid.context === 'auto') return contextsTried(lengths, grid);
  for (const context of grid.context)
    if (longest < leastRows(formOf(grid, context))) throw tooShort(longest, grid.reach);
  return grid.context;
}

/**
 * Contexts worth trying for series of such lengths where none is written: those that leave twice as many windows as weights, and the length
 * of most series; all learn from the windows of the longest one, which must not be much fewer than the shortest has.
 */
export function contextsTried(
  lengths: readonly number[],
  { season, reach, base }: Pick<LinearGrid, 'season' | 'reach' | 'base'>,
): number[] {
  const middle = [...lengths].sort((a, b) => a - b)[lengths.length >> 1] as number;
  const windows = (context: number): number =>
    lengths.reduce(
      (sum, length) => sum + (length >= reach + Math.min(context, 20) ? Math.max(1, length - context - reach + 1) : 0),
      0,
    );
  const wanted = season >= 2 ? SEASONS.map((seasons) => Math.ceil(seasons * season)) : WITHOUT_SEASON;
  const fitting = wanted.filter(
    (context) => context >= base && context + reach <= middle && windows(context) >= 2 * context,
  );
  if (fitting.length === 0) return [Math.max(1, base, Math.floor((middle - reach) / 3))];
  const enough = windows(fitting[0] as number) / SHARED;
  return fitting.filter((context) => windows(context) >= enough);
}

function tooShort(rows: number, reach: number): ForecastError {
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `linear needs more than ${reach} rows to learn ${reach} steps from, ${rows} are known`,
    {
      hint: 'a shorter window.horizon, a longer training part, or last-value',
    },
  );
}

/** What errors cost where they count as in half the sMAPE and half the MASE of the last value (or season) repeated. */
function costed(traces: readonly LinearTrace[], form: LinearForm, weighs: readonly Weigh[]): Trace[] {
  const { percent, scaled } = weighs.includes('owa') ? naiveErrors(traces, form) : { percent: 1, scaled: 1 };
  return traces.map((trace) => {
    const owa: Cost = { perLevel: 100 / percent, fixed: trace.naive > 0 ? 1 / (trace.naive * scaled) : 0 };
    return { ...trace, costs: weighs.map((weigh) => (weigh === 'owa' ? owa : null)) };
  });
}

/** sMAPE and MASE of repeating the base, over windows spread evenly; 1 where they are 0. */
function naiveErrors(traces: readonly LinearTrace[], form: LinearForm): { percent: number; scaled: number } {
  let percent = 0;
  let scaled = 0;
  let counted = 0;
  for (const trace of traces) {
    const { raw } = trace;
    for (const cutoff of evenly(form.base + 1, raw.length - form.reach, 20)) {
      const error = judge(trace, cutoff, form, null);
      percent += error.percent;
      scaled += error.scaled;
      counted++;
    }
  }
  return { percent: percent > 0 ? percent / counted : 1, scaled: scaled > 0 ? scaled / counted : 1 };
}

/** At most `count` whole numbers from first to last, the last among them. */
function evenly(first: number, last: number, count: number): number[] {
  if (last < first) return [];
  const many = Math.min(count, last - first + 1);
  return Array.from({ length: many }, (_, k) =>
    many === 1 ? last : first + Math.floor(((last - first) * k) / (many - 1)),
  );
}

interface WindowErrors {
  percent: number;
  scaled: number;
  squares: number;
}

/** The errors of a window's forecast, or of its base where `change` is null, means over its steps. */
function judge(
  trace: LinearTrace,
  cutoff: number,
  form: LinearForm,
  change: ((h: number) => number) | null,
): WindowErrors {
  const { raw } = trace;
  const unit = trace.naive > 0 ? trace.naive : 1;
  const own = form.windowScale ? unit : trace.unit;
  let percent = 0;
  let scaled = 0;
  let squares = 0;
  for (let h = 0; h < form.reach; h++) {
    const actual = raw[cutoff + h] as number;
    const at = baseAt(form, h);
    const from = change === null && at < 0 ? cutoff - 1 : Math.max(0, cutoff - form.context + at);
    const forecast = trace.moved(
      at < 0 && change !== null ? null : (raw[from] as number),
      change === null ? 0 : change(h),
    );
    const error = Math.abs(actual - forecast);
    const size = Math.abs(actual) + Math.abs(forecast);
    percent += size > 0 ? (200 * error) / size : 0;
    scaled += error / unit;
    squares += (error / own) * (error / own);
  }
  return { percent: percent / form.reach, scaled: scaled / form.reach, squares: squares / form.reach };
}

/** The judged cutoffs of each trace, and the rows each is fitted on meanwhile. */
interface Held {
  readonly trace: LinearTrace;
  readonly until: number;
  readonly cutoffs: readonly number[];
}

/** The newest rows of each trace, fewer where the rows before them would be too few to learn from. */
function holdOut(traces: readonly LinearTrace[], least: number, reach: number): Held[] {
  const each = Math.max(ORIGINS, Math.ceil(JUDGED / traces.length));
  return traces.map((trace) => {
    const { length } = trace.values;
    if (trace.known < length) return { trace, until: trace.known, cutoffs: evenly(trace.known, length - reach, each) };
    const wide = Math.max(Math.ceil(2.5 * reach), traces.length < JUDGED / ORIGINS ? Math.floor(length / 5) : 0);
    const rows = Math.min(wide, Math.floor(length / 2), Math.max(reach, length - least));
    return { trace, until: length - rows, cutoffs: evenly(length - rows, length - reach, each) };
  });
}

/** The mean error of each of some weights over all judged windows: its sMAPE and MASE beside the base's, or squares. */
async function errorsOf(
  held: readonly Held[],
  naive: { readonly percent: number; readonly scaled: number },
  form: LinearForm,
  found: readonly LinearWeights[],
  pause: Pause,
): Promise<number[]> {
  const x = new Float64Array(form.context);
  const changes = new Float64Array(form.reach);
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  const totals = found.map(() => 0);
  for (const { trace, cutoffs } of held) {
    for (const cutoff of cutoffs) {
      await pause();
      const window = padded(trace.values.subarray(Math.max(0, cutoff - form.context), cutoff), form.context);
      const [level, scale] = levelAndScale(window, 0, form, trace);
      for (let i = 0; i < form.context; i++) x[i] = bounded(((window[i] as number) - level) / scale, clip);
      for (const [k, weights] of found.entries()) {
        product(x, weights, form.context, form.reach, changes);
        const { percent, scaled, squares } = judge(
          trace,
          cutoff,
          form,
          (h) => bounded(changes[h] as number, clip) * scale,
        );
        (totals[k] as number) += form.absolute ? percent / naive.percent + scaled / naive.scaled : squares;
      }
    }
  }
  return totals;
}
