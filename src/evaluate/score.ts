// Scores side by side: every forecaster on the same held-out windows, with skill against the best baseline.
// In: fitted forecasters, a history, cutoffs. Out: one row per forecaster. Not here: choosing windows (run), wording (report/).

import type { Series } from '../core/data.ts';
import type { FittedNumbers, FittedText } from '../core/forecaster.ts';
import type { Sequence } from '../core/sequence.ts';
import { pause } from '../core/turn.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { METRICS } from '../metrics/index.ts';
import type { LanguageMetric, PointMetric, Score } from '../metrics/metric.ts';
import { naiveScale } from '../metrics/pointwise.ts';

export type Split = 'train' | 'validation' | 'test' | 'backtest';

export interface ScoreRow {
  readonly forecaster: string;
  /** Present where there are several series. */
  readonly series?: string;
  readonly split: Split;
  /** null where undefined; `reasons` says why. */
  readonly metrics: { readonly [metric: string]: number | null };
  readonly reasons?: { readonly [metric: string]: string };
  /** 1 − error / best baseline's error on the first metric; null with a reason where that error is 0 or undefined. */
  readonly skill: number | null;
  readonly skillReason?: string;
  /** Windows scored. */
  readonly windows: number;
}

/** A fitted forecaster and whether it is a baseline: skill is measured against those. */
export interface Contender<Fitted> {
  readonly fitted: Fitted;
  readonly baseline: boolean;
}

export interface NumberJudging {
  readonly contenders: readonly Contender<FittedNumbers>[];
  readonly series: Series;
  readonly cutoffs: ArrayLike<number>;
  readonly horizon: number;
  readonly lead: number;
  /** Rows [0, until) scale MASE and RMSSE. */
  readonly until: number;
  readonly season: number;
  /** Kinds of metrics; the first one decides. */
  readonly metrics: readonly string[];
  readonly split: Split;
  readonly signal?: AbortSignal | undefined;
}

export interface TextJudging {
  readonly contenders: readonly Contender<FittedText>[];
  readonly sequence: Sequence;
  readonly cutoffs: ArrayLike<number>;
  readonly froms: ArrayLike<number>;
  readonly metrics: readonly string[];
  readonly split: Split;
  readonly signal?: AbortSignal | undefined;
}

/** The scores of one split, and what a significance test needs. */
export interface Judgement {
  readonly rows: readonly ScoreRow[];
  readonly losses: Losses;
}

/** The same, with the forecasts that were scored, in the contenders' order. */
export interface NumberJudgement extends Judgement {
  readonly answers: readonly Answer[];
}

/** Mean loss of each window, in time order, by forecaster. */
export type Losses = ReadonlyMap<string, Float64Array>;

/** Scores forecasts of numbers in raw units; several targets are scored one by one and averaged. Errors: Interrupted. */
export async function scoreNumbers({ contenders, ...judging }: NumberJudging): Promise<NumberJudgement> {
  const { series, cutoffs, horizon, lead, signal } = judging;
  const answers: Answer[] = [];
  for (const { fitted, baseline } of contenders) {
    await pause(signal);
    const { values } = await fitted.forecast(series, { cutoffs, horizon, lead, signal });
    answers.push({ forecaster: fitted.name, baseline, values });
  }
  return { ...scoreAnswers({ ...judging, answers }), answers };
}

/** What a forecaster said at the cutoffs: `values` (N, H, C). */
export interface Answer {
  readonly forecaster: string;
  readonly baseline: boolean;
  readonly values: Float64Array;
}

/** Scores forecasts that were made already. */
export function scoreAnswers(
  judging: Omit<NumberJudging, 'contenders'> & { readonly answers: readonly Answer[] },
): Judgement {
  const { series, cutoffs, horizon, lead } = judging;
  const actuals = actualsAt(series, cutoffs, horizon, lead);
  const units = actuals.map((actual, c) => unitOf(actual, judging, c));
  const rows: Unskilled[] = [];
  const losses = new Map<string, Float64Array>();
  for (const { forecaster, baseline, values } of judging.answers) {
    const scores = judging.metrics.map((kind) => {
      const metric = METRICS[kind] as PointMetric;
      return meanScore(
        series.targets.map((target, c) =>
          metric.score({
            actual: actuals[c] as Float64Array,
            forecast: strided(values, c, series.targets.length),
            train: target.values.subarray(0, judging.until),
            season: judging.season,
          }),
        ),
      );
    });
    const rounding = actuals.every((actual, c) => isRounding(values, actual, c, actuals.length));
    rows.push(rowOf(forecaster, baseline, judging.metrics, scores, cutoffs.length, judging.split, rounding));
    const squared = SQUARED.has(judging.metrics[0] as string);
    losses.set(forecaster, windowLosses(values, actuals, units, cutoffs.length, horizon, squared));
  }
  return { rows: withSkill(rows, judging.metrics), losses };
}

