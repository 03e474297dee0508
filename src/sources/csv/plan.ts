// Which column is what: named in the config, or inferred from the first rows where only one reading is possible.
// In: header, first rows, options. Out: a plan of columns. Not here: reading the rest.

import { ForecastError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { type NumberStyle, parseNumber, shown, truthOf } from './cells.ts';
import {
  countsYears,
  isTimeName,
  monthCalled,
  noTimeForm,
  type TimeForm,
  timeFormOf,
  timeOfDay,
  timesAmong,
} from './stamps.ts';

/** What the config says about columns. */
export interface ColumnOptions {
  readonly time?: string | readonly string[] | undefined;
  readonly target?: string | readonly string[] | undefined;
  readonly id?: string | readonly string[] | undefined;
  readonly past: readonly string[];
  readonly future: readonly string[];
  readonly static: readonly string[];
}

/** A part of a time split over several columns. */
export type TimePart = 'date' | 'clock' | 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';

/** Columns by position in the header. */
export interface Plan {
  readonly time:
    | { readonly kind: 'rows' }
    | { readonly kind: 'column'; readonly column: number; readonly form: TimeForm }
    | {
        readonly kind: 'parts';
        readonly parts: readonly { readonly part: TimePart; readonly column: number; readonly form: TimeForm | null }[];
      };
  readonly ids: readonly number[];
  readonly targets: readonly number[];
  readonly past: readonly number[];
  readonly future: readonly number[];
  /** What was inferred, for the person to see. */
  readonly notes: readonly string[];
  /** How rows of one time may be told apart, as the beginning of a hint; nothing where ids are named. */
  readonly advice: string;
  /** Columns of numbers, or of yes and no, that nothing reads. */
  readonly unread: readonly string[];
}

export interface Sample {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly style: NumberStyle;
  /** Columns called by their place only: an index that somebody's program wrote, or commas at the ends of lines. */
  readonly nameless: ReadonlySet<number>;
}

/** Throws E_DATA_COLUMN (unknown, named twice, not to be inferred) and E_TIME_INVALID (a named time column nobody can read). */
export function planColumns(options: ColumnOptions, sample: Sample): Plan {
  const byName = new Map(sample.header.map((name, column) => [name, column]));
  const find = (names: readonly string[], key: string): number[] =>
    names.map((name) => byName.get(name) ?? unknownColumn(name, key, sample));
  const named = {
    time: find(listOf(options.time), 'time'),
    id: find(listOf(options.id ?? usualId(byName)), 'id'),
    target: find(listOf(options.target), 'target'),
    past: find(options.past, 'past'),
    future: find(options.future, 'future'),
    static: find(options.static, 'static'),
  };
  refuseDoubles(named, sample);
  const claimed = new Set(Object.values(named).flat());
  const time = planTime(options.time, named.time, named.id, claimed, sample);
  for (const column of columnsOf(time)) claimed.add(column);
  const targets = named.target.length > 0 ? named.target : [inferTarget(claimed, sample)];
  const notes = [
    ...timeNotes(time, options, sample),
    ...(options.id === undefined && named.id.length > 0
      ? [`id ${shown(sample.header[named.id[0] as number] as string)}`]
      : []),
    ...(named.target.length > 0 ? [] : [`target ${shown(sample.header[targets[0] as number] as string)}`]),
  ];
  const unclaimed = sample.header.map((_, column) => column).filter((c) => !claimed.has(c) && !targets.includes(c));
  const advice = adviceFor(named.id, unclaimed, sample);
  const nameOf = (column: number): string => sample.header[column] as string;
  const unread = unclaimed
    .filter((column) => isInput(cellsOf(column, sample), sample.style))
    .map(nameOf)
    .filter((name) => !ID_NAMES.test(name) && !isTimeName(name));
  // Who names the target knows of the others.
  if (named.target.length === 0 && unclaimed.length > 0) notes.push(`not read: ${listed(unclaimed.map(nameOf))}`);
  return { time, ids: named.id, targets, past: named.past, future: named.future, notes, advice, unread };
}

/** The column that by convention holds the series of a long table (unique_id, ds, y); no other name is taken for granted. */
function usualId(columns: ReadonlyMap<string, number>): string | undefined {
  return columns.has('unique_id') ? 'unique_id' : undefined;
}

/** Names that only a target has. */
const TARGET_NAME = /^(?:y|target)$/i;

function columnsOf(time: Plan['time']): number[] {
  if (time.kind === 'rows') return [];
  return time.kind === 'column' ? [time.column] : time.parts.map(({ column }) => column);
}

const ID_NAMES =
  /(^|[ _-])(id|store|shop|item|sku|product|part|article|material|ean|upc|symbol|ticker|series|station|sensor|site|plant|warehouse|branch|region|country|state|city|customer|artikel|teil|filiale|werk)s?$/i;

/** Columns of words, or columns called as things are, may name the series of a long table. */
function adviceFor(ids: readonly number[], unclaimed: readonly number[], sample: Sample): string {
  const names = unclaimed
    .filter((c) => !PART_NAMES.some(([, pattern]) => pattern.test(sample.header[c] as string)))
    .filter((c) => ID_NAMES.test(sample.header[c] as string) || isWords(cellsOf(c, sample), sample.style))
    .filter((c) => timeFormOf(cellsOf(c, sample), sample.header[c] as string, false) === null)
    .map((c) => sample.header[c] as string);
  if (ids.length > 0) return names.length === 0 ? '' : `more columns may belong to source.id (${listed(names)}); else `;
  if (unclaimed.length === 0) return '';
  if (names.length === 0) return 'a table of several series needs source.id; for a single one ';
  const key = names.length === 1 ? shown(names[0] as string) : `[${names.slice(0, 4).map(shown).join(', ')}]`;
  return `for a table of several series set source.id: ${key}; for a single one `;
}

function isWords(cells: readonly string[], style: NumberStyle): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '' && !style.missing.has(cell));
  return filled.length > 0 && filled.every((cell) => Number.isNaN(parseNumber(cell, style)));
}

