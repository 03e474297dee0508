// One pass over a CSV file: header, dialect and plan from its first block, then every wanted cell into its column.
// In: an open file and options. Out: columns of numbers, stamps and labels, and the line of each row. Not here: series, repairs.

import { ForecastError } from '../../core/errors.ts';
import type { TimeFormat } from '../../core/time.ts';
import type { OpenFile } from '../file.ts';
import { refuseTextual } from '../foreign.ts';
import { type Block, overBlocks, tooLong, tooManyColumns, withoutLines } from './blocks.ts';
import {
  type LabelColumn,
  labelColumn,
  type NumberColumn,
  type NumberStyle,
  numberColumn,
  type Place,
  parseNumber,
  type Sink,
  type StyleOptions,
  shown,
  styleOf,
  whereOf,
} from './cells.ts';
import { columnsApart, detectDecimal, detectDelimiter, looksLikeTsf, tabbed } from './dialect.ts';
import { type GroupWatch, groupWatch } from './groups.ts';
import { joinParts } from './parts.ts';
import { type ColumnOptions, type Plan, planColumns, type TimePart } from './plan.ts';
import { recordReader, splitQuoted } from './records.ts';
import { type DateOrder, monthCalled, type TimeColumn, timeColumn, timeFormOf, timeOfDay } from './stamps.ts';

export interface TableOptions extends ColumnOptions, StyleOptions {
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns; false: they are numbered. */
  readonly header?: boolean | undefined;
  /** Numbers of lines that are read as blank. */
  readonly skip?: readonly number[] | undefined;
  readonly format?: DateOrder | undefined;
  readonly limits: { readonly rows: number; readonly columns: number; readonly field: number };
}

export interface NamedValues {
  readonly name: string;
  readonly values: Float64Array;
}

export interface Table {
  readonly rows: number;
  readonly time: { readonly name: string; readonly stamps: Float64Array | null; readonly format: TimeFormat };
  /** Series each row belongs to; null: one series. */
  readonly groups: { readonly codes: Int32Array; readonly names: readonly string[] } | null;
  readonly targets: readonly NamedValues[];
  readonly past: readonly NamedValues[];
  readonly future: readonly NamedValues[];
  lineOf(row: number): number;
  readonly notes: readonly string[];
  /** See Plan. */
  readonly advice: string;
  readonly unread: readonly string[];
}

const SAMPLE_ROWS = 200;
/** Fewer cells are hardly a series in a row. */
const LEAST_CELLS = 3;

/** Throws the E_CSV_, E_DATA_ and E_TIME_ codes of reading; nothing is repaired here. */
export async function readTable(file: OpenFile, options: TableOptions): Promise<Table> {
  return await overBlocks(file, options.limits, (blocks, place) =>
    readBlocks(blocks, options, Object.assign(place, { skip: options.skip })),
  );
}

async function readBlocks(all: AsyncGenerator<Block>, given: TableOptions, place: Place): Promise<Table> {
  const blocks = withoutLines(all, new Set(given.skip), place);
  const start = await firstBlock(blocks, place);
  refuseTextual(start.bytes, place.file);
  refuseTsf(start, place);
  const apart = given.delimiter === undefined && areApart(start, place);
  const plain = (block: Block): Block => (apart ? { ...block, bytes: tabbed(block.bytes) } : block);
  const options: TableOptions = apart ? { ...given, delimiter: '\t' } : given;
  const first = plain(start);
  const head = readHead(first, options, place);
  const columns = columnsOf(head, options, place);
  const sinks = head.header.map((_, column) => columns.sinks.get(column) ?? null);
  const reader = recordReader({
    delimiter: head.delimiter,
    sinks,
    place,
    emptyRows: head.plan.time.kind === 'rows',
    limits: options.limits,
  });
  reader.read(first, head.bytes);
  for await (const block of blocks) reader.read(plain(block), 0);
  if (reader.rows() === 0) throw noRows(place.file);
  const { lineOf } = reader;
  const time = columns.time(reader.rows(), lineOf);
  const comma = head.delimiter === ';' || (head.delimiter !== ',' && time.format === 'dotted-date');
  for (const watch of columns.watches) watch.settle(head.style.decimal, comma);
  const booleans = columns.numbers.filter((column) => column.booleans() > 0).map((column) => shown(column.name));
  return {
    rows: reader.rows(),
    time,
    groups: joinLabels(columns.labels),
    targets: columns.targets.map(valuesOf),
    past: columns.past.map(valuesOf),
    future: columns.future.map(valuesOf),
    lineOf,
    advice: head.plan.advice,
    unread: head.plan.unread,
    notes: [
      ...(apart ? ['columns apart by blanks'] : []),
      ...head.notes,
      ...(booleans.length > 0 ? [`TRUE and FALSE, yes and no read as 1 and 0 in ${booleans.join(', ')}`] : []),
      ...(reader.blanks() > 0 ? [`${reader.blanks()} blank line${reader.blanks() === 1 ? '' : 's'} left out`] : []),
    ],
  };
}

