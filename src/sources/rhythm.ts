// Frequencies as people and file formats write them ("hourly", "30 minutes", 4_seconds), and the even stamps that follow a start.
// In: words, a first stamp. Out: a Frequency, stamps. Not here: frequencies inferred from stamps (frequency.ts).

import { civilOf, DAY, daysInMonth, gridOf, HOUR, MINUTE, SECOND, stampOf } from '../core/calendar.ts';
import { ForecastError } from '../core/errors.ts';
import type { Frequency } from '../core/time.ts';

const UNITS: { readonly [word: string]: Frequency } = {
  second: { unit: 'second', count: 1 },
  minute: { unit: 'minute', count: 1 },
  hour: { unit: 'hour', count: 1 },
  day: { unit: 'day', count: 1 },
  'business day': { unit: 'business-day', count: 1 },
  week: { unit: 'week', count: 1 },
  month: { unit: 'month', count: 1 },
  quarter: { unit: 'quarter', count: 1 },
  year: { unit: 'year', count: 1 },
};

const ADVERBS: { readonly [word: string]: string } = {
  secondly: 'second',
  minutely: 'minute',
  hourly: 'hour',
  daily: 'day',
  'business daily': 'business day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
  annual: 'year',
};

/** The frequency some words name, or null: weekly, half_hourly, 10 minutes, 4_seconds, week. */
export function frequencyOf(words: string): Frequency | null {
  const plain = words
    .trim()
    .toLowerCase()
    .replace(/[_\s-]+/g, ' ');
  if (plain === 'half hourly' || plain === 'half hour') return { unit: 'minute', count: 30 };
  const counted = /^(\d{1,4}) ?([a-z ]+)$/.exec(plain);
  const count = counted === null ? 1 : Number(counted[1]);
  const word = counted === null ? plain : (counted[2] as string);
  const unit = UNITS[ADVERBS[word] ?? word.replace(/s$/, '')];
  if (unit === undefined || count < 1) return null;
  return { unit: unit.unit, count };
}

/** The frequency a config writes, null where it writes none. Errors: E_CONFIG_RANGE. */
export function writtenFrequency(words: string | undefined): Frequency | null {
  if (words === undefined) return null;
  const frequency = frequencyOf(words);
  if (frequency !== null) return frequency;
  throw new ForecastError('E_CONFIG_RANGE', `"${words.slice(0, 40)}" is no frequency we know`, {
    where: 'source.frequency',
    hint: `write ${FREQUENCY_EXAMPLES}`,
  });
}

/** What `frequencyOf` reads, for hints. */
export const FREQUENCY_EXAMPLES: string =
  'yearly, quarterly, monthly, weekly, daily, hourly, half_hourly, or 10 minutes';

/** `length` stamps from `start` on, one a step. Months keep the day of `start`, or the last day of a month that has no such day. */
export function stampsFrom(start: number, frequency: Frequency, length: number): Float64Array {
  const months = { month: 1, quarter: 3, year: 12 }[frequency.unit as string];
  if (months !== undefined) return monthsFrom(start, months * frequency.count, length);
  const grid = gridOf(frequency, Float64Array.of(start));
  return Float64Array.from({ length }, (_, i) => grid.stampAt(i));
}

function monthsFrom(start: number, months: number, length: number): Float64Array {
  const { year, month, day } = civilOf(start);
  const timeOfDay = start - Math.floor(start / DAY) * DAY;
  return Float64Array.from({ length }, (_, i) => {
    const passed = month - 1 + i * months;
    const [y, m] = [year + Math.floor(passed / 12), (passed % 12) + 1];
    return stampOf(y, m, Math.min(day, daysInMonth(y, m))) + timeOfDay;
  });
}

/** Milliseconds UTC of 2012-01-01, 2012-01-01 00-30-00 or 2012-01-01 00:30; null where a cell is none or no such date. */
export function dateStamp(cell: string): number | null {
  const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2})[-:](\d{1,2})(?:[-:](\d{1,2}))?)?$/.exec(cell);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0)) as Six;
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!exists || hour > 23 || minute > 59 || second > 59) return null;
  return stampOf(year, month, day) + hour * HOUR + minute * MINUTE + second * SECOND;
}

type Six = [number, number, number, number, number, number];
