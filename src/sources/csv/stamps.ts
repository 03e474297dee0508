// The grammar of time cells, and the column that collects them.
// In: cells in one of a closed list of forms. Out: milliseconds UTC (wall clocks without an offset are read as UTC). Not here: frequencies.

import { DAY, daysInMonth, HOUR, MINUTE, SECOND, stampOf } from '../../core/calendar.ts';
import { ForecastError } from '../../core/errors.ts';
import type { TimeFormat } from '../../core/time.ts';
import { doubled, type Place, type Sink, shown, whereOf } from './cells.ts';

/** Ways of writing time. `numeric` is 05/02/2010, whose order only the whole column can tell. */
export type TimeForm =
  | 'iso'
  | 'year-month'
  | 'year-quarter'
  | 'year-half'
  | 'week'
  | 'week-number'
  | 'month-number'
  | 'named-month'
  | 'month-short-year'
  | 'numeric'
  | 'compact'
  | 'compact-month'
  | 'compact-clock'
  | 'year-span'
  | 'day-number'
  | 'year'
  | 'epoch-seconds'
  | 'epoch-milliseconds';

/** The order of day, month and year in `numeric` cells. */
export type DateOrder = 'dmy' | 'mdy' | 'ymd';

/** A cell's stamp; NaN: another form; NOT_A_DATE: this form, but no such date or hour. */
type Reader = (cell: string) => number;
export const NOT_A_DATE: number = Number.NEGATIVE_INFINITY;

