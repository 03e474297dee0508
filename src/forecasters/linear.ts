// The robust global linear model: the last values of a series, normalised by themselves, times weights that all series share.
// In: one series or a panel. Out: all steps at once from a closed form. Not here: the fit (linear-fit.ts), the choice of its settings.

import * as z from 'zod';
import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, ForecastRequest } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import { wholeSeasons } from '../core/season.ts';
import { pause } from '../core/turn.ts';
import type { ForecasterContext, NumberForecasterKind } from './forecaster.ts';
import { checkAhead, checkPositive } from './from-fit.ts';
import { checkCutoffs } from './from-past.ts';
import { type AheadWeights, effectOf, learnAhead } from './linear-ahead.ts';
import { chooseLinear, type LinearChoice, type LinearGrid, type LinearModel } from './linear-choice.ts';
import { baseAt, bounded, CLIP, levelAndScale, padded, product } from './linear-fit.ts';
import { type LinearTrace, linearTrace, without } from './linear-trace.ts';

export interface LinearOptions {
  readonly context: 'auto' | number | readonly number[];
  readonly ridge: 'auto' | number | readonly number[] | { readonly absolute: number };
  readonly season?: number | readonly number[] | undefined;
  readonly log: 'auto' | boolean;
  readonly subtract: 'last' | 'none';
  readonly scale: 'window' | 'series' | 'none';
  readonly base: 'last' | 'season';
  readonly intercept: boolean;
  readonly loss: 'absolute' | 'squares';
  readonly passes: number;
  readonly weigh: 'equal' | 'owa' | 'auto';
  readonly stride: number;
  readonly choose: 'newest' | 'validation';
}

const KIND = 'linear';
const TOGETHER = 256; // cutoffs forecast between two looks at the signal
const rows = z.number().int().min(1);
const penalty = z.number().min(0);

/**
 * The linear model that the one-layer networks of Zeng and others (Are Transformers Effective for Time Series Forecasting?, AAAI 2023)
 * are trained towards, solved instead by normal equations and, for absolute errors, by reweighting (Schlossmacher, Journal of the American
 * Statistical Association 68, 1973). Windows of all targets of all series are pooled. What columns known in advance do to a target is taken
 * from it before, and given to the steps that are forecast. Errors: E_DATA_TOO_SHORT where no window fits,
 * E_DATA_RANGE for the logarithm of 0 or less, E_CONFIG_CONFLICT where the context is shorter than the season told from.
 */
export const linear: NumberForecasterKind<LinearOptions> = {
  kind: KIND,
  form: 'numbers',
  baseline: false,
  pooled: true,
  ahead: true,
  summary:
    'A linear model of long windows in closed form, pooled over series and targets, robust against wild ones, with inputs known in advance.',
  options: z.strictObject({
    context: z
      .union([z.literal('auto'), rows, z.array(rows).min(1)])
      .default('auto')
      .describe(
        'Rows each forecast is made from, or a list: the mean of the models of each; auto (default): the mean over those of 1.5 to 6 seasons that are good on the newest windows',
      ),
    ridge: z
      .union([
        z.literal('auto'),
        penalty,
        z.array(penalty).min(1),
        z.strictObject({ absolute: z.number().min(0).describe('The penalty in the unit of the inputs, 0 or above') }),
      ])
      .default('auto')
      .describe(
        'Penalty on the weights, a multiple of the mean square of the inputs, or a list: the mean over them, or { absolute: 100 } in their own unit; auto (default): the mean over those of 1e-5 … 3 that are good on the newest windows',
      ),
    season: z
      .union([rows, z.array(rows).min(1)])
      .optional()
      .describe(
        'Rows per season, or a list of several; the longest one measures the contexts tried. Default the season of the series',
      ),
    log: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('Whether logarithms are modelled: auto (default) where all values of a target fitted on are above 0'),
    subtract: z
      .enum(['last', 'none'])
      .default('last')
      .describe('What is taken from the values of a window before it is weighed: its last value (default) or nothing'),
    scale: z
      .enum(['window', 'series', 'none'])
      .default('window')
      .describe(
        'What values are divided by: the mean deviation of their window (default), the standard deviation of their series, or nothing',
      ),
    base: z
      .enum(['last', 'season'])
      .default('last')
      .describe('What a step is told from: the last value (default) or the same row of the last known season'),
    intercept: z.boolean().default(false).describe('Whether a constant that is not penalised is added, default false'),
    loss: z
      .enum(['absolute', 'squares'])
      .default('absolute')
      .describe('What is made least over the training windows: absolute errors (default) or their squares'),
    passes: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(4)
      .describe(
        'Times the windows are weighed anew for absolute errors, a count, default 4; of very many windows all but the last look at some',
      ),
    weigh: z
      .enum(['equal', 'owa', 'auto'])
      .default('auto')
      .describe(
        "What a window's absolute errors count: equal, all the same; owa, as half the sMAPE and half the MASE would; auto (default): the mean over those that are good on the newest windows",
      ),
    stride: rows.default(1).describe('Rows between two training windows, a count, default 1'),
    choose: z
      .enum(['newest', 'validation'])
      .default('newest')
      .describe(
        'Where auto settings are judged: the newest windows of the training part (default) or the validation part',
      ),
  }),
  create: (options, context) => ({
    name: KIND,
    fit: async (series, request) => (await fitPanel([series], [request], options, context))[0] as FittedNumbers,
    fitPanel: (panel, requests) => fitPanel(panel, requests, options, context),
  }),
};

