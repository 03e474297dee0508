// Source of .tsf files (the Monash forecasting archive): one series a line, with attributes, a start of its own and a common frequency.
// In: a file, plain or gzip. Out: dated series of unequal starts and lengths. Not here: the grammar of the lines (tsf/).

import * as z from 'zod';
import { DAY } from '../core/calendar.ts';
import type { Loaded, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { seasonOf } from '../core/season.ts';
import type { Frequency, TimeAxis } from '../core/time.ts';
import { type CalendarEntry, calendarField } from './calendar.ts';
import { shown } from './csv/cells.ts';
import { type OpenFile, stem, withFile } from './file.ts';
import { drawnIn, type Policies } from './frame.ts';
import { fillHoles, sameId, withValues } from './left-out.ts';
import { oddWarnings } from './odd.ts';
import { fillField, limit, limitsOption, name, seasonField } from './options.ts';
import { dateStamp, FREQUENCY_EXAMPLES, stampsFrom, writtenFrequency } from './rhythm.ts';
import type { SourceContext, SourceKind } from './source.ts';
import type { Attribute, Header } from './tsf/header.ts';
import { readTsf, type TsfLimits, type TsfLine } from './tsf/read.ts';

export interface TsfOptions {
  readonly file: string;
  readonly id?: string | readonly string[] | undefined;
  readonly frequency?: string | undefined;
  readonly season?: number | readonly number[] | undefined;
  readonly calendar?: readonly CalendarEntry[] | undefined;
  readonly fill: Policies['fill'];
  readonly limits: TsfLimits & { readonly bytes: number; readonly ratio: number };
}

const options: z.ZodObject & z.ZodType<TsfOptions> = z.strictObject({
  file: name.describe('path of a .tsf file, plain or gzip, relative to the config'),
  id: z
    .union([name, z.array(name).min(1)])
    .optional()
    .describe('attribute or attributes that name a series; default: series_name, else the first attribute of words'),
  frequency: name
    .optional()
    .describe(`time from value to value: ${FREQUENCY_EXAMPLES}; default: the file's @frequency`),
  season: seasonField(
    'values per season, or several; default: by the frequency (12 for months, 24 for hours, …), else as the data show',
  ),
  calendar: calendarField,
  fill: fillField(
    'what missing values (?) become: an error (default), the value before, a line to the next value, or 0; previous and linear leave out those before the first and after the last value',
  ),
  limits: limitsOption({
    rows: limit(1000000, 'most series, default 1 million'),
    values: limit(50000000, 'most values in all, default 50 million'),
    field: limit(65536, 'longest attribute or number, bytes, default 64 KiB'),
  }),
});

export const tsf: SourceKind<TsfOptions> = {
  kind: 'tsf',
  summary:
    'A .tsf file of the Monash archive, plain or gzip: one series a line, each with its start, of one frequency.',
  options,
  load: loadTsf,
};

/** Throws what withFile and readTsf throw, E_CONFIG_RANGE for a frequency, E_DATA_COLUMN, E_DATA_DUPLICATE, E_DATA_MISSING, E_TIME_INVALID. */
async function loadTsf(given: TsfOptions, context: SourceContext): Promise<Loaded> {
  const frequency = writtenFrequency(given.frequency);
  return withFile(given.file, context, given.limits, (file) => loadOpen(file, given, frequency));
}

/** A line with its name and the time of its first value. */
interface Line extends TsfLine {
  readonly id: string;
  readonly start: number | null;
}

async function loadOpen(file: OpenFile, given: TsfOptions, written: Frequency | null): Promise<Loaded> {
  const { header, lines, notes } = await readTsf(file, given.limits, written);
  const named = namedLines(lines, header, given, file.name);
  const { known, warnings } = withValues(named, file.name, 'every value of the file is missing');
  const axis = axisOf(known, header);
  const repairs = { filled: 0, left: 0 };
  const series = known.map((line) => seriesOf(line, axis, given.fill, file.name, repairs));
  return {
    raw: { form: 'numbers', series },
    ...seasonKnown(given, header, series),
    ...(header.horizon === null ? {} : { horizon: header.horizon }),
    sha256: file.sha256(),
    warnings: [...warnings, ...oddWarnings(series, () => 'write ? in its place, with source.fill: previous')],
    notes: [...notes, ...headerNotes(header, given), ...repairNotes(repairs, given)],
  };
}

function namedLines(lines: readonly TsfLine[], header: Header, given: TsfOptions, file: string): Line[] {
  const ids = idAttributes(header.attributes, given, file);
  const start = header.attributes.findIndex(({ type }) => type === 'date');
  const lineOf = new Map<string, number>();
  return lines.map((line, row) => {
    const where = `${file}:${line.line}`;
    const id = ids.length === 0 ? `${stem(given.file)} ${row + 1}` : ids.map((at) => line.attributes[at]).join(' / ');
    if (id === '') {
      throw new ForecastError('E_DATA_MISSING', 'the name of the series is empty', {
        where,
        hint: 'name another attribute in source.id',
      });
    }
    const other = lineOf.get(id);
    if (other !== undefined) throw sameId(id, other, where, 'name all attributes of the id in source.id, as a list');
    lineOf.set(id, line.line);
    return { ...line, id, start: start < 0 ? null : startOf(line.attributes[start] as string, where) };
  });
}

function idAttributes(attributes: readonly Attribute[], { id }: TsfOptions, file: string): number[] {
  if (id === undefined) {
    const usual = attributes.findIndex(({ name }) => name === 'series_name');
    const first = usual >= 0 ? usual : attributes.findIndex(({ type }) => type === 'string');
    return first < 0 ? [] : [first];
  }
  return (typeof id === 'string' ? [id] : id).map((one) => {
    const at = attributes.findIndex(({ name }) => name === one);
    if (at >= 0) return at;
    const names = attributes.map(({ name }) => name);
    const guess = nearest(one, names);
    throw new ForecastError('E_DATA_COLUMN', `no attribute ${shown(one)} for source.id`, {
      where: file,
      hint: `${guess === null ? '' : `did you mean ${shown(guess)}? `}attributes: ${names.map(shown).join(', ')}`,
    });
  });
}

/** 2012-01-01, or 2012-01-01 00-30-00 as the archive writes it. */
function startOf(cell: string, where: string): number {
  const stamp = dateStamp(cell);
  if (stamp !== null) return stamp;
  throw new ForecastError('E_TIME_INVALID', `${cell === '' ? 'the start' : shown(cell)} is no time of a first value`, {
    where,
    hint: 'write 2012-01-01, or 2012-01-01 00-30-00',
  });
}

/** When the values of a line were: from its start on; in no time known where the file has no starts, or no frequency. */
function axisOf(
  lines: readonly Line[],
  { frequency }: Header,
): (line: Line, skipped: number, length: number) => TimeAxis {
  const starts = lines.map(({ start }) => start);
  if (frequency === null || starts.includes(null)) {
    return () => ({ stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' });
  }
  const short = ['second', 'minute', 'hour'].includes(frequency.unit);
  const dates = !short && starts.every((start) => (start as number) % DAY === 0);
  const format = dates ? 'iso-date' : 'spaced-datetime';
  return ({ start }, skipped, length) => {
    const stamps = stampsFrom(start as number, frequency, skipped + length).subarray(skipped);
    return { stamps, frequency, format, name: 'time' };
  };
}

function seriesOf(
  line: Line,
  axis: ReturnType<typeof axisOf>,
  fill: Policies['fill'],
  file: string,
  repairs: { filled: number; left: number },
): Series {
  const { skipped, values } = withinKnown(line.values, fill);
  repairs.left += line.values.length - values.length;
  const drawn = drawnIn(values, fill);
  repairs.filled += fillHoles(values, fill, (index) => `${file}:${line.line} value ${skipped + index + 1}`);
  return {
    id: line.id,
    length: values.length,
    time: axis(line, skipped, values.length),
    targets: [{ name: 'value', values, ...drawn }],
    past: [],
    future: [],
  };
}

/** Carried on beyond the values known, a series would be judged by what nobody observed. */
function withinKnown(values: Float64Array, fill: Policies['fill']): { skipped: number; values: Float64Array } {
  if (fill !== 'previous' && fill !== 'linear') return { skipped: 0, values };
  const isKnown = (value: number): boolean => !Number.isNaN(value);
  const first = values.findIndex(isKnown);
  return { skipped: first, values: values.subarray(first, values.findLastIndex(isKnown) + 1) };
}

/** The first season written is the one baselines and scaled errors use; a frequency without starts has a season, but no times. */
function seasonKnown({ season }: TsfOptions, { frequency }: Header, series: readonly Series[]): Pick<Loaded, 'season'> {
  const first = typeof season === 'number' ? season : season?.[0];
  if (first !== undefined) return { season: first };
  return frequency !== null && series[0]?.time.stamps === null ? { season: seasonOf(frequency) } : {};
}

function headerNotes({ attributes, frequency, horizon }: Header, given: TsfOptions): string[] {
  const starts = attributes.find(({ type }) => type === 'date');
  const ids = given.id === undefined ? ['series_name'] : [given.id].flat();
  const unread = attributes.filter((one) => one !== starts && !ids.includes(one.name)).map(({ name }) => name);
  return [
    ...(horizon === null ? [] : [`horizon ${horizon}, as the file says`]),
    ...(frequency === null ? ['no @frequency: values without times'] : []),
    ...(frequency !== null && starts === undefined ? ['no start of the series: values without times'] : []),
    ...(unread.length > 0 && attributes.some(({ name }) => ids.includes(name))
      ? [`not read: ${unread.join(', ')}`]
      : []),
  ];
}

function repairNotes({ filled, left }: { filled: number; left: number }, { fill }: TsfOptions): string[] {
  return [
    ...(filled > 0 ? [`${filled} missing values filled: ${fill}`] : []),
    ...(left > 0 ? [`${left} values missing before the first or after the last known one left out`] : []),
  ];
}
