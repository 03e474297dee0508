// What a run does with series of numbers, stage by stage: hold out, fit, judge beside the baselines, walk through folds, forecast.
// In: the config and the loaded series. Out: an Outcome. Not here: how a series is judged (judging.ts) and continued (continuing.ts), disk, wording.

import { hasNetwork } from '../combine/member.ts';
import type { Config } from '../config/config.ts';
import type { Numbers, Series } from '../core/data.ts';
import type { FittedNumbers } from '../core/forecaster.ts';
import type { Engine } from '../engines/engine.ts';
import { decidingRows, lossDifferences, plainDifferences, type ScoreRow } from '../evaluate/score.ts';
import { isTestable } from '../evaluate/significance.ts';
import type { ForecasterContext } from '../forecasters/forecaster.ts';
import { windowShape } from '../prepare/cutting.ts';
import {
  type BacktestOutcome,
  type Contestant,
  type Course,
  plannedOrigins,
  runBacktest,
  warnOutside,
} from './backtest.ts';
import {
  baselinesOf,
  checkForms,
  chosenOnWarnings,
  decidingFirst,
  defaultMetrics,
  namedBaselines,
  undefinedNotes,
} from './contest.ts';
import { continueSeries, forecastShort, type SeriesOutcome, type ShortOutcome } from './continuing.ts';
import { drawnWarnings } from './drawn.ts';
import { fitTogether, refitTogether } from './fitting.ts';
import { closedForm, modelForecaster, type Workshop } from './forecaster.ts';
import { checkInputs, shadowWarnings, toldInputs } from './inputs.ts';
import {
  allScores,
  decidingOf,
  firstJudged,
  fitBaselines,
  isFittedAgain,
  type JudgedSeries,
  judgedRequest,
  judgeSeries,
  kept,
  type SeriesTask,
  taskOf,
  withBacktest,
} from './judging.ts';
import { type Hooks, type Outcome, trainOptions } from './outcome.ts';
import { earlierDifferences } from './untested.ts';

/** Every series of the data: judged on what is held out, walked through its folds, fitted again on all rows and continued. */
export async function runNumbers(
  config: Config,
  raw: Numbers,
  known: ForecasterContext,
  engine: Engine,
  hooks: Hooks,
): Promise<Outcome> {
  const { model } = config;
  const plan = planOf(config, raw, known.season, hooks);
  const { tasks, courses, baselines, metrics } = plan;
  const workshop = { config, shape: (tasks[0] as SeriesTask).shape, ...known, engine, train: trainOptions(config) };
  const judged = await judgeAll(plan, raw, workshop, hooks);
  const contestants = contestantsOf(workshop, baselines);
  const backtest = await runBacktest(config, courses, contestants, known.season, metrics, hooks);
  const { outcomes, beside } = await continueAll(plan, raw, workshop, judged, backtest, hooks);
  const held = outcomes.flatMap((outcome) => outcome.held);
  warnOutside(held, backtest?.calibration ?? null, hooks);
  const scores = allScores(outcomes, baselines, metrics);
  return {
    model: model.kind,
    fits: outcomes.map(({ fit }) => fit),
    metrics,
    scores,
    ...(await compared(plan, workshop, scores, outcomes, backtest, hooks)),
    backtest: backtest?.report ?? null,
    held,
    calibration: beside.calibration,
    errors: backtest?.errors ?? [],
    forecast: [...outcomes.flatMap(({ forecast }) => forecast), ...beside.forecast],
    totals: outcomes.flatMap(({ totals }) => totals),
    text: [],
    models: new Map(outcomes.flatMap(({ models }) => models)),
    rows: [...raw.series, ...(raw.short ?? [])].reduce((sum, series) => sum + series.length, 0),
    notes: [...plan.notes, ...undefinedNotes(scores, metrics[0] as string, tasks.length), ...beside.notes],
  };
}

/** What is decided before anything is trained. */
interface Plan {
  readonly tasks: readonly SeriesTask[];
  readonly courses: readonly Course[];
  readonly baselines: readonly string[];
  /** The first one decides. */
  readonly metrics: readonly string[];
  readonly notes: readonly string[];
}

/** All series are cut before the first is trained: one that is too short is said at once, and so is what is odd about the rest. */
function planOf(config: Config, raw: Numbers, season: number, hooks: Hooks): Plan {
  checkForms(config, 'numbers');
  checkInputs(config, raw.series);
  const baselines = baselinesOf(config, season);
  const tasks = raw.series.map((series) => taskOf(config, series));
  const courses = tasks.map(({ series, parts }) => ({ series, end: parts.test ?? series.length }));
  const origins = plannedOrigins(config, courses, season);
  const { metrics, note } = decidingFirst(
    config.evaluate.metrics ?? defaultMetrics(raw),
    tasks.map((task, s) => decidingOf(task, origins?.[s] ?? null, config, season)),
  );
  const firsts = tasks.map((task, s) => firstJudged(task, origins?.[s]?.[0]));
  const parts = tasks.map((task) => task.parts);
  const inputs = toldInputs(config.model, baselines, raw.series[0] as Series);
  // Of a baseline nobody expects more: it is the model where a verdict said so.
  const unread = namedBaselines(config).includes(config.model.kind) ? [] : inputs.warnings;
  const shadows = shadowWarnings(raw.series, season);
  for (const warning of [
    ...drawnWarnings(raw.series, firsts),
    ...chosenOnWarnings(config, parts),
    ...unread,
    ...shadows,
  ])
    hooks.warn(warning);
  return { tasks, courses, baselines, metrics, notes: [...inputs.notes, ...(note === null ? [] : [note])] };
}

