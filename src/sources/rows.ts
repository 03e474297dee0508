// Source of wide tables: one series a row, its id first, then its values; rows end where their values do (the layout of the M4 files).
// In: a delimited file, plain or gzip, with a header or without. Out: series of unequal lengths. Not here: tables of one row a time (csv.ts).

import * as z from 'zod';
import type { Loaded, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import { seasonOf } from '../core/season.ts';
import type { Frequency, TimeAxis } from '../core/time.ts';
import { type CalendarEntry, calendarField } from './calendar.ts';
import { shown } from './csv/cells.ts';
import { noTimeForm, timeColumn, timeFormOf, timesAmong } from './csv/stamps.ts';
import type { Encoding } from './encoding.ts';
import { type OpenFile, stem, withFile } from './file.ts';
import { drawnIn, type Policies } from './frame.ts';
import { spacingOf } from './frequency.ts';
import { fillHoles, withValues } from './left-out.ts';
import { oddWarnings } from './odd.ts';
import { cellFields, encodingField, fillField, limit, limitsOption, name, seasonField } from './options.ts';
import { FREQUENCY_EXAMPLES, stampsFrom, writtenFrequency } from './rhythm.ts';
import { nameOf } from './rows/head.ts';
import { type Row, type RowsTable, type RowsTableOptions, readRows } from './rows/table.ts';
import type { SourceContext, SourceKind } from './source.ts';

export interface RowsOptions extends RowsTableOptions {
  readonly file: string;
  readonly encoding?: Encoding | undefined;
  readonly start?: string | number | undefined;
  readonly frequency?: string | undefined;
  readonly season?: number | readonly number[] | undefined;
  readonly calendar?: readonly CalendarEntry[] | undefined;
  readonly fill: Policies['fill'];
  readonly limits: RowsTableOptions['limits'] & { readonly bytes: number; readonly ratio: number };
}

const options: z.ZodObject & z.ZodType<RowsOptions> = z.strictObject({
  file: name.describe('path of a delimited text file of one series a row, plain or gzip, relative to the config'),
  encoding: encodingField,
  id: z
    .union([name, z.array(name).min(1), z.literal(false)])
    .optional()
    .describe('column or columns that name a series; false: there is none, series are numbered; default: the first'),
  first: z
    .union([name, z.number().int().min(1)])
    .optional()
    .describe('first column of values, its name or number from 1; default: after the ids and columns of words'),
  header: z
    .boolean()
    .optional()
    .describe('whether the first line names the columns; default: as it shows; names that are times date the values'),
  start: z
    .union([name, z.number().int()])
    .optional()
    .describe('time of the first value of every row, as 2024-02-29 or 2024; needs frequency; default none'),
  frequency: name
    .optional()
    .describe(`time from value to value: ${FREQUENCY_EXAMPLES}; default: by a header of times, else none`),
  season: seasonField(
    'values per season, or several; default: by the frequency (12 for months, 24 for hours, …), else as the data show',
  ),
  calendar: calendarField,
  ...cellFields,
  fill: fillField(
    'what missing cells between values become: an error (default), the value before, a line to the next value, or 0; those before the first and after the last value are no part of the series',
  ),
  limits: limitsOption({
    rows: limit(1000000, 'most series, default 1 million'),
    columns: limit(1000000, 'most cells in a row, default 1 million'),
    field: limit(65536, 'longest field, bytes, default 64 KiB'),
  }),
});

export const rows: SourceKind<RowsOptions> = {
  kind: 'rows',
  summary: 'A wide table, plain or gzip: one series a row, its id first, rows as long as their values (M4 files).',
  options,
  load: loadRows,
};

/** Throws what withFile and readRows throw; E_CONFIG_CONFLICT for a start without frequency; E_DATA_MISSING, E_TIME_GAP, E_TIME_ORDER. */
async function loadRows(given: RowsOptions, context: SourceContext): Promise<Loaded> {
  const written = writtenTime(given);
  return withFile(given.file, context, given.limits, (file) => loadOpen(file, given, written), given.encoding);
}

async function loadOpen(file: OpenFile, given: RowsOptions, written: WrittenTime): Promise<Loaded> {
  const table = await readRows(file, given);
  const axis = axisOf(table, written, file.name);
  const { known, warnings } = withValues(table.rows, file.name, 'name the first column of values in source.first');
  let filled = 0;
  const series = known.map((row): Series => {
    const cell = (index: number): string => `${file.name}:${row.line} column ${columnOf(table, row, index)}`;
    const drawn = drawnIn(row.values, given.fill);
    filled += fillHoles(row.values, given.fill, cell);
    const target = { name: 'value', values: row.values, ...drawn };
    return {
      id: given.id === false ? `${stem(given.file)} ${row.id}` : row.id,
      length: row.values.length,
      time: axis(row),
      targets: [target],
      past: [],
      future: [],
    };
  });
  return {
    raw: { form: 'numbers', series },
    ...seasonKnown(given, written),
    sha256: file.sha256(),
    warnings: [...warnings, ...oddWarnings(series)],
    notes: [...table.notes, ...(filled > 0 ? [`${filled} missing cells filled: ${given.fill}`] : [])],
  };
}

function columnOf({ head }: RowsTable, { skipped }: Row, index: number): string {
  return nameOf(head.header, head.first + skipped + index);
}

/** The first season written is the one baselines and scaled errors use; a frequency without a start has a season, but no times. */
function seasonKnown({ season }: RowsOptions, { frequency, start }: WrittenTime): Pick<Loaded, 'season'> {
  const first = typeof season === 'number' ? season : season?.[0];
  if (first !== undefined) return { season: first };
  return frequency !== null && start === null ? { season: seasonOf(frequency) } : {};
}

interface WrittenTime {
  readonly frequency: Frequency | null;
  readonly start: { readonly stamp: number; readonly format: TimeAxis['format'] } | null;
}

function writtenTime(given: RowsOptions): WrittenTime {
  const frequency = writtenFrequency(given.frequency);
  if (given.start === undefined) return { frequency, start: null };
  if (frequency === null) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'a start needs the time from value to value', {
      where: 'source.start',
      hint: 'write source.frequency: monthly, hourly, …',
    });
  }
  const written = String(given.start);
  const form = timeFormOf([written], 'start time', true);
  if (form === null) throw noTimeForm(written, 'source.start');
  const cell = timeColumn('start', form, null, { file: 'source.start', line: 1 });
  cell.text(written);
  const { stamps, format } = cell.finish(() => 1);
  return { frequency, start: { stamp: stamps[0] as number, format } };
}

