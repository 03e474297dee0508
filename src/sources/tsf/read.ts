// One pass over a .tsf file: # comments, @ lines, then one line a series, `attribute:attribute:v1,v2,?`, however long it is.
// In: an open file. Out: its header and its lines, NaN where a value is missing. Not here: names, time, repairs.

import { isUtf8 } from 'node:buffer';
import { ForecastError } from '../../core/errors.ts';
import type { Frequency } from '../../core/time.ts';
import { tooLong } from '../csv/blocks.ts';
import { doubled, type NumberReader, numberReader, type Place } from '../csv/cells.ts';
import { tooManyRows } from '../csv/records.ts';
import { noRows } from '../csv/table.ts';
import { bomLength, checkNul } from '../encoding.ts';
import type { OpenFile } from '../file.ts';
import { bad, type Header, type HeaderReader, headerReader } from './header.ts';

export interface TsfLimits {
  readonly rows: number;
  readonly values: number;
  readonly field: number;
}

/** One data line: its attributes as written, in the header's order, and its values. */
export interface TsfLine {
  readonly attributes: readonly string[];
  readonly line: number;
  readonly values: Float64Array;
}

export interface TsfFile {
  readonly header: Header;
  readonly lines: readonly TsfLine[];
  readonly notes: readonly string[];
}

const LF = 0x0a;
const CR = 0x0d;
const HASH = 0x23;
const COLON = 0x3a;
const COMMA = 0x2c;
const MISSING: ReadonlySet<string> = new Set(['?', 'NaN', 'NA']);

/** Throws E_CSV_HEADER, E_CSV_RAGGED, E_CSV_ENCODING, E_CSV_FIELD_TOO_LONG, the E_DATA_ codes of cells and limits, E_TIME_INVALID. */
export async function readTsf(file: OpenFile, limits: TsfLimits, frequency: Frequency | null): Promise<TsfFile> {
  const place: Place = { file: file.name, line: 1 };
  const scanner = scannerOf(place, limits, headerReader(frequency));
  let carry: Buffer = Buffer.alloc(0); // from the start of a cell
  let offset = 0;
  for await (const chunk of file.chunks) {
    checkNul(chunk, offset, file.name);
    carry = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    if (offset === 0) carry = carry.subarray(bomLength(carry));
    offset += chunk.length;
    carry = carry.subarray(scanner.scan(carry, false));
    if (carry.length > limits.field) throw tooLong(file.name, place.line, limits.field);
  }
  scanner.scan(Buffer.concat([carry, Buffer.of(LF)]), true);
  return scanner.finish();
}

type Mode = 'start' | 'comment' | 'header' | 'attributes' | 'values';

interface Scanner {
  /** Reads whole cells; returns how many bytes it is done with. */
  scan(bytes: Buffer, last: boolean): number;
  finish(): TsfFile;
}

function scannerOf(place: Place, limits: TsfLimits, head: HeaderReader): Scanner {
  const collector = lineCollector(place, limits);
  let header: Header | null = null;
  let mode: Mode = 'start';

  const readHeader = (text: string): void => {
    if (text !== '' && head.line(text, `${place.file}:${place.line}`)) header = head.header();
  };

  /** One cell of the data, [start, end), which `stop` ends. */
  const readCell = (bytes: Buffer, start: number, end: number, stop: number): void => {
    if (mode === 'values') {
      collector.value(bytes, start, end);
      if (stop !== COMMA) collector.end();
      return;
    }
    if (stop === COLON) {
      collector.attribute(bytes, start, end);
      if (collector.attributes() === (header as Header).attributes.length) mode = 'values';
    } else if (collector.attributes() > 0 || bytes.toString('utf8', start, end).trim() !== '') {
      throw ragged(place, (header as Header).attributes.length, collector.attributes());
    }
  };

  const scan = (bytes: Buffer, last: boolean): number => {
    let i = 0;
    while (i < bytes.length) {
      if (mode === 'start') mode = bytes[i] === HASH ? 'comment' : header === null ? 'header' : 'attributes';
      const separator = mode === 'values' ? COMMA : mode === 'attributes' ? COLON : LF;
      let end = i;
      while (end < bytes.length && bytes[end] !== separator && bytes[end] !== LF && bytes[end] !== CR) end++;
      // A CR at the very end may still be followed by its LF.
      if (end === bytes.length || (bytes[end] === CR && end + 1 === bytes.length && !last)) {
        return mode === 'comment' ? end : i;
      }
      const stop = bytes[end] === separator ? separator : LF;
      if (mode === 'header') readHeader(bytes.toString('utf8', i, end).trim());
      else if (mode !== 'comment') readCell(bytes, i, end, stop);
      const twice = bytes[end] === CR && bytes[end + 1] === LF;
      i = end + (twice ? 2 : 1);
      if (stop !== LF) continue;
      mode = 'start';
      place.line++;
    }
    return i;
  };

  const finish = (): TsfFile => {
    if (header === null) {
      throw bad('there is no @data line', place.file, 'a .tsf file has @ lines, then @data, then one line a series');
    }
    const { lines, notes } = collector.finish();
    if (lines.length === 0) throw noRows(place.file);
    return { header, lines, notes };
  };

  return { scan, finish };
}

interface LineCollector {
  attribute(bytes: Buffer, start: number, end: number): void;
  /** Attributes of the line so far. */
  attributes(): number;
  value(bytes: Buffer, start: number, end: number): void;
  end(): void;
  finish(): { readonly lines: readonly TsfLine[]; readonly notes: readonly string[] };
}

function lineCollector(place: Place, limits: TsfLimits): LineCollector {
  const lines: TsfLine[] = [];
  let attributes: string[] = [];
  let grown = new Float64Array(1024);
  let count = 0;
  let total = 0;
  let windows = false;
  const reader: NumberReader = numberReader(
    { decimal: '.', thousands: null, missing: MISSING },
    false,
    () => `${place.file}:${place.line} value ${count + 1}`,
  );
  return {
    attribute: (bytes, start, end) => {
      if (end - start > limits.field) throw tooLong(place.file, place.line, limits.field);
      const own = bytes.subarray(start, end);
      const isWindows = !isUtf8(own);
      windows ||= isWindows;
      attributes.push((isWindows ? new TextDecoder('windows-1252').decode(own) : own.toString('utf8')).trim());
    },
    attributes: () => attributes.length,
    value: (bytes, start, end) => {
      const value = reader.bytes(bytes, start, end);
      if (count === grown.length) grown = doubled(grown);
      if (++total > limits.values) throw tooManyValues(place, limits.values);
      grown[count++] = value;
    },
    end: () => {
      if (lines.length === limits.rows) throw tooManyRows(place, limits.rows);
      lines.push({ attributes, line: place.line, values: grown.slice(0, count) });
      attributes = [];
      count = 0;
    },
    finish: () => ({
      lines,
      notes: windows ? ['names are not UTF-8: read as Windows-1252, as files of this format are'] : [],
    }),
  };
}

function ragged(place: Place, expected: number, got: number): ForecastError {
  return new ForecastError(
    'E_CSV_RAGGED',
    `expected ${expected} attribute${expected === 1 ? '' : 's'} and values, got ${got} attribute${got === 1 ? '' : 's'}`,
    { where: `${place.file}:${place.line}`, hint: 'a line is attribute:attribute:v1,v2,… as the @attribute lines say' },
  );
}

function tooManyValues(place: Place, limit: number): ForecastError {
  return new ForecastError('E_DATA_TOO_LARGE', `more than ${limit} values`, {
    where: `${place.file}:${place.line}`,
    hint: 'raise source.limits.values',
  });
}
