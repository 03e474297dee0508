// From rows to one series: order, duplicates, gaps, missing cells, each refused or repaired by a named policy and counted.
// In: the rows of one id, with NaN where a cell is missing. Out: a Series and what was done to it. Not here: reading, inference of columns.

import { describeFrequency, formatStamp } from '../core/calendar.ts';
import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { Frequency, TimeFormat } from '../core/time.ts';
import { type Hole, type Spacing, spacingOf } from './frequency.ts';

/** What to do about rows and cells that are not as they should be. */
export interface Policies {
  readonly order: 'refuse' | 'sort';
  readonly duplicates: 'refuse' | 'first' | 'last' | 'mean' | 'sum';
  readonly gaps: 'refuse' | 'keep' | 'fill';
  readonly fill: 'refuse' | 'previous' | 'linear' | 'zero';
}

/** All rows of one series. Columns in the order targets, past, future. */
export interface Frame {
  readonly id: string;
  /** Names the series in messages: " of series "MSFT"" or nothing where there is one series. */
  readonly label: string;
  /** What hints about doubled or disordered times begin with: how the rows may be told apart, or nothing. */
  readonly advice: string;
  /** Columns of the file that could be inputs and are none, for hints about rows still to come. */
  readonly unread: readonly string[];
  readonly stamps: Float64Array | null;
  readonly format: TimeFormat;
  readonly timeName: string;
  readonly columns: readonly Column[];
  readonly targets: number;
  readonly past: number;
  /** `file` in messages, and the line of each row; −1 for a row that was inserted. */
  readonly file: string;
  readonly lines: (row: number) => number;
}

/** What was done, counted over all series of a file. */
export interface Repairs {
  turned: number;
  sorted: number;
  duplicates: number;
  inserted: number;
  filled: number;
  leading: number;
  holidays: number;
  kept: number;
  unknown: number;
  trailing: number;
}

export function noRepairs(): Repairs {
  return {
    turned: 0,
    sorted: 0,
    duplicates: 0,
    inserted: 0,
    filled: 0,
    leading: 0,
    holidays: 0,
    kept: 0,
    unknown: 0,
    trailing: 0,
  };
}

/**
 * One series, whole and in order. Throws E_TIME_ORDER, E_TIME_DUPLICATE, E_TIME_GAP, E_DATA_MISSING (naming lines and the policy to
 * set) and E_DATA_TOO_LARGE where filling gaps passes `mostRows`.
 */
export function seriesOf(frame: Frame, policies: Policies, repairs: Repairs, mostRows: number): Series {
  const single = frame.stamps === null ? frame : onePerStamp(inOrder(frame, policies, repairs), policies, repairs);
  const { frame: regular, frequency } = onGrid(single, policies, repairs, mostRows);
  return filledSeries(withoutLeading(regular, policies, repairs), frequency, policies, repairs);
}

function rowsOf(frame: Frame): number {
  return (frame.columns[0] as Column).values.length;
}

/** The frame with its rows taken in another order, or only some of them. */
function taking(frame: Frame, rows: Int32Array): Frame {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] as number);
  return {
    ...frame,
    stamps: frame.stamps === null ? null : pick(frame.stamps),
    columns: frame.columns.map(({ name, values }) => ({ name, values: pick(values) })),
    lines: (row) => frame.lines(rows[row] as number),
  };
}

function written(frame: Frame, stamp: number): string {
  return formatStamp({ format: frame.format, frequency: { unit: 'day', count: 1 } }, stamp);
}

/** Rows in the order of time; equal stamps keep the order of the file. */
function inOrder(frame: Frame, policies: Policies, repairs: Repairs): Frame {
  const stamps = frame.stamps as Float64Array;
  const row = firstBackward(stamps);
  if (row < 0) return frame;
  if (policies.order === 'refuse' && isNewestFirst(stamps)) {
    repairs.turned++;
    return taking(
      frame,
      Int32Array.from(stamps, (_, i) => stamps.length - 1 - i),
    );
  }
  if (policies.order === 'refuse') {
    const [before, after] = [stamps[row - 1] as number, stamps[row] as number];
    const newest = row === 1 ? ' (newest first?)' : '';
    throw new ForecastError(
      'E_TIME_ORDER',
      `${written(frame, after)} comes after ${written(frame, before)} of line ${frame.lines(row - 1)}${frame.label}${newest}`,
      {
        where: `${frame.file}:${frame.lines(row)}`,
        hint: `${frame.advice}set source.order: sort`,
      },
    );
  }
  const order = Int32Array.from(stamps, (_, i) => i);
  order.sort((a, b) => (stamps[a] as number) - (stamps[b] as number) || a - b);
  repairs.sorted++;
  return taking(frame, order);
}

