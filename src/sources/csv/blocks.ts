// Cutting a stream of bytes into blocks of whole records, whatever ends a line and whatever is quoted.
// In: chunks. Out: blocks that start and end at a record, checked as UTF-8. Not here: fields.

import { ForecastError } from '../../core/errors.ts';
import { bomLength, checkUtf8 } from '../encoding.ts';
import type { OpenFile } from '../file.ts';
import type { Place } from './cells.ts';

export interface Block {
  readonly bytes: Buffer;
  /** Whether a double quote occurs in it. */
  readonly quoted: boolean;
}

export interface FieldLimits {
  /** Most bytes in a field. */
  readonly field: number;
  readonly columns: number;
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** Small chunks are gathered, so that the first block shows enough of the file. */
const GATHER = 1 << 18;

/**
 * Blocks of whole records; whoever reads them moves `place.line` on, so that messages here name the right line.
 * Throws E_CSV_ENCODING, E_CSV_QUOTE, E_CSV_FIELD_TOO_LONG, E_CSV_TOO_MANY_COLUMNS.
 */
async function* blocksOf(chunks: AsyncIterable<Buffer>, place: Place, limits: FieldLimits): AsyncGenerator<Block> {
  let carry: Buffer = Buffer.alloc(0); // from the start of a record
  let offset = -1; // of the carry in the file; −1 before the byte-order mark has been looked for
  let lostLine = 0; // line of a quote that opened more than a field's limit ago; 0: none
  const checked = (bytes: Buffer): Block => {
    checkUtf8(bytes, offset, place.file);
    offset += bytes.length;
    const quoted = bytes.includes(QUOTE);
    return { bytes: quoted ? withoutFormulas(bytes) : bytes, quoted };
  };
  for await (const chunk of chunks) {
    if (lostLine > 0) {
      if (chunk.includes(QUOTE)) throw tooLong(place.file, lostLine, limits.field);
      continue;
    }
    carry = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    if (carry.length < GATHER) continue;
    if (offset < 0) [offset, carry] = withoutMark(carry);
    const end = recordsEnd(carry);
    if (end > 0) yield checked(carry.subarray(0, end));
    carry = carry.subarray(end);
    if (carry.length > limits.field) lostLine = inspectLong(carry, offset, place, limits);
  }
  if (lostLine > 0) throw neverClosed(place.file, lostLine);
  if (offset < 0) [offset, carry] = withoutMark(carry);
  const quote = openQuote(carry);
  if (quote >= 0) throw neverClosed(place.file, place.line + lineEnds(carry, quote));
  if (carry.length > 0) yield checked(carry);
}

function withoutMark(bytes: Buffer): [number, Buffer] {
  const mark = bomLength(bytes);
  return [mark, bytes.subarray(mark)];
}

/** ="0042" or, in quotes of its own, "=""0042""": how a spreadsheet is told that a cell is text. */
const TEXT_FORMULA = /(^|[,;\t|\r\n])(?:="([^"\r\n]*)"|"=""([^"\r\n]*)""")(?=[,;\t|\r\n]|$)/g;

/** The bytes with cells that are formulas of a text as that text, in quotes. */
function withoutFormulas(bytes: Buffer): Buffer {
  if (!bytes.includes('="')) return bytes;
  const plain = bytes
    .toString('latin1')
    .replace(TEXT_FORMULA, (_, before: string, bare?: string, quoted?: string) => `${before}"${bare ?? quoted}"`);
  return Buffer.from(plain, 'latin1');
}

/** Where the last whole record ends: after the last line end outside quotes; 0 where there is none. */
function recordsEnd(bytes: Buffer): number {
  if (bytes.includes(QUOTE)) return quotedRecordsEnd(bytes);
  const afterLf = bytes.lastIndexOf(LF) + 1;
  if (afterLf > 0) return afterLf;
  // Lines that end with CR alone; a CR at the very end may still be followed by its LF.
  return bytes.length < 2 ? 0 : bytes.lastIndexOf(CR, bytes.length - 2) + 1;
}

/** A doubled quote inside quotes closes and opens again, so counting quotes is enough. */
function quotedRecordsEnd(bytes: Buffer): number {
  let open = false;
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === QUOTE) open = !open;
    else if (!open && (c === LF || (c === CR && i + 1 < bytes.length && bytes[i + 1] !== LF))) end = i + 1;
  }
  return end;
}

/** Position of a quote that is not closed within the bytes, which start at a record; −1: all are closed. */
function openQuote(bytes: Buffer): number {
  let open = -1;
  for (let i = bytes.indexOf(QUOTE); i >= 0; i = bytes.indexOf(QUOTE, i + 1)) open = open < 0 ? i : -1;
  return open;
}

