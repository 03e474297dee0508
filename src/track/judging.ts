// One series of numbers, held out, fitted and judged beside the baselines on what it did not know.
// In: the config, a series, fitted baselines. Out: scores, window losses, forecasts of held-out rows. Not here: folds (backtest.ts), the way on (continuing.ts).

import { hasNetwork } from '../combine/member.ts';
import type { Config } from '../config/config.ts';
import type { Series } from '../core/data.ts';
import type { FitRequest, FittedNumbers } from '../core/forecaster.ts';
import { fitAll } from '../evaluate/backtest.ts';
import { type Losses, namedRows, poolSeries, type ScoreRow, scoreNumbers } from '../evaluate/score.ts';
import type { ForecasterContext } from '../forecasters/forecaster.ts';
import type { FittedNumberNetwork } from '../predict/number-network.ts';
import { heldOut, holdOut, thinned, windowShape } from '../prepare/cutting.ts';
import { targetsBetween } from '../window/cuts.ts';
import type { SplitPositions } from '../window/split.ts';
import type { Cuts, WindowShape } from '../window/window.ts';
import type { BacktestOutcome } from './backtest.ts';
import type { Deciding } from './contest.ts';
import { keepNetworks, seedHooks } from './fitting.ts';
import { closedForm, modelForecaster, type Workshop } from './forecaster.ts';
import { type HeldPaths, heldOutOf, joinedPaths } from './held-out.ts';
import { type Hooks, requestOf } from './outcome.ts';

/** Windows judged at most: beyond it every k-th is taken, so that judging never costs more than training. */
const JUDGED_WINDOWS = 20_000;

/** One series, fitted on its training part and judged. */
export interface JudgedSeries {
  readonly series: Series;
  /** Null: let go, since it holds no network and the series is fitted again on all rows. */
  readonly fitted: FittedNumbers | FittedNumberNetwork | null;
  /** Named where there are several series. */
  readonly scores: readonly ScoreRow[];
  /** Window losses of the most honest split; of training windows none. */
  readonly losses: Losses | null;
  /** The model's forecasts of the most honest split. */
  readonly held: readonly HeldPaths[];
}

/** A series, how its windows are cut, and what of it is held out. */
export interface SeriesTask {
  readonly series: Series;
  readonly shape: WindowShape;
  readonly cuts: Cuts;
  readonly parts: SplitPositions;
}

/** A series as a config cuts it. Errors: E_DATA_TOO_SHORT. */
export function taskOf(config: Config, series: Series): SeriesTask {
  const shape = windowShape(config, series);
  return { series, shape, ...holdOut(config, shape, series.length) };
}

/** Windows of a series between two positions, as many as are judged. */
function judgedCutoffs({ cuts, shape }: SeriesTask, from: number, until: number): Float64Array {
  return thinned(targetsBetween(cuts, shape, from, until), JUDGED_WINDOWS).cutoffs;
}

/** What decides of a series: its test part, else the origins of its folds, else the part that was held out last. */
export function decidingOf(
  task: SeriesTask,
  origins: readonly number[] | null,
  config: Config,
  season: number,
): Deciding {
  const { series, shape, parts } = task;
  const { lead } = shape;
  if (origins && parts.test === null)
    return { series, cutoffs: origins, horizon: config.predict.horizon, lead, until: origins[0] as number, season };
  const last = heldOut(parts, series.length).at(-1) as ReturnType<typeof heldOut>[number];
  const cutoffs = judgedCutoffs(task, last.from, last.until);
  return { series, cutoffs, horizon: shape.horizon, lead, until: scaledUntil(task), season };
}

/** The row from which on a series is judged; null: it is not, but on what it is trained on. */
export function firstJudged({ parts, shape }: SeriesTask, origin: number | undefined): number | null {
  const held = parts.validation ?? parts.test;
  const walked = origin === undefined ? null : origin + shape.lead;
  return held === null || walked === null ? (held ?? walked) : Math.min(held, walked);
}

/** MASE is scaled by the training part alone. */
function scaledUntil({ series, parts }: SeriesTask): number {
  return parts.validation ?? parts.test ?? series.length;
}

/** What the fit that is judged may learn from. */
export function judgedRequest({ series, shape, parts }: SeriesTask, config: Config, hooks: Hooks): FitRequest {
  return {
    ...requestOf(config.seed, series.id, hooks),
    horizon: shape.horizon,
    lead: shape.lead,
    until: parts.test ?? series.length,
    validation: parts.validation,
  };
}

/** Every baseline fitted for every series, on all of them together where it learns from several, as in the backtest; by series. */
export async function fitBaselines(
  kinds: readonly string[],
  panel: readonly Series[],
  requests: readonly FitRequest[],
  known: ForecasterContext,
  { counted }: Pick<Hooks, 'counted'>,
): Promise<FittedNumbers[][]> {
  const fits: (readonly FittedNumbers[])[] = [];
  for (const kind of kinds) {
    const told = (done: number): void => counted(`fitting ${kind}`, done, panel.length);
    fits.push(await fitAll(closedForm({ kind }, known), panel, requests, told));
  }
  return panel.map((_, s) => fits.map((own) => own[s] as FittedNumbers));
}

/** Fits and judges one series: nothing held out is looked at before it is scored. */
export async function judgeSeries(
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
  let held: HeldPaths[] = [];
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
    // Where there are folds, what they say decides, unless a test part does.
    if (split === 'train' || (split === 'validation' && config.evaluate.folds > 0)) continue;
    losses = judged.losses;
    const own = judged.answers[0] as (typeof judged.answers)[number];
    held = heldOutOf(series, { split, origins: cutoffs, values: own.values, horizon, lead });
  }
  return { series, fitted, scores, losses, held };
}

/** The backtest's rows stand between validation and test; its losses decide where no test part does. */
export function withBacktest(judged: JudgedSeries, own: BacktestOutcome['series'][number] | undefined): JudgedSeries {
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

/** What is judged of a series among `count`, its rows named, without a fit that nobody asks again. */
export function kept(judged: JudgedSeries, count: number, { config }: Workshop, { parts }: SeriesTask): JudgedSeries {
  const again = isFittedAgain(config, parts) && !hasNetwork(config.model);
  const scores = namedRows(judged.scores, count, judged.series.id);
  return { ...judged, scores, fitted: again ? null : judged.fitted };
}

/** Whether a series is fitted on all its rows after it was judged on a part of them. */
export function isFittedAgain({ train }: Config, { validation, test }: SplitPositions): boolean {
  return train.refit && (validation !== null || test !== null);
}

/** Rows of every series behind those of all together; of one series its own. */
export function allScores(
  judged: readonly Pick<JudgedSeries, 'scores'>[],
  baselines: readonly string[],
  metrics: readonly string[],
): ScoreRow[] {
  const [first] = judged;
  if (first && judged.length === 1) return [...first.scores];
  const named = judged.flatMap(({ scores }) => scores);
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
