// Figures of a part's answers: per series and averaged, or all errors together.
// In: walks, what a forecaster said of them. Out: figures by name. Not here: which origins are asked.

import type { Series } from '../../src/core/data.ts';
import { joined } from '../../src/core/joined.ts';
import type { Track, Walk } from '../../src/evaluate/backtest.ts';
import { actualsAt } from '../../src/evaluate/score.ts';
import { METRICS } from '../../src/metrics/index.ts';
import type { PointInput, PointMetric } from '../../src/metrics/metric.ts';
import type { Figures } from './board.ts';

/** What one target of one series came to: values and forecasts (N, H), and the rows known before the first origin. */
export interface Answered {
  readonly id: string;
  readonly origins: Float64Array;
  readonly actual: Float64Array;
  readonly forecast: Float64Array;
  readonly train: Float64Array;
}

/** Every target of every series of a part, in order; series without an origin have none. */
export function answered(walks: readonly Walk[], tracks: readonly Track[], horizon: number): Answered[] {
  return walks.flatMap(({ series, folds }, s) => {
    const { values, origins } = tracks[s] as Track;
    if (origins.length === 0) return [];
    const first = folds[0]?.origins[0] as number;
    const channels = series.targets.length;
    return actualsAt(series, origins, horizon, 0).map((actual, c) => {
      const target = series.targets[c] as (typeof series.targets)[number];
      return {
        id: `${series.id}/${target.name}`,
        origins,
        actual,
        forecast: strided(values, c, channels),
        train: target.values.subarray(0, first),
      };
    });
  });
}

/** Mean over series of each series' own figure. */
export function perSeries(all: readonly Answered[], metrics: readonly string[], season: number): Figures {
  return figuresOf(metrics, (metric) => {
    const scores = all.map((one) => scored(metric, { ...one, season }));
    return scores.includes(null)
      ? null
      : scores.reduce<number>((sum, score) => sum + (score as number), 0) / all.length;
  });
}

/** All errors of all series together, as if they were one. */
export function pooled(all: readonly Answered[], metrics: readonly string[], season: number): Figures {
  const one = {
    actual: joined(all.map(({ actual }) => actual)),
    forecast: joined(all.map(({ forecast }) => forecast)),
    train: all[0]?.train ?? new Float64Array(0),
    season,
  };
  return figuresOf(metrics, (metric) => scored(metric, one));
}

/** One target of several that were told together. */
function strided(values: Float64Array, c: number, channels: number): Float64Array {
  if (channels === 1) return values;
  const own = new Float64Array(values.length / channels);
  for (let i = 0, at = c; i < own.length; i++, at += channels) own[i] = values[at] as number;
  return own;
}

/** All errors of all targets of one series together, in the order they are told in, (N, H, C): what came is gathered once for all. */
export function poolOf(
  { series, folds }: Walk,
  horizon: number,
  metrics: readonly string[],
  season: number,
): (track: Track) => Figures {
  let actual: Float64Array | null = null;
  const train = (series.targets[0] as Series['targets'][number]).values.subarray(0, folds[0]?.origins[0]);
  return ({ values, origins }) => {
    actual ??= interleaved(actualsAt(series, origins, horizon, 0));
    const input = { actual, forecast: values, train, season };
    return figuresOf(metrics, (metric) => scored(metric, input));
  };
}

function interleaved(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  for (const [c, column] of columns.entries())
    for (let i = 0, at = c; i < column.length; i++, at += columns.length) all[at] = column[i] as number;
  return all;
}

function figuresOf(metrics: readonly string[], of: (metric: string) => number | null): Figures {
  return Object.fromEntries(metrics.map((metric) => [metric, of(metric)]));
}

/** A forecast that is no number has no figure. */
function scored(metric: string, input: PointInput): number | null {
  const { value } = (METRICS[metric] as PointMetric).score(input);
  return value !== null && Number.isFinite(value) ? value : null;
}
