// Whether a run's forecast held, once the truth is known: its intervals, its errors beside those to expect and the baselines', a drift.
// In: a run folder and a table of what came. Out: a judgement in figures and one sentence. Not here: the judgement's rules (evaluate/holding.ts), wording (report/check.ts).

import { resolve } from 'node:path';
import { readIntervals } from '../artifact/intervals.ts';
import { readRunFolder, type StoredRun } from '../artifact/run-folder.ts';
import { readYardsticks, type Yardsticks } from '../artifact/yardsticks.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import { checkOptions, checkPath } from '../core/options.ts';
import { type HeldValue, type Holding, judgeHolding } from '../evaluate/holding.ts';
import { halfWidths } from '../evaluate/intervals.ts';
import { METRICS } from '../metrics/index.ts';
import type { PointMetric } from '../metrics/metric.ts';
import { storedConfig, storedResult } from '../prepare/open.ts';
import { type CheckReport, renderCheck, sentenceOf } from '../report/check.ts';
import type { ForecastRow, Result } from '../report/result.ts';
import type { CsvOptions } from '../sources/csv.ts';
import { SOURCES } from '../sources/index.ts';
import { pathId } from '../track/forecast-rows.ts';
import { type Actuals, readActuals, type Wanted } from './actuals.ts';

export interface CheckOptions {
  /** A table of what came: the run's columns, from any row on; other columns are not read. */
  readonly data: string;
}

export interface CheckOutcome {
  readonly report: CheckReport;
  /** The report as plain text. */
  readonly text: string;
  /** What is odd in the table of what came. */
  readonly warnings: readonly Warning[];
}

/** Holds a run's forecast against what came. Errors: those of reading the run and the table, E_DATA_ACTUALS where nothing fits. */
export async function check(folder: string, options: CheckOptions): Promise<CheckOutcome> {
  checkPath('check', 'a run', folder);
  checkOptions('check', options, { data: 'text' });
  const { data } = options;
  checkPath('check', 'the table of what came (data)', data);
  const stored = await readRunFolder(resolve(folder));
  const result = storedResult(stored, ['name', 'data', 'fit', 'decision', 'forecast']);
  const yardsticks = yardsticksIn(stored, result, folder);
  const wanted = wantedOf(result, yardsticks);
  const actuals = await readActuals(data, optionsOf(stored, wanted, data), wanted);
  const values = heldValues(result.forecast, actuals, yardsticks);
  const calibration = readIntervals(stored);
  const levels = [...new Set(result.forecast.flatMap(({ lower }) => Object.keys(lower ?? {}).map(Number)))];
  const holding = judgeHolding({
    values,
    levels: levels.sort((a, b) => a - b),
    ratios: yardsticks.ratios,
    origins: yardsticks.origins,
    sumWidth: (id, level, steps) =>
      calibration ? (halfWidths(calibration, id, level, 'sums')?.[steps - 1] ?? null) : null,
  });
  const report = reportOf(result, actuals, values, holding, yardsticks);
  return { report, text: renderCheck(report), warnings: actuals.warnings };
}

function yardsticksIn(stored: StoredRun, { forecast }: Pick<Result, 'forecast'>, folder: string): Yardsticks {
  if (forecast.length === 0) {
    throw new ForecastError('E_USAGE', 'this run generates text, there is no forecast to check', {
      where: folder,
      hint: 'check a run of numbers',
    });
  }
  const yardsticks = readYardsticks(stored);
  if (yardsticks) return yardsticks;
  throw new ForecastError('E_RUN_CORRUPT', 'holds no yardsticks.json: it was made by an older version', {
    where: folder,
    hint: 'run its config again with --force',
  });
}

function wantedOf({ forecast, data }: Pick<Result, 'forecast' | 'data'>, { times }: Yardsticks): Wanted {
  const named = (pick: (row: ForecastRow) => string): string[] => [...new Set(forecast.map(pick))];
  return { series: named((row) => row.series), targets: named((row) => row.target), times, frequency: data.frequency };
}