/** When the values of a row were: by the header's times, by the start that was written, or in no time known. */
function axisOf(
  { rows: all, head }: RowsTable,
  { frequency, start }: WrittenTime,
  file: string,
): (row: Row) => TimeAxis {
  const dated =
    start === null && frequency === null && head.header !== null ? datedHeader(head.header, head.first, file) : null;
  const cut = (stamps: Float64Array, { skipped, values }: Row): Float64Array =>
    stamps.subarray(skipped, skipped + values.length);
  if (dated !== null) {
    return (row) => ({
      stamps: cut(dated.stamps, row),
      frequency: dated.frequency,
      format: dated.format,
      name: 'time',
    });
  }
  if (start === null || frequency === null) {
    return () => ({ stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' });
  }
  const longest = all.reduce((most, row) => Math.max(most, row.skipped + row.values.length), 0);
  const stamps = stampsFrom(start.stamp, frequency, longest);
  return (row) => ({ stamps: cut(stamps, row), frequency, format: start.format, name: 'time' });
}

interface Dated {
  readonly stamps: Float64Array;
  readonly format: TimeAxis['format'];
  readonly frequency: Frequency;
}

/** The header's names as times; null where they are none. Errors: E_TIME_INVALID, E_TIME_ORDER, E_TIME_GAP. */
function datedHeader(header: readonly string[], first: number, file: string): Dated | null {
  const cells = header.slice(first);
  const form = timeFormOf(cells, 'year', true);
  if (form === null || cells.length < 2) return null;
  const place = { file, line: 1 };
  const column = timeColumn('of the header', form, null, place);
  const times = new Set(timesAmong(cells));
  const odd = cells.find((cell) => !times.has(cell));
  if (odd !== undefined) {
    throw new ForecastError('E_TIME_INVALID', `the column ${shown(odd)} stands among columns of times`, {
      where: `${file}:1`,
      hint: 'take it out of the file: every column from the first value on is a value',
    });
  }
  for (const cell of cells) column.text(cell);
  const { stamps, format } = column.finish(() => 1);
  const back = stamps.findIndex((stamp, i) => i > 0 && stamp <= (stamps[i - 1] as number));
  if (back > 0) {
    throw new ForecastError(
      'E_TIME_ORDER',
      `${nameOf(header, first + back)} comes after ${nameOf(header, first + back - 1)}`,
      {
        where: `${file}:1`,
        hint: 'put the columns in the order of time, or set source.frequency: the names are not read as times then',
      },
    );
  }
  const { frequency, holes } = spacingOf(stamps, format);
  const hole = holes[0];
  if (hole === undefined) return { stamps, format, frequency };
  const [before, after] = [nameOf(header, first + hole.after), nameOf(header, first + hole.after + 1)];
  throw new ForecastError(
    'E_TIME_GAP',
    hole.absent === null
      ? `uneven steps: ${before} is followed by ${after}`
      : `${hole.absent} column${hole.absent === 1 ? ' is' : 's are'} absent between ${before} and ${after}`,
    {
      where: `${file}:1`,
      hint: 'add empty columns for them, with source.fill, or set source.frequency: the names are not read then',
    },
  );
}