/** Rows that go backwards one and all have an order, if not the usual one; two may be a mistake. */
function isNewestFirst(stamps: Float64Array): boolean {
  return stamps.length > 2 && stamps.every((stamp, i) => i === 0 || stamp < (stamps[i - 1] as number));
}

function firstBackward(stamps: Float64Array): number {
  for (let i = 1; i < stamps.length; i++) if ((stamps[i] as number) < (stamps[i - 1] as number)) return i;
  return -1;
}

/** Of single sales, a day's is their sum; of a few rows that stand there twice, one is one too many. */
function usualRepair(stamps: Float64Array): string {
  const doubled = stamps.filter((stamp, i) => stamp === stamps[i - 1]).length;
  return doubled * 4 > stamps.length ? 'sum (or mean, first, last)' : 'first (or last, mean, sum)';
}

/**
 * One row a stamp: the first, the last, or the mean of those that share it (of the cells that are there); or the sum of targets, beside the
 * mean of inputs.
 */
function onePerStamp(frame: Frame, policies: Policies, repairs: Repairs): Frame {
  const stamps = frame.stamps as Float64Array;
  const doubled = firstDoubled(stamps);
  if (doubled < 0) return frame;
  if (policies.duplicates === 'refuse') {
    throw new ForecastError(
      'E_TIME_DUPLICATE',
      `${written(frame, stamps[doubled] as number)} stands on line ${frame.lines(doubled - 1)} too${frame.label}`,
      {
        where: `${frame.file}:${frame.lines(doubled)}`,
        hint: `${frame.advice}set source.duplicates: ${usualRepair(stamps)}`,
      },
    );
  }
  const starts: number[] = [];
  for (let i = 0; i < stamps.length; i++) if (i === 0 || stamps[i] !== stamps[i - 1]) starts.push(i);
  repairs.duplicates += stamps.length - starts.length;
  const ends = starts.map((_, g) => (starts[g + 1] ?? stamps.length) - 1);
  const one = taking(frame, Int32Array.from(policies.duplicates === 'last' ? ends : starts));
  if (policies.duplicates !== 'mean' && policies.duplicates !== 'sum') return one;
  const columns = frame.columns.map(({ name, values }, c) => {
    const whole = policies.duplicates === 'sum' && c < frame.targets;
    const of = whole ? sumOf : meanOf;
    return { name, values: Float64Array.from(starts, (start, g) => of(values, start, (ends[g] as number) + 1)) };
  });
  return { ...one, columns };
}

function firstDoubled(stamps: Float64Array): number {
  for (let i = 1; i < stamps.length; i++) if (stamps[i] === stamps[i - 1]) return i;
  return -1;
}

/** Of the cells that are there; NaN where none is. */
function sumOf(values: Float64Array, start: number, end: number): number {
  const known = values.subarray(start, end).filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: Float64Array, start: number, end: number): number {
  const known = values.subarray(start, end).filter((value) => !Number.isNaN(value));
  return sumOf(known, 0, known.length) / known.length;
}

/** Rows at every step of the frequency, or a refusal, or the rows as they are. */
function onGrid(
  frame: Frame,
  policies: Policies,
  repairs: Repairs,
  mostRows: number,
): { frame: Frame; frequency: Frequency } {
  if (frame.stamps === null) return { frame, frequency: { unit: 'index', count: 1 } };
  const spacing = spacingOf(frame.stamps, frame.format);
  const { frequency, holes } = spacing;
  repairs.holidays += spacing.holidays;
  const beside = holes.some((hole) => hole.absent === null);
  if (holes.length > 0 && (policies.gaps === 'refuse' || (policies.gaps === 'fill' && beside))) {
    throw gapError(frame, spacing, beside, policies);
  }
  if (policies.gaps === 'keep') repairs.kept += holes.length;
  if (policies.gaps !== 'fill' || (holes.length === 0 && spacing.holidays === 0)) return { frame, frequency };
  return { frame: withRowsInserted(frame, spacing, repairs, mostRows), frequency };
}

