// The settings of the linear model that are not written: context, penalty and what errors count, judged on the newest windows.
// In: traces and what is written. Out: the weights of the best settings, fitted on everything known. Not here: the fit itself.

import { ForecastError } from '../core/errors.ts';
import {
  baseAt,
  bounded,
  CLIP,
  type Cost,
  type LinearForm,
  type LinearWeights,
  leastRows,
  levelAndScale,
  type Pause,
  padded,
  prepare,
  product,
  type Trace,
} from './linear-fit.ts';
import type { LinearTrace } from './linear-trace.ts';

type Weigh = 'equal' | 'owa';

/** What is written, and what is to be chosen. */
export interface LinearGrid extends Omit<LinearForm, 'context'> {
  readonly season: number;
  readonly context: 'auto' | number;
  readonly ridge: 'auto' | number | { readonly absolute: number };
  readonly weigh: Weigh | 'auto';
}

export interface LinearChoice {
  readonly form: LinearForm;
  readonly weights: LinearWeights;
  readonly ridge: number;
  readonly weigh: Weigh;
  readonly windows: number;
}

const PENALTIES = [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3];
const REWEIGHTED_WITH = 1e-3; // the penalty whose residuals weigh the windows while penalties are compared
const SEASONS = [1.5, 2, 3, 5];
const WITHOUT_SEASON = [8, 16, 32, 64, 128, 256];
const ORIGINS = 4; // of each series at least
const COMPARED = 100_000; // rows that are enough to compare contexts by
const JUDGED = 400; // windows over all series that are enough to judge by

interface Setting {
  readonly context: number;
  readonly penalty: number;
  readonly weigh: Weigh;
}

/** Errors: E_DATA_TOO_SHORT where no window fits. */
export async function chooseLinear(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  pause: Pause,
): Promise<LinearChoice> {
  const contexts = contextsOf(traces, grid);
  const weighs: readonly Weigh[] = !grid.absolute ? ['equal'] : grid.weigh === 'auto' ? ['equal', 'owa'] : [grid.weigh];
  const penalties =
    grid.ridge === 'auto' ? PENALTIES : [typeof grid.ridge === 'number' ? grid.ridge : grid.ridge.absolute];
  const only = contexts.length * weighs.length * penalties.length === 1;
  const { context, penalty, weigh } = only
    ? { context: contexts[0] as number, penalty: penalties[0] as number, weigh: weighs[0] as Weigh }
    : await best(traces, grid, contexts, penalties, weighs, pause);
  const form = formOf(grid, context);
  const known = traces.map((trace) => upTo(trace, trace.known));
  const prepared = prepare(costed(known, form, weigh), form);
  const [weights] = await prepared.solve([penalty], penalty, typeof grid.ridge !== 'object', pause);
  return { form, weights: weights as LinearWeights, ridge: penalty, weigh, windows: prepared.windows };
}

function formOf(
  { reach, subtract, windowScale, base, intercept, absolute, passes, stride }: LinearGrid,
  context: number,
): LinearForm {
  return { context, reach, subtract, windowScale, base, intercept, absolute, passes, stride };
}

/** A trace as if its rows from `until` on were not known. */
function upTo(trace: LinearTrace, until: number): LinearTrace {
  if (until === trace.values.length) return trace;
  return {
    ...trace,
    values: trace.values.subarray(0, until),
    raw: trace.raw.subarray(0, until),
    known: Math.min(trace.known, until),
  };
}

