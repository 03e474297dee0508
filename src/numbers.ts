// What a run does with series of numbers: hold out, fit, judge beside the baselines, forecast.
// In: the config and the loaded series. Out: an Outcome. Not here: disk, wording.

import {
  type BacktestOutcome,
  type Contestant,
  type Course,
  plannedOrigins,
  runBacktest,
  warnOutside,
} from './backtest.ts';
import type { Config } from './config/config.ts';
import { isRecorded } from './config/defaults.ts';
import {
  baselinesOf,
  checkForms,
  chosenOnWarnings,
  type Deciding,
  decidingFirst,
  defaultMetrics,
  mostHonest,
  namedBaselines,
  undefinedNotes,
} from './contest.ts';
import type { Numbers, Series } from './core/data.ts';
import type { FitRequest, FittedNumbers } from './core/forecaster.ts';
import { heldOut, holdOut, thinned, windowShape } from './cutting.ts';
import { drawnWarnings } from './drawn.ts';
import type { Engine } from './engines/engine.ts';
import { fitAll } from './evaluate/backtest.ts';
import type { Calibration } from './evaluate/intervals.ts';
import {
  type Losses,
  lossDifferences,
  plainDifferences,
  poolSeries,
  type ScoreRow,
  scoreNumbers,
} from './evaluate/score.ts';
import { LEAST_WINDOWS } from './evaluate/significance.ts';
import { allRows, fitTogether, keepNetworks, refit, refitTogether, seedHooks } from './fitting.ts';
import { forecastRows } from './forecast-rows.ts';
import { closedForm, modelForecaster, trainsNetwork, type Workshop } from './forecaster.ts';
import type { ForecasterContext } from './forecasters/forecaster.ts';
import { type HeldOut, heldOutOf, joinedPaths } from './held-out.ts';
import { checkInputs, toldInputs } from './inputs.ts';
import { withBorrowed } from './lenders.ts';
import { modelsOf, toldFit } from './networks.ts';
import { type Hooks, type Outcome, requestOf, trainOptions } from './outcome.ts';
import type { FittedNumberNetwork } from './predict/number-network.ts';
import type { ForecastRow, TotalRow } from './report/result.ts';
import { borrowers, fitShort, shortNote } from './short.ts';
import { earlierDifferences } from './untested.ts';
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

