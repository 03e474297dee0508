// The way on from what was judged: every series fitted on all its rows where the config says so, and forecast beyond its end.
// In: judged series, the backtest's intervals, series too short to be judged. Out: forecasts. Not here: judging (judging.ts).

import type { SeriesModel } from '../artifact/model.ts';
import type { Series } from '../core/data.ts';
import type { FitRequest, FittedNumbers } from '../core/forecaster.ts';
import type { Calibration } from '../evaluate/intervals.ts';
import type { Fit, ForecastRow, TotalRow } from '../report/result.ts';
import type { BacktestOutcome, Course } from './backtest.ts';
import { allRows, refit } from './fitting.ts';
import { forecastRows } from './forecast-rows.ts';
import type { Workshop } from './forecaster.ts';
import { isFittedAgain, type JudgedSeries, type SeriesTask } from './judging.ts';
import { withBorrowed } from './lenders.ts';
import { modelsOf, toldFit } from './networks.ts';
import type { Hooks } from './outcome.ts';
import { borrowers, fitShort, shortNote } from './short.ts';

/** One series, continued: by what was fitted on all rows, where the config says so. */
export interface SeriesOutcome extends Omit<JudgedSeries, 'fitted'> {
  /** What its fits came to, and the networks of them: they themselves are let go. */
  readonly fit: Fit & { readonly series: string };
  readonly models: readonly (readonly [string, SeriesModel])[];
  readonly forecast: readonly ForecastRow[];
  readonly totals: readonly TotalRow[];
}

/** Fits a series on all its rows where the config says so, and forecasts beyond its end. */
export async function continueSeries(
  { series, shape, parts }: SeriesTask,
  shared: FittedNumbers | null,
  { fitted, ...judged }: JudgedSeries,
  workshop: Workshop,
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<SeriesOutcome> {
  const { config } = workshop;
  const refitted = isFittedAgain(config, parts)
    ? (shared ?? (await refit(series, fitted, { ...workshop, shape }, hooks)))
    : null;
  const calibration = backtest?.calibration ?? null;
  const { rows, totals } = await forecastRows(
    (refitted ?? fitted) as FittedNumbers,
    series,
    config.predict,
    shape.lead,
    calibration,
  );
  return {
    ...judged,
    fit: toldFit(config.model.kind, series.id, fitted, refitted, backtest?.parts ?? null),
    models: modelsOf(series.id, fitted, refitted),
    forecast: rows,
    totals,
  };
}

/** Series that were not judged, forecast, and the model's intervals with theirs among them. */
export interface ShortOutcome {
  readonly forecast: readonly ForecastRow[];
  readonly calibration: Calibration | null;
  readonly notes: readonly string[];
}

/**
 * Series too short to be judged, continued by what can be fitted on all their rows: together with the others where that is how the model
 * learns. Their intervals are borrowed from those, whose calibration comes back with theirs.
 */
export async function forecastShort(
  workshop: Workshop,
  short: readonly Series[],
  together: readonly FittedNumbers[] | null,
  courses: readonly Course[],
  backtest: BacktestOutcome | null,
  hooks: Hooks,
): Promise<ShortOutcome> {
  const { config, shape } = workshop;
  const fits: FittedNumbers[] = [];
  const request = (series: Series): FitRequest =>
    allRows(config, series, shape.lead, series.id, { ...hooks, warn: () => {} });
  for (const [s, series] of short.entries()) {
    fits.push(await fitShort(workshop, series, request(series), together?.[s]));
  }
  const own = backtest?.calibration ?? null;
  const known = courses.map(({ series, end }) => ({ series, known: end }));
  const calibration = own && (await withBorrowed(own, short, known, workshop, request));
  const forecast: ForecastRow[] = [];
  for (const [s, series] of short.entries()) {
    const fitted = fits[s] as FittedNumbers;
    forecast.push(...(await forecastRows(fitted, series, config.predict, shape.lead, calibration)).rows);
  }
  return { forecast, calibration, notes: shortNote(fits, borrowers(short, calibration)) };
}
