// What a run does with series of numbers: hold out, fit, judge beside the baselines, forecast.
// In: the config and the loaded series. Out: an Outcome. Not here: disk, wording.

import type { SeriesModel } from './artifact/model.ts';
import type { Config } from './config/config.ts';
import { futureStamps } from './core/calendar.ts';
import type { Numbers, Series } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from './core/forecaster.ts';
import type { Engine } from './engines/engine.ts';
import { type Losses, lossDifferences, poolSeries, type ScoreRow, type Split, scoreNumbers } from './evaluate/score.ts';
import { FORECASTERS } from './forecasters/index.ts';
import { METRICS } from './metrics/index.ts';
import { MODELS } from './models/index.ts';
import { fitOf, type Hooks, type Outcome, planHooks, requestOf, trainOptions } from './outcome.ts';
import { checkReach, type FittedNumberNetwork, numberNetwork } from './predict/number-network.ts';
import type { ForecastRow } from './report/result.ts';
import { cut, cutoffAt, fromAt, longestContext, targetsBetween } from './window/cuts.ts';
import { type SplitPositions, splitPositions } from './window/split.ts';
import type { Cuts, WindowShape } from './window/window.ts';

/** One series, fitted, judged and continued. */
interface SeriesOutcome {
  readonly series: Series;
  readonly fitted: FittedNumbers | FittedNumberNetwork;
  readonly scores: readonly ScoreRow[];
  /** Window losses of the most honest split; of training windows none. */
  readonly losses: Losses | null;
  readonly forecast: readonly ForecastRow[];
}

/** Windows judged at most: beyond it every k-th is taken, so that judging never costs more than training. */
const JUDGED_WINDOWS = 20_000;

/** Every series of the data, each by itself. */
export async function runNumbers(
  config: Config,
  raw: Numbers,
  season: number,
  engine: Engine,
  hooks: Hooks,
): Promise<Outcome> {
  checkForms(config, 'numbers');
  const baselines = baselinesOf(config, season);
  const metrics = config.evaluate.metrics ?? defaultMetrics(raw);
  // All series are cut before the first is trained: one that is too short is said at once.
  const tasks = raw.series.map((series) => taskOf(config, series));
  const outcomes: SeriesOutcome[] = [];
  for (const task of tasks) outcomes.push(await runSeries(task, config, season, engine, baselines, metrics, hooks));
  const scores = allScores(outcomes, baselines, metrics);
  return {
    model: config.model.kind,
    fits: outcomes.map(({ series, fitted }) =>
      fitOf(config.model.kind, series.id, isNetwork(fitted) ? fitted.fit : null),
    ),
    metrics,
    scores,
    differences: lossDifferences(
      mostHonest(scores),
      outcomes.flatMap(({ losses }) => losses ?? []),
      config.model.kind,
      metrics[0] as string,
    ),
    overlap: Math.ceil(config.window.horizon / config.window.stride),
    forecast: outcomes.flatMap(({ forecast }) => forecast),
    text: [],
    models: new Map(outcomes.flatMap(({ series, fitted }) => modelOf(series.id, fitted))),
    rows: raw.series.reduce((sum, series) => sum + series.length, 0),
    notes: [],
  };
}

/** A series, how its windows are cut, and what of it is held out. */
interface SeriesTask {
  readonly series: Series;
  readonly shape: WindowShape;
  readonly cuts: Cuts;
  readonly parts: SplitPositions;
}

function taskOf(config: Config, series: Series): SeriesTask {
  const shape = shapeOf(config, series);
  if (MODELS[config.model.kind]) checkReach(shape, series, config.predict.horizon);
  return { series, shape, ...holdOut(config, shape, series.length) };
}