const NO_BACKTEST = 'no intervals: evaluate.folds is 0, or rows are too few';

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
  checkInputs(config, raw.series);
  // All series are cut before the first is trained: one that is too short is said at once.
  const tasks = raw.series.map((series) => taskOf(config, series));
  const courses = tasks.map(({ series, parts }) => ({ series, end: parts.test ?? series.length }));
  const origins = plannedOrigins(config, courses, season);
  const { metrics, note } = decidingFirst(
    config.evaluate.metrics ?? defaultMetrics(raw),
    tasks.map((task, s) => decidingOf(task, origins?.[s] ?? null, config, season)),
  );
  for (const warning of drawnWarnings(
    raw.series,
    tasks.map((task, s) => firstJudged(task, origins?.[s]?.[0])),
  )) {
    hooks.warn(warning);
  }
  for (const warning of chosenOnWarnings(
    config,
    tasks.map(({ parts }) => parts),
  )) {
    hooks.warn(warning);
  }
  const inputs = toldInputs(config.model, baselines, raw.series[0] as Series);
  // Of a baseline nobody expects more: it is the model where a verdict said so.
  const warned = namedBaselines(config).includes(config.model.kind) ? [] : inputs.warnings;
  for (const warning of warned) hooks.warn(warning);
  const judged: JudgedSeries[] = [];
  const workshop = { config, shape: (tasks[0] as SeriesTask).shape, ...known, engine, train: trainOptions(config) };
  const requests = tasks.map((task) => judgedRequest(task, config, hooks));
  const fits = await fitTogether(workshop, raw.series, requests);
  const rivals = await fitBaselines(baselines, raw.series, requests, known);
  for (const [s, task] of tasks.entries()) {
    judged.push(await judgeSeries(task, fits?.[s] ?? null, rivals[s] as FittedNumbers[], workshop, metrics, hooks));
  }
  const backtest = await runBacktest(config, courses, contestantsOf(workshop, baselines), season, metrics, hooks);
  const short = (raw.short ?? []).map((series) => ({ series, shape: windowShape(config, series) }));
  const again = config.train.refit && tasks.some(({ parts }) => parts.validation !== null || parts.test !== null);
  const refits = fits && again ? await refitTogether(workshop, [...tasks, ...short], fits, hooks) : null;
  const outcomes: SeriesOutcome[] = [];
  for (const [s, task] of tasks.entries()) {
    const own = withBacktest(judged[s] as JudgedSeries, backtest?.series[s]);
    outcomes.push(await continueSeries(task, refits?.[s] ?? null, own, workshop, backtest, hooks));
  }
  warnOutside(
    outcomes.flatMap(({ held }) => held),
    backtest?.calibrations.get(config.model.kind) ?? null,
    hooks,
  );
  const beside = await forecastShort(
    workshop,
    raw.short ?? [],
    refits?.slice(tasks.length) ?? null,
    courses,
    backtest,
    hooks,
  );
  const scores = allScores(outcomes, baselines, metrics);
  const deciding = mostHonest(scores);
  const losses = outcomes.flatMap(({ losses }) => losses ?? []);
  // Windows of the split that decides: those of the folds, but where a test part was held out.
  const byFolds = backtest !== null && tasks.every(({ parts }) => parts.test === null);
  const asked = byFolds
    ? { horizon: config.predict.horizon, stride: config.evaluate.stride }
    : { horizon: config.window.horizon, stride: config.window.stride };
  const metric = metrics[0] as string;
  const differences = lossDifferences(deciding, losses, config.model.kind, metric);
  const plain = plainDifferences(deciding, losses, config.model.kind, metric);
  const untested = differences.length > 0 && differences.length < LEAST_WINDOWS;
  return {
    model: config.model.kind,
    fits: outcomes.map(({ series, fitted, refitted }) => ({
      ...toldFit(config.model.kind, series.id, fitted, refitted, backtest?.parts ?? null),
    })),
    metrics,
    scores,
    differences,
    plain: untested
      ? await earlierDifferences({ rows: deciding, plain, courses, ...asked, metric }, config, known, hooks)
      : plain,
    overlap: Math.ceil(asked.horizon / asked.stride),
    backtest: backtest?.report ?? null,
    held: outcomes.flatMap(({ held }) => held),
    calibration: beside.calibration,
    errors: backtest?.errors ?? [],
    forecast: [...outcomes.flatMap(({ forecast }) => forecast), ...beside.forecast],
    totals: outcomes.flatMap(({ totals }) => totals),
    text: [],
    models: new Map(outcomes.flatMap(({ series, fitted, refitted }) => modelsOf(series.id, fitted, refitted))),
    rows: [...raw.series, ...(raw.short ?? [])].reduce((sum, series) => sum + series.length, 0),
    notes: [
      ...inputs.notes,
      ...(note === null ? [] : [note]),
      ...(backtest === null && isRecorded(config) ? [NO_BACKTEST] : []),
      ...undefinedNotes(scores, metrics[0] as string, tasks.length),
      ...beside.notes,
    ],
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

/** Windows of a series between two positions, as many as are judged. */
function judgedCutoffs({ cuts, shape }: SeriesTask, from: number, until: number): Float64Array {
  return thinned(targetsBetween(cuts, shape, from, until), JUDGED_WINDOWS).cutoffs;
}

/** What decides of a series: its test part, else the origins of its folds, else the part that was held out last. */
function decidingOf(task: SeriesTask, origins: readonly number[] | null, config: Config, season: number): Deciding {
  const { series, shape, parts } = task;
  const { lead } = shape;
  if (origins && parts.test === null)
    return { series, cutoffs: origins, horizon: config.predict.horizon, lead, until: origins[0] as number, season };
  const last = heldOut(parts, series.length).at(-1) as ReturnType<typeof heldOut>[number];
  const cutoffs = judgedCutoffs(task, last.from, last.until);
  return { series, cutoffs, horizon: shape.horizon, lead, until: scaledUntil(task), season };
}

/** The row from which on a series is judged; null: it is not, but on what it is trained on. */
function firstJudged({ parts, shape }: SeriesTask, origin: number | undefined): number | null {
  const held = parts.validation ?? parts.test;
  const walked = origin === undefined ? null : origin + shape.lead;
  return held === null || walked === null ? (held ?? walked) : Math.min(held, walked);
}

/** MASE is scaled by the training part alone. */
function scaledUntil({ series, parts }: SeriesTask): number {
  return parts.validation ?? parts.test ?? series.length;
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
  workshop: Workshop,
  metrics: readonly string[],
  hooks: Hooks,
): Promise<JudgedSeries> {
  const { series, shape, parts } = task;
  const { config, season } = workshop;
  const request = judgedRequest(task, config, hooks);
  const own = modelForecaster({ ...workshop, shape }, await seedHooks(series.id, config, hooks));
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
    const cutoffs = judgedCutoffs(task, from, until).filter((cutoff) => cutoff >= first);
    const { horizon, lead } = shape;
    const judged = await scoreNumbers({
      contenders,
      series,
      cutoffs,
      horizon,
      lead,
      until: scaledUntil(task),
      season,
      metrics,
      split,
      signal: hooks.signal,
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
  workshop: Workshop,
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<SeriesOutcome> {
  const { config } = workshop;
  const held = parts.validation !== null || parts.test !== null;
  const refitted =
    config.train.refit && held ? (shared ?? (await refit(series, judged.fitted, { ...workshop, shape }, hooks))) : null;
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

/**
 * Series too short to be judged, continued by what can be fitted on all their rows: together with the others where that is how the model
 * learns. Their intervals are borrowed from those, whose calibration comes back with theirs.
 */
async function forecastShort(
  workshop: Workshop,
  short: readonly Series[],
  together: readonly FittedNumbers[] | null,
  courses: readonly Course[],
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<{ forecast: ForecastRow[]; calibration: Calibration | null; notes: string[] }> {
  const { config, shape } = workshop;
  const fits: FittedNumbers[] = [];
  const request = (series: Series): FitRequest =>
    allRows(config, series, shape.lead, series.id, { ...hooks, warn: () => {} });
  for (const [s, series] of short.entries()) {
    fits.push(await fitShort(workshop, series, request(series), together?.[s]));
  }
  const own = backtest?.calibrations.get(config.model.kind) ?? null;
  const known = courses.map(({ series, end }) => ({ series, known: end }));
  const calibration = own && (await withBorrowed(own, short, known, workshop, request));
  const forecast: ForecastRow[] = [];
  for (const [s, series] of short.entries()) {
    const fitted = fits[s] as FittedNumbers;
    forecast.push(...(await forecastRows(fitted, series, config.predict, shape.lead, calibration)).rows);
  }
  return { forecast, calibration, notes: shortNote(fits, borrowers(short, calibration)) };
}

/** Who is walked through the folds. */
function contestantsOf(workshop: Workshop, baselines: readonly string[]): Contestant[] {
  const { config, engine, season, seasons } = workshop;
  return [
    {
      forecaster: modelForecaster(workshop),
      baseline: false,
      together: trainsNetwork(config.model) ? (engine.together ?? 1) : 1,
    },
    ...baselines.map((kind) => ({ forecaster: closedForm({ kind }, season, seasons), baseline: true })),
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
