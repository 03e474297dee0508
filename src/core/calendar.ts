// Calendar arithmetic on a time axis: the stamps that follow a series, and how stamps and frequencies are written.
// In: stamps in milliseconds UTC, a frequency, a format. Out: text. Not here: parsing of cells and inference of frequencies (sources/).

import { Temporal } from 'temporal-polyfill';
import type { Frequency, TimeAxis, TimeFormat } from './time.ts';

export const SECOND: number = 1000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
export const WEEK: number = 7 * DAY;

export interface Civil {
  readonly year: number;
  /** 1 … 12. */
  readonly month: number;
  /** 1 … 31. */
  readonly day: number;
}

/**
 * Milliseconds UTC at 00:00 of a date of the proleptic Gregorian calendar; the date is taken to exist (see `daysInMonth`).
 * Years are counted from March, so that the leap day comes last and months have a linear formula.
 */
export function stampOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const marchMonth = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return (365 * marchYear + leapDays + dayOfYear - 719468) * DAY;
}

/** The date a stamp falls on, in UTC. */
export function civilOf(stamp: number): Civil {
  const date = new Date(stamp);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** 0 Sunday … 6 Saturday. */
export function weekday(stamp: number): number {
  return (((Math.floor(stamp / DAY) + 4) % 7) + 7) % 7;
}

export function isWeekend(stamp: number): boolean {
  const day = weekday(stamp);
  return day === 0 || day === 6;
}

/** The regular positions of a frequency through one stamp of a series, the origin. */
export interface Grid {
  /** Steps from the origin; not whole where the stamp lies beside the grid. */
  indexOf(stamp: number): number;
  /** The stamp `index` steps after the origin. */
  stampAt(index: number): number;
}

/**
 * The grid of a frequency through the known stamp number `origin` (at least one is known). Months, quarters and years keep the day of the month,
 * or the last day of a month that has no such day, and the time of day; business days leave out weekends (holidays are not
 * known here); everything else is a fixed number of milliseconds.
 */
export function gridOf(frequency: Frequency, known: Float64Array, origin = 0): Grid {
  const first = known[origin] as number;
  const months = MONTHS[frequency.unit] ?? 0;
  if (months > 0) return monthGrid(first, months * frequency.count, anchorDay(known));
  if (frequency.unit === 'business-day') return businessGrid(first, frequency.count);
  const step = (LENGTHS[frequency.unit] ?? 1) * frequency.count;
  return { indexOf: (stamp) => (stamp - first) / step, stampAt: (index) => first + index * step };
}

/** Months in one unit of a calendar frequency. */
const MONTHS: Partial<Record<Frequency['unit'], number>> = { month: 1, quarter: 3, year: 12 };

/** Milliseconds in one unit of fixed length. */
const LENGTHS: Partial<Record<Frequency['unit'], number>> = {
  millisecond: 1,
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  week: WEEK,
};

function monthGrid(first: number, months: number, anchor: number): Grid {
  const start = civilOf(first);
  const timeOfDay = first - Math.floor(first / DAY) * DAY;
  const month = new Temporal.PlainYearMonth(start.year, start.month);
  return {
    indexOf: (stamp) => {
      const date = civilOf(stamp);
      return ((date.year - start.year) * 12 + date.month - start.month) / months;
    },
    stampAt: (index) => {
      const date = month.add({ months: index * months }).toPlainDate({ day: anchor });
      return stampOf(date.year, date.month, date.day) + timeOfDay;
    },
  };
}

/** The day of the month the rows stand for: the latest among the last dozen, so that month ends stay month ends. */
function anchorDay(known: Float64Array): number {
  let latest = 1;
  for (let i = Math.max(0, known.length - 12); i < known.length; i++) {
    latest = Math.max(latest, civilOf(known[i] as number).day);
  }
  return latest;
}

/** Business days are numbered from a Monday; a weekend has no number of its own. */
function businessGrid(first: number, count: number): Grid {
  const monday = first - ((weekday(first) + 6) % 7) * DAY;
  const numberOf = (stamp: number): number => {
    const days = (stamp - monday) / DAY;
    const weeks = Math.floor(days / 7);
    const inWeek = days - weeks * 7;
    return inWeek >= 5 ? Number.NaN : weeks * 5 + inWeek;
  };
  const origin = Math.min(4, (weekday(first) + 6) % 7);
  return {
    indexOf: (stamp) => (numberOf(stamp) - origin) / count,
    stampAt: (index) => {
      const number = origin + index * count;
      const weeks = Math.floor(number / 5);
      return monday + (weeks * 7 + number - weeks * 5) * DAY;
    },
  };
}

/**
 * The stamps of positions length + lead … length + lead + steps − 1, as text in the axis' own format. Positions the axis
 * already knows keep their stamps; later ones follow the calendar from the last known one. An `index` axis gives the positions.
 */
export function futureStamps(axis: TimeAxis, length: number, steps: number, lead = 0): string[] {
  const first = length + lead;
  const known = axis.stamps;
  if (known === null || known.length === 0) return Array.from({ length: steps }, (_, h) => String(first + h));
  const after = afterLast(axis.frequency, known);
  return Array.from({ length: steps }, (_, h) => {
    const position = first + h;
    return formatStamp(axis, position < known.length ? (known[position] as number) : after(position));
  });
}

/** The stamps of positions 0 … until − 1: those the axis knows, then those that follow the last known one by the calendar. */
export function stampsUntil({ stamps, frequency }: TimeAxis, until: number): Float64Array {
  const known = stamps ?? new Float64Array(0);
  if (until <= known.length || known.length === 0) return known.slice(0, until);
  const after = afterLast(frequency, known);
  const all = new Float64Array(until);
  all.set(known);
  for (let position = known.length; position < until; position++) all[position] = after(position);
  return all;
}

/** Rows may be absent (holidays, kept gaps): positions are counted from the last known stamp, not from the first. */
function afterLast(frequency: Frequency, known: Float64Array): (position: number) => number {
  const last = known.length - 1;
  const grid = gridOf(frequency, known, last);
  return (position) => grid.stampAt(position - last);
}

/** A stamp as text, in the axis' own format. `index` axes write the number itself. */
export function formatStamp(axis: Pick<TimeAxis, 'format' | 'frequency'>, stamp: number): string {
  return WRITERS[axis.format](stamp, axis.frequency);
}

/** The time of a row as text; its position where rows have none. */
export function timeOfRow(axis: TimeAxis, row: number): string {
  return axis.stamps === null ? String(row) : formatStamp(axis, axis.stamps[row] as number);
}

/** The earliest and the latest of some rows, each of its own axis. */
export function spanOf(
  rows: readonly { readonly time: TimeAxis; readonly row: number }[],
): [first: string, last: string] {
  const at = ({ time, row }: (typeof rows)[number]): number => time.stamps?.[row] ?? row;
  const first = rows.reduce((one, other) => (at(other) < at(one) ? other : one));
  const last = rows.reduce((one, other) => (at(other) > at(one) ? other : one));
  return [timeOfRow(first.time, first.row), timeOfRow(last.time, last.row)];
}

const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const WRITERS: Record<TimeFormat, (stamp: number, frequency: Frequency) => string> = {
  index: (stamp) => String(stamp),
  'iso-date': (stamp) => `${isoDate(stamp)}${timeIfAny(stamp)}`,
  'iso-datetime': (stamp) => `${isoDate(stamp)}T${timeOf(stamp)}`,
  'spaced-datetime': (stamp) => `${isoDate(stamp)} ${timeOf(stamp)}`,
  'iso-datetime-utc': (stamp) => `${isoDate(stamp)}T${timeOf(stamp)}Z`,
  'compact-date': (stamp) => isoDate(stamp).replaceAll('-', ''),
  'day-month-year': (stamp, frequency) => {
    const { year, month, day } = civilOf(stamp);
    return `${two(day)}/${two(month)}/${four(year)}${timeWithin(stamp, frequency)}`;
  },
  'dotted-date': (stamp, frequency) => {
    const { year, month, day } = civilOf(stamp);
    return `${two(day)}.${two(month)}.${four(year)}${timeWithin(stamp, frequency)}`;
  },
  'month-day-year': (stamp, frequency) => {
    const { year, month, day } = civilOf(stamp);
    return `${two(month)}/${two(day)}/${four(year)}${timeWithin(stamp, frequency)}`;
  },
  'epoch-seconds': (stamp) => String(stamp / SECOND),
  'epoch-milliseconds': (stamp) => String(stamp),
  'month-name-date': (stamp, frequency) => {
    const { year, month, day } = civilOf(stamp);
    return `${MONTH_NAMES[month - 1]} ${day} ${year}${timeWithin(stamp, frequency)}`;
  },
  year: (stamp) => String(civilOf(stamp).year),
  'year-month': (stamp) => isoDate(stamp).slice(0, -3),
  'year-quarter': (stamp) => {
    const { year, month } = civilOf(stamp);
    return `${four(year)} Q${Math.ceil(month / 3)}`;
  },
  'year-half': (stamp) => {
    const { year, month } = civilOf(stamp);
    return `${four(year)} H${month <= 6 ? 1 : 2}`;
  },
};

function isoDate(stamp: number): string {
  const { year, month, day } = civilOf(stamp);
  return `${four(year)}-${two(month)}-${two(day)}`;
}

/** HH:MM:SS, with milliseconds only where there are some. */
function timeOf(stamp: number): string {
  const inDay = stamp - Math.floor(stamp / DAY) * DAY;
  const milliseconds = Math.floor(inDay) % SECOND;
  const clock = [inDay / HOUR, (inDay / MINUTE) % 60, (inDay / SECOND) % 60].map((part) => two(Math.floor(part)));
  return `${clock.join(':')}${milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0')}`}`;
}

function timeIfAny(stamp: number): string {
  return stamp % DAY === 0 ? '' : ` ${timeOf(stamp)}`;
}

/** The time of day where rows are less than a day apart, or not at midnight. */
function timeWithin(stamp: number, frequency: Frequency): string {
  const short = (LENGTHS[frequency.unit] ?? 0) * frequency.count;
  return short > 0 && short < DAY ? ` ${timeOf(stamp)}` : timeIfAny(stamp);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

function four(n: number): string {
  return String(n).padStart(4, '0');
}

const ADVERBS: Record<Frequency['unit'], string> = {
  index: 'by row',
  millisecond: 'every millisecond',
  second: 'every second',
  minute: 'every minute',
  hour: 'hourly',
  day: 'daily',
  'business-day': 'business days',
  week: 'weekly',
  month: 'monthly',
  quarter: 'quarterly',
  year: 'yearly',
};

/** A frequency as a person says it: "monthly", "every 30 minutes", "business days", "by row". */
export function describeFrequency(frequency: Frequency): string {
  const { unit, count } = frequency;
  if (count === 1 || unit === 'index') return ADVERBS[unit];
  return `every ${count} ${unit.replace('-', ' ')}s`;
}
