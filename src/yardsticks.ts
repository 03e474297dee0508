// What a run keeps so that its forecast can be checked later: the errors its backtest leads to expect, and what the baselines would say.
// In: the config, the series, error paths of the backtest. Out: yardsticks. Not here: the check (check.ts), the file (artifact/).

import type { Yardsticks } from './artifact/yardsticks.ts';
import type { Config } from './config/config.ts';
import { stampsUntil } from './core/calendar.ts';
import type { Numbers, Series } from './core/data.ts';
import { ForecastError } from './core/errors.ts';
import { fitAll } from './evaluate/backtest.ts';
import type { ErrorPaths } from './evaluate/intervals.ts';
import type { ForecasterContext } from './forecasters/forecaster.ts';
import { naiveScale } from './metrics/pointwise.ts';
import { pathId } from './track/forecast-rows.ts';
import { closedForm } from './track/forecaster.ts';

/** Digits kept: a yardstick is no result. */
const DIGITS = 6;

/** `errors`: the model's own; `baselines`: kinds of closed forms. */
export async function yardsticksOf(
  config: Config,
  { series, short = [] }: Numbers,
  known: ForecasterContext,
  errors: readonly ErrorPaths[],
  baselines: readonly string[],
): Promise<Yardsticks> {
  const { horizon } = config.predict;
  const expected = new Map(errors.map((path) => [path.id, meansByStep(path.errors, horizon)]));
  const said: { [forecaster: string]: Yardsticks['baselines'][string] } = {};
  for (const kind of baselines) {
    const own = await forecastsOf(kind, config, series, known).catch(nothingOf);
    if (own) said[kind] = own;
    for (const one of own ? short : [])
      Object.assign(own as object, await forecastsOf(kind, config, [one], known).catch(nothingOf));
  }
  const panel = [...series, ...short];
  return {
    times: Object.fromEntries(panel.map((one) => [one.id, timesOf(one, config)])),
    units: Object.fromEntries(
      panel.flatMap(({ id, targets }) =>
        targets.map(({ name, values }) => [pathId(id, name), naiveScale(values, known.season)]),
      ),
    ),
    errors: Object.fromEntries([...expected].map(([id, means]) => [id, means.map(rounded)])),
    ratios: ratiosOf(errors, expected, horizon),
    origins: Array.from(errors[0]?.origins ?? []),
    baselines: said,
  };
}

/** A baseline that cannot go beyond the rows (inputs it lacks) is no reason to lose a run. */
function nothingOf(error: unknown): null {
  if (error instanceof ForecastError) return null;
  throw error;
}

function timesOf({ time, length }: Series, { predict, window }: Config): number[] {
  const first = length + window.lead;
  if (time.stamps === null) return Array.from({ length: predict.horizon }, (_, h) => first + h);
  return [...stampsUntil(time, first + predict.horizon).subarray(first)];
}

async function forecastsOf(
  kind: string,
  { predict, window, seed }: Config,
  panel: readonly Series[],
  known: ForecasterContext,
): Promise<Yardsticks['baselines'][string]> {
  const { horizon } = predict;
  const { lead } = window;
  const requests = panel.map(({ length }) => ({ until: length, validation: null, horizon, lead, seed }));
  const fits = await fitAll(closedForm({ kind }, known), panel, requests);
  const said: [string, number[]][] = [];
  for (const [s, series] of panel.entries()) {
    const values = (await fits[s]?.forecast(series, { cutoffs: [series.length], horizon, lead }))?.values ?? [];
    for (const [c, target] of series.targets.entries()) {
      const own = Array.from({ length: horizon }, (_, h) => values[h * series.targets.length + c] as number);
      if (own.every(Number.isFinite)) said.push([pathId(series.id, target.name), own.map(rounded)]);
    }
  }
  for (const fitted of new Set(fits)) fitted.dispose();
  return Object.fromEntries(said);
}

function meansByStep(errors: Float64Array, horizon: number): number[] {
  const origins = errors.length / horizon;
  return Array.from({ length: horizon }, (_, h) => {
    let sum = 0;
    for (let n = 0; n < origins; n++) sum += Math.abs(errors[n * horizon + h] as number);
    return sum / origins;
  });
}

/** Steps 1 … h of a path together, so that a step of hardly any error counts for hardly any. Origin n of one target stands beside origin n of every other. */
function ratiosOf(
  errors: readonly ErrorPaths[],
  expected: ReadonlyMap<string, readonly number[]>,
  horizon: number,
): number[][] {
  const origins = errors.reduce((most, path) => Math.max(most, path.errors.length / horizon), 0);
  return Array.from({ length: origins }, (_, n) => {
    const sizes = new Float64Array(errors.length);
    const means = new Float64Array(errors.length);
    return Array.from({ length: horizon }, (_, h) => {
      for (const [p, path] of errors.entries()) {
        const error = path.errors[n * horizon + h];
        if (error === undefined) continue;
        sizes[p]! += Math.abs(error);
        means[p]! += expected.get(path.id)?.[h] ?? 0;
      }
      const known = [...means.keys()].filter((p) => (means[p] as number) > 0);
      const sum = known.reduce((total, p) => total + (sizes[p] as number) / (means[p] as number), 0);
      return rounded(known.length > 0 ? sum / known.length : 0);
    });
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
