// What the first records of a table of rows tell: whether there is a header, which columns name a series, where its values begin.
// In: the first block. Out: a Head. Not here: reading the rest (table.ts).

import { ForecastError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Block } from '../csv/blocks.ts';
import { type NumberStyle, type Place, parseNumber, type StyleOptions, shown, styleOf } from '../csv/cells.ts';
import { detectDecimal, detectDelimiter } from '../csv/dialect.ts';
import { splitQuoted } from '../csv/records.ts';
import { countsYears } from '../csv/stamps.ts';
import { noRows } from '../csv/table.ts';

export interface HeadOptions extends StyleOptions {
  readonly id?: string | readonly string[] | false | undefined;
  readonly first?: string | number | undefined;
  readonly header?: boolean | undefined;
  readonly delimiter?: string | undefined;
}

export interface Head {
  readonly delimiter: string;
  readonly style: NumberStyle;
  /** Names of the columns; null where the first record is a series. */
  readonly header: readonly string[] | null;
  /** Columns that make the series' name; none: series are numbered. */
  readonly ids: readonly number[];
  /** The first column of values; those before it that are no ids are not read. */
  readonly first: number;
  readonly notes: readonly string[];
}

const SAMPLE_RECORDS = 20;
/** Two values may follow each other as years do. */
const LEAST_YEARS = 3;

/** Throws E_DATA_EMPTY where no series is there, E_DATA_COLUMN for names that no column has. */
export function readHead(block: Block, options: HeadOptions, place: Place): Head {
  const delimiter = options.delimiter ?? detectDelimiter(block.bytes);
  const records: (readonly string[])[] = [];
  const take = (cells: readonly string[]): void => {
    if (cells.length > 1 || cells[0]?.trim() !== '') records.push([...cells]);
  };
  splitQuoted(block.bytes, delimiter, { ...place }, take, SAMPLE_RECORDS);
  const decimal = options.decimal ?? detectDecimal(delimiter, records, options.thousands);
  const style = styleOf(options, decimal);
  const header = (options.header ?? looksLikeHeader(records[0] ?? [], style)) ? (records[0] ?? []) : null;
  const series = header === null ? records : records.slice(1);
  if (series.length === 0) throw noRows(place.file);
  const ids = idColumns(options, header, place.file);
  const first = firstColumn(options, header, ids, series, style, place.file);
  const unread = Array.from({ length: first }, (_, column) => column).filter((column) => !ids.includes(column));
  return {
    delimiter,
    style,
    header,
    ids,
    first,
    notes: [
      ...(delimiter !== ',' && options.delimiter === undefined
        ? [`delimiter ${delimiter === '\t' ? 'tab' : delimiter}`]
        : []),
      ...(decimal === ',' && options.decimal === undefined ? ['decimal comma'] : []),
      ...(header === null && options.header === undefined ? ['no header: the first line is a series'] : []),
      ...(unread.length === 0 ? [] : [`not read: ${unread.map((c) => nameOf(header, c)).join(', ')}`]),
    ],
  };
}

/** A column as messages name it: by its header, or by its number. */
export function nameOf(header: readonly string[] | null, column: number): string {
  const name = header?.[column]?.trim();
  return name ? shown(name) : String(column + 1);
}

/** A header ends with a name or with years, or begins with a name that is no series' (numbers may follow it: steps). */
function looksLikeHeader(record: readonly string[], style: NumberStyle): boolean {
  const last = record.findLast((cell) => !isMissing(cell, style));
  const name = record[0]?.trim() ?? '';
  if (last !== undefined && record.length > 1 && Number.isNaN(parseNumber(last.trim(), style))) return true;
  if (record.length > LEAST_YEARS && countsYears(record.slice(-LEAST_YEARS))) return true;
  return record.length > 1 && (name === '' || /^(unique_?)?(id|series|item|name|key)([_ ]?(id|name))?$/i.test(name));
}

function isMissing(cell: string, style: NumberStyle): boolean {
  const trimmed = cell.trim();
  return trimmed === '' || style.missing.has(trimmed);
}

function idColumns(options: HeadOptions, header: readonly string[] | null, file: string): number[] {
  if (options.id === false) return [];
  if (options.id === undefined) return [0];
  const names = typeof options.id === 'string' ? [options.id] : options.id;
  return names.map((name) => columnCalled(name, 'id', header, file));
}

function columnCalled(name: string, key: string, header: readonly string[] | null, file: string): number {
  const column = header?.findIndex((own) => own.trim() === name) ?? -1;
  if (column >= 0) return column;
  const guess = nearest(name, header ?? []);
  const known = (header ?? []).slice(0, 12).map(shown).join(', ');
  throw new ForecastError('E_DATA_COLUMN', `no column ${shown(name)} for source.${key}`, {
    where: file,
    hint:
      header === null
        ? 'the file has no header; set source.header: true if its first line is one'
        : `${guess === null ? '' : `did you mean ${shown(guess)}? `}columns: ${known}${header.length > 12 ? ` and ${header.length - 12} more` : ''}`,
  });
}

/** As written, else after the ids and after the columns of words beside them. */
function firstColumn(
  { first }: HeadOptions,
  header: readonly string[] | null,
  ids: readonly number[],
  series: readonly (readonly string[])[],
  style: NumberStyle,
  file: string,
): number {
  if (typeof first === 'number') return first - 1;
  if (first !== undefined) return columnCalled(first, 'first', header, file);
  let column = Math.max(-1, ...ids) + 1;
  while (isWords(column, series, style)) column++;
  return column;
}

/** More words than numbers, among the cells that hold something. */
function isWords(column: number, series: readonly (readonly string[])[], style: NumberStyle): boolean {
  const filled = series.map((cells) => cells[column] ?? '').filter((cell) => !isMissing(cell, style));
  const words = filled.filter((cell) => Number.isNaN(parseNumber(cell.trim(), style)));
  return 2 * words.length > filled.length;
}
