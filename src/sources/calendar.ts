// Inputs known in advance because a calendar knows them: month, weekday, hour, … of each row, and of the rows to be forecast.
// In: loaded series with times, features by name. Out: the same series with more `future` columns. Not here: reading files, date arithmetic.

import * as z from 'zod';
import {
  civilOf,
  DAY,
  daysInMonth,
  describeFrequency,
  HOUR,
  MINUTE,
  stampOf,
  stampsUntil,
  WEEK,
  weekday,
} from '../core/calendar.ts';
import type { Column, Loaded, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { Frequency } from '../core/time.ts';

export type CalendarForm = 'one-hot' | 'cyclic';

/** A feature of the calendar by name, in its natural form; or with the form spelled out; or a flag on dates a person lists. */
export type CalendarEntry =
  | string
  | { readonly feature: string; readonly form?: CalendarForm | undefined; readonly harmonics?: number | undefined }
  | { readonly feature: 'holiday'; readonly dates: readonly string[] };

/** Where a stamp lies in a cycle: its class (a whole number) and its phase (0 … 1). */
interface Feature {
  readonly form: CalendarForm | 'flag';
  /** Rows this far apart, in milliseconds, or farther fall on the same place. */
  readonly cycle: number;
  /** First class and number of classes; null where there are too many to tell apart. */
  readonly classes: readonly [first: number, count: number] | null;
  readonly classAt: (stamp: number) => number;
  readonly phaseAt: (stamp: number) => number;
}

const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

const FEATURES: { readonly [name: string]: Feature } = {
  month: cycleOf('one-hot', YEAR, [1, 12], (stamp) => civilOf(stamp).month),
  quarter: cycleOf('one-hot', YEAR, [1, 4], (stamp) => Math.ceil(civilOf(stamp).month / 3)),
  'week-of-year': { ...cycleOf('cyclic', YEAR, [1, 53], weekOfYear), phaseAt: yearPhase },
  'day-of-year': { form: 'cyclic', cycle: YEAR, classes: null, classAt: dayOfYear, phaseAt: yearPhase },
  'day-of-month': {
    ...cycleOf('one-hot', MONTH, [1, 31], (stamp) => civilOf(stamp).day),
    phaseAt: (stamp) => {
      const { year, month, day } = civilOf(stamp);
      return (day - 1) / daysInMonth(year, month);
    },
  },
  weekday: cycleOf('one-hot', WEEK, [1, 7], isoWeekday),
  'time-of-week': {
    form: 'cyclic',
    cycle: WEEK,
    classes: null,
    classAt: isoWeekday,
    phaseAt: (stamp) => (isoWeekday(stamp) - 1 + within(stamp, DAY) / DAY) / 7,
  },
  hour: cycleOf('one-hot', DAY, [0, 24], (stamp) => Math.floor(within(stamp, DAY) / HOUR)),
  'time-of-day': {
    form: 'cyclic',
    cycle: DAY,
    classes: null,
    classAt: (stamp) => within(stamp, DAY),
    phaseAt: (stamp) => within(stamp, DAY) / DAY,
  },
  minute: cycleOf('cyclic', HOUR, [0, 60], (stamp) => Math.floor(within(stamp, HOUR) / MINUTE)),
  weekend: { ...cycleOf('one-hot', WEEK, [0, 2], (stamp) => (isoWeekday(stamp) >= 6 ? 1 : 0)), form: 'flag' },
};

const NAMES = Object.keys(FEATURES) as [string, ...string[]];
const CYCLES = NAMES.filter((name) => FEATURES[name]?.form !== 'flag') as [string, ...string[]];
const TREND =
  'a year is no cycle but a trend, which a model carries on at will beyond the years it has seen: leave it out, growth is what encoders log and difference and model.normalise are for';

const refused = (feature: unknown): string | undefined => (feature === 'year' ? TREND : undefined);

const spelledCycle = z
  .strictObject({
    feature: z.enum(CYCLES).describe('which cycle of the calendar'),
    form: z
      .enum(['one-hot', 'cyclic'])
      .optional()
      .describe('a column of 0 and 1 for each class, or sine and cosine; default: as its name alone is read'),
    harmonics: z
      .int()
      .min(1)
      .max(20)
      .optional()
      .describe('pairs of sine and cosine, of the cycle, of half of it and so on, a count; default 1'),
  })
  .describe('one feature in a form of its own');

const spelledFlag = z
  .strictObject({ feature: z.literal('weekend').describe('a flag on Saturday and Sunday') })
  .describe('Saturdays and Sundays');

const spelledHoliday = z
  .strictObject({
    feature: z.literal('holiday').describe('a flag on the dates listed'),
    dates: z
      .array(z.string().regex(/^(?:\d{4}-)?\d{2}-\d{2}$/, { error: 'a date as 2026-12-24, or 12-24 for every year' }))
      .min(1)
      .describe('dates as 2026-12-24, or 12-24 for every year'),
  })
  .describe('days a person knows');

/** The `calendar` key of a source whose rows have times. */
export const calendarField: z.ZodOptional<z.ZodType<readonly CalendarEntry[]>> = z
  .array(
    z.union([
      z.enum(NAMES, { error: ({ input }) => refused(input) }),
      z.discriminatedUnion('feature', [spelledCycle, spelledFlag, spelledHoliday], {
        error: ({ input }) => refused((input as { feature?: unknown } | null)?.feature),
      }),
    ]),
  )
  .max(32)
  .optional()
  .describe(
    `inputs the calendar knows in advance, of: ${NAMES.join(', ')}; few classes become columns of 0 and 1 (month: month=1 … month=12), long cycles a sine and a cosine; or { feature: weekday, form: cyclic }, { feature: holiday, dates: [12-25] }; default none`,
  ) as unknown as z.ZodOptional<z.ZodType<readonly CalendarEntry[]>>;

/** Features that rows of a frequency are usually told apart by; none where rows are years or have no calendar. */
export function usualCalendar(frequency: Frequency): readonly string[] {
  return (USUAL[frequency.unit] ?? []).filter((name) => stepOf(frequency) < (FEATURES[name] as Feature).cycle);
}

const USUAL: Partial<Record<Frequency['unit'], readonly string[]>> = {
  month: ['month'],
  quarter: ['quarter'],
  week: ['week-of-year'],
  'business-day': ['weekday'],
  day: ['weekday'],
  hour: ['hour', 'weekday'],
  minute: ['time-of-day', 'weekday'],
};

/**
 * The same data with the calendar's columns behind each series' own `future` columns, for its rows and `ahead` rows after them. Nothing
 * but the times is looked at. Errors: E_CONFIG_CONFLICT (rows without times, a feature that never changes, named twice), E_DATA_COLUMN (a
 * column of the file has the name).
 */
export function withCalendar(loaded: Loaded, entries: readonly CalendarEntry[], ahead: number): Loaded {
  const { raw } = loaded;
  if (entries.length === 0 || raw.form === 'text') return loaded;
  const extended = (all: readonly Series[]): Series[] => all.map((one) => withColumns(one, entries, ahead));
  const series = extended(raw.series);
  const short = raw.short ? { short: extended(raw.short) } : {};
  const columns = (series[0]?.future.length ?? 0) - (raw.series[0]?.future.length ?? 0);
  const names = entries.map((entry) => (typeof entry === 'string' ? entry : entry.feature)).join(', ');
  const note = `calendar: ${names} (${columns} column${columns === 1 ? '' : 's'} known in advance)`;
  return { ...loaded, raw: { ...raw, series, ...short }, notes: [...loaded.notes, note] };
}

/** A series with features of its calendar, but those it has already, for its rows and `ahead` rows after them. Errors: as `withCalendar`. */
export function withFeatures(series: Series, features: readonly string[], ahead: number): Series {
  const has = (feature: string): boolean => series.future.some(({ name }) => /^[^= ]+/.exec(name)?.[0] === feature);
  return withColumns(series, features.filter((feature) => !has(feature)) as readonly CalendarEntry[], ahead);
}

function withColumns(series: Series, entries: readonly CalendarEntry[], ahead: number): Series {
  const { time, future } = series;
  if (time.stamps === null) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'rows without times have no calendar', {
      where: 'source.calendar',
      hint: 'name the column of times in source.time, or remove source.calendar',
    });
  }
  // As far as the file's own columns known in advance, at least.
  const until = Math.max(series.length + ahead, ...future.map(({ values }) => values.length));
  const stamps = stampsUntil(time, until);
  const added = entries.flatMap((entry) => columnsOf(entry, stamps, time.frequency));
  checkNames(series, added);
  return { ...series, future: [...future, ...added] };
}