/** Fits and judges one series: nothing held out is looked at before it is scored. */
async function runSeries(
  { series, shape, cuts, parts }: SeriesTask,
  config: Config,
  season: number,
  engine: Engine,
  baselines: readonly string[],
  metrics: readonly string[],
  hooks: Hooks,
): Promise<SeriesOutcome> {
  const request: FitRequest = {
    ...requestOf(config.seed, series.id, hooks),
    until: parts.test ?? series.length,
    validation: parts.validation,
  };
  const forecaster = MODELS[config.model.kind]
    ? numberNetwork({
        name: config.model.kind,
        model: config.model,
        chain: config.encoder,
        season,
        shape,
        cutting: config.window,
        train: trainOptions(config),
        engine,
        hooks: await planHooks(series.id, hooks),
      })
    : closedForm(config.model, season);
  const fitted = await forecaster.fit(series, request);
  // So that a run of many series, stopped in a later one, finds this one done.
  if (isNetwork(fitted) && fitted.fit) await hooks.keep(series.id, fitted.fit.state);
  const rivals = await Promise.all(baselines.map((kind) => closedForm({ kind }, season).fit(series, request)));
  const contenders = [{ fitted, baseline: false }, ...rivals.map((rival) => ({ fitted: rival, baseline: true }))];
  const first = isNetwork(fitted) ? fitted.firstCutoff : 1;
  const scores: ScoreRow[] = [];
  let losses: Losses | null = null;
  for (const { split, from, until } of heldOut(parts, series.length)) {
    const held = targetsBetween(cuts, shape, from, until);
    const cutoffs = thinned(held, JUDGED_WINDOWS).cutoffs.filter((cutoff) => cutoff >= first);
    const { horizon, lead } = shape;
    const scaled = parts.validation ?? request.until; // MASE is scaled by the training part alone
    const judged = await scoreNumbers({
      contenders,
      series,
      cutoffs,
      horizon,
      lead,
      until: scaled,
      season,
      metrics,
      split,
    });
    scores.push(...judged.rows);
    if (split !== 'train') losses = judged.losses;
  }
  return {
    series,
    fitted,
    scores,
    losses,
    forecast: await forecastRows(fitted, series, config.predict.horizon, shape.lead),
  };
}

/** The shape of a config's windows; a context left open is the longest the series allows. */
export function shapeOf(config: Config, series: Series): WindowShape {
  const { context, horizon, lead, targets, pad, mask } = config.window;
  const longest = longestContext([{ start: 0, end: series.length }], { lead, horizon });
  return { context: context ?? Math.max(1, longest), horizon, lead, targets, pad, mask };
}

/** All windows of a series of `length` rows, and where its held-out parts begin. */
export function holdOut(config: Config, shape: WindowShape, length: number): { cuts: Cuts; parts: SplitPositions } {
  const segments = [{ start: 0, end: length }];
  const cuts = cut(segments, shape, config.window);
  return { cuts, parts: splitPositions(cuts, shape, config.split, segments) };
}

/** The parts that were held out, each with its positions; the training part where nothing was. */
export function heldOut(
  parts: Pick<SplitPositions, 'validation' | 'test'>,
  length: number,
): { split: Split; from: number; until: number }[] {
  const held: { split: Split; from: number; until: number }[] = [];
  if (parts.validation !== null)
    held.push({ split: 'validation', from: parts.validation, until: parts.test ?? length });
  if (parts.test !== null) held.push({ split: 'test', from: parts.test, until: length });
  return held.length > 0 ? held : [{ split: 'train', from: 0, until: length }];
}

/** Every k-th window of the cuts, so that at most `most` are left; all of them where they are few. */
export function thinned(cuts: Cuts, most: number): { cutoffs: Float64Array; froms: Float64Array } {
  const stride = Math.max(1, Math.ceil(cuts.count / most));
  const count = Math.ceil(cuts.count / stride);
  return {
    cutoffs: Float64Array.from({ length: count }, (_, i) => cutoffAt(cuts, i * stride)),
    froms: Float64Array.from({ length: count }, (_, i) => fromAt(cuts, i * stride)),
  };
}

/** The rows a fitted forecaster expects after the end of a series. */
export async function forecastRows(
  fitted: FittedNumbers,
  series: Series,
  horizon: number,
  lead: number,
): Promise<ForecastRow[]> {
  const { values } = await fitted.forecast(series, { cutoffs: [series.length], horizon, lead });
  const times = futureStamps(series.time, series.length, horizon, lead);
  return series.targets.flatMap((target, c) =>
    times.map((time, h) => {
      const value = values[h * series.targets.length + c] as number;
      if (Number.isFinite(value)) return { series: series.id, target: target.name, step: h + 1, time, value };
      throw new ForecastError('E_DATA_RANGE', `the forecast of ${target.name} for ${time} is not finite`, {
        where: 'encoder',
        hint: 'values this large need a normalising encoder (standard)',
      });
    }),
  );
}

