// The frequency of a series: the calendar step that explains its stamps, and where rows are absent from it.
// In: ordered stamps without duplicates. Out: a frequency and its holes. Not here: what is done about holes (frame.ts).

import {
  type Civil,
  civilOf,
  DAY,
  daysInMonth,
  type Grid,
  gridOf,
  HOUR,
  isWeekend,
  MINUTE,
  SECOND,
  WEEK,
} from '../core/calendar.ts';
import type { Frequency, TimeFormat } from '../core/time.ts';

/** Rows absent between row `after` and the next one. */
export interface Hole {
  readonly after: number;
  /** Absent rows; null where the next stamp does not lie on the grid at all. */
  readonly absent: number | null;
}

export interface Spacing {
  readonly frequency: Frequency;
  readonly grid: Grid;
  readonly holes: readonly Hole[];
  /** Business days without a row that are taken for holidays. */
  readonly holidays: number;
}

/** A longer stretch of absent business days is a hole, not a holiday. */
const LONGEST_HOLIDAY = 10;

/** The spacing of stamps that strictly increase; one stamp alone is read by its format. */
export function spacingOf(stamps: Float64Array, format: TimeFormat): Spacing {
  const frequency = stamps.length < 2 ? frequencyOfFormat(format) : inferFrequency(stamps);
  const grid = gridOf(frequency, stamps);
  const all = holesOf(stamps, grid);
  if (frequency.unit !== 'business-day') return { frequency, grid, holes: all, holidays: 0 };
  const isHoliday = (hole: Hole): boolean => hole.absent !== null && hole.absent <= LONGEST_HOLIDAY;
  const holidays = all.filter(isHoliday).reduce((sum, hole) => sum + (hole.absent as number), 0);
  return { frequency, grid, holes: all.filter((hole) => !isHoliday(hole)), holidays };
}

function frequencyOfFormat(format: TimeFormat): Frequency {
  const months: Partial<Record<TimeFormat, number>> = { year: 12, 'year-half': 6, 'year-quarter': 3, 'year-month': 1 };
  const own = months[format];
  return own === undefined ? { unit: 'day', count: 1 } : ofMonths(own);
}

function holesOf(stamps: Float64Array, grid: Grid): Hole[] {
  const holes: Hole[] = [];
  let last = grid.indexOf(stamps[0] as number);
  for (let row = 1; row < stamps.length; row++) {
    const index = grid.indexOf(stamps[row] as number);
    const step = index - last;
    if (!Number.isInteger(step) || step < 1) holes.push({ after: row - 1, absent: null });
    else if (step > 1) holes.push({ after: row - 1, absent: step - 1 });
    last = index;
  }
  return holes;
}

/** Months where the days of the month allow it, else business days, else the commonest distance between rows. */
function inferFrequency(stamps: Float64Array): Frequency {
  const sameClock = stamps.every((stamp) => (stamp - (stamps[0] as number)) % DAY === 0);
  const step = commonest(distances(stamps));
  const monthly = sameClock && step >= 28 * DAY ? monthsBetween(stamps) : 0;
  if (monthly > 0) return ofMonths(monthly);
  if (sameClock && step === DAY && skipsWeekends(stamps)) return { unit: 'business-day', count: 1 };
  return ofMilliseconds(step);
}

function distances(values: Float64Array): Float64Array {
  const found = new Float64Array(values.length - 1);
  for (let i = 0; i < found.length; i++) found[i] = (values[i + 1] as number) - (values[i] as number);
  return found;
}

/** The value that occurs most often, the smaller one of a tie. */
function commonest(values: Float64Array): number {
  const counts = new Map<number, number>();
  for (let start = 0; start < values.length; ) {
    const value = values[start] as number;
    let end = start + 1;
    while (end < values.length && values[end] === value) end++;
    counts.set(value, (counts.get(value) ?? 0) + end - start);
    start = end;
  }
  let best = values[0] as number;
  for (const [value, count] of counts) {
    const most = counts.get(best) as number;
    if (count > most || (count === most && value < best)) best = value;
  }
  return best;
}

/** Months from row to row (the commonest number) where rows stand for months: on one day of the month, or once a month; else 0. */
function monthsBetween(stamps: Float64Array): number {
  const dates = Array.from(stamps, civilOf);
  const months = Float64Array.from(dates, ({ year, month }) => year * 12 + month);
  const between = distances(months);
  if (between.some((months) => months < 1)) return 0;
  const anchor = Math.max(...commonDays(dates));
  const anchored = dates.every(({ year, month, day }) => day === Math.min(anchor, daysInMonth(year, month)));
  return anchored || (oncePerMonth(stamps) && stamps.length > 2) ? commonest(between) : 0;
}

function commonDays(dates: readonly Civil[]): Set<number> {
  return new Set(dates.map(({ day }) => day));
}

/** Unequal distances of about a month, as between the last business days of months; 28 days each would be four weeks. */
function oncePerMonth(stamps: Float64Array): boolean {
  const between = distances(stamps);
  return (
    between.some((days) => days !== between[0]) &&
    between.every((distance) => (distance / DAY) % 30.4 < 5.5 || (distance / DAY) % 30.4 > 26)
  );
}

function ofMonths(months: number): Frequency {
  if (months % 12 === 0) return { unit: 'year', count: months / 12 };
  return months === 3 ? { unit: 'quarter', count: 1 } : { unit: 'month', count: months };
}

/** Days on end, no weekend among them although some have passed. */
function skipsWeekends(stamps: Float64Array): boolean {
  if (stamps.some(isWeekend)) return false;
  return (stamps[stamps.length - 1] as number) - (stamps[0] as number) > 4 * DAY;
}

function ofMilliseconds(step: number): Frequency {
  const units = [
    ['week', WEEK],
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
    ['second', SECOND],
  ] as const;
  for (const [unit, length] of units) if (step % length === 0) return { unit, count: step / length };
  return { unit: 'millisecond', count: step };
}