/**
 * What a metric gives the truth itself: a metric is undefined by what came and what was learned from (values of 0, a training part without
 * changes), whatever is forecast.
 */
export function truthScore(
  kind: string,
  {
    series,
    cutoffs,
    horizon,
    lead,
    until,
    season,
  }: Pick<NumberJudging, 'series' | 'cutoffs' | 'horizon' | 'lead' | 'until' | 'season'>,
): Score {
  const actuals = actualsAt(series, cutoffs, horizon, lead);
  return meanScore(
    series.targets.map(({ values }, c) => {
      const actual = actuals[c] as Float64Array;
      return (METRICS[kind] as PointMetric).score({
        actual,
        forecast: actual,
        train: values.subarray(0, until),
        season,
      });
    }),
  );
}

/** The true values of each target at the cutoffs' steps: C times (N, H). */
export function actualsAt(
  series: Series,
  cutoffs: ArrayLike<number>,
  horizon: number,
  lead: number,
): readonly Float64Array[] {
  return series.targets.map((target) => gatherActual(target.values, cutoffs, horizon, lead));
}

/** What came less what was forecast, target by target: C times (N, H). */
export function errorsAt(
  series: Series,
  { origins, values }: { readonly origins: ArrayLike<number>; readonly values: Float64Array }, // (N), (N, H, C)
  horizon: number,
  lead: number,
): readonly Float64Array[] {
  return actualsAt(series, origins, horizon, lead).map((actual, c, { length }) =>
    actual.map((y, i) => y - (values[i * length + c] as number)),
  );
}

/** Scores predicted tokens; tokens that are not in the vocabulary are left out for all contenders alike. Errors: Interrupted. */
export async function scoreText(judging: TextJudging): Promise<Judgement> {
  const rows: Unskilled[] = [];
  const losses = new Map<string, Float64Array>();
  for (const { fitted, baseline } of judging.contenders) {
    await pause(judging.signal);
    const scored = await fitted.score(judging.sequence, judging.cutoffs, judging.froms, judging.signal);
    const known = knownOnly(scored);
    const scores = judging.metrics.map((kind) => (METRICS[kind] as LanguageMetric).score(known));
    rows.push(rowOf(fitted.name, baseline, judging.metrics, scores, known.logProbability.length, judging.split));
    losses.set(
      fitted.name,
      known.logProbability.map((logProbability) => -logProbability),
    );
  }
  return { rows: withSkill(rows, judging.metrics), losses };
}

/** Rows of a series among `count`: of several they are named. */
export function namedRows(rows: readonly ScoreRow[], count: number, series: string): readonly ScoreRow[] {
  return count > 1 ? rows.map((row) => ({ ...row, series })) : rows;
}

/** One row per forecaster over several series: the mean of their scores, where a metric is defined for every forecaster; undefined where it nowhere is. */
export function poolSeries(
  rows: readonly ScoreRow[],
  baselines: ReadonlySet<string>,
  metrics: readonly string[],
): ScoreRow[] {
  const byName = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    const own = byName.get(row.forecaster);
    if (own) own.push(row);
    else byName.set(row.forecaster, [row]);
  }
  const unknown = new Map(metrics.map((metric) => [metric, undefinedSeries(rows, metric)]));
  const pooled = [...byName].map(([name, own]) => {
    const scores = metrics.map((metric) => {
      const left = unknown.get(metric) as ReadonlySet<string | undefined>;
      const known = own.filter(({ series }) => !left.has(series));
      return meanScore((known.length > 0 ? known : own).map((row) => scoreOf(row, metric)));
    });
    const windows = own.reduce((sum, row) => sum + row.windows, 0);
    const rounding = own.every(({ skill }) => skill === null); // a baseline is exact in every series
    return rowOf(name, baselines.has(name), metrics, scores, windows, (own[0] as ScoreRow).split, rounding);
  });
  return withSkill(pooled, metrics);
}

/** From most to least honest: what was never seen, what folds did not know, what chose an epoch at most, what was learned from. */
const HONESTY: readonly Split[] = ['test', 'backtest', 'validation', 'train'];