/** How the table is read: as the run's own where that is a table, else with the names of forecast.csv. */
function optionsOf(stored: StoredRun, { series }: Wanted, file: string): CsvOptions {
  const { kind, ...own } = storedConfig(stored).written.source;
  if (kind === 'csv') return own as unknown as CsvOptions;
  const named = series.length > 1 ? { id: 'series' } : {};
  return SOURCES.csv?.options.parse({ file, ...named }) as unknown as CsvOptions;
}

function heldValues(forecast: readonly ForecastRow[], actuals: Actuals, { errors }: Yardsticks): HeldValue[] {
  return forecast.flatMap((row) => {
    const id = pathId(row.series, row.target);
    const step = row.step - 1;
    const actual = actuals.values.get(id)?.get(step);
    if (actual === undefined) return [];
    const { lower = {}, upper = {} } = row;
    return [{ id, step, actual, forecast: row.value, lower, upper, expected: errors[id]?.[step] ?? null }];
  });
}

function reportOf(
  result: Pick<Result, 'name' | 'fit' | 'decision' | 'forecast'>,
  actuals: Actuals,
  values: readonly HeldValue[],
  holding: Holding,
  { baselines }: Yardsticks,
): CheckReport {
  const at = result.forecast.filter((row) => actuals.values.get(pathId(row.series, row.target))?.has(row.step - 1));
  const said = Object.entries(baselines).flatMap(([forecaster, paths]) => {
    const forecasts = values.map(({ id, step }) => paths[id]?.[step] ?? Number.NaN);
    return forecasts.some(Number.isNaN) ? [] : [scored(forecaster, values, forecasts)];
  });
  const own = scored(
    result.fit.model,
    values,
    values.map(({ forecast }) => forecast),
  );
  const { values: _, ...rest } = actuals;
  const untold = result.forecast.filter(({ series, target, step }) => {
    const own = [...(actuals.values.get(pathId(series, target))?.keys() ?? [])];
    return !own.includes(step - 1) && own.some((known) => known >= step);
  });
  const facts = {
    run: result.name,
    model: result.fit.model,
    shipped: result.decision.ship,
    known: values.length,
    of: result.forecast.length,
    series: new Set(at.map(({ series }) => series)).size,
    from: at[0]?.time ?? null,
    until:
      at.reduce<ForecastRow | undefined>((last, row) => (last && last.step >= row.step ? last : row), undefined)
        ?.time ?? null,
    ...rest,
    untold: [...new Set(untold.map(({ time }) => time))],
    scores: [own, ...said].sort((a, b) => a.error - b.error),
    ...holding,
  };
  return { ...facts, sentence: sentenceOf(facts) };
}

/** Metrics that need no history; `error`: a path's errors over what the backtest led to expect of them (1 where it says nothing), mean over paths. */
function scored(
  forecaster: string,
  values: readonly HeldValue[],
  forecast: readonly number[],
): CheckReport['scores'][number] {
  const actual = values.map((value) => value.actual);
  const metrics = ['mae', 'rmse', 'mape', 'bias'].map((kind): [string, number | null] => {
    const { value } = (METRICS[kind] as PointMetric).score({ actual, forecast, train: [], season: 1 });
    return [kind, value];
  });
  // Where some have an expectation, those without one (series too short for a backtest) have no unit.
  const some = values.some(({ expected }) => expected);
  const paths = new Map<string, { size: number; unit: number }>();
  for (const [i, { id, actual, expected }] of values.entries()) {
    if (some && !expected) continue;
    const path = paths.get(id) ?? { size: 0, unit: 0 };
    path.size += Math.abs(actual - (forecast[i] as number));
    path.unit += expected || 1;
    paths.set(id, path);
  }
  const error = [...paths.values()].reduce((sum, { size, unit }) => sum + size / unit, 0) / paths.size;
  return { forecaster, error, metrics: Object.fromEntries(metrics) };
}
