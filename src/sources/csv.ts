// Source of tables on disk: delimited text, plain or gzip, one series or many, with a calendar read from its stamps.
// In: a file and what its columns are (inferred where only one reading is possible). Out: series in raw units. Not here: encoding, windows.

import * as z from 'zod';
import type { Column, Loaded } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import { type CalendarEntry, calendarField } from './calendar.ts';
import { readTable, type Table, type TableOptions } from './csv/table.ts';
import type { Encoding } from './encoding.ts';
import { type OpenFile, stem, withFile } from './file.ts';
import { type Frame, noRepairs, type Policies, type Repairs, seriesOf } from './frame.ts';
import { oddWarnings } from './odd.ts';
import { cellFields, encodingField, fillField, limit, limitsOption, name, seasonField } from './options.ts';
import type { SourceContext, SourceKind } from './source.ts';

export interface CsvOptions extends TableOptions, Policies {
  readonly file: string;
  readonly encoding?: Encoding | undefined;
  readonly season?: number | readonly number[] | undefined;
  readonly calendar?: readonly CalendarEntry[] | undefined;
  readonly limits: {
    readonly bytes: number;
    readonly rows: number;
    readonly columns: number;
    readonly field: number;
    readonly ratio: number;
  };
}

const nameOrNames: z.ZodType<string | string[]> = z.union([name, z.array(name).min(1)]);

const options: z.ZodObject & z.ZodType<CsvOptions> = z.strictObject({
  file: name.describe('path of a delimited text file, plain or gzip, relative to the config'),
  encoding: encodingField,
  header: z
    .boolean()
    .optional()
    .describe('whether the first line names the columns; false: they are called column_1, column_2, … Default true'),
  skip: z
    .array(
      z
        .number()
        .int()
        .refine((line) => line !== 0, 'lines are counted from 1, or from −1 at the end'),
    )
    .min(1)
    .optional()
    .describe(
      'numbers of lines that are no part of the table, counted from 1: titles, units; or from -1, the last one: a total; default none',
    ),
  time: nameOrNames
    .optional()
    .describe(
      'time column, or the columns its parts stand in ([year, quarter], [year, week], [date, hour]); default: the first column of times',
    ),
  target: nameOrNames
    .optional()
    .describe(
      'column or columns to forecast; default: the only column of numbers left, or the one called y or target, or close beside open, high and low',
    ),
  id: nameOrNames.optional().describe('column or columns that name the series of a long table; default: one series'),
  past: z.array(name).default([]).describe('columns read as inputs up to the cutoff, default none'),
  future: z
    .array(name)
    .default([])
    .describe('columns known in advance (holidays, prices), default none; last rows without a target extend them'),
  static: z
    .array(name)
    .default([])
    .describe('columns that never change within a series; no forecaster reads them (W_STATIC_UNUSED), default none'),
  season: seasonField(
    'rows per season, or several; default: by the calendar (12 for months, 24 for hours, …), else as the data show',
  ),
  calendar: calendarField,
  ...cellFields,
  fill: fillField('what missing cells become: an error (default), the value before, a line to the next value, or 0'),
  format: z
    .enum(['dmy', 'mdy', 'ymd'])
    .optional()
    .describe('order of day, month and year in dates like 05/02/2010; default: as some date shows'),
  order: z
    .enum(['refuse', 'sort'])
    .default('refuse')
    .describe('rows out of order: an error (default; newest first throughout is none), or sorted by time'),
  duplicates: z
    .enum(['refuse', 'first', 'last', 'mean', 'sum'])
    .default('refuse')
    .describe(
      'rows with the same stamp: an error (default), or one of them, or their mean, or their sum (single sales to a day’s; inputs: their mean)',
    ),
  gaps: z
    .enum(['refuse', 'keep', 'fill'])
    .default('refuse')
    .describe('absent rows: an error (default), left absent, or inserted with cells as fill says'),
  limits: limitsOption({
    rows: limit(5000000, 'most data rows, default 5 million'),
    columns: limit(1024, 'most columns, default 1,024'),
    field: limit(65536, 'longest field, bytes, default 64 KiB'),
  }),
});

export const csv: SourceKind<CsvOptions> = {
  kind: 'csv',
  summary: 'A delimited text file, plain or gzip: one series or many, time and target inferred where unambiguous.',
  options,
  load: loadCsv,
};