/** Numbers, or yes and no. */
function isInput(cells: readonly string[], style: NumberStyle): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '' && !style.missing.has(cell));
  return filled.length > 0 && filled.every((cell) => !Number.isNaN(parseNumber(cell, style)) || truthOf(cell) >= 0);
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === 'string' ? [names] : names;
}

function unknownColumn(name: string, key: string, sample: Sample): never {
  const guess = nearest(name, sample.header);
  throw new ForecastError('E_DATA_COLUMN', `no column ${shown(name)} for source.${key}`, {
    where: sample.file,
    hint: `${guess === null ? '' : `did you mean ${shown(guess)}? `}columns: ${listed(sample.header)}`,
  });
}

function listed(names: readonly string[]): string {
  const shownNames = names.slice(0, 12).map(shown).join(', ');
  return names.length > 12 ? `${shownNames} and ${names.length - 12} more` : shownNames;
}

function refuseDoubles(named: { readonly [key: string]: readonly number[] }, sample: Sample): void {
  const roles = new Map<number, string>();
  for (const [key, columns] of Object.entries(named)) {
    for (const column of columns) {
      const other = roles.get(column);
      if (other === key) {
        const name = shown(sample.header[column] as string);
        throw new ForecastError('E_DATA_COLUMN', `column ${name} stands twice in source.${key}`, {
          where: sample.file,
          hint: 'name it once',
        });
      }
      if (other !== undefined) {
        const name = shown(sample.header[column] as string);
        throw new ForecastError('E_DATA_COLUMN', `column ${name} stands in source.${other} and source.${key}`, {
          where: sample.file,
          hint: 'give each column one role',
        });
      }
      roles.set(column, key);
    }
  }
}

function planTime(
  option: ColumnOptions['time'],
  columns: readonly number[],
  ids: readonly number[],
  claimed: ReadonlySet<number>,
  sample: Sample,
): Plan['time'] {
  if (option === undefined) return inferTime(ids, claimed, sample);
  if (typeof option === 'string' || columns.length === 1) {
    const column = columns[0] as number;
    return { kind: 'column', column, form: formOf(column, sample) };
  }
  return { kind: 'parts', parts: columns.map((column) => partOf(column, sample)) };
}

function cellsOf(column: number, sample: Sample): string[] {
  return sample.rows.map((row) => row[column] ?? '');
}

function formOf(column: number, sample: Sample): TimeForm {
  const name = sample.header[column] as string;
  const cells = cellsOf(column, sample);
  const form = timeFormOf(cells, name, true);
  if (form === null) throw noTimeForm(cells[0] ?? '', `${sample.file} column ${shown(name)}`);
  return form;
}

