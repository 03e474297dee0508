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

/**
 * The stamps of positions length + lead … length + lead + steps − 1, as text in the axis' own format. Positions the axis
 * already knows keep their stamps; later ones follow the calendar. An `index` axis gives the positions themselves.
 */
export function futureStamps(axis: TimeAxis, length: number, steps: number, lead = 0): string[] {
  const first = length + lead;
  const known = axis.stamps;
  if (known === null || known.length === 0) return Array.from({ length: steps }, (_, h) => String(first + h));
  const advance = stepper(axis.frequency, known);
  return Array.from({ length: steps }, (_, h) => {
    const beyond = first + h - (known.length - 1);
    return formatStamp(axis, beyond <= 0 ? (known[first + h] as number) : advance(beyond));
  });
}

/** A function from n ≥ 1 to the stamp n steps after the last known one. */
function stepper(frequency: Frequency, known: Float64Array): (n: number) => number {
  const last = known[known.length - 1] as number;
  const months = monthsOf(frequency);
  if (months > 0) return monthStepper(last, months * frequency.count, anchorDay(known));
  if (frequency.unit === 'business-day') return (n) => addBusinessDays(last, n * frequency.count);
  const step = millisecondsOf(frequency) * frequency.count;
  return (n) => last + n * step;
}

/** Months in one unit of a calendar frequency; 0 where the unit has a fixed length. */
export function monthsOf(frequency: Frequency): number {
  if (frequency.unit === 'month') return 1;
  if (frequency.unit === 'quarter') return 3;
  return frequency.unit === 'year' ? 12 : 0;
}

/** Milliseconds in one unit of fixed length; 0 for the others. */
export function millisecondsOf(frequency: Frequency): number {
  const lengths: Partial<Record<Frequency['unit'], number>> = {
    millisecond: 1,
    second: SECOND,
    minute: MINUTE,
    hour: HOUR,
    day: DAY,
    week: WEEK,
  };
  return lengths[frequency.unit] ?? 0;
}

/** Months later on the anchor day, or on the last day of a month that has no such day; the time of day stays. */
function monthStepper(last: number, months: number, anchor: number): (n: number) => number {
  const start = civilOf(last);
  const timeOfDay = last - Math.floor(last / DAY) * DAY;
  const month = new Temporal.PlainYearMonth(start.year, start.month);
  return (n) => {
    const date = month.add({ months: n * months }).toPlainDate({ day: anchor });
    return stampOf(date.year, date.month, date.day) + timeOfDay;
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

/** Weekends are left out; holidays are not known here. */
function addBusinessDays(stamp: number, days: number): number {
  let at = stamp;
  for (let left = days; left > 0; ) {
    at += DAY;
    if (!isWeekend(at)) left--;
  }
  return at;
}

/** A stamp as text, in the axis' own format. `index` axes write the number itself. */
export function formatStamp(axis: Pick<TimeAxis, 'format' | 'frequency'>, stamp: number): string {
  return WRITERS[axis.format](stamp, axis.frequency);
}

const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const WRITERS: Record<TimeFormat, (stamp: number, frequency: Frequency) => string> = {
  index: (stamp) => String(stamp),
  'iso-date': (stamp) => `${isoDate(stamp)}${timeIfAny(stamp, ' ')}`,
  'iso-datetime': (stamp) => `${isoDate(stamp)}T${timeOf(stamp)}`,
  'spaced-datetime': (stamp) => `${isoDate(stamp)} ${timeOf(stamp)}`,
  'iso-datetime-utc': (stamp) => `${isoDate(stamp)}T${timeOf(stamp)}Z`,
  'compact-date': (stamp) => isoDate(stamp).replaceAll('-', ''),
  'day-month-year': (stamp, frequency) => {
    const { year, month, day } = civilOf(stamp);
    return `${two(day)}/${two(month)}/${four(year)}${timeWithin(stamp, frequency)}`;
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

function timeIfAny(stamp: number, before: string): string {
  return stamp % DAY === 0 ? '' : `${before}${timeOf(stamp)}`;
}

/** The time of day where rows are less than a day apart, or not at midnight. */
function timeWithin(stamp: number, frequency: Frequency): string {
  const short = millisecondsOf(frequency) * frequency.count;
  return short > 0 && short < DAY ? ` ${timeOf(stamp)}` : timeIfAny(stamp, ' ');
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