/** Rows of the most honest split there is, which decide; of several series those of all together. */
export function decidingRows(scores: readonly ScoreRow[]): ScoreRow[] {
  const pooled = scores.filter((row) => row.series === undefined);
  const split = HONESTY.find((candidate) => pooled.some((row) => row.split === candidate));
  return pooled.filter((row) => row.split === split);
}

/** Series for which a metric is undefined for some forecaster: constant ones have no MASE, those with a zero no MAPE. */
export function undefinedSeries(rows: readonly ScoreRow[], metric: string): Set<string | undefined> {
  return new Set(rows.filter(({ metrics }) => typeof metrics[metric] !== 'number').map(({ series }) => series));
}

/**
 * Per window: the model's loss minus that of the best of the other forecasters in `rows`, which decide (pooled over all series, where
 * there are several). Empty where either is missing.
 */
export function lossDifferences(
  rows: readonly ScoreRow[],
  losses: readonly Losses[],
  model: string,
  metric: string,
): Float64Array {
  const best = bestOf(
    rows.filter((row) => row.forecaster !== model),
    metric,
  );
  return best ? differencesBetween(losses, model, best.name) : new Float64Array(0);
}

/**
 * Per window: one forecaster's loss minus another's. Series that are forecast at one time move together: of several it is the mean over
 * them at each origin, counted from the last.
 */
export function differencesBetween(losses: readonly Losses[], one: string, other: string): Float64Array {
  return meanFromLast(
    losses.flatMap((byName) => {
      const own = byName.get(one);
      const theirs = byName.get(other);
      return own && theirs ? [own.map((loss, n) => loss - (theirs[n] as number))] : [];
    }),
  );
}

/** Mean of rows at each position counted from their ends, over those that reach back so far. */
function meanFromLast(rows: readonly Float64Array[]): Float64Array {
  const length = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return Float64Array.from({ length }, (_, n) => {
    let sum = 0;
    let count = 0;
    for (const row of rows) {
      const at = n - length + row.length;
      if (at < 0) continue;
      sum += row[at] as number;
      count++;
    }
    return sum / count;
  });
}

/** The baseline that says least: where nothing is better by more than chance it is the one to use. */
export const PLAIN: string = 'last-value';

/**
 * Per window: the loss of the best baseline minus that of last-value; `model` is none of them unless it is a baseline itself. Empty where last-value is
 * the best one, or not there.
 */
export function plainDifferences(
  rows: readonly ScoreRow[],
  losses: readonly Losses[],
  model: string,
  metric: string,
): Float64Array {
  const baselines = rows.filter((row) => row.forecaster !== model || FORECASTERS[model]?.baseline);
  const best = bestOf(baselines, metric);
  if (!best || best.name === PLAIN || !baselines.some((row) => row.forecaster === PLAIN)) return new Float64Array(0);
  return differencesBetween(losses, best.name, PLAIN);
}

/** Metrics that square errors: their windows are compared by squared errors too. */
const SQUARED: ReadonlySet<string> = new Set(['rmse', 'mse', 'rmsse', 'r2']);

/**
 * What an error of a target is counted in, so that series of unlike units are compared as MASE compares them: its naive error in the training
 * part, else its mean size. Sizes alone would let the series near zero decide.
 */
function unitOf(
  actual: Float64Array,
  { series, until, season }: Pick<NumberJudging, 'series' | 'until' | 'season'>,
  c: number,
): number {
  const train = (series.targets[c] as Series['targets'][number]).values.subarray(0, until);
  return naiveScale(train, season) ?? (actual.reduce((sum, y) => sum + Math.abs(y), 0) / actual.length || 1);
}

/** Mean loss of each window; every target counts in its own unit. */
function windowLosses(
  values: Float64Array,
  actuals: readonly Float64Array[],
  units: readonly number[],
  count: number,
  horizon: number,
  squared: boolean,
): Float64Array {
  const losses = new Float64Array(count);
  actuals.forEach((actual, c) => {
    const unit = units[c] as number;
    for (let i = 0; i < actual.length; i++) {
      const error = Math.abs((actual[i] as number) - (values[i * actuals.length + c] as number)) / unit;
      losses[Math.floor(i / horizon)]! += squared ? error * error : error;
    }
  });
  return losses;
}

/** The forecaster of the least error; of equal ones the first. */
export function bestOf(
  rows: readonly ScoreRow[],
  metric: string,
): { readonly name: string; readonly error: number } | undefined {
  return rows
    .map((row) => ({ name: row.forecaster, error: errorOf(row, metric) }))
    .filter((candidate): candidate is { name: string; error: number } => candidate.error !== null)
    .sort((a, b) => a.error - b.error)[0];
}