function columnsOf(entry: CalendarEntry, stamps: Float64Array, frequency: Frequency): Column[] {
  if (typeof entry !== 'string' && 'dates' in entry) return [holidays(entry.dates, stamps, frequency)];
  const { feature: name, form, harmonics } = typeof entry === 'string' ? { feature: entry } : { ...entry };
  const feature = FEATURES[name] as Feature;
  checkChanges(name, feature, frequency);
  if (feature.form === 'flag') return [column(name, stamps, feature.classAt)];
  if ((form ?? (harmonics === undefined ? feature.form : 'cyclic')) === 'one-hot') {
    if (harmonics !== undefined) throw noHarmonics(name);
    return oneHot(name, feature, stamps, frequency);
  }
  return waves(name, feature, stamps, harmonics ?? 1);
}

/** What the columns of these entries hold, a sentence each, for who has to make them elsewhere. */
export function calendarWords(entries: readonly CalendarEntry[]): string[] {
  return entries.map((entry) => {
    if (typeof entry !== 'string' && 'dates' in entry) return holidayWords(entry.dates);
    const { feature: name, form, harmonics } = typeof entry === 'string' ? { feature: entry } : { ...entry };
    const feature = FEATURES[name] as Feature;
    if (feature.form === 'flag') return `${name} is 1 on a Saturday or Sunday, else 0.`;
    if ((form ?? (harmonics === undefined ? feature.form : 'cyclic')) === 'one-hot') return classWords(name, feature);
    const names = Array.from({ length: harmonics ?? 1 }, (_, k) => (k === 0 ? '' : ` ${k + 1}`));
    const waves = names.map((k) => `${name} sin${k} and ${name} cos${k}`).join(', ');
    const times = names.length > 1 ? ', times the number behind them' : '';
    return `${waves} are the sine and the cosine of 2π p${times}, where p is ${PHASES[name]}.`;
  });
}

