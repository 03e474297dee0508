// Splitting blocks into records and handing each cell to its column: by bytes where quotes are absent or simple, else through csv-parse.
// In: blocks, a delimiter, one sink (or none) a column. Out: cells, row by row, and the line each row stands on. Not here: what cells mean.

import { CsvError, parse } from 'csv-parse/sync';
import { ForecastError } from '../../core/errors.ts';
import { type Block, neverClosed, tooLong } from './blocks.ts';
import type { Place, Sink } from './cells.ts';

export interface RecordReader {
  /** Reads one block from byte `start`. */
  read(block: Block, start: number): void;
  /** Data rows so far. */
  rows(): number;
  /** Line of a row, counted from 1. */
  lineOf(row: number): number;
  /** Blank lines left out. */
  blanks(): number;
}

export interface RecordOptions {
  readonly delimiter: string;
  /** One entry a column of the header; null: the column is not wanted. */
  readonly sinks: readonly (Sink | null)[];
  readonly place: Place;
  /** Whether a row without any cell filled is a row all the same, as where rows are counted; else it is a blank line. */
  readonly emptyRows: boolean;
  readonly limits: { readonly field: number; readonly rows: number };
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;

/** Throws E_CSV_RAGGED, E_CSV_QUOTE, E_CSV_FIELD_TOO_LONG, E_DATA_TOO_LARGE and whatever the sinks throw. */
export function recordReader({ delimiter, sinks, place, emptyRows, limits }: RecordOptions): RecordReader {
  const width = sinks.length;
  const sign = delimiter.charCodeAt(0);
  const lines = lineIndex();
  let rows = 0;
  let blanks = 0;
  /** In a table of one column a blank line is a missing cell, unless nothing but blank lines follow. */
  let pending = 0;

  const blank = (): void => {
    if (width > 1 || rows === 0) blanks++;
    else pending++;
  };

  const beginRow = (line: number): void => {
    for (; pending > 0; pending--) {
      sinks[0]?.text('');
      countRow(line - pending);
    }
  };

  const countRow = (line: number): void => {
    lines.note(rows++, line);
    if (rows > limits.rows) throw tooManyRows(place, limits.rows);
  };

  const readPlain = (bytes: Buffer, from: number): void => {
    const n = bytes.length;
    let i = from;
    while (i < n) {
      const lineStart = i;
      let field = 0;
      let filled = 0; // fields up to the last one beyond the header that is not empty
      let start = i;
      try {
        if (bytes[i] === QUOTE) i = closingQuote(bytes, i) + 1;
        for (;;) {
          const c = i < n ? (bytes[i] as number) : LF;
          if (c !== sign && c !== LF && c !== CR) {
            i++;
            continue;
          }
          if (field === 0 && (c !== sign || !emptyRows) && isBlank(bytes, start, i)) {
            const end = c === sign ? emptyEnd(bytes, i, sign) : i;
            if (end >= 0) {
              i = end;
              break;
            }
          }
          if (field === 0 && pending > 0) beginRow(place.line);
          if (i - start > limits.field) throw tooLong(place.file, place.line, limits.field);
          const within = bytes[start] === QUOTE ? 1 : 0;
          if (field < width) sinks[field]?.bytes(bytes, start + within, i - within);
          field++;
          if (field <= width || i > start) filled = field;
          if (c !== sign) break;
          start = ++i;
          if (bytes[i] === QUOTE) i = closingQuote(bytes, i) + 1;
        }
      } catch (error) {
        throw raggedOr(error, fieldsFrom(bytes, lineStart, sign, width));
      }
      if (field === 0) blank();
      else if (filled !== width) throw ragged(place, width, field);
      else countRow(place.line);
      if (bytes[i] === CR && bytes[i + 1] === LF) i++;
      i++;
      place.line++;
    }
  };

  const readRecord = (cells: readonly string[]): void => {
    const isEmpty = (cell: string): boolean => cell.trim() === '';
    if (cells.length === 1 ? isEmpty(cells[0] as string) : !emptyRows && cells.every(isEmpty)) {
      blank();
      return;
    }
    if (cells.length !== width && !(cells.length > width && cells.slice(width).every((cell) => cell === '')))
      throw ragged(place, width, cells.length);
    beginRow(place.line);
    for (let field = 0; field < width; field++) {
      const cell = cells[field] as string;
      if (cell.length > limits.field) throw tooLong(place.file, place.line, limits.field);
      sinks[field]?.text(cell);
    }
    countRow(place.line);
  };

  /** csv-parse counts lines from 1 in each block and gives the one a record ends on; the next record starts one later. */
  const readQuoted = (bytes: Buffer): void => {
    const base = place.line - 1;
    splitQuoted(bytes, delimiter, place, (cells, endLine) => {
      readRecord(cells);
      place.line = base + endLine + 1;
    });
  };

  const raggedOr = (error: unknown, fields: number): unknown =>
    error instanceof ForecastError && fields !== width ? ragged(place, width, fields) : error;

  return {
    read: (block, start) => {
      if (block.quoted && !quotedSimply(block.bytes, start, sign)) readQuoted(block.bytes.subarray(start));
      else readPlain(block.bytes, start);
    },
    rows: () => rows,
    lineOf: lines.lineOf,
    blanks: () => blanks + pending,
  };
}

/** Records of bytes that hold quotes, each with the number of lines read so far. Throws E_CSV_QUOTE. */
export function splitQuoted(
  bytes: Buffer,
  delimiter: string,
  place: Place,
  take: (cells: readonly string[], endLine: number) => void,
  most?: number,
): void {
  const startLine = place.line;
  try {
    parse(bytes, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      trim: true,
      ...(most === undefined ? {} : { to: most }),
      on_record: (cells: string[], { lines }) => {
        take(cells, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') throw neverClosed(place.file, place.line);
    throw new ForecastError('E_CSV_QUOTE', 'a quote inside a field', {
      where: `${place.file}:${startLine - 1 + Number(error.lines ?? 1)}`,
      hint: 'quote the whole field and double the quote inside it',
      cause: error,
    });
  }
}

/** Row → line, stored only where the distance between them changes. */
function lineIndex(): { note(row: number, line: number): void; lineOf(row: number): number } {
  const fromRow: number[] = [];
  const distance: number[] = [];
  return {
    note: (row, line) => {
      if (line - row === distance[distance.length - 1]) return;
      fromRow.push(row);
      distance.push(line - row);
    },
    lineOf: (row) => {
      let low = 0;
      let high = fromRow.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((fromRow[middle] as number) <= row) low = middle;
        else high = middle - 1;
      }
      return row + (distance[low] ?? 0);
    },
  };
}

/** Whether every quote opens or closes a whole cell and nothing but plain text stands between: then cutting the two off is all there is to do. */
export function quotedSimply(bytes: Buffer, from: number, delimiter: number): boolean {
  let open = false;
  for (let i = from; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === QUOTE) {
      const beside = open ? bytes[i + 1] : bytes[i - 1];
      const atEdge = beside === undefined || beside === delimiter || beside === LF || beside === CR;
      if (!atEdge && !(i === from && !open)) return false;
      open = !open;
    } else if (open && (c === LF || c === CR)) return false;
  }
  return !open;
}

/** The quote that closes the one at `open`; simple quoting is known to hold. */
export function closingQuote(bytes: Buffer, open: number): number {
  let i = open + 1;
  while (bytes[i] !== QUOTE) i++;
  return i;
}

export function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}

/** Where a line ends that holds nothing but delimiters and blanks; −1 where it holds more. */
function emptyEnd(bytes: Buffer, from: number, delimiter: number): number {
  let i = from;
  while (i < bytes.length && (bytes[i] === delimiter || bytes[i] === SPACE || bytes[i] === TAB)) i++;
  return i === bytes.length || bytes[i] === LF || bytes[i] === CR ? i : -1;
}

/** Fields of the line at `start`, but the empty ones at its end beyond `width`. */
function fieldsFrom(bytes: Buffer, start: number, delimiter: number, width: number): number {
  let fields = 1;
  let filled = 1;
  let quoted = false;
  for (let i = start; i < bytes.length && (quoted || (bytes[i] !== LF && bytes[i] !== CR)); i++) {
    if (bytes[i] === QUOTE) quoted = !quoted;
    if (bytes[i] === delimiter && !quoted) fields++;
    else filled = fields;
  }
  return Math.max(filled, Math.min(fields, width));
}

function ragged(place: Place, expected: number, got: number): ForecastError {
  return new ForecastError('E_CSV_RAGGED', `expected ${expected} field${expected === 1 ? '' : 's'}, got ${got}`, {
    where: `${place.file}:${place.line}`,
    hint: 'every row needs the columns of the header; quote cells that hold the delimiter',
  });
}

export function tooManyRows(place: Place, limit: number): ForecastError {
  return new ForecastError('E_DATA_TOO_LARGE', `more than ${limit} rows`, {
    where: `${place.file}:${place.line}`,
    hint: 'raise source.limits.rows',
  });
}