/** Whether columns stand apart by blanks, and all first lines hold as many. Throws E_CSV_HEADER where they do not. */
function areApart({ bytes }: Block, place: Place): boolean {
  const columns = columnsApart(bytes);
  if (columns === null || columns.least === columns.most) return columns !== null;
  throw badHeader(
    place,
    `columns stand apart by blanks, and lines hold ${columns.least} to ${columns.most} of them`,
    'write a sign between the cells, empty ones too: , ; tab and | are found, source.delimiter names any other',
  );
}

/** A .tsf file has no rows of one time each. Throws E_CSV_HEADER. */
function refuseTsf({ bytes }: Block, place: Place): void {
  if (!looksLikeTsf(bytes)) return;
  throw new ForecastError('E_CSV_HEADER', 'this is a .tsf file: @ lines, then one series a line', {
    where: place.file,
    hint: 'set source.kind: tsf',
  });
}

/** The header with at least one record after it, however long that record is. Throws E_DATA_EMPTY. */
export async function firstBlock(blocks: AsyncGenerator<Block>, place: Place): Promise<Block> {
  const first = await blocks.next();
  if (first.done === true) throw noRows(place.file);
  const { end, lines } = headerEnd(first.value.bytes);
  if (end < first.value.bytes.length) return first.value;
  place.line += lines;
  const next = await blocks.next();
  place.line -= lines;
  if (next.done === true) return first.value;
  return {
    bytes: Buffer.concat([first.value.bytes, next.value.bytes]),
    quoted: first.value.quoted || next.value.quoted,
  };
}

function valuesOf(column: NumberColumn): NamedValues {
  return { name: column.name, values: column.values() };
}

export function noRows(file: string): ForecastError {
  return new ForecastError('E_DATA_EMPTY', '0 data rows', {
    where: file,
    hint: 'a table is a header line and at least one row',
  });
}

interface Head {
  readonly header: readonly string[];
  /** The first ones. */
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
  readonly style: NumberStyle;
  readonly plan: Plan;
  /** Bytes of the first block up to the first data row. */
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** The header record and the first rows, read through csv-parse whatever they hold; leaves `place` on the first data row. */
function readHead(block: Block, options: TableOptions, place: Place): Head {
  const delimiter = options.delimiter ?? detectDelimiter(block.bytes);
  const { header: written, rows, ends, bytes, lines } = splitHead(block, delimiter, place, options);
  const nameless = new Set(written.flatMap((name, column) => (name === '' ? [column] : [])));
  const header = written.map((name, column) => (name === '' ? `column ${column + 1}` : name));
  const decimal = options.decimal ?? detectDecimal(delimiter, rows, options.thousands);
  const style = styleOf(options, decimal);
  if (options.header !== false) {
    refuseTitle(written, rows, ends, place);
    refuseHeaderOfData(written, rows, style, place);
  }
  checkHeader(header, place, options.limits);
  place.line += lines;
  if (rows.length === 0) throw noRows(place.file);
  const plan = planColumns(options, { file: place.file, header, rows, style, nameless });
  const notes = [
    ...(delimiter !== ',' && options.delimiter === undefined
      ? [`delimiter ${delimiter === '\t' ? 'tab' : delimiter}`]
      : []),
    ...(decimal === ',' && options.decimal === undefined ? ['decimal comma'] : []),
    ...plan.notes,
  ];
  return { header, rows, delimiter, style, plan, bytes, notes };
}

interface SplitHead {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The line each of these rows ends on. */
  readonly ends: readonly number[];
  readonly bytes: number;
  readonly lines: number;
}

function splitHead(block: Block, delimiter: string, place: Place, options: TableOptions): SplitHead {
  const first = headerEnd(block.bytes);
  const header: string[] = [];
  splitQuoted(block.bytes.subarray(0, first.end), delimiter, place, (cells) => {
    if (header.length === 0 && (cells.length > 1 || cells[0]?.trim() !== ''))
      for (const cell of cells) header.push(cell.trim());
  });
  if (header.length === 0) throw noRows(place.file);
  const most = options.limits.columns;
  if (header.length > most) throw tooManyColumns(place.file, header.length, most);
  const numbered = header.map((_, column) => `column_${column + 1}`);
  const { end, lines } = options.header === false ? { end: 0, lines: 0 } : first;
  const rows: string[][] = [];
  const ends: number[] = [];
  const sampled: Place = { file: place.file, line: place.line + lines };
  const take = (cells: readonly string[], end: number): void => {
    if (cells.length === 1 && cells[0]?.trim() === '' && header.length > 1) return;
    rows.push([...cells]);
    ends.push(place.line + lines - 1 + end);
  };
  splitQuoted(block.bytes.subarray(end), delimiter, sampled, take, SAMPLE_ROWS);
  if (rows.every((cells) => cells.every((cell) => cell.trim() === '')) && header.length === 1) rows.length = 0;
  return { header: options.header === false ? numbered : header, rows, ends, bytes: end, lines };
}

/** Where the first non-blank record ends, and how many lines end before that. */
function headerEnd(bytes: Buffer): { end: number; lines: number } {
  let quoted = false;
  let blank = true;
  let lines = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === 0x22) quoted = !quoted;
    const lineEnd = c === 0x0a || (c === 0x0d && bytes[i + 1] !== 0x0a);
    if (lineEnd) lines++;
    if (lineEnd && !quoted && !blank) return { end: i + 1, lines };
    if (c !== 0x0a && c !== 0x0d && c !== 0x20 && c !== 0x09) blank = false;
  }
  return { end: bytes.length, lines };
}