function gapError(
  frame: Frame,
  { frequency, grid, holes }: Spacing,
  beside: boolean,
  policies: Policies,
): ForecastError {
  const stamps = frame.stamps as Float64Array;
  const first = holes[0] as Hole;
  const where = `${frame.file}:${frame.lines(first.after + 1)}`;
  const rhythm = describeFrequency(frequency);
  if (beside && 2 * holes.length > stamps.length) {
    const [before, after] = [stamps[0] as number, stamps[1] as number];
    return new ForecastError(
      'E_TIME_GAP',
      `no even steps: ${written(frame, before)} is followed by ${written(frame, after)}, and hardly a step is like another${frame.label}`,
      {
        where: `${frame.file}:${frame.lines(1)}`,
        hint: 'where rows are single sales or events, write one row a day (a week, a month) with their sum; else set source.gaps: keep to read the rows as they are',
      },
    );
  }
  if (beside) {
    const odd = holes.find((hole) => hole.absent === null) as Hole;
    const [before, after] = [stamps[odd.after] as number, stamps[odd.after + 1] as number];
    return new ForecastError(
      'E_TIME_GAP',
      `uneven steps: ${rhythm} mostly, but ${written(frame, before)} is followed by ${written(frame, after)}${frame.label}`,
      {
        where: `${frame.file}:${frame.lines(odd.after + 1)}`,
        hint: `set source.gaps: keep to read the rows as they are${policies.gaps === 'fill' ? '; fill needs even steps' : ''}`,
      },
    );
  }
  const absent = holes.reduce((sum, hole) => sum + (hole.absent as number), 0);
  const places = holes.slice(0, 3).map((hole) => {
    const at = grid.stampAt(grid.indexOf(stamps[hole.after] as number) + 1);
    const lines = `lines ${frame.lines(hole.after)} and ${frame.lines(hole.after + 1)}`;
    return `${written(frame, at)}${hole.absent === 1 ? '' : ` and ${(hole.absent as number) - 1} more`} between ${lines}`;
  });
  const more = holes.length > 3 ? `; ${holes.length - 3} more gap${holes.length === 4 ? '' : 's'}` : '';
  return new ForecastError(
    'E_TIME_GAP',
    `${absent} row${absent === 1 ? ' is' : 's are'} absent from ${rhythm} data${frame.label}: ${places.join(', ')}${more}`,
    { where, hint: 'set source.gaps: fill with source.fill: previous (or linear, zero), or source.gaps: keep' },
  );
}

/** Absent rows inserted with missing cells; holidays too, where gaps are to be filled. */
function withRowsInserted(frame: Frame, { grid }: Spacing, repairs: Repairs, mostRows: number): Frame {
  const stamps = frame.stamps as Float64Array;
  const indexes = stamps.map((stamp) => grid.indexOf(stamp));
  const total = (indexes[indexes.length - 1] as number) + 1;
  if (total > mostRows) {
    throw new ForecastError('E_DATA_TOO_LARGE', `filling the gaps makes ${total} rows, and ${mostRows} is the limit`, {
      where: frame.file,
      hint: 'set source.gaps: keep, or raise source.limits.rows',
    });
  }
  const from = new Int32Array(total).fill(-1);
  indexes.forEach((index, row) => {
    from[index] = row;
  });
  repairs.inserted += total - stamps.length;
  return {
    ...frame,
    stamps: Float64Array.from(from, (row, index) => (row < 0 ? grid.stampAt(index) : (stamps[row] as number))),
    columns: frame.columns.map(({ name, values }) => ({
      name,
      values: Float64Array.from(from, (row) => (row < 0 ? Number.NaN : (values[row] as number))),
    })),
    lines: (row) => ((from[row] as number) < 0 ? -1 : frame.lines(from[row] as number)),
  };
}

/** A series begins where all of its targets have begun, when missing cells are carried on or interpolated. */
function withoutLeading(frame: Frame, policies: Policies, repairs: Repairs): Frame {
  if (policies.fill !== 'previous' && policies.fill !== 'linear') return frame;
  const starts = frame.columns
    .slice(0, frame.targets)
    .map(({ values }) => values.findIndex((value) => !Number.isNaN(value)));
  const start = Math.max(...starts);
  if (start <= 0 || starts.some((first) => first < 0)) return frame;
  repairs.leading += start;
  const rows = rowsOf(frame);
  return taking(
    frame,
    Int32Array.from({ length: rows - start }, (_, i) => start + i),
  );
}

function filledSeries(frame: Frame, frequency: Frequency, policies: Policies, repairs: Repairs): Series {
  const targets = frame.columns.slice(0, frame.targets);
  const past = frame.columns.slice(frame.targets, frame.targets + frame.past);
  const future = frame.columns.slice(frame.targets + frame.past);
  // Carried on past the last known target, values would be judged as if they had been observed.
  const carried = policies.fill === 'previous' || policies.fill === 'linear';
  const length = carried ? firstEnd(targets) + 1 : future.length > 0 ? lastKnown(targets) + 1 : rowsOf(frame);
  if (length === 0) throw noTarget(frame);
  if (future.length > 0) repairs.unknown += rowsOf(frame) - length;
  else repairs.trailing += rowsOf(frame) - length;
  const cut = ({ name, values }: Column): Column => ({
    name,
    values: length === values.length ? values : values.slice(0, length),
  });
  const whole = (column: Column): Column => ({
    name: column.name,
    values: filled(column, frame, policies.fill, repairs),
    ...drawnIn(column.values, policies.fill),
  });
  return {
    id: frame.id,
    length,
    time: {
      stamps: frame.stamps === null || frame.stamps.length === length ? frame.stamps : frame.stamps.slice(0, length),
      frequency,
      format: frame.format,
      name: frame.timeName,
    },
    targets: targets.map(cut).map(whole),
    past: past.map(cut).map(whole),
    future: future.map((column) => whole(policies.fill === 'refuse' ? withoutUnknown(column, length) : column)),
  };
}

