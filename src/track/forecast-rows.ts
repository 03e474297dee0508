// What a fitted forecaster expects after the end of a series, as rows with times and intervals, and as sums.
// In: a fitted forecaster, a series, calibrated intervals. Out: rows in raw units. Not here: fitting (fitting.ts), files (report/).

import type { Config } from '../config/config.ts';
import { futureStamps } from '../core/calendar.ts';
import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FittedNumbers } from '../core/forecaster.ts';
import { type Calibration, halfWidths } from '../evaluate/intervals.ts';
import type { ForecastRow, TotalRow } from '../report/result.ts';

/** Name of a target among all series'. */
export function pathId(series: string, target: string): string {
  return `${series}/${target}`;
}

/** What is forecast, and how its values are kept within what they can be. */
export type Asked = Pick<Config['predict'], 'horizon' | 'nonNegative' | 'integer'>;

/** The rows a fitted forecaster expects after the end of a series, with intervals where its errors were calibrated. */
export async function forecastRows(
  fitted: FittedNumbers,
  series: Series,
  asked: Asked,
  lead: number,
  calibration: Calibration | null,
): Promise<{ readonly rows: ForecastRow[]; readonly totals: TotalRow[] }> {
  const { horizon } = asked;
  const { values } = await fitted.forecast(series, { cutoffs: [series.length], horizon, lead });
  const times = futureStamps(series.time, series.length, horizon, lead);
  const rows: ForecastRow[] = [];
  const totals: TotalRow[] = [];
  for (const [c, target] of series.targets.entries()) {
    const id = pathId(series.id, target.name);
    const bounds = calibration ? boundsOf(calibration, id, asked) : null;
    let total = 0;
    for (const [h, time] of times.entries()) {
      const value = values[h * series.targets.length + c] as number;
      if (!Number.isFinite(value)) throw notFinite(target.name, time);
      const shown = within(value, asked, Math.round);
      rows.push({ series: series.id, target: target.name, step: h + 1, time, value: shown, ...bounds?.step(value, h) });
      total += shown;
    }
    const sum = bounds?.total(total);
    if (sum) totals.push({ series: series.id, target: target.name, steps: horizon, value: total, ...sum });
  }
  return { rows, totals };
}

function notFinite(target: string, time: string): ForecastError {
  return new ForecastError('E_DATA_RANGE', `the forecast of ${target} for ${time} is not finite`, {
    where: 'encoder',
    hint: 'give the column in a larger unit, or choose another model; networks need a normalising encoder (standard)',
  });
}

/** A value kept at or above 0 and rounded, where that is asked for: to 0, never to −0. */
function within(value: number, { nonNegative, integer }: Asked, round: (value: number) => number): number {
  const rounded = integer ? round(value) + 0 : value;
  return nonNegative ? Math.max(0, rounded) : rounded;
}

/**
 * An object for numbers by level. Names that are numbers are an array to the engine, with room for all below them: a row of two levels would
 * take 2.4 kB, and 100,000 series a gigabyte. One that had a far name before is a table instead, a fifth of that.
 */
function sparse(): { [level: string]: number } {
  const table: { [level: string]: number } = {};
  table[FAR] = 0;
  delete table[FAR];
  return table;
}

const FAR = '5000';

interface Bounds {
  readonly lower: { readonly [level: string]: number };
  readonly upper: { readonly [level: string]: number };
}

/** Bounds around a forecast, at every level that the errors support. Steps beyond the calibrated ones have none. */
function boundsOf(
  calibration: Calibration,
  id: string,
  asked: Asked,
): { step: (value: number, h: number) => Bounds | null; total: (value: number) => Bounds | null } {
  const widths = (of: 'steps' | 'sums'): readonly (readonly [number, Float64Array])[] =>
    calibration.levels.flatMap(({ level }) => {
      const own = halfWidths(calibration, id, level, of);
      return own ? [[level, own] as const] : [];
    });
  const around = (levels: ReturnType<typeof widths>, value: number, h: number): Bounds | null => {
    const known = levels.filter(([, own]) => h < own.length);
    if (known.length === 0) return null;
    const side = (sign: 1 | -1, round: (value: number) => number): { [level: string]: number } => {
      const bounds = sparse();
      for (const [level, own] of known) bounds[String(level)] = within(value + sign * (own[h] as number), asked, round);
      return bounds;
    };
    return { lower: side(-1, Math.floor), upper: side(1, Math.ceil) };
  };
  const steps = widths('steps');
  const sums = widths('sums');
  return {
    step: (value, h) => around(steps, value, h),
    total: (value) => around(sums, value, asked.horizon - 1),
  };
}