function checkHeader(header: readonly string[], place: Place, limits: TableOptions['limits']): void {
  const seen = new Map<string, number>();
  header.forEach((name, column) => {
    if (Buffer.byteLength(name) > limits.field) throw tooLong(place.file, place.line, limits.field);
    const other = seen.get(name);
    if (other !== undefined) {
      throw badHeader(
        place,
        `columns ${other + 1} and ${column + 1} are both named ${shown(name)}`,
        'rename one of them',
      );
    }
    seen.set(name, column);
  });
}

/** Lines above the names: one cell where rows have many, or cells without names where a later line has all of them. */
function refuseTitle(
  written: readonly string[],
  rows: readonly (readonly string[])[],
  ends: readonly number[],
  place: Place,
): void {
  const width = Math.max(0, ...rows.map((cells) => cells.length));
  const named = written.filter((name) => name !== '').length;
  if (written.length > 1 && named * 2 > written.length) return;
  if (width <= 1) return;
  const names = rows.findIndex((cells) => cells.length === width && cells.every((cell) => isName(cell.trim())));
  const title = written.find((name) => name !== '') ?? '';
  if (written.length > 1 && (names < 0 || named === written.length)) return;
  const lines = Array.from({ length: (ends[names] ?? 1) - 1 }, (_, above) => above + 1);
  const repair = names < 0 ? '' : `set source.skip: [${lines.join(', ')}], or `;
  const what = written.length === 1 ? `one name, ${shown(title)}, and` : `a title, ${shown(title)}, above`;
  throw badHeader(
    place,
    `${what} rows of ${width} cells`,
    `${repair}take out what stands above the names of the columns`,
  );
}

/** No number and no time. */
function isName(cell: string): boolean {
  return cell !== '' && !/^[\d\W]+$/u.test(cell) && timeFormOf([cell], '', false) === null;
}

/** A first line of numbers and times alone, or one that holds a time above times. */
function refuseHeaderOfData(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: NumberStyle,
  place: Place,
): void {
  const isTime = (cells: readonly string[]): boolean => timeFormOf(cells, '', false) !== null;
  const isData = (name: string): boolean => name === '' || !Number.isNaN(parseNumber(name, style)) || isTime([name]);
  const isTimeAboveTimes = (name: string, column: number): boolean =>
    isTime([name]) && isTime(rows.map((cells) => cells[column] ?? ''));
  if (!header.every(isData) && !header.some(isTimeAboveTimes)) return;
  throw badHeader(
    place,
    `the first line holds data, not names: ${shown(header.join(', '))}`,
    `set source.header: false and name columns column_1, column_2, …${header.length >= LEAST_CELLS && !isTime([header[0] as string]) ? '; where each row is a series, set source.kind: rows' : ''}`,
  );
}

function badHeader(place: Place, what: string, hint: string): ForecastError {
  return new ForecastError('E_CSV_HEADER', what, { where: `${place.file}:${place.line}`, hint });
}

