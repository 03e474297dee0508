// What a report shows of a backtest: the deciding metric by fold and by step, how intervals held, what shape the forecasts have.
// In: every contestant's forecasts at the origins. Out: tables. Not here: making the forecasts (backtest.ts).

import { spanOf } from '../core/calendar.ts';
import type { BacktestPlan, Fold, Track, Walk } from '../evaluate/backtest.ts';
import { type Calibration, supportedBy } from '../evaluate/intervals.ts';
import { actualsAt } from '../evaluate/score.ts';
import { type Shape, shapeOf } from '../evaluate/shape.ts';
import { METRICS } from '../metrics/index.ts';
import type { PointMetric } from '../metrics/metric.ts';
import type { BacktestReport, IntervalReport } from '../report/result.ts';

/** Everybody's forecasts, and by what they are judged. */
export interface Walked {
  readonly walks: readonly Walk[];
  /** By forecaster, then by series. */
  readonly tracks: ReadonlyMap<string, readonly Track[]>;
  readonly plan: BacktestPlan;
  readonly season: number;
  readonly intervals: readonly IntervalReport[];
  readonly metric: string;
}

/** The tables, and the shape of what `model` said. */
export function backtestReport(walked: Walked, model: string): BacktestReport {
  const { walks, tracks, plan, intervals, metric } = walked;
  return {
    folds: foldRows(walked),
    steps: stepRows(walked),
    metric,
    step: plan.step,
    history: plan.history,
    intervals,
    shape: shapeOfModel(walks, tracks.get(model) ?? [], plan),
  };
}

/** Of each network of an ensemble, root mean square over all origins, the mean of several targets or series; null: it is none. */
export function partErrors(
  walks: readonly Walk[],
  tracks: readonly Track[],
  plan: BacktestPlan,
  season: number,
): readonly (number | null)[] | null {
  const [first] = tracks;
  if (!first?.parts || tracks.some(({ parts }) => parts?.length !== first.parts?.length)) return null;
  return first.parts.map((_, i) => {
    const alone = tracks.map((track) => ({ ...track, values: track.parts?.[i] as Float64Array }));
    return meanMetric(walks, alone, plan, season, 'rmse', {});
  });
}

/** Mean over series (and targets) of the deciding metric of a part of the origins and steps; null where it is undefined. */
function meanMetric(
  walks: readonly Walk[],
  tracks: readonly Track[],
  { horizon, lead }: BacktestPlan,
  season: number,
  kind: string,
  only: { readonly fold?: number; readonly step?: number },
): number | null {
  const metric = METRICS[kind] as PointMetric;
  const [first, end] = only.step === undefined ? [0, horizon] : [only.step, only.step + 1];
  let sum = 0;
  let count = 0;
  for (const [s, { series, folds }] of walks.entries()) {
    const { values, origins, fold } = tracks[s] as Track;
    const channels = series.targets.length;
    for (const [c, target] of series.targets.entries()) {
      const actual: number[] = [];
      const forecast: number[] = [];
      for (const [n, origin] of origins.entries()) {
        if (only.fold !== undefined && fold[n] !== only.fold) continue;
        for (let h = first; h < end; h++) {
          actual.push(target.values[origin + lead + h] as number);
          forecast.push(values[(n * horizon + h) * channels + c] as number);
        }
      }
      if (actual.length === 0) continue;
      const train = target.values.subarray(0, (folds[0] as Fold).origins[0]);
      const { value } = metric.score({ actual, forecast, train, season });
      if (value === null) continue; // as of constant series, which have no MASE
      sum += value;
      count++;
    }
  }
  return count > 0 ? sum / count : null;
}

function foldRows({ walks, tracks, plan, season, metric }: Walked): BacktestReport['folds'] {
  const known = (k: number): Parameters<typeof spanOf>[0] =>
    walks.flatMap(({ series: { time }, folds }) =>
      (folds[k]?.origins ?? []).slice(0, 1).map((row) => ({ time, row: row - 1 })),
    );
  return (walks[0] as Walk).folds.map((_, k) => ({
    fold: k + 1,
    until: spanOf(known(k))[1],
    origins: walks.reduce((sum, walk) => sum + (walk.folds[k]?.origins.length ?? 0), 0),
    scores: Object.fromEntries(
      [...tracks].map(([name, own]) => [name, meanMetric(walks, own, plan, season, metric, { fold: k })]),
    ),
  }));
}

function stepRows({ walks, tracks, plan, season, metric }: Walked): BacktestReport['steps'] {
  return [...tracks].map(([forecaster, own]) => ({
    forecaster,
    values: Array.from({ length: plan.horizon }, (_, h) => meanMetric(walks, own, plan, season, metric, { step: h })),
  }));
}

/** Only what all series share is named. */
function shapeOfModel(walks: readonly Walk[], tracks: readonly Track[], { horizon, lead }: BacktestPlan): Shape | null {
  const shapes = walks.flatMap(({ series }, s) => {
    const { values, origins } = tracks[s] as Track;
    const channels = series.targets.length;
    return actualsAt(series, origins, horizon, lead).map((actual, c) => {
      const own = actual.map((_, i) => values[i * channels + c] as number);
      const last = origins.map((origin) => series.targets[c]?.values[origin - 1] as number);
      return shapeOf(own, actual, last, horizon);
    });
  });
  const [first] = shapes;
  return first !== undefined && shapes.every((shape) => shape === first) ? first : null;
}

/** How a forecaster's intervals were made and held. */
export function intervalsOf(forecaster: string, { points, pooledSteps, levels }: Calibration): IntervalReport {
  return {
    forecaster,
    points,
    pooledSteps,
    supports: supportedBy(levels[0]?.known ?? 0),
    levels: levels.map(({ steps, sums: _, ...level }) => ({ ...level, supported: steps !== null })),
  };
}
