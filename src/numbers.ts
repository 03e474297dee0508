// What a run does with series of numbers: hold out, fit, judge beside the baselines, forecast.
// In: the config and the loaded series. Out: an Outcome. Not here: disk, wording.

import type { SeriesModel } from './artifact/model.ts';
import { type BacktestOutcome, type Contestant, checkFolds, runBacktest } from './backtest.ts';
import { type CombinationReport, type FittedCombination, reportOf } from './combine/combination.ts';
import { COMBINATIONS } from './combine/index.ts';
import { seedsFrom } from './combine/seeds.ts';
import type { Config } from './config/config.ts';
import type { Numbers, Series } from './core/data.ts';
import type { FitRequest, FittedNumbers } from './core/forecaster.ts';
import { heldOut, holdOut, thinned, windowShape } from './cutting.ts';
import type { Engine } from './engines/engine.ts';
import { fitAll } from './evaluate/backtest.ts';
import {
  type Losses,
  lossDifferences,
  plainDifferences,
  poolSeries,
  type ScoreRow,
  scoreNumbers,
  undefinedSeries,
} from './evaluate/score.ts';
import { forecastRows } from './forecast-rows.ts';
import { closedForm, modelForecaster, otherForm, type SeedHooks, trainsNetwork, type Workshop } from './forecaster.ts';
import type { ForecasterContext } from './forecasters/forecaster.ts';
import { FORECASTERS } from './forecasters/index.ts';
import { type HeldOut, heldOutOf, joinedPaths } from './held-out.ts';
import { checkInputs, toldInputs } from './inputs.ts';
import { METRICS } from './metrics/index.ts';
import { MODELS } from './models/index.ts';
import { fitOf, type Hooks, type Outcome, planHooks, requestOf, trainOptions } from './outcome.ts';
import type { NetworkFit, TrainOptions } from './predict/network.ts';
import type { FittedNumberNetwork } from './predict/number-network.ts';
import type { Fit, ForecastRow, TotalRow } from './report/result.ts';
import { metricLabel } from './report/verdict.ts';
import { targetsBetween } from './window/cuts.ts';
import type { SplitPositions } from './window/split.ts';
import type { Cuts, WindowShape } from './window/window.ts';

/** One series, fitted on its training part and judged. */
interface JudgedSeries {
  readonly series: Series;
  readonly fitted: FittedNumbers | FittedNumberNetwork;
  readonly scores: readonly ScoreRow[];
  /** Window losses of the most honest split; of training windows none. */
  readonly losses: Losses | null;
  /** The model's forecasts of the most honest split. */
  readonly held: readonly HeldOut[];
}

/** One series, continued: by what was fitted on all rows, where the config says so. */
interface SeriesOutcome extends JudgedSeries {
  readonly refitted: FittedNumbers | FittedNumberNetwork | null;
  readonly forecast: readonly ForecastRow[];
  readonly totals: readonly TotalRow[];
}

/** Windows judged at most: beyond it every k-th is taken, so that judging never costs more than training. */
const JUDGED_WINDOWS = 20_000;