/**
 * The first column whose cells are times, with the parts beside it, that tells the rows apart where one of them does; else the first. Bare
 * integers are times only where the column's name says so.
 */
function inferTime(ids: readonly number[], claimed: ReadonlySet<number>, sample: Sample): Plan['time'] {
  const found: Plan['time'][] = [];
  for (let column = 0; column < sample.header.length; column++) {
    if (claimed.has(column)) continue;
    const form = timeFormOf(cellsOf(column, sample), sample.header[column] as string, false);
    if (form !== null) found.push(splitTime(column, form, ids, claimed, sample) ?? { kind: 'column', column, form });
  }
  const apart = found.find((time) => distinct([...ids, ...columnsOf(time)], sample) === sample.rows.length);
  return apart ?? found[0] ?? { kind: 'rows' };
}

/** Rows that these columns tell apart. */
function distinct(columns: readonly number[], { rows }: Sample): number {
  return new Set(rows.map((row) => columns.map((at) => row[at]).join('\n'))).size;
}

/** Parts of a time that may stand beside a first one, each with those it is a part of. */
const FINER: readonly (readonly [TimePart, readonly TimePart[]])[] = [
  ['quarter', ['year']],
  ['month', ['year']],
  ['day', ['month']],
  ['hour', ['day', 'date']],
  ['minute', ['hour']],
  ['second', ['minute']],
];

/** A year or date that repeats, beside columns called as the finer parts that tell its rows apart; null where there are none. */
function splitTime(
  column: number,
  form: TimeForm,
  ids: readonly number[],
  claimed: ReadonlySet<number>,
  sample: Sample,
): Plan['time'] | null {
  const first: TimePart = form === 'year' ? 'year' : 'date';
  const parts = new Map<TimePart, number>([[first, column]]);
  for (const [part, wholes] of FINER) {
    const found = wholes.some((whole) => parts.has(whole)) ? wholeNumbersCalled(part, claimed, sample) : -1;
    if (found >= 0 && found !== column) parts.set(part, found);
  }
  const clock = sample.header.findIndex((_, at) => !claimed.has(at) && isClock(cellsOf(at, sample)));
  if (clock >= 0 && parts.size === 1 && first === 'date') parts.set('clock', clock);
  const week = first === 'year' && !parts.has('day') ? wholeNumbersCalled('week', claimed, sample) : -1;
  if (week >= 0 && distinct([...ids, ...parts.values()], sample) < sample.rows.length) {
    parts.clear();
    parts.set('year', column).set('week', week);
  }
  const told = distinct([...ids, ...parts.values()], sample);
  if (told < sample.rows.length || distinct([...ids, column], sample) === told) return null;
  return {
    kind: 'parts',
    parts: [...parts].map(([part, at]) => ({ part, column: at, form: part === 'date' ? form : null })),
  };
}

/** Times of day and nothing else. */
function isClock(cells: readonly string[]): boolean {
  return cells.length > 0 && cells.every((cell) => !Number.isNaN(timeOfDay(cell)));
}

function wholeNumbersCalled(part: TimePart, claimed: ReadonlySet<number>, sample: Sample): number {
  const pattern = PART_NAMES.find(([name]) => name === part)?.[1] as RegExp;
  return sample.header.findIndex(
    (name, column) =>
      !claimed.has(column) &&
      pattern.test(name) &&
      (cellsOf(column, sample).every((cell) => /^\s*\d{1,2}(?:\.0)?\s*$/.test(cell)) ||
        (part === 'month' && cellsOf(column, sample).every((cell) => !Number.isNaN(monthCalled(cell))))),
  );
}

const PART_NAMES: readonly (readonly [TimePart, RegExp])[] = [
  ['year', /^(year|yr|yyyy|y|jahr|año|année|annee|anno|ano|jaar)$/i],
  ['quarter', /^(quarter|qtr|q|quartal|trimestre|kwartaal)$/i],
  ['month', /^(month|mon|mnth|mm|m|monat|mes|mois|mese|mês|maand)$/i],
  ['week', /^(week|wk|kw|cw|kalenderwoche|woche|semana|semaine|settimana)([ _]?(no|nr|num|number))?$/i],
  ['day', /^(day|dd|d|day ?of ?month|mday|tag|día|dia|jour|giorno|dag)$/i],
  ['hour', /^(hour|hr|hh|h|stunde|hora|heure|ora|uur)$/i],
  ['minute', /^(minute|min|mi|minuto)$/i],
  ['second', /^(second|sec|ss|s|sekunde|segundo|seconde)$/i],
];