function classWords(name: string, { classes }: Feature): string {
  if (classes === null) return `${name}=HH:MM is 1 where the row's step of the day begins at HH:MM, else 0.`;
  const [first, count] = classes;
  const monday = name === 'weekday' ? '; 1 is Monday' : '';
  return `${name}=K is 1 where the row's ${name} is K, else 0, for K from ${first} to ${first + count - 1}${monday}.`;
}

function holidayWords(dates: readonly string[]): string {
  return `holiday is 1 where the row falls on one of ${dates.join(', ')}, else 0; of rows longer than a day, how many of these it spans.`;
}

const YEAR_PASSED = '(day of the year - 1) / days of that year';

/** The share of each cycle that has passed at a row: `phaseAt` in words. */
const PHASES: { readonly [name: string]: string } = {
  month: '(month - 1) / 12',
  quarter: '(quarter - 1) / 4',
  'week-of-year': YEAR_PASSED,
  'day-of-year': YEAR_PASSED,
  'day-of-month': '(day - 1) / days of that month',
  weekday: '(weekday - 1) / 7, Monday being 1',
  'time-of-week': 'the share of the week that has passed since Monday 00:00',
  hour: 'hour / 24',
  'time-of-day': 'the share of the day that has passed',
  minute: 'minute / 60',
};

function column(name: string, stamps: Float64Array, at: (stamp: number) => number): Column {
  return { name, values: stamps.map(at), asIs: true };
}

/** Every class has its column, also one that no row falls on: the columns do not depend on the rows. */
function oneHot(name: string, feature: Feature, stamps: Float64Array, frequency: Frequency): Column[] {
  if (name === 'time-of-day') return timesOfDay(stamps, frequency);
  if (feature.classes === null) throw tooMany(name);
  const [first, count] = feature.classes;
  const classes = stamps.map(feature.classAt);
  return Array.from({ length: count }, (_, k) => ({
    name: `${name}=${first + k}`,
    values: classes.map((own) => (own === first + k ? 1 : 0)),
    asIs: true,
  }));
}

/** A class for each step of the day: 48 half hours. */
function timesOfDay(stamps: Float64Array, frequency: Frequency): Column[] {
  const step = stepOf(frequency);
  const count = DAY / step;
  if (!Number.isInteger(count) || count > MOST_CLASSES) throw tooMany('time-of-day');
  const offset = within(stamps[0] as number, step);
  const classes = stamps.map((stamp) => Math.floor((within(stamp - offset, DAY) + offset) / step));
  return Array.from({ length: count }, (_, k) => ({
    name: `time-of-day=${clock(k * step + offset)}`,
    values: classes.map((own) => (own === k ? 1 : 0)),
    asIs: true,
  }));
}

const MOST_CLASSES = 288; // five minutes

