// Walking the records of a table whose rows may differ in length: one series a row. Cells go out by bytes, or through csv-parse.
// In: blocks, a delimiter. Out: cells with their column, and the end of each record. Not here: what cells mean.

import { type Block, tooLong, tooManyColumns } from '../csv/blocks.ts';
import type { Place } from '../csv/cells.ts';
import { closingQuote, isBlank, quotedSimply, splitQuoted } from '../csv/records.ts';

/** Takes the cells of a record, column by column, then its end; `place.line` is the record's own while it does. */
export interface RecordSink {
  bytes(column: number, block: Buffer, start: number, end: number): void;
  text(column: number, cell: string): void;
  end(cells: number): void;
}

export interface WalkOptions {
  readonly delimiter: string;
  readonly place: Place;
  readonly limits: { readonly field: number; readonly columns: number };
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Hands on every record of a block; blank lines are left out and counted. Throws E_CSV_QUOTE, E_CSV_FIELD_TOO_LONG, E_CSV_TOO_MANY_COLUMNS. */
export function walkBlock(block: Block, options: WalkOptions, sink: RecordSink): number {
  const simple = !block.quoted || quotedSimply(block.bytes, 0, options.delimiter.charCodeAt(0));
  return simple ? walkPlain(block.bytes, options, sink) : walkQuoted(block.bytes, options, sink);
}

function walkPlain(bytes: Buffer, { delimiter, place, limits }: WalkOptions, sink: RecordSink): number {
  const sign = delimiter.charCodeAt(0);
  const n = bytes.length;
  let blanks = 0;
  let i = 0;
  while (i < n) {
    let column = 0;
    for (;;) {
      const start = i;
      if (bytes[i] === QUOTE) i = closingQuote(bytes, i) + 1;
      while (i < n && bytes[i] !== sign && bytes[i] !== LF && bytes[i] !== CR) i++;
      const ends = i === n || bytes[i] !== sign;
      if (ends && column === 0 && isBlank(bytes, start, i)) break;
      checkCell(column, i - start, place, limits);
      const within = bytes[start] === QUOTE ? 1 : 0;
      sink.bytes(column, bytes, start + within, i - within);
      column++;
      if (ends) break;
      i++;
    }
    if (column === 0) blanks++;
    else sink.end(column);
    if (bytes[i] === CR && bytes[i + 1] === LF) i++;
    i++;
    place.line++;
  }
  return blanks;
}

/** csv-parse counts lines from 1 in each block and gives the one a record ends on; the next record starts one later. */
function walkQuoted(bytes: Buffer, { delimiter, place, limits }: WalkOptions, sink: RecordSink): number {
  const base = place.line - 1;
  let blanks = 0;
  splitQuoted(bytes, delimiter, place, (cells, endLine) => {
    if (cells.length === 1 && (cells[0] as string).trim() === '') blanks++;
    else {
      cells.forEach((cell, column) => {
        checkCell(column, cell.length, place, limits);
        sink.text(column, cell);
      });
      sink.end(cells.length);
    }
    place.line = base + endLine + 1;
  });
  return blanks;
}

function checkCell(column: number, length: number, place: Place, limits: WalkOptions['limits']): void {
  if (length > limits.field) throw tooLong(place.file, place.line, limits.field);
  if (column >= limits.columns) throw tooManyColumns(place.file, column + 1, limits.columns, place.line);
}