/** A column known in advance ends with the last of its values after the targets: nobody has filled in the rest yet. */
function withoutUnknown({ name, values }: Column, length: number): Column {
  const end = Math.max(length, values.findLastIndex((value) => !Number.isNaN(value)) + 1);
  return { name, values: end === values.length ? values : values.slice(0, end) };
}

/** Last row of the target that ends first; of one without any value nothing is said here. */
function firstEnd(targets: readonly Column[]): number {
  const ends = targets.map(({ values }) => values.findLastIndex((value) => !Number.isNaN(value)));
  return Math.min(...ends.map((end) => (end < 0 ? lastKnown(targets) : end)));
}

/** Last row with a target; rows after it are known in advance only. */
function lastKnown(targets: readonly Column[]): number {
  return Math.max(...targets.map(({ values }) => values.findLastIndex((value) => !Number.isNaN(value))));
}

function noTarget(frame: Frame): ForecastError {
  return new ForecastError('E_DATA_MISSING', `no row has a target${frame.label}`, {
    where: frame.file,
    hint: 'name another column in source.target',
  });
}

/** Missing cells refused or filled; a new array where anything is filled. */
function filled(column: Column, frame: Frame, fill: Policies['fill'], repairs: Repairs): Float64Array {
  const first = column.values.findIndex(Number.isNaN);
  if (first < 0) return column.values;
  const start = column.values.findIndex((value) => !Number.isNaN(value));
  if (fill === 'refuse' || (fill !== 'zero' && start !== 0)) throw missing(column, frame, first, fill);
  const values = column.values.slice();
  repairs.filled += bridged(values, fill);
  return values;
}

/** The rows that a line will be drawn through, to be told of where they are held out. */
export function drawnIn(values: Float64Array, fill: Policies['fill']): { readonly drawn?: Int32Array } {
  if (fill !== 'linear' || !values.some(Number.isNaN)) return {};
  return { drawn: Int32Array.from([...values.keys()].filter((row) => Number.isNaN(values[row]))) };
}

/** Fills every stretch of missing values in place, the first value known (or fill: zero), and says how many there were. */
export function bridged(values: Float64Array, fill: Policies['fill']): number {
  let count = 0;
  for (let i = values.findIndex(Number.isNaN); i >= 0 && i < values.length; ) {
    if (!Number.isNaN(values[i] as number)) {
      i++;
      continue;
    }
    let end = i;
    while (end < values.length && Number.isNaN(values[end] as number)) end++;
    bridge(values, i, end, fill);
    count += end - i;
    i = end;
  }
  return count;
}

/** Fills the stretch [start, end) between two known values; after the last one it is carried on. */
function bridge(values: Float64Array, start: number, end: number, fill: Policies['fill']): void {
  const before = values[start - 1] as number;
  const after = end < values.length ? (values[end] as number) : before;
  for (let i = start; i < end; i++) {
    if (fill === 'zero') values[i] = 0;
    else if (fill === 'previous') values[i] = before;
    else values[i] = before + ((after - before) * (i - start + 1)) / (end - start + 1);
  }
}

function missing(column: Column, frame: Frame, row: number, fill: Policies['fill']): ForecastError {
  const count = column.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
  const aheadOnly = row + count === column.values.length && row > lastKnown(frame.columns.slice(0, frame.targets));
  const line = frame.lines(row);
  const what = count === 1 ? 'the value is missing' : `the value is missing, and ${count - 1} more in this column`;
  const columns = frame.unread.slice(0, 4).map((name) => JSON.stringify(name));
  const known =
    columns.length === 0
      ? 'where columns known for them are named in source.future'
      : `with what is known for them: set source.future: [${columns.join(', ')}] or some of these`;
  return new ForecastError('E_DATA_MISSING', `${what}${frame.label}`, {
    where: `${frame.file}${line < 0 ? '' : `:${line}`} column ${JSON.stringify(column.name.slice(0, 40))}`,
    hint: aheadOnly
      ? `rows still to come are read ${known}; else remove these rows, or set source.fill: previous`
      : fill === 'refuse'
        ? 'set source.fill: previous (or linear, zero)'
        : `source.fill: ${fill} needs a value to start from; begin the file later or use zero`,
  });
}
