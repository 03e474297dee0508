// The result of a run, put together from what its stages found.
// In: config, data, outcome, warnings. Out: the Result and the picture to draw. Not here: rendering (report/).

import type { Config } from './config/config.ts';
import { describeFrequency, spanOf, timeOfRow } from './core/calendar.ts';
import type { Loaded, Raw, Series } from './core/data.ts';
import type { Warning } from './core/errors.ts';
import type { Season } from './core/season.ts';
import { type Decision, decide } from './evaluate/decision.ts';
import { decidingRows, errorOf, type ScoreRow } from './evaluate/score.ts';
import { FORECASTERS } from './forecasters/index.ts';
import type { Picture } from './report/picture.ts';
import type { Fit, Result } from './report/result.ts';
import { type VerdictFacts, verdict } from './report/verdict.ts';
import type { Outcome } from './track/outcome.ts';

/** All of a run in one plain value. */
export function resultOf(
  config: Config,
  data: Loaded,
  season: number,
  engine: Result['engine'],
  outcome: Outcome,
  warnings: readonly Warning[],
): Result {
  const metric = outcome.metrics[0] as string;
  const deciding = decidingRows(outcome.scores);
  const folds = deciding[0]?.split === 'backtest' ? (outcome.backtest?.folds.length ?? 0) : 0;
  const decision = {
    ...decide(deciding, outcome.model, metric, outcome.differences, outcome.overlap, outcome.plain),
    folds,
  };
  const fit = pooledFit(outcome);
  return {
    name: config.name,
    seed: config.seed,
    engine,
    data: {
      ...dataFacts(data.raw, season, outcome.rows),
      seasons: seasonsOf(data, season),
      sha256: data.sha256,
      notes: [...data.notes, ...outcome.notes],
    },
    fit,
    ...(outcome.fits.length > 1 ? { fits: outcome.fits } : {}),
    scores: outcome.scores,
    backtest: outcome.backtest,
    decision,
    verdict: verdict(verdictFacts(decision, deciding, outcome, metric)),
    forecast: outcome.forecast,
    totals: outcome.totals,
    text: outcome.text,
    warnings,
  };
}

function verdictFacts(
  decision: Decision,
  rows: readonly ScoreRow[],
  {
    model,
    backtest,
    fits,
    differences,
    overlap,
  }: Pick<Outcome, 'model' | 'backtest' | 'fits' | 'differences' | 'overlap'>,
  metric: string,
): VerdictFacts {
  const own = rows.find((row) => row.forecaster === model);
  const best = rows
    .filter((row) => row.forecaster !== model && errorOf(row, metric) !== null)
    .sort((a, b) => (errorOf(a, metric) as number) - (errorOf(b, metric) as number))[0];
  const reason = own?.reasons?.[metric] ?? decision.reason;
  return {
    model,
    ship: decision.ship,
    skill: decision.skill,
    metric,
    value: own?.metrics[metric] ?? null,
    baseline: best ? { name: best.forecaster, value: best.metrics[metric] ?? null } : null,
    p: decision.p,
    folds: decision.folds,
    shape: FORECASTERS[model] ? null : (backtest?.shape ?? null), // a closed form's name says what it does
    windows: own?.windows ?? 0,
    ...(fits.length > 1 && differences.length > 0 ? { origins: differences.length } : {}),
    overlap,
    split: own?.split ?? 'train',
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The last rows of the first series' first target, and the forecast after them; null for text. */
export function pictureOf(raw: Raw, outcome: Outcome): Picture | null {
  if (raw.form === 'text') return null;
  const series = raw.series[0];
  const target = series?.targets[0];
  if (!series || !target) return null;
  const forecast = outcome.forecast.filter((row) => row.series === series.id && row.target === target.name);
  const first = Math.max(0, series.length - Math.max(PICTURE_ROWS, 3 * forecast.length));
  return {
    target: raw.series.length > 1 ? `${series.id} ${target.name}` : target.name,
    history: {
      values: [...target.values.subarray(first, series.length)],
      times: Array.from({ length: series.length - first }, (_, i) => timeOfRow(series.time, first + i)),
    },
    known: series.length,
    forecast: forecast.map((row) => row.value),
  };
}

const PICTURE_ROWS = 48;

function dataFacts(raw: Raw, season: number, rows: number): Omit<Result['data'], 'sha256' | 'notes' | 'seasons'> {
  if (raw.form === 'text') {
    return { rows, series: 1, start: null, end: null, frequency: null, season: null };
  }
  const all = [...raw.series, ...(raw.short ?? [])];
  const [start, end] = spanOf(all.flatMap(({ time, length }) => [0, length - 1].map((row) => ({ time, row }))));
  return {
    rows,
    series: all.length,
    start,
    end,
    frequency: describeFrequency((all[0] as Series).time.frequency),
    season,
  };
}

/** As they were found; where nobody looked, the calendar's. */
function seasonsOf({ raw, seasons }: Loaded, season: number): readonly Season[] {
  if (seasons || raw.form === 'text' || season <= 1) return seasons ?? [];
  return [{ rows: season, by: 'calendar', autocorrelation: null }];
}

/** One series' fit as it is; of several the sums, and the mean losses. */
function pooledFit(outcome: Outcome): Fit {
  const { fits } = outcome;
  const combination = fits.find((fit) => fit.combination)?.combination; // of several series the first one's
  const sum = (pick: (fit: Fit) => number): number => fits.reduce((total, fit) => total + pick(fit), 0);
  const mean = (pick: (fit: Fit) => number | null): number | null => {
    const values = fits.map(pick);
    return values.some((value) => value === null)
      ? null
      : values.reduce<number>((total, value) => total + (value as number), 0) / values.length;
  };
  return {
    model: outcome.model,
    parameters: sum((fit) => fit.parameters),
    samples: sum((fit) => fit.samples),
    epochs: fits.reduce((most, fit) => Math.max(most, fit.epochs), 0),
    loss: mean((fit) => fit.loss),
    validationLoss: mean((fit) => fit.validationLoss),
    accuracy: mean((fit) => fit.accuracy),
    stoppedEarly: fits.some((fit) => fit.stoppedEarly),
    ...(fits.some((fit) => fit.refit)
      ? { refit: { ...fits[0]?.refit, samples: sum((fit) => fit.refit?.samples ?? 0) } }
      : {}),
    ...(combination ? { combination } : {}),
  };
}