async function fitPanel(
  panel: readonly Series[],
  requests: readonly FitRequest[],
  options: LinearOptions,
  { season, seasons }: ForecasterContext,
): Promise<readonly FittedNumbers[]> {
  const reach = requests.reduce((most, { horizon = 1, lead = 0 }) => Math.max(most, horizon + lead), 1);
  const grid = gridOf(options, reach, wholeSeasons(seasons ?? [season]));
  const traces = panel.map((series, s) => tracesOf(series, requests[s] as FitRequest, options, season));
  const stop = (): Promise<void> => pause(requests[0]?.signal);
  const learned = await ledBy(panel, traces, grid, stop);
  const choice = await chooseLinear(
    learned.flat().map(({ trace }) => trace),
    grid,
    stop,
  );
  return panel.map(({ future }, s) => fittedOf(learned[s] as Learned[], future, choice));
}

/** What was learned of a target: what columns known in advance do to it, and its trace without that. */
interface Learned {
  readonly trace: LinearTrace;
  readonly ahead: AheadWeights | null;
}

/** The targets of each series without what columns known in advance do to them; as they are where there are no such columns. */
async function ledBy(
  panel: readonly Series[],
  traces: readonly (readonly LinearTrace[])[],
  grid: LinearGrid,
  stop: () => Promise<void>,
): Promise<Learned[][]> {
  if (panel.every(({ future }) => future.length === 0))
    return traces.map((own) => own.map((trace) => ({ trace, ahead: null })));
  const led = traces.flatMap((own, s) => own.map((trace) => ({ trace, columns: panel[s]?.future ?? [] })));
  const weights = await learnAhead(led, grid, stop);
  const learned = led.map(({ trace, columns }, i): Learned => {
    const ahead = weights[i] as AheadWeights;
    return { trace: without(trace, effectOf(columns, ahead, trace.values.length)), ahead };
  });
  return traces.map((own) => learned.splice(0, own.length));
}

function tracesOf(
  series: Series,
  { until, validation }: FitRequest,
  options: LinearOptions,
  season: number,
): LinearTrace[] {
  const known = validation ?? until; // what is held out inside the fit chooses nothing either, unless asked to
  checkCutoffs(series, [known]);
  const judged = options.choose === 'validation' ? until : known;
  return series.targets.map(({ name, values }) => {
    if (options.log === true) checkPositive(`a logarithm (${name})`, values, known, 'log: false');
    return linearTrace(name, values.slice(0, judged), known, options.log, options.scale, season);
  });
}

function gridOf(options: LinearOptions, reach: number, known: readonly number[]): LinearGrid {
  const seasons = typeof options.season === 'number' ? [options.season] : (options.season ?? known);
  const longest = Math.max(...seasons);
  const base = options.base === 'season' && longest >= 2 ? longest : 0;
  const context = options.context === 'auto' ? 'auto' : listed(options.context);
  const shortest = context === 'auto' ? base : Math.min(...context);
  if (shortest < base) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `a context of ${shortest} rows does not reach back a season of ${base}`,
      {
        where: 'model.context',
        hint: `context: ${base} or more, or base: last`,
      },
    );
  }
  return {
    reach,
    base,
    season: longest,
    context,
    ridge: typeof options.ridge === 'number' || Array.isArray(options.ridge) ? listed(options.ridge) : options.ridge,
    subtract: options.subtract === 'last',
    windowScale: options.scale === 'window',
    intercept: options.intercept,
    absolute: options.loss === 'absolute',
    passes: options.passes,
    weigh: options.weigh,
    stride: options.stride,
  };
}

function listed(one: number | readonly number[]): readonly number[] {
  return typeof one === 'number' ? [one] : [...new Set(one)];
}

function fittedOf(learned: readonly Learned[], future: readonly Column[], choice: LinearChoice): FittedNumbers {
  return {
    name: KIND,
    forecast: async (series, request) => {
      const last = checkCutoffs(series, request.cutoffs);
      if (future.length > 0) checkAhead(series, future, last, request);
      return { values: await forecastAll(series, request, last, learned, choice) };
    },
    state: () => stateOf(learned, future, choice),
    dispose: () => {},
  };
}