const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])[Mm])?`;
const OFFSET = String.raw`(?: ?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?))?`;
const ISO = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:([T ])${CLOCK}${OFFSET})?$`);
const NUMERIC = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?: ${CLOCK})?$`);
const YEAR_MONTH = /^(\d{4})(?:[-/]| ?[Mm])(\d{1,2})$/;
const MONTH_YEAR = /^(?:(\d{1,2})[-/]|(0[1-9]|1[0-2])\.)((?:1[89]|20|21)\d{2})$/;
/** 2021 Q1, 2021-Q1, 2021 1Q, Q1 2021, Q1-21, Q1'21, 1Q2021, 1Q21. */
const YEAR_QUARTER = /^(\d{4})[-/ ]?(?:[Qq]([1-4])|([1-4])[Qq])$/;
const QUARTER_YEAR =
  /^(?:[Qq]([1-4])(?:[-/ ]|[ -]?['’])|[Qq]([1-4])(?=\d{4})|([1-4])[Qq](?:[-/ ]|[ -]?['’])?)(\d{4}|\d{2})$/;
/** 2021 H1, 2021-H2, 2021 1H, H2 2021, 1H2021, 1H21. */
const YEAR_HALF = /^(\d{4})[-/ ]?(?:[Hh]([12])|([12])[Hh])$/;
const HALF_YEAR = /^(?:[Hh]([12])[-/ ]|[Hh]([12])(?=\d{4})|([12])[Hh][-/ ]?)(\d{4}|\d{2})$/;
/** Two digits of a year stand after a dash or an apostrophe: after a space they may be a day. */
const MONTH_FIRST = /^(\p{L}{3,10})\.?(?:(?:[ -]|,? | de |)(?:(\d{1,2}),?[ -])?(\d{4})|(?:-|[ -]?['’])(\d{2}))$/u;
const DAY_FIRST = /^(\d{1,2})(?:\.? ?|[ -]| de )(\p{L}{3,10})\.?(?:[ -]| de |)(\d{4}|\d{2})$/u;
/** Jan 24: a year where months follow each other, else perhaps a day. */
const MONTH_SHORT_YEAR = /^(\p{L}{3,10})\.? (\d{2})$/u;
const NAMED_CLOCK = new RegExp(`,? ${CLOCK}$`);
/** Monday in any of six languages, whole or short, before a date. */
const WEEKDAY =
  /^(?:mon|tue|wed|thu|fri|sat|sun|[dl]un|lun|mar|mer|jeu|ven|sam|dim|mi[eé]|jue|vie|s[aá]b|dom|gio|mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo)\p{L}{0,7}[.,]? +(?=\S)/iu;
/** 2024-W05, and 2024-W05-3 for its Wednesday. */
const WEEK = /^(\d{4})[- /]?(?:W|KW|CW|Wk|Week) ?(\d{1,2})(?:-([1-7]))?$/i;
const WEEK_FIRST = /^(?:W|KW|CW|Wk|Week) ?(\d{1,2})[-/ .,]+(\d{4})$/i;
/** Of a column called a week: 05/2024, 2024-05, 202405, 2405. */
const WEEK_NUMBER = /^(?:(\d{1,2})[-/. ]([12]\d{3})|([12]\d{3})[-/. ]?(\d{1,2})|(\d{2})(\d{2}))$/;
/** Of a column called a month: 2405, 1.2024. */
const MONTH_NUMBER = /^(?:(\d{2})(0[1-9]|1[0-2])|([1-9]|1[0-2])\.((?:1[89]|20|21)\d{2}))$/;
/** Days since 1899-12-30, as spreadsheets count them, with the time of day as a fraction: of 1954 to 2118. */
const DAY_NUMBER = /^[2-7]\d{4}(?:\.(\d+))?$/;
const DAY_ZERO = stampOf(1899, 12, 30);
/** Of years that six digits of another kind (yymmdd) seldom begin with. */
const COMPACT_MONTH = /^((?:1[89]|20|21)\d{2})(0[1-9]|1[0-2])$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
/** 2023010106, 202301010600, 20230101060000: before epochs, which no such digits all of a column's cells are. */
const COMPACT_CLOCK = /^((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])(?:([0-5]\d)([0-5]\d)?)?$/;
/** A season from one year into the next: 2019/20. */
const YEAR_SPAN = /^([12]\d{3})[-/](\d{2})$/;
const YEAR = /^(?:FY ?)?([12]\d{3})$/i;
const EPOCH_SECONDS = /^\d{9,11}(?:\.\d{1,3})?$/;
const EPOCH_MILLISECONDS = /^\d{12,14}$/;

/** Names of the twelve months by language. */
const MONTHS: readonly string[] = [
  'january february march april may june july august september october november december',
  'januar februar märz april mai juni juli august september oktober november dezember',
  'jänner feber maerz',
  'janvier février mars avril mai juin juillet août septembre octobre novembre décembre',
  'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro',
  'januari februari maart april mei juni juli augustus september oktober november december',
];
/** Short names that are not the first three letters. */
const SHORT_MONTHS: readonly (readonly [string, number])[] = [
  ['janv', 1],
  ['fevr', 2],
  ['mrt', 3],
  ['mrz', 3],
  ['juil', 7],
  ['sept', 9],
];

const READERS: { readonly [form in TimeForm]: Reader } = {
  iso: (cell) => {
    const m = ISO.exec(cell);
    if (m === null) return Number.NaN;
    const date = dateStamp(Number(m[1]), Number(m[3]), Number(m[4]));
    return m[5] === undefined ? date : date + clockOf(m, 6) - offsetOf(m[11]);
  },
  'year-month': (cell) => {
    const m = YEAR_MONTH.exec(cell);
    if (m !== null) return dateStamp(Number(m[1]), Number(m[2]), 1);
    const other = MONTH_YEAR.exec(cell);
    return other === null ? Number.NaN : dateStamp(Number(other[3]), Number(other[1] ?? other[2]), 1);
  },
  'year-quarter': (cell) => {
    const first = YEAR_QUARTER.exec(cell);
    const last = QUARTER_YEAR.exec(cell);
    if (first === null && last === null) return Number.NaN;
    const quarter = Number(first?.[2] ?? first?.[3] ?? last?.[1] ?? last?.[2] ?? last?.[3]);
    return dateStamp(fullYear(String(first?.[1] ?? last?.[4])), 3 * quarter - 2, 1);
  },
  'year-half': (cell) => {
    const first = YEAR_HALF.exec(cell);
    const last = HALF_YEAR.exec(cell);
    if (first === null && last === null) return Number.NaN;
    const half = Number(first?.[2] ?? first?.[3] ?? last?.[1] ?? last?.[2] ?? last?.[3]);
    return dateStamp(fullYear(String(first?.[1] ?? last?.[4])), 6 * half - 5, 1);
  },
  week: (cell) => {
    const m = WEEK.exec(cell);
    const [, week, year] = WEEK_FIRST.exec(cell) ?? [];
    if (m === null) return week === undefined ? Number.NaN : weekStamp(Number(year), Number(week));
    return weekStamp(Number(m[1]), Number(m[2])) + (Number(m[3] ?? 1) - 1) * DAY;
  },
  'week-number': (cell) => {
    const m = WEEK_NUMBER.exec(cell);
    if (m === null) return Number.NaN;
    return weekStamp(fullYear(String(m[2] ?? m[3] ?? m[5])), Number(m[1] ?? m[4] ?? m[6]));
  },
  'month-number': (cell) => {
    const m = MONTH_NUMBER.exec(cell);
    return m === null ? Number.NaN : dateStamp(fullYear(String(m[1] ?? m[4])), Number(m[2] ?? m[3]), 1);
  },
  'named-month': (cell) => {
    const timed = NAMED_CLOCK.exec(cell);
    if (timed !== null) {
      const date = READERS['named-month'](cell.slice(0, timed.index));
      return date + clockOf(timed, 1);
    }
    const first = MONTH_FIRST.exec(cell);
    const last = DAY_FIRST.exec(cell);
    if (first === null && last === null) return withoutWeekday(cell, READERS['named-month']);
    const year = fullYear(String(first?.[3] ?? first?.[4] ?? last?.[3]));
    const month = monthCalled(String(first?.[1] ?? last?.[2]));
    return Number.isNaN(month) ? month : dateStamp(year, month, Number(first?.[2] ?? last?.[1] ?? 1));
  },
  'month-short-year': (cell) => {
    const m = MONTH_SHORT_YEAR.exec(cell);
    const month = monthCalled(m?.[1] ?? '');
    return Number.isNaN(month) ? month : dateStamp(fullYear(String(m?.[2])), month, 1);
  },
  numeric: (cell) => {
    const m = NUMERIC.exec(cell);
    if (m === null) return withoutWeekday(cell, READERS.numeric);
    const clock = m[5] === undefined ? 0 : clockOf(m, 5);
    return clock === NOT_A_DATE ? clock : packed(Number(m[1]), Number(m[3]), m[4] as string, clock);
  },
  compact: (cell) => {
    const m = COMPACT.exec(cell);
    return m === null ? Number.NaN : dateStamp(Number(m[1]), Number(m[2]), Number(m[3]));
  },
  'compact-month': (cell) => {
    const m = COMPACT_MONTH.exec(cell);
    return m === null ? Number.NaN : dateStamp(Number(m[1]), Number(m[2]), 1);
  },
  'compact-clock': (cell) => {
    const m = COMPACT_CLOCK.exec(cell);
    if (m === null) return Number.NaN;
    const clock = Number(m[4]) * HOUR + Number(m[5] ?? 0) * MINUTE + Number(m[6] ?? 0) * SECOND;
    return dateStamp(Number(m[1]), Number(m[2]), Number(m[3])) + clock;
  },
  'year-span': (cell) => {
    const m = YEAR_SPAN.exec(cell);
    return m === null || (Number(m[1]) + 1) % 100 !== Number(m[2]) ? Number.NaN : stampOf(Number(m[1]), 1, 1);
  },
  'day-number': (cell) => {
    const m = DAY_NUMBER.exec(cell);
    if (m === null) return Number.NaN;
    const unit = (m[1] ?? '').length < 6 ? MINUTE : SECOND; // as far as the digits tell
    return DAY_ZERO + Math.round((Number(cell) * DAY) / unit) * unit;
  },
  year: (cell) => {
    const m = YEAR.exec(cell);
    return m === null ? Number.NaN : stampOf(Number(m[1]), 1, 1);
  },
  'epoch-seconds': (cell) => (EPOCH_SECONDS.test(cell) ? Math.round(Number(cell) * SECOND) : Number.NaN),
  'epoch-milliseconds': (cell) => (EPOCH_MILLISECONDS.test(cell) ? Number(cell) : Number.NaN),
};

/** Forms that are plain integers: taken for time only under a name that says so. */
const BARE: ReadonlySet<TimeForm> = new Set([
  'year',
  'compact',
  'compact-month',
  'compact-clock',
  'day-number',
  'week-number',
  'month-number',
  'epoch-seconds',
  'epoch-milliseconds',
]);
const TIME_NAMES =
  /^(.*[ _-])?(time|date|datetime|timestamp|ts|ds|epoch|unix|year|yr|fy|month|week|day|quarter|period|yearmonth|yyyymm|datum|zeit|jahr|monat|woche|kw|quartal|fecha|año|mes|semana|année|annee|mois|semaine|anno|mese|settimana|jaar|maand|kwartaal)([ _-].*)?$/i;
const WEEK_NAMES = /^(.*[ _-])?(week|wk|cw|kw|kalenderwoche|woche|semana|semaine|settimana)([ _-].*)?$/i;
const YEAR_NAMES = /year|yr|jahr|año|ann[ée]e|anno|ano|jaar|fy/i;
const MONTH_NAMES = /^(.*[ _-])?(month|yymm|monat|mes|mois|mese|m[eê]s|maand)([ _-].*)?$/i;
const DATE_NAMES = /^(.*[ _-])?(date|datetime|timestamp|datum|fecha|day|ds)([ _-].*)?$/i;

/** 1 for Jan, January, jan.; NaN for what is no name of a month. */
export function monthCalled(name: string): number {
  const lower = name.trim().replace(/\.$/, '').toLowerCase();
  const plain = lower.normalize('NFD').replace(/\p{M}/gu, '');
  return MONTH_NUMBERS.get(plain) ?? Number.NaN;
}

/** Every name of a month without accents, whole and by its first three letters where those tell it from the others of its language. */
const MONTH_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...SHORT_MONTHS,
  ...MONTHS.flatMap((language) => {
    const names = language.normalize('NFD').replace(/\p{M}/gu, '').split(' ');
    const apart = (short: string): boolean => names.filter((name) => name.startsWith(short)).length === 1;
    return names.flatMap((name, m) =>
      [name, name.slice(0, 3)].filter((one) => one === name || apart(one)).map((one): [string, number] => [one, m + 1]),
    );
  }),
]);

const CLOCK_ALONE = new RegExp(`^${CLOCK}$`);

/** Milliseconds of 13:30, 1:30:05 PM; NaN for what is no time of day. */
export function timeOfDay(cell: string): number {
  const m = CLOCK_ALONE.exec(cell.trim());
  const clock = m === null ? Number.NaN : clockOf(m, 1);
  return Number.isFinite(clock) ? clock : Number.NaN;
}

/** What a reader makes of a date behind the name of its day; NaN where there is no such name. */
function withoutWeekday(cell: string, reader: Reader): number {
  const day = WEEKDAY.exec(cell)?.[0];
  return day === undefined ? Number.NaN : reader(cell.slice(day.length));
}

/** Those of some names of columns that are times, all in the form that most of them have. */
export function timesAmong(names: readonly string[]): readonly string[] {
  const form = timeFormOf(names, 'year', true);
  return form === null ? [] : names.filter((name) => !Number.isNaN(READERS[form](bare(name))));
}

/** 2021, 2022, 2023, or newest first: names of columns as of a header, since no series counts years. */
export function countsYears(names: readonly string[]): boolean {
  const step = Number(names[1]) - Number(names[0]);
  const isYear = (name: string): boolean => /^(?:1[89]|20|21)\d{2}$/.test(name.trim());
  const follows = (name: string, i: number): boolean => i === 0 || Number(name) === Number(names[i - 1]) + step;
  return names.length > 1 && Math.abs(step) === 1 && names.every(isYear) && names.every(follows);
}

/** Whether a column is called as times are. */
export function isTimeName(name: string): boolean {
  return TIME_NAMES.test(name);
}

/** Without blanks and the quotes that no CSV reader takes off: 'x', “x”, and the ' by which a spreadsheet is told not to read a cell. */
function bare(cell: string): string {
  return cell.trim().replace(/^['‘’“”„]|['‘’“”]$/g, '');
}

/** The form that reads every cell of a sample (impossible dates included); null where there is none. `named`: the column was asked for by name. */
export function timeFormOf(cells: readonly string[], name: string, named: boolean): TimeForm | null {
  const filled = cells.map(bare).filter((cell) => cell !== '');
  if (filled.length === 0) return null;
  const all = Object.keys(READERS) as TimeForm[];
  const reads = (form: TimeForm, cell: string): boolean => !Number.isNaN(READERS[form](cell));
  // Numbers that may count days, or weeks of a year, are told by the column's name alone.
  const weeks: TimeForm[] = WEEK_NAMES.test(name) ? ['week-number'] : [];
  const days = named || DATE_NAMES.test(name) || (isTimeName(name) && areMonthStarts(filled));
  const months: TimeForm[] =
    MONTH_NAMES.test(name) && filled.every((cell) => reads('month-number', cell)) ? ['month-number'] : [];
  const spans: TimeForm[] = filled.length > 1 && filled.every((cell) => reads('year-span', cell)) ? ['year-span'] : [];
  // 2401 is a month or a week of 2024 to most who write it.
  const years = YEAR_NAMES.test(name) || !filled.some((cell) => /^2[2-9]\d\d$/.test(cell));
  const shorts: TimeForm[] = areMonthsOn(filled) ? ['month-short-year'] : [];
  const gated = /^(?:week-number|month-number|year-span|month-short-year)$/;
  const asked = all.filter(
    (form) => !gated.test(form) && (form !== 'day-number' || days) && (form !== 'year' || years),
  );
  const forms = [...weeks, ...months, ...spans, ...shorts, ...asked];
  const whole = forms.find((form) => filled.every((cell) => reads(form, cell)));
  if (whole === 'named-month' && !named && areDaysOfAMonth(filled)) return null;
  // A named column with one odd cell is still a time column: the odd cell gets its own error, with its line.
  const most = forms.find((form) => filled.filter((cell) => reads(form, cell)).length * 2 > filled.length);
  const form = whole ?? (most !== undefined && (named || !BARE.has(most)) ? most : null);
  if (form === null || (form === 'year-month' && !named && !isTimeName(name) && areDecimals(filled))) return null;
  return named || !BARE.has(form) || isTimeName(name) ? form : null;
}

/** 10.2023, 12.1987: may as well be numbers; of 01.2024 nobody writes the first 0. */
function areDecimals(cells: readonly string[]): boolean {
  return cells.some((cell) => /^\d\d\.\d{4}$/.test(cell)) && !cells.some((cell) => /^0\d\.\d{4}$/.test(cell));
}

/** Jan-01, Jan-02, Jan-03: one month, and digits that go up by one, are days without a year. */
function areDaysOfAMonth(cells: readonly string[]): boolean {
  const found = cells.map((cell) => MONTH_FIRST.exec(cell));
  const [first] = found;
  if (!first || first[4] === undefined || cells.length < 3) return false;
  return found.every((m, i) => m?.[1] === first[1] && Number(m?.[4]) === Number(first[4]) + i);
}

/** Numbers of days that all begin a month, or all end one. */
function areMonthStarts(cells: readonly string[]): boolean {
  const stamps = cells.map((cell) => READERS['day-number'](cell));
  const begins = (stamp: number): boolean => new Date(stamp).getUTCDate() === 1;
  return stamps.every(begins) || stamps.every((stamp) => begins(stamp + DAY));
}

/** Jan 24, Feb 24, …, Dec 24, Jan 25: months that follow each other, beside digits that go up with the year alone. */
function areMonthsOn(cells: readonly string[]): boolean {
  const found = cells.flatMap((cell) => {
    const m = MONTH_SHORT_YEAR.exec(cell);
    const month = monthCalled(m?.[1] ?? '');
    return Number.isNaN(month) ? [] : [fullYear(String(m?.[2])) * 12 + month];
  });
  const steps = found.slice(1).map((month, i) => Math.abs(month - (found[i] as number)));
  const moves = steps.filter((step) => step > 0);
  return moves.length > 1 && 3 * moves.filter((step) => step === 1).length >= 2 * moves.length;
}

/** The Monday of an ISO week; the first one holds January 4, the last one a Thursday of its year. */
export function weekStamp(year: number, week: number): number {
  const fourth = stampOf(year, 1, 4);
  const weekday = (((fourth / DAY + 3) % 7) + 7) % 7; // from Monday on, before 1970 too
  const monday = fourth - weekday * DAY + (week - 1) * 7 * DAY;
  return week >= 1 && monday + 3 * DAY < stampOf(year + 1, 1, 1) ? monday : NOT_A_DATE;
}

function dateStamp(year: number, month: number, day: number): number {
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return real ? stampOf(year, month, day) : NOT_A_DATE;
}

/** Milliseconds of the five groups hour, minute, second, fraction, a/p that start at `at`. */
function clockOf(m: RegExpExecArray, at: number): number {
  const twelve = m[at + 4];
  const written = Number(m[at]);
  const minute = Number(m[at + 1]);
  const second = Number(m[at + 2] ?? 0);
  if (twelve !== undefined && (written < 1 || written > 12)) return NOT_A_DATE;
  const hour = twelve === undefined ? written : (written % 12) + (/p/i.test(twelve) ? 12 : 0);
  const midnight = hour === 24 && twelve === undefined && minute === 0 && second === 0; // of the day that ends
  if ((hour > 23 && !midnight) || minute > 59 || second > 59) return NOT_A_DATE;
  const fraction = m[at + 3];
  const milliseconds = fraction === undefined ? 0 : Math.round(Number(`0.${fraction}`) * SECOND);
  return hour * HOUR + minute * MINUTE + second * SECOND + milliseconds;
}

function offsetOf(offset: string | undefined): number {
  if (offset === undefined || /^[zu]/i.test(offset)) return 0;
  const digits = offset.replace(/\D/g, '');
  const size = Number(digits.slice(0, 2)) * HOUR + Number(digits.slice(2) || 0) * MINUTE;
  return offset.startsWith('-') ? -size : size;
}

/** First, second and third part of a numeric date with its clock in one exact double, until the order is known. */
function packed(first: number, second: number, third: string, clock: number): number {
  return ((fullYear(third) * 100 + first) * 100 + second) * DAY + clock;
}

/** Two digits: 69 … 99 are 1969 … 1999, 00 … 68 are 2000 … 2068 (POSIX). */
function fullYear(digits: string): number {
  const n = Number(digits);
  if (digits.length > 2) return n;
  return n < 69 ? 2000 + n : 1900 + n;
}

export interface TimeColumn extends Sink {
  readonly name: string;
  readonly form: TimeForm;
  /** All stamps and the format that writes them like the file. Throws E_TIME_AMBIGUOUS and E_TIME_INVALID for numeric dates. */
  finish(lineOf: (row: number) => number): { readonly stamps: Float64Array; readonly format: TimeFormat };
}

/** A growing column of stamps; its cells throw E_TIME_INVALID naming file, line and column. */
export function timeColumn(name: string, form: TimeForm, order: DateOrder | null, place: Place): TimeColumn {
  const reader = READERS[form];
  const iso = form === 'iso';
  let grown = new Float64Array(1024);
  let count = 0;
  /** How the first stamp with a time of day was written; offsets must be on all stamps or on none. */
  let separator = '';
  let offset: boolean | null = null;
  let dotted = form === 'numeric';

  const append = (stamp: number): void => {
    if (count === grown.length) grown = doubled(grown);
    grown[count++] = stamp;
  };

  const text = (cell: string): void => {
    const trimmed = bare(cell);
    const stamp = reader(trimmed);
    if (!Number.isFinite(stamp)) throw invalid(trimmed, stamp, form, name, place);
    if (iso) noteIso(trimmed);
    else dotted &&= /^\D*\d{1,2}\./.test(trimmed);
    append(stamp);
  };

  const noteIso = (cell: string): void => {
    const m = ISO.exec(cell) as RegExpExecArray;
    if (separator === '' && m[5] !== undefined) separator = m[5];
    const has = m[11] !== undefined;
    if (offset === null) offset = has;
    else if (offset !== has) throw mixedOffsets(cell, whereOf(place, name));
  };

  /** 2014-07-01, 2014-07-01 00:30 and 2014-07-01T00:30:00 by their digits; anything else goes through `text`. */
  const bytes = (block: Buffer, start: number, end: number): void => {
    const stamp = iso && offset === false ? isoStamp(block, start, end) : Number.NaN;
    if (Number.isNaN(stamp) || (separator === '' && end - start > 10)) text(block.toString('utf8', start, end));
    else append(stamp);
  };

  const finish: TimeColumn['finish'] = (lineOf) => {
    const stamps = grown.slice(0, count);
    if (form === 'day-number' && stamps.some((stamp) => stamp % DAY !== 0))
      return { stamps, format: 'spaced-datetime' };
    if (form !== 'numeric') return { stamps, format: iso ? isoFormat(separator, offset === true) : FORMATS[form] };
    const known = order ?? orderOf(stamps, dotted, name, place.file, lineOf);
    unpack(stamps, known, name, place.file, lineOf);
    return { stamps, format: known === 'dmy' && dotted ? 'dotted-date' : FORMATS_BY_ORDER[known] };
  };

  return { name, form, bytes, text, finish };
}

const FORMATS_BY_ORDER: { readonly [order in DateOrder]: TimeFormat } = {
  dmy: 'day-month-year',
  mdy: 'month-day-year',
  ymd: 'iso-date',
};

const FORMATS: { readonly [form in Exclude<TimeForm, 'iso' | 'numeric'>]: TimeFormat } = {
  'year-month': 'year-month',
  'year-quarter': 'year-quarter',
  'year-half': 'year-half',
  week: 'iso-date',
  'week-number': 'iso-date',
  'month-number': 'year-month',
  'day-number': 'iso-date',
  'compact-clock': 'spaced-datetime',
  'year-span': 'year',
  'named-month': 'month-name-date',
  'month-short-year': 'month-name-date',
  compact: 'compact-date',
  'compact-month': 'year-month',
  year: 'year',
  'epoch-seconds': 'epoch-seconds',
  'epoch-milliseconds': 'epoch-milliseconds',
};

function isoFormat(separator: string, offset: boolean): TimeFormat {
  if (offset) return 'iso-datetime-utc';
  if (separator === '') return 'iso-date';
  return separator === 'T' ? 'iso-datetime' : 'spaced-datetime';
}

/** Stamp of YYYY-MM-DD, YYYY-MM-DD?HH:MM or YYYY-MM-DD?HH:MM:SS with ? a space or T, no offset; NaN for anything else. */
function isoStamp(b: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length !== 10 && length !== 16 && length !== 19) return Number.NaN;
  if (b[start + 4] !== 0x2d || b[start + 7] !== 0x2d) return Number.NaN;
  const year = pair(b, start) * 100 + pair(b, start + 2);
  const month = pair(b, start + 5);
  const day = pair(b, start + 8);
  // NaN fails every comparison: what is not digits falls through to the full grammar.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  const date = stampOf(year, month, day);
  if (length === 10) return date;
  const between = b[start + 10];
  if ((between !== 0x20 && between !== 0x54) || b[start + 13] !== 0x3a) return Number.NaN;
  const hour = pair(b, start + 11);
  const minute = pair(b, start + 14);
  const second = length === 19 && b[start + 16] === 0x3a ? pair(b, start + 17) : length === 19 ? Number.NaN : 0;
  return hour < 24 && minute < 60 && second < 60 ? date + hour * HOUR + minute * MINUTE + second * SECOND : Number.NaN;
}

/** Two digits as a number; NaN where they are not digits. */
function pair(b: Buffer, at: number): number {
  const tens = (b[at] as number) - 0x30;
  const ones = (b[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const firstOf = (value: number): number => Math.floor(value / DAY / 100) % 100;
const secondOf = (value: number): number => Math.floor(value / DAY) % 100;

/**
 * Day or month first: some part above 12 settles it for the whole column; else dots, which stand between day, month and year only; else
 * even steps, where one of the two orders has them and the other has not.
 */
function orderOf(
  values: Float64Array,
  dotted: boolean,
  name: string,
  file: string,
  lineOf: (row: number) => number,
): 'dmy' | 'mdy' {
  const dayFirst = values.findIndex((value) => firstOf(value) > 12);
  const daySecond = values.findIndex((value) => secondOf(value) > 12);
  if (dayFirst >= 0 && daySecond >= 0) {
    const [early, late] = dayFirst < daySecond ? [dayFirst, daySecond] : [daySecond, dayFirst];
    const orders = early === dayFirst ? 'day/month on line' : 'month/day on line';
    throw new ForecastError('E_TIME_INVALID', `other order than ${orders} ${lineOf(early)}`, {
      where: `${file}:${lineOf(late)} column ${shown(name)}`,
      hint: 'write all dates in one order',
    });
  }
  if (dayFirst < 0 && daySecond < 0) {
    if (dotted) return 'dmy';
    const even = isEven(values, 'dmy');
    if (even !== isEven(values, 'mdy')) return even ? 'dmy' : 'mdy';
    throw new ForecastError('E_TIME_AMBIGUOUS', 'day/month or month/day? No date of the column settles it', {
      where: `${file} column ${shown(name)}`,
      hint: 'set source.format to dmy or mdy',
    });
  }
  return dayFirst >= 0 ? 'dmy' : 'mdy';
}

/** Whether the distinct dates of a column, none of whose parts is above 12, lie equally many days or months apart. */
function isEven(values: Float64Array, order: 'dmy' | 'mdy'): boolean {
  const months = (value: number): number =>
    Math.floor(value / DAY / 10000) * 12 + (order === 'dmy' ? secondOf(value) : firstOf(value)) - 1;
  const dayOf = order === 'dmy' ? firstOf : secondOf;
  const distinct = [...new Set(values)].map((value) => ({ month: months(value), day: dayOf(value) }));
  const stamps = distinct.map(({ month, day }) => stampOf(Math.floor(month / 12), (month % 12) + 1, day));
  return (
    hasOneStep(stamps) ||
    (distinct.every(({ day }) => day === distinct[0]?.day) && hasOneStep(distinct.map(({ month }) => month)))
  );
}

function hasOneStep(values: readonly number[]): boolean {
  const sorted = values.toSorted((a, b) => a - b);
  const step = (sorted[1] ?? 0) - (sorted[0] ?? 0);
  return sorted.length > 2 && sorted.every((value, i) => i === 0 || value - (sorted[i - 1] as number) === step);
}

/** Packed parts to stamps, in place. */
function unpack(
  values: Float64Array,
  order: DateOrder,
  name: string,
  file: string,
  lineOf: (row: number) => number,
): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    const days = Math.floor(value / DAY);
    const third = Math.floor(days / 10000);
    const first = firstOf(value);
    const second = secondOf(value);
    const stamp =
      order === 'ymd'
        ? dateStamp(fullYear(String(first).padStart(2, '0')), second, third % 100)
        : order === 'dmy'
          ? dateStamp(third, second, first)
          : dateStamp(third, first, second);
    if (stamp === NOT_A_DATE) {
      throw new ForecastError(
        'E_TIME_INVALID',
        `no such date in the order ${order}: parts ${first}, ${second}, ${third}`,
        {
          where: `${file}:${lineOf(row)} column ${shown(name)}`,
          hint: 'correct the cell or source.format',
        },
      );
    }
    values[row] = stamp + (value - days * DAY);
  }
}

const EXAMPLES: { readonly [form in TimeForm]: string } = {
  iso: '2024-02-29 or 2024-02-29 13:30:00',
  'year-month': '2024-02',
  'year-quarter': '2024 Q1',
  'year-half': '2024 H1',
  week: '2024-W09',
  'week-number': '09/2024',
  'month-number': '2402',
  'day-number': '45351',
  'compact-clock': '202402291330',
  'year-span': '2023/24',
  'named-month': 'Feb 29 2024',
  'month-short-year': 'Feb 24',
  numeric: '29/02/2024 or 02/29/2024',
  compact: '20240229',
  'compact-month': '202402',
  year: '2024',
  'epoch-seconds': '1709164800',
  'epoch-milliseconds': '1709164800000',
};

function invalid(cell: string, stamp: number, form: TimeForm, name: string, place: Place): ForecastError {
  const what =
    cell === ''
      ? 'is empty'
      : stamp === NOT_A_DATE
        ? 'is not a date there is'
        : `is not written like ${EXAMPLES[form]}`;
  return new ForecastError('E_TIME_INVALID', `${cell === '' ? 'time' : shown(cell)} ${what}`, {
    where: whereOf(place, name),
    hint:
      /\d/.test(cell) && !TOTAL.test(cell)
        ? 'correct the cell; all rows write time in one way'
        : `${cell === '' ? 'every row needs its time, also where a spreadsheet shows it once for several; ' : ''}${leaveOut(place)}`,
  });
}

/** "Total 2024", "2024 Total", "Σ 2024": a word of four letters in front, or one for a sum anywhere. */
const TOTAL = /^\p{L}{4}|(?:sub|grand )?total|\bsum\b|summe|gesamt|somme|suma\b|totaal|Σ/iu;

/** A total, units under the names, a second table: no digit, so no time that went wrong. */
function leaveOut({ line, skip = [] }: Place): string {
  const lines = [...skip, line].sort((a, b) => a - b).join(', ');
  return `where the line is no row of the table (units, a total) set source.skip: [${lines}], where -1 is the last line, of newer files too; else write its time`;
}

function mixedOffsets(cell: string, where: string): ForecastError {
  return new ForecastError('E_TIME_INVALID', `${shown(cell)}: some stamps have a UTC offset and some have none`, {
    where,
    hint: 'write the offset on all stamps or on none',
  });
}

/** A form nobody could read a named time column in. */
export function noTimeForm(cell: string, where: string): ForecastError {
  return new ForecastError('E_TIME_INVALID', `${shown(cell)} is no time we can read`, {
    where,
    hint: 'write 2024-02-29, 2024-02-29 13:30, 2024-02, 2024 Q1, 2024-W09, 29/02/2024, Feb 29 2024, Feb-24, Feb 24, 2024 or epoch seconds; or use another column',
  });
}