/** A part by the column's name; a column whose cells are dates is the date. */
function partOf(column: number, sample: Sample): { part: TimePart; column: number; form: TimeForm | null } {
  const name = sample.header[column] as string;
  const dates = timeFormOf(cellsOf(column, sample), '', false); // whatever the column is called
  if (dates !== null) return { part: 'date', column, form: dates };
  const part = PART_NAMES.find(([, pattern]) => pattern.test(name))?.[0];
  if (part !== undefined) return { part, column, form: null };
  if (isClock(cellsOf(column, sample))) return { part: 'clock', column, form: null };
  const form = timeFormOf(cellsOf(column, sample), name, true);
  if (form !== null) return { part: 'date', column, form };
  throw new ForecastError('E_DATA_COLUMN', `column ${shown(name)} is no part of a time`, {
    where: sample.file,
    hint: 'parts are a date or columns named year, quarter, month, week, day, hour, minute, second',
  });
}

/**
 * The one column left whose cells are mostly numbers (a first one that numbers the rows apart), or that is called y or target among them,
 * or the close of a table of prices, or the one column left.
 */
function inferTarget(claimed: ReadonlySet<number>, sample: Sample): number {
  const free = sample.header.map((_, column) => column).filter((column) => !claimed.has(column));
  const all = free.filter((column) => mostlyNumbers(cellsOf(column, sample), sample.style));
  const named = all.filter((column) => !sample.nameless.has(column));
  const numbers = named.length > 0 ? named : all;
  const numeric = numbers.filter((column) => column > 0 || numbers.length === 1 || !countsRows(cellsOf(0, sample)));
  if (numeric.length === 1) return numeric[0] as number;
  if (free.length === 1) return free[0] as number;
  const nameOf = (column: number): string => sample.header[column] as string;
  const called = numeric.filter((column) => TARGET_NAME.test(nameOf(column)));
  if (called.length === 1) return called[0] as number;
  const close = closeOf(numeric, nameOf);
  if (close !== undefined) return close;
  const names = (numeric.length === 0 ? free : numeric).map(nameOf);
  refuseCrossTable(names, sample);
  const what = numeric.length === 0 ? 'no column of numbers' : `${numeric.length} columns could be the target`;
  // 12 kg, 5.00 EUR: whoever names the column is told the setting that reads it.
  const measured = names.some((_, at) => cellsOf(free[at] as number, sample).some((cell) => /\d/.test(cell)));
  const likely =
    names.find((name) => LIKELY_TARGET.test(name)) ??
    names.find((name) => LIKELY_PRICE.test(name)) ??
    names.find((name) => !ID_NAMES.test(name) && !isTimeName(name)) ??
    names[0];
  throw new ForecastError('E_DATA_COLUMN', names.length === 0 ? `${what} is left` : `${what}: ${listed(names)}`, {
    where: sample.file,
    hint:
      likely === undefined
        ? 'a table has a column of numbers beside its times'
        : numeric.length === 0 && !measured
          ? 'name it in source.target'
          : `set source.target: ${shown(likely)}, or name another of them`,
  });
}

/** Columns that are called as times are: each would be a twelfth of the series, or one value of many series. */
function refuseCrossTable(names: readonly string[], sample: Sample): void {
  const months = new Set(names.map(monthCalled).filter((month) => !Number.isNaN(month)));
  const quarters = names.filter((name) => /^(?:q[1-4]|[1-4]q)$/i.test(name));
  const [parts, part] = months.size === 12 ? [12, 'month'] : quarters.length === 4 ? [4, 'quarter'] : [0, ''];
  const rows = isWords(cellsOf(0, sample), sample.style) ? '; where each row is a series, set source.kind: rows' : '';
  const refusal = (what: string, hint: string): ForecastError =>
    new ForecastError('E_DATA_COLUMN', what, { where: sample.file, hint });
  if (parts > 0) {
    throw refusal(
      `a row a year and a column a ${part}: one row a ${part} is needed`,
      `turn the table to columns year, ${part} and value, ${parts} rows a year${rows}; or name one column in source.target`,
    );
  }
  const years = names.filter((name) => /^\d{4}$/.test(name));
  const rest = countsYears(years) ? partOfYear(sample) : null;
  if (rest !== null) {
    throw refusal(
      `a column a year and a row a ${rest}: one row a ${rest} is needed`,
      `turn the table to columns year, ${rest} and value; or name one column in source.target`,
    );
  }
  const times = timesAmong(names);
  if (times.length < LEAST_TIMES || 2 * times.length < names.length) return;
  const others = names.filter((name) => !times.includes(name));
  const out = others.length === 0 ? 'set' : `take out ${others.slice(0, 3).map(shown).join(', ')} and set`;
  throw refusal(
    `${times.length} columns are called as times are: ${listed(times)}`,
    `where each row is a series, ${out} source.kind: rows; or name one column in source.target`,
  );
}