/** A closed-form forecaster by its kind. */
export function closedForm(
  choice: { readonly kind: string; readonly [option: string]: unknown },
  season: number,
): NumberForecaster {
  const { kind, ...options } = choice;
  const entry = FORECASTERS[kind];
  if (entry?.form === 'numbers') return entry.create(entry.options.parse(options), { season });
  throw otherForm(kind, 'numbers', 'evaluate.baselines');
}

/**
 * Model, baselines and metrics must be for the form of data there is, which only loading tells where the model reads any.
 * Errors: E_CONFIG_CONFLICT.
 */
export function checkForms(config: Pick<Config, 'model' | 'evaluate'>, form: 'numbers' | 'text'): void {
  const { model, evaluate } = config;
  const closed = FORECASTERS[model.kind];
  if (closed && closed.form !== form) throw otherForm(model.kind, form, 'model.kind');
  const check = (
    table: { readonly [kind: string]: { readonly form: string } },
    kinds: readonly string[],
    key: string,
  ) => {
    const wrong = kinds.find((kind) => table[kind]?.form !== form);
    if (wrong === undefined) return;
    const fitting = Object.keys(table).filter((kind) => table[kind]?.form === form);
    throw otherForm(wrong, form, `evaluate.${key}`, `one of ${fitting.join(', ')}`);
  };
  check(FORECASTERS, evaluate.baselines ?? [], 'baselines');
  check(METRICS, evaluate.metrics ?? [], 'metrics');
}

function otherForm(kind: string, form: 'numbers' | 'text', where: string, hint?: string): ForecastError {
  const model = form === 'text' ? 'model: { kind: language-model }' : 'model: { kind: lstm-regressor }';
  return new ForecastError('E_CONFIG_CONFLICT', `${kind} is not for ${form}, which the source gives`, {
    where,
    hint: hint ?? model,
  });
}

/** The baselines of a config: those named, else all that differ (with no season, seasonal-naive is last-value). */
function baselinesOf(config: Config, season: number): string[] {
  const named =
    config.evaluate.baselines ??
    Object.keys(FORECASTERS).filter((kind) => FORECASTERS[kind]?.form === 'numbers' && FORECASTERS[kind].baseline);
  return named.filter(
    (kind) => kind !== config.model.kind && !(kind === 'seasonal-naive' && season === 1 && !config.evaluate.baselines),
  );
}

/** Several targets or series are compared without their units: MASE first. */
function defaultMetrics(raw: Numbers): string[] {
  const kinds = Object.keys(METRICS).filter((kind) => METRICS[kind]?.form === 'numbers' && SHOWN.has(kind));
  const several = raw.series.length > 1 || (raw.series[0]?.targets.length ?? 1) > 1;
  return several ? ['mase', ...kinds.filter((kind) => kind !== 'mase')] : kinds;
}

/** Shown where the config names no metrics. */
const SHOWN: ReadonlySet<string> = new Set(['mae', 'rmse', 'mape', 'smape', 'mase']);

/** Rows of the split that decides: the one scored last; of several series the pooled ones. */
function mostHonest(scores: readonly ScoreRow[]): ScoreRow[] {
  const pooled = scores.filter((row) => row.series === undefined);
  return pooled.filter((row) => row.split === pooled.at(-1)?.split);
}

function allScores(
  outcomes: readonly SeriesOutcome[],
  baselines: readonly string[],
  metrics: readonly string[],
): ScoreRow[] {
  if (outcomes.length === 1) return [...(outcomes[0] as SeriesOutcome).scores];
  const named = outcomes.flatMap(({ series, scores }) => scores.map((row) => ({ ...row, series: series.id })));
  const splits = [...new Set(named.map((row) => row.split))];
  const pooled = splits.flatMap((split) =>
    poolSeries(
      named.filter((row) => row.split === split),
      new Set(baselines),
      metrics,
    ),
  );
  return [...pooled, ...named];
}

function isNetwork(fitted: FittedNumbers | FittedNumberNetwork): fitted is FittedNumberNetwork {
  return 'firstCutoff' in fitted;
}

function modelOf(id: string, fitted: FittedNumbers | FittedNumberNetwork): [string, SeriesModel][] {
  if (!isNetwork(fitted) || !fitted.fit) return [];
  const { parts, state } = fitted.fit;
  return [[id, { parts, encoder: parts.encoder, training: state }]];
}