/** Contexts worth trying: those that leave twice as many windows as weights, and the length of most series. */
function contextsOf(traces: readonly LinearTrace[], grid: LinearGrid): number[] {
  const lengths = traces.map(({ known }) => known).sort((a, b) => a - b);
  const longest = lengths.at(-1) as number;
  if (longest < grid.reach + 1) throw tooShort(longest, grid.reach);
  if (grid.context !== 'auto') {
    if (longest < leastRows(formOf(grid, grid.context))) throw tooShort(longest, grid.reach);
    return [grid.context];
  }
  const middle = lengths[lengths.length >> 1] as number;
  const windows = (context: number): number =>
    lengths.reduce(
      (sum, length) =>
        sum + (length >= grid.reach + Math.min(context, 20) ? Math.max(1, length - context - grid.reach + 1) : 0),
      0,
    );
  const wanted = grid.season >= 2 ? SEASONS.map((seasons) => Math.ceil(seasons * grid.season)) : WITHOUT_SEASON;
  const fitting = wanted.filter(
    (context) => context >= grid.base && context + grid.reach <= middle && windows(context) >= 2 * context,
  );
  if (fitting.length > 0) return fitting;
  return [Math.max(1, grid.base, Math.floor((middle - grid.reach) / 3))];
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

/** What errors cost, so that they count as in half the sMAPE and half the MASE of the last value (or season) repeated. */
function costed(traces: readonly LinearTrace[], form: LinearForm, weigh: Weigh): Trace[] {
  if (weigh === 'equal') return traces.map((trace) => ({ ...trace, cost: null }));
  const { percent, scaled } = naiveErrors(traces, form);
  return traces.map((trace) => {
    const cost: Cost = { perLevel: 100 / percent, fixed: trace.naive > 0 ? 1 / (trace.naive * scaled) : 0 };
    return { ...trace, cost };
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

function holdOut(traces: readonly LinearTrace[], reach: number): Held[] {
  const each = Math.max(ORIGINS, Math.ceil(JUDGED / traces.length));
  return traces.map((trace) => {
    const { length } = trace.values;
    if (trace.known < length) return { trace, until: trace.known, cutoffs: evenly(trace.known, length - reach, each) };
    const wide = Math.max(Math.ceil(2.5 * reach), traces.length < JUDGED / ORIGINS ? Math.floor(length / 5) : 0);
    const rows = Math.min(wide, Math.floor(length / 2));
    return { trace, until: length - rows, cutoffs: evenly(length - rows, length - reach, each) };
  });
}

/**
 * The settings with the least error. Where there are very many rows, context and weighing are compared on every k-th series alone, the
 * penalty then on all of them: it depends on how much there is to learn from.
 */
async function best(
  traces: readonly LinearTrace[],
  grid: LinearGrid,
  contexts: readonly number[],
  penalties: readonly number[],
  weighs: readonly Weigh[],
  pause: Pause,
): Promise<Setting> {
  const held = holdOut(traces, grid.reach);
  const every = Math.ceil(traces.reduce((sum, { known }) => sum + known, 0) / COMPARED);
  if (every === 1 || contexts.length * weighs.length === 1)
    return compare(held, held, grid, contexts, penalties, weighs, grid.passes, pause);
  const some = held.filter((_, k) => k % every === 0);
  const { context, weigh } = await compare(
    some,
    held,
    grid,
    contexts,
    penalties,
    weighs,
    Math.min(2, grid.passes),
    pause,
  );
  return compare(held, held, grid, [context], penalties, [weigh], grid.passes, pause);
}

async function compare(
  learned: readonly Held[],
  held: readonly Held[],
  grid: LinearGrid,
  contexts: readonly number[],
  penalties: readonly number[],
  weighs: readonly Weigh[],
  passes: number,
  pause: Pause,
): Promise<Setting> {
  const past = learned.map(({ trace, until }) => upTo(trace, until));
  const relative = typeof grid.ridge !== 'object';
  const first = penalties.length === 1 ? (penalties[0] as number) : REWEIGHTED_WITH;
  let chosen: Setting = { context: contexts[0] as number, penalty: relative ? 0.1 : first, weigh: weighs[0] as Weigh };
  let least = Number.POSITIVE_INFINITY;
  for (const context of contexts) {
    const form = { ...formOf(grid, context), passes };
    if (!past.some(({ values }) => values.length >= leastRows(form))) continue;
    const { percent, scaled } = naiveErrors(past, form);
    for (const weigh of weighs) {
      await pause();
      const found = await prepare(costed(past, form, weigh), form).solve(penalties, first, relative, pause);
      for (const [k, weights] of found.entries()) {
        const errors = errorsOf(held, form, weights);
        const error = grid.absolute ? errors.percent / percent + errors.scaled / scaled : errors.squares;
        if (!(error < least)) continue;
        least = error;
        chosen = { context, penalty: penalties[k] as number, weigh };
      }
    }
  }
  return chosen;
}

/** Mean errors over all judged windows. */
function errorsOf(held: readonly Held[], form: LinearForm, weights: LinearWeights): WindowErrors {
  const x = new Float64Array(form.context);
  const changes = new Float64Array(form.reach);
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  const total = { percent: 0, scaled: 0, squares: 0 };
  let counted = 0;
  for (const { trace, cutoffs } of held) {
    for (const cutoff of cutoffs) {
      const window = padded(trace.values.subarray(Math.max(0, cutoff - form.context), cutoff), form.context);
      const [level, scale] = levelAndScale(window, 0, form, trace);
      for (let i = 0; i < form.context; i++) x[i] = bounded(((window[i] as number) - level) / scale, clip);
      product(x, weights, form.context, form.reach, changes);
      const errors = judge(trace, cutoff, form, (h) => bounded(changes[h] as number, clip) * scale);
      total.percent += errors.percent;
      total.scaled += errors.scaled;
      total.squares += errors.squares;
      counted++;
    }
  }
  const count = Math.max(counted, 1);
  return { percent: total.percent / count, scaled: total.scaled / count, squares: total.squares / count };
}