function stateOf(
  learned: readonly Learned[],
  future: readonly Column[],
  { models, settings }: LinearChoice,
): JsonObject {
  return {
    kind: KIND,
    settings: settings.map((setting) => ({ ...setting })),
    targets: learned.map(({ trace: { name, log, unit, floor }, ahead }) => ({
      name,
      log,
      unit,
      floor: floor + 0,
      ...(ahead && {
        ahead: Object.fromEntries(future.map(({ name }, k) => [name, (ahead.weights[k] as number) + 0])),
      }),
    })),
    models: models.map(({ form: { context, reach, base }, weights, windows }) => ({
      context,
      reach,
      base,
      windows,
      weights: Array.from(weights.beta, (w) => w + 0), // (L, H), row by row
      intercept: Array.from(weights.intercept, (w) => w + 0),
    })),
  };
}

async function forecastAll(
  { targets, future }: Series,
  { cutoffs, horizon, lead, signal }: ForecastRequest,
  last: number,
  learned: readonly Learned[],
  choice: LinearChoice,
): Promise<Float64Array> {
  const values = new Float64Array(cutoffs.length * horizon * targets.length); // (N, H, C)
  const path = new Float64Array(lead + horizon);
  const follow = follower(choice, path);
  for (const [c, { values: known }] of targets.entries()) {
    const { trace, ahead } = learned[c] as Learned;
    const effect = ahead === null ? null : effectOf(future, ahead, last + path.length);
    for (let n = 0; n < cutoffs.length; n++) {
      if (n % TOGETHER === 0) await pause(signal);
      follow(known, cutoffs[n] as number, trace, effect);
      for (let h = 0; h < horizon; h++) values[(n * horizon + h) * targets.length + c] = path[lead + h] as number;
    }
  }
  return values;
}

/**
 * Fills the path with what follows values[0, cutoff), block after block of the steps the weights reach; `effect`: what columns known in
 * advance do to each row up to the last of the path.
 */
function follower(
  { models }: LinearChoice,
  path: Float64Array,
): (known: Float64Array, cutoff: number, trace: LinearTrace, effect: Float64Array | null) => void {
  const { reach } = (models[0] as LinearModel).form;
  const longest = models.reduce((most, { form }) => Math.max(most, form.context), 0);
  const scratch = { x: new Float64Array(longest), one: new Float64Array(reach) };
  const block = new Float64Array(reach);
  return (known, cutoff, trace, effect) => {
    const window = padded(known.subarray(Math.max(0, cutoff - longest), cutoff), longest).slice();
    for (let done = 0; done < path.length; done += reach) {
      const steps = Math.min(reach, path.length - done);
      forecastBlock(window, effect && effectsAt(effect, cutoff + done, longest, steps), models, trace, scratch, block);
      path.set(block.subarray(0, steps), done);
      slide(window, block.subarray(0, steps));
    }
  };
}

/** What columns known in advance do to the rows of a window, and to the steps after it. */
interface Effects {
  readonly before: Float64Array;
  readonly after: Float64Array;
}

function effectsAt(effect: Float64Array, at: number, rows: number, steps: number): Effects {
  return { before: padded(effect.subarray(Math.max(0, at - rows), at), rows), after: effect.subarray(at, at + steps) };
}

/**
 * The next values of a window in raw units: base + the mean change, or base · exp(it), so that a flat window goes on to the last bit.
 * All models tell a step from the same base.
 */
function forecastBlock(
  window: Float64Array,
  effects: Effects | null,
  models: readonly LinearModel[],
  trace: LinearTrace,
  scratch: { readonly x: Float64Array; readonly one: Float64Array },
  block: Float64Array,
): void {
  const seen = trace.transformed(window);
  const inner = effects === null ? seen : seen.map((value, i) => value - (effects.before[i] as number));
  block.fill(0);
  for (const model of models)
    addChange(inner.subarray(inner.length - model.form.context), model, 1 / models.length, trace, scratch, block);
  const { form } = models[0] as LinearModel;
  for (let h = 0; h < block.length; h++) {
    const base = baseAt(form, h);
    const from = window.length - form.context + base;
    if (effects !== null && h < effects.after.length)
      (block[h] as number) += (effects.after[h] as number) - (base < 0 ? 0 : (effects.before[from] as number));
    block[h] = trace.moved(base < 0 ? null : (window[from] as number), block[h] as number);
  }
}

/** block += share · scale · X β. */
function addChange(
  window: Float64Array,
  { form, weights }: LinearModel,
  share: number,
  trace: LinearTrace,
  { x, one }: { readonly x: Float64Array; readonly one: Float64Array },
  block: Float64Array,
): void {
  const [level, scale] = levelAndScale(window, 0, form, trace);
  const clip = form.windowScale ? CLIP : Number.POSITIVE_INFINITY;
  for (let i = 0; i < form.context; i++) x[i] = bounded(((window[i] as number) - level) / scale, clip);
  product(x, weights, form.context, form.reach, one);
  for (let h = 0; h < block.length; h++) (block[h] as number) += share * (bounded(one[h] as number, clip) * scale);
}

/** The window moved on over what follows it. */
function slide(window: Float64Array, next: Float64Array): void {
  const steps = Math.min(next.length, window.length);
  window.copyWithin(0, steps);
  window.set(next.subarray(next.length - steps), window.length - steps);
}
