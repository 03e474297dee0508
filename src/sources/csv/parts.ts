// Time split over several columns (year, quarter; year, week; year, month, day, hour; date, hour), joined into stamps.
// In: one column of numbers or of stamps a part. Out: milliseconds UTC. Not here: which column is which part (plan.ts).

import { DAY, daysInMonth, HOUR, MINUTE, SECOND, stampOf } from '../../core/calendar.ts';
import { ForecastError } from '../../core/errors.ts';
import type { TimeFormat } from '../../core/time.ts';
import type { TimePart } from './plan.ts';
import { NOT_A_DATE, weekStamp } from './stamps.ts';

export type PartValues = ReadonlyMap<TimePart, Float64Array>;

/** Least and largest value of each part; the day is checked against its month. */
const RANGES: { readonly [part in Exclude<TimePart, 'date'>]: readonly [number, number] } = {
  clock: [0, DAY - 1],
  year: [1, 9999],
  quarter: [1, 4],
  month: [1, 12],
  week: [1, 53],
  day: [1, 31],
  hour: [0, 24], // 24 is the end of the day, where hours count from 1
  minute: [0, 59],
  second: [0, 59],
};

/** Stamps of all rows. Throws E_TIME_INVALID naming the row's line, E_DATA_COLUMN where the parts make no time. */
export function joinParts(
  parts: PartValues,
  rows: number,
  file: string,
  lineOf: (row: number) => number,
): { readonly stamps: Float64Array; readonly format: TimeFormat } {
  if (!parts.has('year') && !parts.has('date')) {
    throw new ForecastError('E_DATA_COLUMN', 'source.time lists parts without a year or a date', {
      where: file,
      hint: 'list for example [year, month] or [date, hour]',
    });
  }
  const stamps = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (const [part, values] of parts) {
      if (part !== 'date') checkPart(part, values[row] as number, file, () => lineOf(row));
    }
    stamps[row] = dateOf(parts, row, file, lineOf) + clockOf(parts, row);
  }
  return { stamps, format: formatOf(parts) };
}

function checkPart(part: Exclude<TimePart, 'date'>, value: number, file: string, line: () => number): void {
  const [least, most] = RANGES[part];
  if (Number.isInteger(value) && value >= least && value <= most) return;
  if (part === 'clock') throw noClock(`${file}:${line()}`);
  throw new ForecastError('E_TIME_INVALID', `${part} ${Number.isNaN(value) ? 'is empty' : value}`, {
    where: `${file}:${line()}`,
    hint: `${part === 'hour' ? 'an' : 'a'} ${part} is a whole number from ${least} to ${most}`,
  });
}

function noClock(where: string): ForecastError {
  return new ForecastError('E_TIME_INVALID', 'the time of day is none', {
    where,
    hint: 'write it as 13:30 or 1:30 PM',
  });
}

function dateOf(parts: PartValues, row: number, file: string, lineOf: (row: number) => number): number {
  const value = (part: TimePart, otherwise: number): number => parts.get(part)?.[row] ?? otherwise;
  const date = parts.get('date');
  if (date !== undefined) return date[row] as number;
  const year = value('year', 0);
  const week = parts.get('week')?.[row];
  if (week !== undefined) {
    const monday = weekStamp(year, week);
    if (monday !== NOT_A_DATE) return monday;
    throw new ForecastError('E_TIME_INVALID', `${year} has no week ${week}`, {
      where: `${file}:${lineOf(row)}`,
      hint: 'correct the row, or write the date each week begins on: weeks are those of ISO 8601',
    });
  }
  const month = value('month', 3 * value('quarter', 1) - 2);
  const day = value('day', 1);
  if (day > daysInMonth(year, month)) {
    throw new ForecastError('E_TIME_INVALID', `${year}-${month}-${day} is not a date there is`, {
      where: `${file}:${lineOf(row)}`,
      hint: 'correct the row',
    });
  }
  return stampOf(year, month, day);
}

function clockOf(parts: PartValues, row: number): number {
  const value = (part: TimePart): number => parts.get(part)?.[row] ?? 0;
  return value('clock') + value('hour') * HOUR + value('minute') * MINUTE + value('second') * SECOND;
}

function formatOf(parts: PartValues): TimeFormat {
  if (parts.has('clock') || parts.has('hour') || parts.has('minute') || parts.has('second')) return 'spaced-datetime';
  if (parts.has('date') || parts.has('day') || parts.has('week')) return 'iso-date';
  if (parts.has('month')) return 'year-month';
  return parts.has('quarter') ? 'year-quarter' : 'year';
}