/** Throws what withFile, readTable and seriesOf throw, and E_CONFIG_CONFLICT for gaps to fill without a way to fill them. */
async function loadCsv(given: CsvOptions, context: SourceContext): Promise<Loaded> {
  checkTogether(given);
  return withFile(given.file, context, given.limits, (file) => loadOpen(file, given), given.encoding);
}

async function loadOpen(file: OpenFile, given: CsvOptions): Promise<Loaded> {
  const table = await readTable(file, given);
  const repairs = noRepairs();
  const frames = framesOf(table, stem(given.file), file.name);
  const series = frames.map((frame) => seriesOf(frame, given, repairs, given.limits.rows));
  return {
    raw: { form: 'numbers', series },
    ...seasonWritten(given),
    sha256: file.sha256(),
    warnings: [...oddWarnings(series), ...staticWarnings(given)],
    notes: [...table.notes, ...repairNotes(repairs, given)],
  };
}

/** The first season written is the one baselines and scaled errors use. */
function seasonWritten({ season }: CsvOptions): Pick<Loaded, 'season'> {
  const first = typeof season === 'number' ? season : season?.[0];
  return first === undefined ? {} : { season: first };
}

function checkTogether(given: CsvOptions): void {
  if (given.gaps === 'fill' && given.fill === 'refuse') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'gaps are to be filled, and fill refuses', {
      where: 'source.fill',
      hint: 'set source.fill: previous, linear or zero, or source.gaps: keep',
    });
  }
  if (given.thousands !== undefined && [given.decimal, given.delimiter].includes(given.thousands)) {
    throw new ForecastError('E_CONFIG_CONFLICT', `"${given.thousands}" cannot be the sign of thousands as well`, {
      where: 'source.thousands',
      hint: 'set source.decimal and source.delimiter to other signs',
    });
  }
}

/** One frame a series, in the order the ids first appear. */
function framesOf(table: Table, id: string, file: string): Frame[] {
  const columns = [...table.targets, ...table.past, ...table.future];
  const shared = {
    format: table.time.format,
    timeName: table.time.name,
    targets: table.targets.length,
    past: table.past.length,
    file,
    advice: table.advice,
    unread: table.unread,
  };
  if (table.groups === null) {
    return [{ ...shared, id, label: '', stamps: table.time.stamps, columns, lines: table.lineOf }];
  }
  return rowsByGroup(table.groups.codes, table.groups.names.length).map((rows, group) => {
    const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] as number);
    const own = (table.groups as { names: readonly string[] }).names[group] as string;
    return {
      ...shared,
      id: own,
      label: ` in series ${JSON.stringify(own.slice(0, 40))}`,
      stamps: table.time.stamps === null ? null : pick(table.time.stamps),
      columns: columns.map((column): Column => ({ name: column.name, values: pick(column.values) })),
      lines: (row: number): number => table.lineOf(rows[row] as number),
    };
  });
}

function rowsByGroup(codes: Int32Array, groups: number): Int32Array[] {
  const counts = new Int32Array(groups);
  for (const code of codes) counts[code] = (counts[code] as number) + 1;
  const rows = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  codes.forEach((code, row) => {
    const at = counts[code] as number;
    (rows[code] as Int32Array)[at] = row;
    counts[code] = at + 1;
  });
  return rows;
}

function staticWarnings(given: CsvOptions): Warning[] {
  if (given.static.length === 0) return [];
  const message = 'source.static is not used: no forecaster reads columns that never change within a series';
  return [{ code: 'W_STATIC_UNUSED', message }];
}

function repairNotes(repairs: Repairs, given: CsvOptions): string[] {
  const counted: readonly (readonly [number, string])[] = [
    [repairs.turned, 'series newest first: turned around'],
    [repairs.sorted, 'series sorted by time'],
    [repairs.duplicates, `rows with a stamp already there: ${given.duplicates} taken`],
    [repairs.inserted, 'absent rows inserted'],
    [repairs.kept, 'gaps kept'],
    [repairs.holidays, 'business days absent (holidays)'],
    [repairs.leading, 'leading rows without a target left out'],
    [repairs.trailing, 'last rows without a target left out'],
    [repairs.filled, `missing cells filled: ${given.fill}`],
    [repairs.unknown, 'last rows without a target: known in advance'],
  ];
  return counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}