interface Unskilled extends ScoreRow {
  readonly baseline: boolean;
  /** Whether its errors are so small beside what came that they may be rounding. */
  readonly rounding: boolean;
}

function gatherActual(values: Float64Array, cutoffs: ArrayLike<number>, horizon: number, lead: number): Float64Array {
  const actual = new Float64Array(cutoffs.length * horizon);
  for (let n = 0; n < cutoffs.length; n++) {
    const first = (cutoffs[n] as number) + lead;
    for (let h = 0; h < horizon; h++) actual[n * horizon + h] = values[first + h] as number;
  }
  return actual;
}

function strided(values: Float64Array, channel: number, channels: number): Float64Array {
  if (channels === 1) return values;
  return Float64Array.from({ length: values.length / channels }, (_, i) => values[i * channels + channel] as number);
}

function knownOnly(scored: { logProbability: Float64Array; correct: Uint8Array }): {
  logProbability: Float64Array;
  correct: Uint8Array;
} {
  const known = (_: number, n: number): boolean => !Number.isNaN(scored.logProbability[n]);
  return { logProbability: scored.logProbability.filter(known), correct: scored.correct.filter(known) };
}

function meanScore(scores: readonly Score[]): Score {
  const undefinedOne = scores.find((score) => score.value === null);
  if (undefinedOne) return undefinedOne;
  return { value: scores.reduce((sum, score) => sum + (score.value as number), 0) / scores.length };
}

function scoreOf(row: ScoreRow, metric: string): Score {
  const value = row.metrics[metric];
  return typeof value === 'number' ? { value } : { value: null, reason: row.reasons?.[metric] ?? 'not scored' };
}

function rowOf(
  name: string,
  baseline: boolean,
  metrics: readonly string[],
  scores: readonly Score[],
  windows: number,
  split: Split,
  rounding = true,
): Unskilled {
  const reasons = metrics.flatMap((metric, m) => {
    const reason = (scores[m] as Score).reason;
    return reason === undefined ? [] : [[metric, reason] as const];
  });
  return {
    forecaster: name,
    baseline,
    rounding,
    split,
    metrics: Object.fromEntries(metrics.map((metric, m) => [metric, (scores[m] as Score).value])),
    ...(reasons.length > 0 ? { reasons: Object.fromEntries(reasons) } : {}),
    skill: null,
    windows,
  };
}

function withSkill(rows: readonly Unskilled[], metrics: readonly string[]): ScoreRow[] {
  const metric = metrics[0] as string;
  const best = bestOf(
    rows.filter((row) => row.baseline),
    metric,
  );
  const exact = best !== undefined && isExact(best, rows, metric);
  return rows.map(({ baseline: _, rounding: __, ...row }) => {
    const error = errorOf(row, metric);
    if (!best) return { ...row, skillReason: 'no baseline could be scored' };
    if (exact)
      return {
        ...row,
        skillReason: `${best.name} is exact here (error ${best.error === 0 ? '0' : 'of rounding only'})`,
      };
    if (error === null) return { ...row, skillReason: `${metric} is undefined` };
    return { ...row, skill: 1 - error / best.error };
  });
}

/** An error that is nothing beside what came, and beside the others' errors, is rounding: dividing by it would say nothing. */
const ROUNDING = 1e-12;

/** One outlier among what is learned from makes others err by so much that an honest error looks like rounding beside theirs: both must be small. */
function isExact(best: { name: string; error: number }, rows: readonly Unskilled[], metric: string): boolean {
  const largest = rows.reduce((most, row) => Math.max(most, errorOf(row, metric) ?? 0), 0);
  const rounding = rows.some((row) => row.forecaster === best.name && row.rounding);
  return best.error === 0 || (rounding && best.error <= ROUNDING * largest);
}

/** Whether one target's errors are rounding beside its values, both on the average. */
function isRounding(values: Float64Array, actual: Float64Array, c: number, channels: number): boolean {
  let error = 0;
  let size = 0;
  for (let i = 0; i < actual.length; i++) {
    error += Math.abs((actual[i] as number) - (values[i * channels + c] as number));
    size += Math.abs(actual[i] as number);
  }
  return error <= ROUNDING * size;
}

/** The first metric as an error: less is better. */
export function errorOf(row: ScoreRow, metric: string): number | null {
  const value = row.metrics[metric];
  if (value === null || value === undefined) return null;
  const better = METRICS[metric]?.better;
  if (better === 'zero') return Math.abs(value);
  return better === 'higher' ? 1 - value : value;
}
