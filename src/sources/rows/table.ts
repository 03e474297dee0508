// One pass over a table of rows: the head from its first block, then each record into the name and the values of one series.
// In: an open file and options. Out: series as they stand, NaN where a cell is missing. Not here: time, repairs.

import { ForecastError } from '../../core/errors.ts';
import { type Block, overBlocks } from '../csv/blocks.ts';
import { doubled, numberReader, type Place } from '../csv/cells.ts';
import { groupWatch } from '../csv/groups.ts';
import { tooManyRows } from '../csv/records.ts';
import { firstBlock, noRows } from '../csv/table.ts';
import type { OpenFile } from '../file.ts';
import { sameId } from '../left-out.ts';
import { type Head, type HeadOptions, nameOf, readHead } from './head.ts';
import { type RecordSink, walkBlock } from './walk.ts';

export interface RowsTableOptions extends HeadOptions {
  readonly limits: { readonly rows: number; readonly columns: number; readonly field: number };
}

/** One record: a series from its first value to its last. */
export interface Row {
  readonly id: string;
  readonly line: number;
  /** Empty where no cell holds a value. */
  readonly values: Float64Array;
  /** Empty cells before the first value. */
  readonly skipped: number;
}

export interface RowsTable {
  readonly rows: readonly Row[];
  readonly head: Head;
  readonly notes: readonly string[];
}

/** Throws the E_CSV_ and E_DATA_ codes of reading. */
export async function readRows(file: OpenFile, options: RowsTableOptions): Promise<RowsTable> {
  return await overBlocks(file, options.limits, (blocks, place) => readBlocks(blocks, options, place));
}

async function readBlocks(blocks: AsyncGenerator<Block>, options: RowsTableOptions, place: Place): Promise<RowsTable> {
  const first = await firstBlock(blocks, place);
  const head = readHead(first, options, place);
  const collector = rowCollector(head, options, place);
  const walking = { delimiter: head.delimiter, place, limits: options.limits };
  let blanks = walkBlock(first, walking, collector.sink);
  for await (const block of blocks) blanks += walkBlock(block, walking, collector.sink);
  collector.settle();
  const rows = collector.rows();
  if (rows.length === 0) throw noRows(place.file);
  const left = blanks > 0 ? [`${blanks} blank line${blanks === 1 ? '' : 's'} left out`] : [];
  return { rows, head, notes: [...head.notes, ...left] };
}

/** Gathers the cells of a record; its end makes a row of them. */
function rowCollector(
  head: Head,
  options: RowsTableOptions,
  place: Place,
): { sink: RecordSink; rows(): Row[]; settle(): void } {
  const { header, ids, first, style } = head;
  const rows: Row[] = [];
  const lineOf = new Map<string, number>();
  let column = 0;
  const where = (): string => `${place.file}:${place.line} column ${nameOf(header, column)}`;
  const watch = options.decimal === undefined && options.thousands === undefined ? groupWatch(where) : null;
  const reader = numberReader(style, false, where, watch);
  let name: string[] = [];
  let values = new Float64Array(1024);
  let count = 0; // values up to the last one known
  let skipped = 0;
  let heading = header !== null;

  const value = (at: number): void => {
    if (Number.isNaN(at)) {
      if (count === 0) skipped++;
      return;
    }
    const index = column - first - skipped;
    while (index >= values.length) values = doubled(values);
    values.fill(Number.NaN, count, index);
    values[index] = at;
    count = index + 1;
  };

  const sink: RecordSink = {
    bytes: (c, block, start, end) => {
      if (heading) return;
      column = c;
      if (c >= first) {
        if (end > start) value(reader.bytes(block, start, end));
        else if (count === 0) skipped++;
      } else if (ids.includes(c)) name.push(block.toString('utf8', start, end));
    },
    text: (c, cell) => {
      if (heading) return;
      column = c;
      if (c >= first) value(reader.text(cell));
      else if (ids.includes(c)) name.push(cell);
    },
    end: (cells) => {
      if (!heading) {
        if (header !== null && cells > header.length) throw tooManyCells(place, header.length, cells);
        if (rows.length === options.limits.rows) throw tooManyRows(place, options.limits.rows);
        rows.push({
          id: idOf(name, rows.length, ids, lineOf, place, where, (c) => {
            column = c;
          }),
          line: place.line,
          values: values.slice(0, count),
          skipped: count === 0 ? 0 : skipped,
        });
      }
      heading = false;
      name = [];
      count = 0;
      skipped = 0;
    },
  };
  return { sink, rows: () => rows, settle: () => watch?.settle(style.decimal, head.delimiter === ';') };
}

/** The series' name; two rows of one name are refused. */
function idOf(
  cells: readonly string[],
  row: number,
  ids: readonly number[],
  lineOf: Map<string, number>,
  place: Place,
  where: () => string,
  at: (column: number) => void,
): string {
  if (ids.length === 0) return String(row + 1);
  const names = cells.map((cell) => cell.trim());
  const empty = ids.findIndex((_, i) => (names[i] ?? '') === '');
  if (empty >= 0) {
    at(ids[empty] as number);
    throw new ForecastError('E_DATA_MISSING', 'is empty', {
      where: where(),
      hint: 'every row begins with the id of its series; where rows have none, set source.id: false',
    });
  }
  const id = names.join(' / ');
  const other = lineOf.get(id);
  if (other !== undefined) {
    const hint =
      'remove or rename one of the rows; name all columns of the id in source.id, or set source.id: false where rows have none';
    throw sameId(id, other, `${place.file}:${place.line}`, hint);
  }
  lineOf.set(id, place.line);
  return id;
}

function tooManyCells(place: Place, expected: number, got: number): ForecastError {
  return new ForecastError('E_CSV_RAGGED', `expected at most ${expected} fields, got ${got}`, {
    where: `${place.file}:${place.line}`,
    hint: 'a row may end early, not after the header; quote cells that hold the delimiter',
  });
}
