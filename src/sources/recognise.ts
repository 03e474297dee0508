// Which source a data file is for, told by its name and its first lines: a table of one row a time, of one series a row, or a .tsf file.
// In: a path. Out: a kind. Not here: reading it.

import { type NumberStyle, parseNumber } from './csv/cells.ts';
import { detectDecimal, detectDelimiter, looksLikeTsf } from './csv/dialect.ts';
import { splitQuoted } from './csv/records.ts';
import { countsYears, monthCalled, timeFormOf, timesAmong } from './csv/stamps.ts';
import { bomLength } from './encoding.ts';
import { withFile } from './file.ts';
import type { SourceContext } from './source.ts';

/** Kinds that read a file of recorded numbers. */
export type FileKind = 'csv' | 'rows' | 'tsf';

const LIMITS = { bytes: 268435456, ratio: 1000, field: 1 << 20, columns: 1 << 20 };
const SAMPLE = 8;
/** Fewer columns of values may as well be measurements side by side. */
const LEAST_VALUES = 3;

/** csv where nothing speaks for another kind, so that its messages tell what is wrong. Errors: those of opening the file. */
export async function kindOfFile(path: string, context: SourceContext): Promise<FileKind> {
  if (/\.tsf(?:\.gz)?$/i.test(path)) return 'tsf';
  return withFile(path, context, LIMITS, async ({ chunks }) => {
    const head = await firstBytes(chunks);
    if (looksLikeTsf(head)) return 'tsf';
    return isWide(head) ? 'rows' : 'csv';
  });
}

async function firstBytes(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  for await (const chunk of chunks) return chunk;
  return Buffer.alloc(0);
}

/** Names beside each other, and values to their right that are numbered, dated, or not named at all. */
function isWide(bytes: Buffer): boolean {
  const [first, ...others] = recordsOf(bytes);
  if (first === undefined) return false;
  const style: NumberStyle = {
    decimal: detectDecimal(first.delimiter, first.all),
    thousands: null,
    missing: new Set(['NA']),
  };
  const isNumber = (cell: string): boolean => !Number.isNaN(parseNumber(cell, style));
  const values = first.cells.slice(1);
  const headless =
    first.cells.length > LEAST_VALUES &&
    values.every((cell) => cell === '' || isNumber(cell)) &&
    !countsYears(values.slice(-LEAST_VALUES));
  const series = headless ? [first, ...others] : others;
  const ids = series.map(({ cells }) => cells[0] ?? '');
  // Months beside years are one series, cut to a column a year.
  const parts = ids.length > 2 && ids.every((id) => !Number.isNaN(monthCalled(id)) || /^(?:q[1-4]|[1-4]q)$/i.test(id));
  const times = parts || timeFormOf(ids, '', false) !== null;
  const distinct = new Set(ids).size === ids.length && ids.length > 0 && !times;
  const words = ids.every((id) => !isNumber(id) && id !== '');
  if (headless) return distinct && words;
  return distinct && numbered(first.cells) >= (words ? LEAST_VALUES : 10);
}

interface SampleRecord {
  readonly cells: readonly string[];
  readonly delimiter: string;
  readonly all: readonly (readonly string[])[];
}

/** The first whole records, trimmed; none where they cannot be read. */
function recordsOf(bytes: Buffer): SampleRecord[] {
  try {
    const text = bytes.subarray(bomLength(bytes));
    const end = Math.max(text.lastIndexOf(0x0a), text.lastIndexOf(0x0d)) + 1;
    const whole = end > 0 ? text.subarray(0, end) : text;
    const delimiter = detectDelimiter(whole);
    const all: string[][] = [];
    const take = (cells: readonly string[]): void => {
      if (cells.length > 1) all.push(cells.map((cell) => cell.trim()));
    };
    splitQuoted(whole, delimiter, { file: '', line: 1 }, take, SAMPLE);
    return all.map((cells) => ({ cells, delimiter, all }));
  } catch {
    return []; // whoever reads the file says what is wrong with it
  }
}

/** How many names at the end of a header count on (V2, V3, …) or are times. */
function numbered(header: readonly string[]): number {
  const names = header.slice(1);
  const last = names.at(-1) ?? '';
  if (timeFormOf(names.slice(-LEAST_VALUES), 'year', true) !== null && names.length >= LEAST_VALUES) {
    const times = new Set(timesAmong(names));
    return names.length - names.findLastIndex((name) => !times.has(name)) - 1;
  }
  const [, prefix, digits] = /^(.*?)(\d+)$/.exec(last) ?? [];
  if (digits === undefined) return 0;
  let count = 1;
  // V2, V3, …; W01, W02, …
  const before = (n: number): string[] => [`${n}`, `${n}`.padStart(digits.length, '0')].map((own) => `${prefix}${own}`);
  while (before(Number(digits) - count).includes(names[names.length - 1 - count] ?? '')) count++;
  return count;
}