/** A record longer than a field may be: throws where it cannot become a good one; returns the line of a quote opened too long ago, or 0. */
function inspectLong(bytes: Buffer, offset: number, place: Place, limits: FieldLimits): number {
  const nul = bytes.indexOf(0);
  if (nul >= 0) checkUtf8(bytes, offset, place.file);
  const quote = openQuote(bytes);
  if (quote >= 0) return bytes.length - quote > limits.field ? place.line + lineEnds(bytes, quote) : 0;
  let fields = 1;
  let start = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c !== 0x2c && c !== 0x3b && c !== 0x09 && c !== 0x7c) continue;
    if (i - start > limits.field) break;
    start = i + 1;
    fields++;
  }
  if (bytes.length - start > limits.field) throw tooLong(place.file, place.line, limits.field);
  if (fields > limits.columns) throw tooManyColumns(place.file, fields, limits.columns);
  return 0;
}

function lineEnds(bytes: Buffer, until: number): number {
  let count = 0;
  for (let i = 0; i < until; i++) if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] !== LF)) count++;
  return count;
}

/**
 * The blocks with some lines made blank, by their numbers from the start, or from the end below 0 (the file is held in memory for these); a line
 * that says how Excel is to read the file (sep=;) always is.
 */
export async function* withoutLines(
  all: AsyncGenerator<Block>,
  skip: ReadonlySet<number>,
  place: Place,
): AsyncGenerator<Block> {
  const backward = [...skip].some((line) => line < 0);
  const blocks = backward ? withoutLast(await gathered(all), skip) : all;
  for await (const block of blocks) {
    const { line } = place; // whoever reads the blocks has moved on to this one
    if (line === 1 && /^"?sep=.{1,2}[\r\n]/.test(block.bytes.toString('latin1', 0, 9)))
      blank(block.bytes, 1, new Set([1]));
    if (skip.size > 0) blank(block.bytes, line, skip);
    yield block;
  }
}

async function gathered(blocks: AsyncGenerator<Block>): Promise<readonly Block[]> {
  const all: Block[] = [];
  for await (const block of blocks) all.push({ ...block, bytes: Buffer.from(block.bytes) });
  return all;
}

/** Lines counted from the end, −1 the last: of those that hold more than blanks and signs between cells. */
function withoutLast(blocks: readonly Block[], skip: ReadonlySet<number>): readonly Block[] {
  const most = -Math.min(...skip);
  let seen = 0;
  for (const { bytes } of blocks.toReversed()) {
    for (let end = bytes.length; end > 0 && seen < most; ) {
      let start = end - 1;
      while (start > 0 && bytes[start - 1] !== LF && bytes[start - 1] !== CR) start--;
      if (/[^\s,;|"]/.test(bytes.toString('latin1', start, end)) && skip.has(-++seen)) {
        const length = bytes.subarray(start, end).findIndex((c) => c === LF || c === CR);
        bytes.fill(SPACE, start, length < 0 ? end : start + length);
      }
      end = start;
    }
  }
  return blocks;
}

function blank(bytes: Buffer, firstLine: number, lines: ReadonlySet<number>): void {
  let line = firstLine;
  for (let start = 0; start < bytes.length; line++) {
    let end = start;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++;
    if (lines.has(line)) bytes.fill(SPACE, start, end);
    start = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
  }
}

/** What `read` makes of a file's blocks; the file is let go of however that ends. */
export async function overBlocks<T>(
  file: OpenFile,
  limits: FieldLimits,
  read: (blocks: AsyncGenerator<Block>, place: Place) => Promise<T>,
): Promise<T> {
  const place: Place = { file: file.name, line: 1 };
  const blocks = blocksOf(file.chunks, place, limits);
  try {
    return await read(blocks, place);
  } finally {
    await blocks.return(undefined);
  }
}

export function neverClosed(file: string, line: number): ForecastError {
  return new ForecastError('E_CSV_QUOTE', 'a quote opened here, never closed', {
    where: `${file}:${line}`,
    hint: 'close it, or double a quote that belongs to the text',
  });
}

export function tooLong(file: string, line: number, limit: number): ForecastError {
  return new ForecastError('E_CSV_FIELD_TOO_LONG', `a field is longer than ${limit} bytes`, {
    where: `${file}:${line}`,
    hint: 'look for a missing line end or quote, or raise source.limits.field',
  });
}

export function tooManyColumns(file: string, columns: number, limit: number, line = 1): ForecastError {
  return new ForecastError('E_CSV_TOO_MANY_COLUMNS', `${columns} columns or more, and ${limit} is the limit`, {
    where: `${file}:${line}`,
    hint: 'raise source.limits.columns',
  });
}