/** Every series of the data: judged on what is held out, walked through its folds, fitted again on all rows and continued. */
export async function runNumbers(
  config: Config,
  raw: Numbers,
  known: ForecasterContext,
  engine: Engine,
  hooks: Hooks,
): Promise<Outcome> {
  checkForms(config, 'numbers');
  const { season } = known;
  const baselines = baselinesOf(config, season);
  const metrics = config.evaluate.metrics ?? defaultMetrics(raw);
  checkInputs(config, raw.series);
  // All series are cut before the first is trained: one that is too short is said at once.
  const tasks = raw.series.map((series) => taskOf(config, series));
  const courses = tasks.map(({ series, parts }) => ({ series, end: parts.test ?? series.length }));
  checkFolds(config, courses, season);
  const inputs = toldInputs(config.model, baselines, raw.series[0] as Series);
  for (const warning of inputs.warnings) hooks.warn(warning);
  const judged: JudgedSeries[] = [];
  const workshop = { config, shape: (tasks[0] as SeriesTask).shape, ...known, engine, train: trainOptions(config) };
  const requests = tasks.map((task) => judgedRequest(task, config, hooks));
  const fits = await fitTogether(workshop, raw.series, requests);
  const rivals = await fitBaselines(baselines, raw.series, requests, known);
  for (const [s, task] of tasks.entries()) {
    judged.push(
      await judgeSeries(task, fits?.[s] ?? null, rivals[s] as FittedNumbers[], config, known, engine, metrics, hooks),
    );
  }
  const backtest = await runBacktest(
    config,
    courses,
    contestantsOf(config, tasks[0] as SeriesTask, known, engine, baselines),
    season,
    metrics,
    hooks,
  );
  const refits = fits && config.train.refit ? await refitTogether(workshop, tasks, fits, hooks) : null;
  const outcomes: SeriesOutcome[] = [];
  for (const [s, task] of tasks.entries()) {
    const own = withBacktest(judged[s] as JudgedSeries, backtest?.series[s]);
    outcomes.push(await continueSeries(task, refits?.[s] ?? null, own, config, known, engine, backtest, hooks));
  }
  const scores = allScores(outcomes, baselines, metrics);
  const deciding = mostHonest(scores);
  const losses = outcomes.flatMap(({ losses }) => losses ?? []);
  // Windows of the split that decides: those of the folds, but where a test part was held out.
  const byFolds = backtest !== null && tasks.every(({ parts }) => parts.test === null);
  return {
    model: config.model.kind,
    fits: outcomes.map(({ series, fitted, refitted }) => ({
      ...toldFit(config.model.kind, series.id, fitted, refitted, backtest?.parts ?? null),
    })),
    metrics,
    scores,
    differences: lossDifferences(deciding, losses, config.model.kind, metrics[0] as string),
    plain: plainDifferences(deciding, losses, config.model.kind, metrics[0] as string),
    overlap: byFolds
      ? Math.ceil(config.predict.horizon / config.evaluate.stride)
      : Math.ceil(config.window.horizon / config.window.stride),
    backtest: backtest?.report ?? null,
    held: outcomes.flatMap(({ held }) => held),
    calibration: backtest?.calibrations.get(config.model.kind) ?? null,
    errors: backtest?.errors ?? [],
    forecast: outcomes.flatMap(({ forecast }) => forecast),
    totals: outcomes.flatMap(({ totals }) => totals),
    text: [],
    models: new Map(outcomes.flatMap(({ series, fitted, refitted }) => modelsOf(series.id, fitted, refitted))),
    rows: raw.series.reduce((sum, series) => sum + series.length, 0),
    notes: [...inputs.notes, ...undefinedNotes(scores, metrics[0] as string, tasks.length)],
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
  const shape = windowShape(config, series);
  return { series, shape, ...holdOut(config, shape, series.length) };
}

/** What the fit that is judged may learn from. */
function judgedRequest({ series, shape, parts }: SeriesTask, config: Config, hooks: Hooks): FitRequest {
  return {
    ...requestOf(config.seed, series.id, hooks),
    horizon: shape.horizon,
    lead: shape.lead,
    until: parts.test ?? series.length,
    validation: parts.validation,
  };
}

/** Several series fitted at once, as the backtest fits them; null where the model learns from each by itself. */
export async function fitTogether(
  workshop: Workshop,
  panel: readonly Series[],
  requests: readonly FitRequest[],
): Promise<readonly FittedNumbers[] | null> {
  if (panel.length < 2) return null;
  return (await modelForecaster(workshop).fitPanel?.(panel, requests)) ?? null;
}

/** Every baseline fitted for every series, on all of them together where it learns from several, as in the backtest; by series. */
async function fitBaselines(
  kinds: readonly string[],
  panel: readonly Series[],
  requests: readonly FitRequest[],
  known: ForecasterContext,
): Promise<FittedNumbers[][]> {
  const fits: (readonly FittedNumbers[])[] = [];
  for (const kind of kinds) fits.push(await fitAll(closedForm({ kind }, known.season, known.seasons), panel, requests));
  return panel.map((_, s) => fits.map((own) => own[s] as FittedNumbers));
}

/** Fits and judges one series: nothing held out is looked at before it is scored. */
async function judgeSeries(
  task: SeriesTask,
  shared: FittedNumbers | null,
  rivals: readonly FittedNumbers[],
  config: Config,
  known: ForecasterContext,
  engine: Engine,
  metrics: readonly string[],
  hooks: Hooks,
): Promise<JudgedSeries> {
  const { series, shape, cuts, parts } = task;
  const request = judgedRequest(task, config, hooks);
  const workshop = { config, shape, ...known, engine, train: trainOptions(config) };
  const own = modelForecaster(workshop, await seedHooks(series.id, config, hooks));
  const fitted = shared ?? (await own.fit(series, request));
  // So that a run of many series, stopped in a later one, finds this one done.
  await keepNetworks(series.id, fitted, config, hooks);
  const contenders = [{ fitted, baseline: false }, ...rivals.map((rival) => ({ fitted: rival, baseline: true }))];
  const first = fitted.firstCutoff ?? 1;
  const scores: ScoreRow[] = [];
  let losses: Losses | null = null;
  let held: HeldOut[] = [];
  for (const { split, from, until } of heldOut(parts, series.length)) {
    if (split === 'train' && config.evaluate.folds > 0) continue; // the backtest is more honest
    const windows = targetsBetween(cuts, shape, from, until);
    const cutoffs = thinned(windows, JUDGED_WINDOWS).cutoffs.filter((cutoff) => cutoff >= first);
    const { horizon, lead } = shape;
    const judged = await scoreNumbers({
      contenders,
      series,
      cutoffs,
      horizon,
      lead,
      until: parts.validation ?? request.until, // MASE is scaled by the training part alone
      season: known.season,
      metrics,
      split,
    });
    scores.push(...judged.rows);
    if (split === 'train') continue;
    losses = judged.losses;
    const own = judged.answers[0] as (typeof judged.answers)[number];
    held = heldOutOf(series, { split, origins: cutoffs, values: own.values, horizon, lead });
  }
  return { series, fitted, scores, losses, held };
}

/** Fits a series on all its rows where the config says so, and forecasts beyond its end. */
async function continueSeries(
  { series, shape, parts }: SeriesTask,
  shared: FittedNumbers | null,
  judged: JudgedSeries,
  config: Config,
  known: ForecasterContext,
  engine: Engine,
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<SeriesOutcome> {
  const held = parts.validation !== null || parts.test !== null;
  const refitted =
    config.train.refit && held
      ? (shared ?? (await refit(series, shape, judged.fitted, config, known, engine, hooks)))
      : null;
  const calibration = backtest?.calibrations.get(config.model.kind) ?? null;
  const { rows, totals } = await forecastRows(
    refitted ?? judged.fitted,
    series,
    config.predict,
    shape.lead,
    calibration,
  );
  return { ...judged, refitted, forecast: rows, totals };
}

/** The same forecaster fitted on every row: a network for the epochs that were best, with nothing held out. */
async function refit(
  series: Series,
  shape: WindowShape,
  fitted: FittedNumbers | FittedNumberNetwork,
  config: Config,
  known: ForecasterContext,
  engine: Engine,
  hooks: Hooks,
): Promise<FittedNumbers | FittedNumberNetwork> {
  const name = `${series.id} (all rows)`;
  const training = refitOptions(trainOptions(config), [fitted]);
  // What the model is like, and odd about it, was said of the first fit.
  const quiet = { ...hooks, warn: () => {}, summary: () => {} };
  const workshop = { config, shape, ...known, engine, train: training };
  const forecaster = modelForecaster(workshop, await seedHooks(name, config, quiet));
  const again = await forecaster.fit(series, {
    ...requestOf(config.seed, name, quiet),
    horizon: config.predict.horizon,
    lead: shape.lead,
    until: series.length,
    validation: null,
  });
  await keepNetworks(name, again, config, hooks);
  return again;
}

/** All series fitted at once on every row. */
async function refitTogether(
  workshop: Workshop,
  tasks: readonly SeriesTask[],
  fits: readonly FittedNumbers[],
  hooks: Hooks,
): Promise<readonly FittedNumbers[] | null> {
  const { config, train } = workshop;
  const quiet = { ...hooks, warn: () => {}, summary: () => {} };
  const requests = tasks.map(({ series, shape }) => ({
    ...requestOf(config.seed, `${series.id} (all rows)`, quiet),
    horizon: config.predict.horizon,
    lead: shape.lead,
    until: series.length,
    validation: null,
  }));
  const training = refitOptions(train, fits);
  const panel = tasks.map(({ series }) => series);
  return await fitTogether({ ...workshop, train: training }, panel, requests);
}

/** Checkpoints of a series' own networks, one for each seed, under the names their weights are kept by. */
async function seedHooks(name: string, config: Config, hooks: Hooks): Promise<SeedHooks> {
  const seeds = seedsFrom(config.seed, config.train.seeds ?? 1);
  const made = seeds.map(async (seed) => [seed, await planHooks(networkName(name, seed, config), hooks)] as const);
  return new Map(await Promise.all(made));
}

/** What the training of a seed is called: by its series, and where there are several by its seed too. */
function networkName(name: string, seed: number, { model, train }: Config): string {
  return (train.seeds ?? 1) > 1 ? `${name} / ${model.kind} seed ${seed}` : name;
}

/** Keeps the trainings that have checkpoints. */
async function keepNetworks(name: string, fitted: FittedNumbers, config: Config, hooks: Hooks): Promise<void> {
  if (!MODELS[config.model.kind]) return;
  for (const { made, state } of networksOf(fitted)) await hooks.keep(networkName(name, made.seed, config), state);
}

/** Trained as long as was best: for as many epochs, or where steps are counted and nothing stops them early for as many steps. */
export function refitOptions(train: TrainOptions, fits: readonly FittedNumbers[]): TrainOptions {
  if (train.steps !== undefined && train.patience === null) return train;
  return { ...train, steps: undefined, epochs: bestEpochs(fits, train.epochs), patience: null };
}

/** The epochs that were best, on the average of the networks in these fits; as many as the config says where there is none. */
function bestEpochs(fits: readonly FittedNumbers[], written: number): number {
  const chosen = fits.flatMap(networksOf).map(({ state }) => state.best?.epoch ?? state.history.length);
  const mean = chosen.reduce((sum, epochs) => sum + epochs, 0) / chosen.length;
  return chosen.length > 0 ? Math.max(1, Math.round(mean)) : written;
}

/** Who is walked through the folds. */
function contestantsOf(
  config: Config,
  { shape }: SeriesTask,
  known: ForecasterContext,
  engine: Engine,
  baselines: readonly string[],
): Contestant[] {
  const own = modelForecaster({ config, shape, ...known, engine, train: trainOptions(config) });
  return [
    { forecaster: own, baseline: false, together: trainsNetwork(config.model) ? (engine.together ?? 1) : 1 },
    ...baselines.map((kind) => ({ forecaster: closedForm({ kind }, known.season, known.seasons), baseline: true })),
  ];
}

/** The backtest's rows stand between validation and test; its losses decide where no test part does. */
function withBacktest(judged: JudgedSeries, own: BacktestOutcome['series'][number] | undefined): JudgedSeries {
  if (!own) return judged;
  const tested = judged.scores.filter(({ split }) => split === 'test');
  const others = judged.scores.filter(({ split }) => split !== 'test');
  return {
    ...judged,
    scores: [...others, ...own.rows, ...tested],
    losses: tested.length > 0 ? judged.losses : own.losses,
    held: joinedPaths([own.held, tested.length > 0 ? judged.held : []]),
  };
}

/**
 * Model, baselines and metrics must be for the form of data there is, which only loading tells where the model reads any.
 * Errors: E_CONFIG_CONFLICT.
 */
export function checkForms(config: Pick<Config, 'model' | 'evaluate'>, form: 'numbers' | 'text'): void {
  const { model, evaluate } = config;
  const closed = FORECASTERS[model.kind];
  const other = form === 'text' ? 'numbers' : 'text';
  if ((closed ?? COMBINATIONS[model.kind])?.form === other) throw otherForm(model.kind, form, 'model.kind');
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

/** Series that say nothing about who is better, because the metric that decides is undefined for them. */
function undefinedNotes(scores: readonly ScoreRow[], metric: string, series: number): string[] {
  const own = scores.filter((row) => row.series !== undefined && row.split === scores[0]?.split);
  const count = undefinedSeries(own, metric).size;
  if (count === 0 || count === series) return [];
  return [`${metricLabel(metric)} is undefined for ${count} of ${series} series: not in its mean`];
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
  return 'fit' in fitted;
}

/** What a fit came to; of a combination its networks together, and what it did with its members. */
function toldFit(
  kind: string,
  id: string,
  fitted: FittedNumbers,
  refitted: FittedNumbers | null,
  errors: readonly (number | null)[] | null,
): Fit & { readonly series: string } {
  const networks = networksOf(fitted).map((fit) => fitOf(kind, id, fit));
  const combination = judgedApart(reportOf(refitted ?? fitted), errors);
  const [again] = refitted ? networksOf(refitted) : [];
  // A combination keeps no weights: whoever brings it back trains for as many epochs.
  const epochs = combination && again ? { epochs: again.state.history.length } : {};
  return {
    ...(networks.length > 0 ? together(networks) : fitOf(kind, id, null)),
    ...(again ? { refit: { samples: again.samples, ...epochs } } : {}),
    ...(combination ? { combination } : {}),
  };
}

/** An ensemble's members with their errors in the backtest; combinations that judge their members themselves have them already. */
function judgedApart(
  report: CombinationReport | null,
  errors: readonly (number | null)[] | null,
): CombinationReport | null {
  if (!report || errors?.length !== report.members.length) return report;
  return { ...report, members: report.members.map((member, i) => ({ ...member, error: errors[i] as number | null })) };
}

function networksOf(fitted: FittedNumbers): NetworkFit[] {
  if (isNetwork(fitted)) return fitted.fit ? [fitted.fit] : [];
  if (fitted.inside) return networksOf(fitted.inside);
  return reportOf(fitted) ? (fitted as FittedCombination).members.flatMap(networksOf) : [];
}

function together(fits: readonly (Fit & { readonly series: string })[]): Fit & { readonly series: string } {
  const first = fits[0] as Fit & { readonly series: string };
  const mean = (pick: (fit: Fit) => number | null): number | null => {
    const values = fits.map(pick);
    return values.includes(null) ? null : (values as number[]).reduce((sum, value) => sum + value / fits.length, 0);
  };
  return {
    ...first,
    parameters: fits.reduce((sum, { parameters }) => sum + parameters, 0),
    epochs: Math.max(...fits.map(({ epochs }) => epochs)),
    loss: mean(({ loss }) => loss),
    validationLoss: mean(({ validationLoss }) => validationLoss),
    accuracy: mean(({ accuracy }) => accuracy),
    stoppedEarly: fits.some(({ stoppedEarly }) => stoppedEarly),
  };
}

/** The networks of a series as a run keeps them: what forecasts, and where training goes on. */
function modelsOf(id: string, fitted: FittedNumbers, refitted: FittedNumbers | null): [string, SeriesModel][] {
  const before = new Map(namedNetworks(id, fitted));
  const now = refitted ? namedNetworks(id, refitted) : [];
  const kept = now.length > 0 ? now : [...before];
  return kept.map(([name, { made, parts, state }]) => {
    // What forecasts knows all rows; training goes on from what never saw the held-out ones.
    const first = now.length > 0 ? before.get(name) : undefined;
    const training = first ? { ...first.state, weights: first.parts.weights } : state;
    const own = { series: id, parts, encoder: parts.encoder, training };
    return [name, isNetwork(fitted) ? own : { ...own, made }];
  });
}

/** Every network in what was fitted, by the series and its members' names. */
function namedNetworks(name: string, fitted: FittedNumbers): [string, NetworkFit][] {
  if (isNetwork(fitted)) return fitted.fit ? [[name, fitted.fit]] : [];
  if (fitted.inside) return namedNetworks(name, fitted.inside);
  const report = reportOf(fitted);
  if (!report) return [];
  const labels = report.members.filter(({ weight }) => weight > 0).map(({ member }) => member);
  const networks = (fitted as FittedCombination).members.flatMap((member, i) =>
    namedNetworks(`${name} / ${labels[i]}`, member),
  );
  // Members may be called alike.
  return networks.map(([own, fit], i) => {
    const same = networks.slice(0, i).filter(([other]) => other === own).length;
    return [same > 0 ? `${own} (${same + 1})` : own, fit];
  });
}