interface Columns {
  /** One sink a wanted column of the header. */
  readonly sinks: ReadonlyMap<number, Sink>;
  readonly labels: readonly LabelColumn[];
  readonly targets: readonly NumberColumn[];
  readonly past: readonly NumberColumn[];
  readonly future: readonly NumberColumn[];
  /** All columns of numbers that came from the config's roles. */
  readonly numbers: readonly NumberColumn[];
  /** One for each of them where the config says nothing of decimals and thousands. */
  readonly watches: readonly GroupWatch[];
  time(rows: number, lineOf: (row: number) => number): Table['time'];
}

function columnsOf({ header, rows, plan, style }: Head, options: TableOptions, place: Place): Columns {
  const sinks = new Map<number, Sink>();
  const nameOf = (column: number): string => header[column] as string;
  const put = <S extends Sink>(column: number, sink: S): S => {
    sinks.set(column, sink);
    return sink;
  };
  const watches: GroupWatch[] = [];
  const watchOf = (column: number): GroupWatch | null => {
    if (options.decimal !== undefined || options.thousands !== undefined) return null;
    const watch = groupWatch(() => whereOf(place, nameOf(column)));
    watches.push(watch);
    return watch;
  };
  const number = (column: number, booleans: boolean): NumberColumn =>
    put(column, numberColumn(nameOf(column), style, place, booleans, watchOf(column)));
  const stamps = (column: number, form: TimeColumn['form']): TimeColumn =>
    put(column, timeColumn(nameOf(column), form, options.format ?? null, place));
  const targets = plan.targets.map((column) => number(column, false));
  const past = plan.past.map((column) => number(column, true));
  const future = plan.future.map((column) => number(column, true));
  const labels = plan.ids.map((column) => put(column, labelColumn(nameOf(column), place)));
  const numbers = [...targets, ...past, ...future];
  return { sinks, labels, targets, past, future, numbers, watches, time: timeReader() };

  function timeReader(): Columns['time'] {
    const { time } = plan;
    if (time.kind === 'rows') return () => ({ name: 'row', stamps: null, format: 'index' });
    if (time.kind === 'column') {
      const column = stamps(time.column, time.form);
      return (_rows, lineOf) => ({ name: column.name, ...column.finish(lineOf) });
    }
    const named = (column: number): boolean => rows.every((cells) => !Number.isNaN(monthCalled(cells[column] ?? '')));
    const parts = time.parts.map(({ part, column, form }): PartColumn => {
      if (form !== null) return { part, dates: stamps(column, form) };
      const words = part === 'clock' ? timeOfDay : part === 'month' && named(column) ? monthCalled : null;
      if (words) return { part, words: put(column, labelColumn(nameOf(column), place)), read: words };
      return { part, numbers: number(column, false) };
    });
    return (rows, lineOf) => {
      const values = new Map<TimePart, Float64Array>();
      for (const one of parts) values.set(one.part, valuesOfPart(one, lineOf));
      return { name: 'time', ...joinParts(values, rows, place.file, lineOf) };
    };
  }
}

/** A column of a time that several columns hold; months by number or by name, times of day as they are written. */
type PartColumn = { readonly part: TimePart } & (
  | { readonly dates: TimeColumn }
  | { readonly numbers: NumberColumn }
  | { readonly words: LabelColumn; readonly read: (word: string) => number }
);

function valuesOfPart(one: PartColumn, lineOf: (row: number) => number): Float64Array {
  if ('dates' in one) return one.dates.finish(lineOf).stamps;
  if ('numbers' in one) return one.numbers.values();
  const values = one.words.names.map(one.read);
  return Float64Array.from(one.words.codes(), (code) => values[code] as number);
}

/** Several id columns make one name: "Victoria / Department stores". */
function joinLabels(columns: readonly LabelColumn[]): Table['groups'] {
  if (columns.length === 0) return null;
  if (columns.length === 1)
    return { codes: (columns[0] as LabelColumn).codes(), names: (columns[0] as LabelColumn).names };
  const all = columns.map((column) => ({ codes: column.codes(), names: column.names }));
  const rows = (all[0] as { codes: Int32Array }).codes.length;
  const codes = new Int32Array(rows);
  const index = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const name = all.map(({ codes: own, names }) => names[own[row] as number]).join(' / ');
    const code = index.get(name) ?? index.size;
    index.set(name, code);
    codes[row] = code;
  }
  return { codes, names: [...index.keys()] };
}
