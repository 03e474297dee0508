// By what a model of numbers is judged and against whom: baselines, metrics, the rows that decide.
// In: the config, the data, score rows. Out: names, and what is refused of them. Not here: scoring (evaluate/), what to ship (evaluate/decision.ts).

import { COMBINATIONS } from '../combine/index.ts';
import { hasNetwork } from '../combine/member.ts';
import type { Config } from '../config/config.ts';
import type { Numbers } from '../core/data.ts';
import type { Warning } from '../core/errors.ts';
import { type ScoreRow, truthScore, undefinedSeries } from '../evaluate/score.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { METRICS } from '../metrics/index.ts';
import { metricLabel } from '../report/verdict.ts';
import type { SplitPositions } from '../window/split.ts';
import { otherForm } from './forecaster.ts';

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

/** Baselines as a config names them, else all there are. */
export function namedBaselines({ evaluate }: Config): readonly string[] {
  const usual = (kind: string): boolean => FORECASTERS[kind]?.form === 'numbers' && FORECASTERS[kind].baseline;
  return evaluate.baselines ?? Object.keys(FORECASTERS).filter(usual);
}

/** The baselines of a config: those named, else all that differ (with no season, seasonal-naive is last-value). */
export function baselinesOf(config: Config, season: number): string[] {
  return namedBaselines(config).filter(
    (kind) => kind !== config.model.kind && !(kind === 'seasonal-naive' && season === 1 && !config.evaluate.baselines),
  );
}

/** Several targets or series are compared without their units: MASE first. */
export function defaultMetrics(raw: Numbers): string[] {
  const kinds = Object.keys(METRICS).filter((kind) => METRICS[kind]?.form === 'numbers' && SHOWN.has(kind));
  const several = raw.series.length > 1 || (raw.series[0]?.targets.length ?? 1) > 1;
  return several ? ['mase', ...kinds.filter((kind) => kind !== 'mase')] : kinds;
}

/** Windows that decide: what a series is asked for, at which cutoffs, and the rows that scale its errors. */
export type Deciding = Parameters<typeof truthScore>[1];

/**
 * The metrics with one first that can decide: the first that is defined for any of the series. `note` says why, where that is not the
 * first that was asked for.
 */
export function decidingFirst(
  metrics: readonly string[],
  series: readonly Deciding[],
): { readonly metrics: readonly string[]; readonly note: string | null } {
  const decides = metrics.find((kind) => series.some((one) => truthScore(kind, one).value !== null));
  const [first] = metrics as readonly [string];
  if (decides === undefined || decides === first) return { metrics, note: null };
  const reason = truthScore(first, series[0] as Deciding).reason;
  const note = `${metricLabel(first)} is undefined here (${reason}): ${metricLabel(decides)} decides`;
  return { metrics: [decides, ...metrics.filter((kind) => kind !== decides)], note };
}

/** Shown where the config names no metrics. */
const SHOWN: ReadonlySet<string> = new Set(['mae', 'rmse', 'mape', 'smape', 'mase']);

/** Series that say nothing about who is better, because the metric that decides is undefined for them. */
export function undefinedNotes(scores: readonly ScoreRow[], metric: string, series: number): string[] {
  const own = scores.filter((row) => row.series !== undefined && row.split === scores[0]?.split);
  const count = undefinedSeries(own, metric).size;
  if (count === 0 || count === series) return [];
  return [`${metricLabel(metric)} is undefined for ${count} of ${series} series: not in its mean`];
}

/** Said where the windows that decide are those early stopping chose an epoch on: the network's error there is the best of many, its baselines' is not. */
export function chosenOnWarnings(
  { model, train, evaluate }: Config,
  parts: readonly Pick<SplitPositions, 'validation' | 'test'>[],
): Warning[] {
  const stops = hasNetwork(model) && train.patience !== null && train.epochs > 1 && evaluate.folds === 0;
  if (!stops || parts.every(({ validation, test }) => validation === null || test !== null)) return [];
  const message = `the windows that judge ${model.kind} are those its early stopping chose an epoch on: its error beside the baselines' is flattered`;
  return [{ code: 'W_EPOCH_CHOSEN', message }];
}