function clock(time: number): string {
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${two(time / HOUR)}:${two((time % HOUR) / MINUTE)}`;
}

function waves(name: string, { phaseAt }: Feature, stamps: Float64Array, harmonics: number): Column[] {
  const phases = stamps.map(phaseAt);
  return Array.from({ length: harmonics }, (_, k) => k + 1).flatMap((k) => {
    const many = k === 1 ? '' : ` ${k}`;
    const wave = (of: (angle: number) => number): Float64Array => phases.map((phase) => of(2 * Math.PI * k * phase));
    return [
      { name: `${name} sin${many}`, values: wave(Math.sin), asIs: true },
      { name: `${name} cos${many}`, values: wave(Math.cos), asIs: true },
    ];
  });
}

/** Of rows up to a day long: whether the row falls on one of the dates; of longer ones: how many dates fall from it to the next row. */
function holidays(dates: readonly string[], stamps: Float64Array, frequency: Frequency): Column {
  const listed = new Set(dates);
  for (const date of dates) checkDate(date);
  const on = (stamp: number): number => {
    const { year, month, day } = civilOf(stamp);
    const two = (n: number): string => String(n).padStart(2, '0');
    const yearly = `${two(month)}-${two(day)}`;
    return listed.has(yearly) || listed.has(`${String(year).padStart(4, '0')}-${yearly}`) ? 1 : 0;
  };
  const step = stepOf(frequency);
  if (step <= DAY) return column('holiday', stamps, on);
  const values = stamps.map((stamp, i) => {
    const next = stamps[i + 1] ?? stamp + step;
    let sum = 0;
    for (let day = stamp; day < next; day += DAY) sum += on(day);
    return sum;
  });
  return { name: 'holiday', values, asIs: true };
}

function checkDate(date: string): void {
  const [day, month, year = 2000] = date.split('-').reverse().map(Number) as [number, number, number?];
  if (month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)) return;
  throw new ForecastError('E_CONFIG_RANGE', `no calendar has the date ${date}`, {
    where: 'source.calendar',
    hint: 'write dates as 2026-12-24, or 12-24 for every year',
  });
}

function checkChanges(name: string, { cycle }: Feature, frequency: Frequency): void {
  if (stepOf(frequency) < cycle) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `rows are ${describeFrequency(frequency)}, and ${name} tells none of them apart`,
    { where: 'source.calendar', hint: `remove ${name}${cycle < YEAR ? ', or write month' : ''}` },
  );
}

function checkNames({ targets, past, future }: Series, added: readonly Column[]): void {
  const taken = new Set([...targets, ...past, ...future].map(({ name }) => name));
  const own = new Set<string>();
  for (const { name } of added) {
    if (taken.has(name)) {
      throw new ForecastError('E_DATA_COLUMN', `column "${name}" is in the data and in source.calendar`, {
        where: 'source.calendar',
        hint: 'remove one of them',
      });
    }
    if (own.has(name)) {
      throw new ForecastError('E_CONFIG_CONFLICT', `column "${name}" comes twice from source.calendar`, {
        where: 'source.calendar',
        hint: 'name each feature once',
      });
    }
    own.add(name);
  }
}

function noHarmonics(name: string): ForecastError {
  return new ForecastError('E_CONFIG_CONFLICT', `${name} is one-hot, and harmonics are of sines and cosines`, {
    where: 'source.calendar',
    hint: `write { feature: ${name}, form: cyclic, harmonics: … }`,
  });
}

function tooMany(name: string): ForecastError {
  return new ForecastError('E_CONFIG_CONFLICT', `${name} has too many classes to be one-hot`, {
    where: 'source.calendar',
    hint: `write ${name} alone: a sine and a cosine`,
  });
}

/** A cycle of whole steps, whose phase is the share of its classes that has passed. */
function cycleOf(
  form: CalendarForm,
  cycle: number,
  classes: readonly [first: number, count: number],
  classAt: (stamp: number) => number,
): Feature {
  const [first, count] = classes;
  return { form, cycle, classes, classAt, phaseAt: (stamp) => (classAt(stamp) - first) / count };
}

/** Milliseconds since the last whole `cycle`. */
function within(stamp: number, cycle: number): number {
  return stamp - Math.floor(stamp / cycle) * cycle;
}

/** 1 Monday … 7 Sunday. */
function isoWeekday(stamp: number): number {
  return weekday(stamp) || 7;
}

/** 1 … 366. */
function dayOfYear(stamp: number): number {
  return Math.floor((stamp - stampOf(civilOf(stamp).year, 1, 1)) / DAY) + 1;
}

/** Share of the year that has passed, to the day. */
function yearPhase(stamp: number): number {
  const { year } = civilOf(stamp);
  return (dayOfYear(stamp) - 1) / (337 + daysInMonth(year, 2));
}

/** ISO 8601: 1 … 53, the week of its Thursday. */
function weekOfYear(stamp: number): number {
  return Math.floor((dayOfYear(stamp + (4 - isoWeekday(stamp)) * DAY) - 1) / 7) + 1;
}

/** Milliseconds from row to row, of months and years about. */
function stepOf({ unit, count }: Frequency): number {
  const lengths: Record<Frequency['unit'], number> = {
    index: 1,
    millisecond: 1,
    second: 1000,
    minute: MINUTE,
    hour: HOUR,
    day: DAY,
    'business-day': DAY,
    week: WEEK,
    month: MONTH,
    quarter: 3 * MONTH,
    year: YEAR,
  };
  return lengths[unit] * count;
}