interface Judged {
  readonly judged: readonly JudgedSeries[];
  /** The model's, where it learns from all series at once; none of them where it has no network. */
  readonly fits: readonly FittedNumbers[] | null;
}

/**
 * Every series fitted on its training part and judged. What has judged is let go: of a large panel it would take more room than all that is
 * kept.
 */
async function judgeAll(
  { tasks, baselines, metrics }: Plan,
  { series: panel }: Numbers,
  workshop: Workshop,
  hooks: Hooks,
): Promise<Judged> {
  const requests = tasks.map((task) => judgedRequest(task, workshop.config, hooks));
  const fits = await fitTogether(workshop, panel, requests);
  const rivals = await fitBaselines(baselines, panel, requests, workshop, hooks);
  const judged: JudgedSeries[] = [];
  for (const [s, task] of tasks.entries()) {
    const own = await judgeSeries(task, fits?.[s] ?? null, rivals[s] as FittedNumbers[], workshop, metrics, hooks);
    judged.push(kept(own, tasks.length, workshop, task));
    rivals[s] = [];
    hooks.counted('judging', s + 1, tasks.length);
  }
  return { judged, fits: fits && (hasNetwork(workshop.config.model) ? fits : []) };
}

/** Who is walked through the folds. */
function contestantsOf(workshop: Workshop, baselines: readonly string[]): Contestant[] {
  const { config, engine } = workshop;
  return [
    {
      forecaster: modelForecaster(workshop),
      baseline: false,
      together: hasNetwork(config.model) ? (engine.together ?? 1) : 1,
    },
    ...baselines.map((kind) => ({ forecaster: closedForm({ kind }, workshop), baseline: true })),
  ];
}

/** Every series, also those too short to be judged, fitted on all rows where the config says so, and forecast. */
async function continueAll(
  { tasks, courses }: Plan,
  { short = [] }: Numbers,
  workshop: Workshop,
  { judged, fits }: Judged,
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<{ outcomes: SeriesOutcome[]; beside: ShortOutcome }> {
  const { config } = workshop;
  const again = tasks.some(({ parts }) => isFittedAgain(config, parts));
  const all = [...tasks, ...short.map((series) => ({ series, shape: windowShape(config, series) }))];
  const refits: (FittedNumbers | null)[] | null =
    fits && again ? [...((await refitTogether(workshop, all, fits, hooks)) ?? [])] : null;
  const outcomes: SeriesOutcome[] = [];
  for (const [s, task] of tasks.entries()) {
    const own = withBacktest(judged[s] as JudgedSeries, backtest?.series[s]);
    outcomes.push(await continueSeries(task, refits?.[s] ?? null, own, workshop, backtest, hooks));
    if (refits) refits[s] = null; // told and let go
    hooks.counted('forecasting', s + 1, tasks.length);
  }
  const together = (refits?.slice(tasks.length) ?? null) as readonly FittedNumbers[] | null;
  return { outcomes, beside: await forecastShort(workshop, short, together, courses, backtest, hooks) };
}

/** The model's losses beside the best baseline's, and the best baseline's beside last-value's, on the windows that decide. */
async function compared(
  { tasks, courses, metrics }: Plan,
  workshop: Workshop,
  scores: readonly ScoreRow[],
  outcomes: readonly SeriesOutcome[],
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<Pick<Outcome, 'differences' | 'plain' | 'overlap'>> {
  const { config } = workshop;
  const { model, window, predict, evaluate } = config;
  const metric = metrics[0] as string;
  const rows = decidingRows(scores);
  const losses = outcomes.flatMap((outcome) => outcome.losses ?? []);
  const differences = lossDifferences(rows, losses, model.kind, metric);
  const plain = plainDifferences(rows, losses, model.kind, metric);
  // Windows of the split that decides: those of the folds, but where a test part was held out.
  const byFolds = backtest !== null && tasks.every(({ parts }) => parts.test === null);
  const asked = byFolds
    ? { horizon: predict.horizon, stride: evaluate.stride }
    : { horizon: window.horizon, stride: window.stride };
  const overlap = Math.ceil(asked.horizon / asked.stride);
  const untested = differences.length > 0 && !isTestable(differences.length, overlap);
  return {
    differences,
    plain: untested
      ? await earlierDifferences({ rows, plain, courses, ...asked, metric }, config, workshop, hooks)
      : plain,
    overlap,
  };
}