/** Fewer columns called as times may be called so by chance. */
const LEAST_TIMES = 3;

/** What the rows of a column a year are, by the first column: the twelve months, four quarters, or 52 weeks; null for anything else. */
function partOfYear(sample: Sample): 'month' | 'quarter' | 'week' | null {
  const cells = cellsOf(0, sample).map((cell) => cell.trim());
  const counts = cells.every((cell, i) => Number(cell) === i + 1);
  if (new Set(cells.map(monthCalled).filter((month) => !Number.isNaN(month))).size === 12) return 'month';
  if (counts && cells.length === 12) return 'month';
  if (cells.length < 6 && cells.filter((cell) => /^(?:q[1-4]|[1-4]q)$/i.test(cell)).length === 4) return 'quarter';
  return counts && (cells.length === 52 || cells.length === 53) ? 'week' : null;
}

/** Names a target often has: the one an example is made of, never taken for granted. What is sold goes before what it costs. */
const LIKELY_TARGET =
  /(^|[^a-z])(values?|sales|revenue|turnover|demand|load|consumption|quantity|qty|units|pieces|orders|counts?|cnt|total|visits|umsatz|umsätze|absatz|verkäufe|menge|stück|ventas|ventes|vendite|vendas|ot|pm2\.5)([^a-z]|$)/i;
const LIKELY_PRICE = /(^|[^a-z])(price|close)([^a-z]|$)/i;

/** 0, 1, 2, … or 1, 2, 3, …: the number of the row. */
function countsRows(cells: readonly string[]): boolean {
  const first = Number(cells[0]);
  return cells.length > 2 && (first === 0 || first === 1) && cells.every((cell, i) => cell.trim() === `${first + i}`);
}

/** The close beside open, high and low, which any table of prices has; what stands before the names (AAPL.Close) is the same in all. */
function closeOf(columns: readonly number[], nameOf: (column: number) => string): number | undefined {
  const named = new Map(columns.map((column) => [nameOf(column).toLowerCase(), column]));
  const of = ([...named.keys()].find((name) => name.endsWith('open')) ?? '').replace(/open$/, '');
  return ['open', 'high', 'low'].every((price) => named.has(of + price)) ? named.get(`${of}close`) : undefined;
}

/** A column that is empty in all of the first rows may well be numbers later on. */
function mostlyNumbers(cells: readonly string[], style: NumberStyle): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '' && !style.missing.has(cell));
  const isNumber = (cell: string): boolean => !Number.isNaN(parseNumber(cell, style)) || GROUPED.test(cell);
  return filled.filter(isNumber).length * 2 >= filled.length;
}

/** A number under other settings ($1,200.50, 1.200,50, (5), 3 %): taken for none, its column would be passed over in silence. */
const GROUPED = /^\(?[+\u2212-]?\p{Sc}?\s?\d{1,3}(?:[.,\s'’]?\d{3})*(?:[.,]\d+)?\s?(?:\p{Sc}|%)?\)?$/u;

function timeNotes(time: Plan['time'], options: ColumnOptions, sample: Sample): string[] {
  if (options.time !== undefined) return [];
  if (time.kind === 'rows') {
    // Whoever has such a column takes it for the time.
    const meant = sample.header.findIndex(
      (name, column) => isTimeName(name) && isWords(cellsOf(column, sample), sample.style),
    );
    const unread =
      meant < 0 ? '' : ` (${shown(sample.header[meant] as string)} is written in no way of times that is known)`;
    return [`no time column: rows are counted 0, 1, 2, …${unread}`];
  }
  const names = columnsOf(time).map((column) => shown(sample.header[column] as string));
  return [`time column${names.length === 1 ? '' : 's'} ${names.join(', ')}`];
}
