// What came after a run's forecast: a table of the run's columns, of which only times, ids and targets are read.
// In: a file, the forecast's rows and times. Out: actual values by target and step, and what of the file was not of use. Not here: judging.

import { relative, resolve } from 'node:path';
import { describeFrequency, formatStamp } from '../core/calendar.ts';
import type { Series } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import type { TimeFormat } from '../core/time.ts';
import { readTable, type Table } from '../sources/csv/table.ts';
import type { CsvOptions } from '../sources/csv.ts';
import { type OpenFile, withFile } from '../sources/file.ts';
import { spacingOf } from '../sources/frequency.ts';
import { oddValues } from '../sources/odd.ts';
import { pathId } from '../track/forecast-rows.ts';

export interface Wanted {
  /** Ids of the forecast's series, in order, and its targets. */
  readonly series: readonly string[];
  readonly targets: readonly string[];
  /** Stamps (or positions) of the steps by series. */
  readonly times: { readonly [series: string]: readonly number[] };
  /** Steps of the run's data in words; null where it has none. */
  readonly frequency: string | null;
}

export interface Actuals {
  /** By target ("series/target"), then by step from 0. */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Rows that came before the forecast's first step, after its last, and at no step of it. */
  readonly before: number;
  readonly after: number;
  readonly beside: number;
  /** Cells without a value at a step of the forecast. */
  readonly missing: number;
  /** Series of the file that the run does not know, and of the run that the file does not tell of. */
  readonly unknown: readonly string[];
  readonly absent: readonly string[];
  /** Values that may be mistakes: they are judged by as they stand. */
  readonly warnings: readonly Warning[];
}

/** Errors: those of reading a table; E_DATA_ACTUALS where nothing of the file belongs to the forecast; E_TIME_DUPLICATE. */
export async function readActuals(path: string, options: CsvOptions, wanted: Wanted): Promise<Actuals> {
  const context = {
    resolve: () => resolve(path),
    display: () => relative(process.cwd(), resolve(path)) || path,
    seed: 0,
  };
  const only = { ...options, file: path, target: wanted.targets, past: [], future: [], static: [] };
  const read = async (file: OpenFile): Promise<Actuals> =>
    matched(await readTable(file, only), wanted, options.duplicates, file.name);
  return await withFile(path, context, options.limits, read, options.encoding).catch((error: unknown) => {
    throw asRunReads(error);
  });
}

/** What is wrong with new data, told to somebody who has a run and no config at hand. */
export function asRunReads(error: unknown): unknown {
  if (!(error instanceof ForecastError)) return error;
  const { code, message, where } = error;
  if (code === 'E_DATA_NOT_FOUND')
    return new ForecastError(code, message, { where, hint: 'check the path', cause: error });
  if (!/\bsource\./.test(error.hint ?? '')) return error;
  const hint = `new data are read as the run's own: write the table as that one is, or train on it anew (${error.hint})`;
  return new ForecastError(code, message, { where, hint, cause: error });
}

function matched(table: Table, wanted: Wanted, duplicates: CsvOptions['duplicates'], file: string): Actuals {
  const series = seriesOfRows(table, wanted, file);
  const steps = new Map(wanted.series.map((id) => [id, new Map((wanted.times[id] ?? []).map((time, h) => [time, h]))]));
  const told = new Map<string, Map<number, number[]>>();
  const seen = new Map<string, number>();
  const counts = { before: 0, after: 0, beside: 0, missing: 0 };
  for (let row = 0; row < table.rows; row++) {
    const id = series.of(row);
    if (id === null) continue;
    const time = table.time.stamps === null ? series.position(row) : (table.time.stamps[row] as number);
    const step = steps.get(id)?.get(time);
    if (step === undefined) {
      const times = wanted.times[id] ?? [];
      counts[time < (times[0] as number) ? 'before' : time > (times.at(-1) as number) ? 'after' : 'beside']++;
      continue;
    }
    const earlier = seen.get(`${step} ${id}`);
    if (earlier !== undefined && duplicates === 'refuse') throw doubled(table, row, earlier, file);
    seen.set(`${step} ${id}`, row);
    for (const target of table.targets) {
      const value = target.values[row] as number;
      if (Number.isNaN(value)) counts.missing++;
      else put(told, pathId(id, target.name), step, value);
    }
  }
  const values = new Map([...told].map(([id, own]) => [id, oneAStep(own, duplicates)] as const));
  checkSteps(table, series, wanted, values, counts.beside, file);
  if (values.size === 0) throw nothing(counts, wanted, table, file);
  const present = new Set([...seen.keys()].map((key) => key.slice(key.indexOf(' ') + 1)));
  const absent = wanted.series.filter((id) => !present.has(id));
  return {
    values,
    ...counts,
    unknown: series.unknown,
    absent,
    warnings: oddValues(asSeries(table, series, wanted), () => 'leave its cells empty'),
  };
}

/** The table's known values in the order of time, a series for each of its targets. */
function asSeries(table: Table, series: RowSeries, { frequency }: Wanted): Series[] {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const id = series.of(row);
    if (id === null) continue;
    const own = rowsOf.get(id);
    if (own === undefined) rowsOf.set(id, [row]);
    else own.push(row);
  }
  const { stamps, format, name } = table.time;
  const unit = /second|minute/.test(frequency ?? '') ? 'minute' : 'day';
  return [...rowsOf].flatMap(([id, rows]) =>
    table.targets.map((target): Series => {
      const known = rows.filter((row) => !Number.isNaN(target.values[row]));
      if (stamps !== null) known.sort((a, b) => (stamps[a] as number) - (stamps[b] as number));
      const pick = (values: Float64Array): Float64Array => Float64Array.from(known, (row) => values[row] as number);
      const time = { stamps: stamps && pick(stamps), frequency: { unit, count: 1 }, format, name } as const;
      const targets = [{ name: target.name, values: pick(target.values) }];
      return { id, length: known.length, time, targets, past: [], future: [] };
    }),
  );
}

function put(values: Map<string, Map<number, number[]>>, id: string, step: number, value: number): void {
  const own = values.get(id) ?? new Map<number, number[]>();
  own.set(step, [...(own.get(step) ?? []), value]);
  values.set(id, own);
}

/** Values of one time as the run's source makes them one. */
function oneAStep(
  told: ReadonlyMap<number, readonly number[]>,
  duplicates: CsvOptions['duplicates'],
): Map<number, number> {
  const one = (values: readonly number[]): number => {
    if (duplicates !== 'sum' && duplicates !== 'mean')
      return (duplicates === 'last' ? values.at(-1) : values[0]) as number;
    const sum = values.reduce((all, value) => all + value, 0);
    return duplicates === 'sum' ? sum : sum / values.length;
  };
  return new Map([...told].map(([step, values]) => [step, one(values)]));
}

interface RowSeries {
  /** The run's series a row belongs to; null: none. */
  readonly of: (row: number) => string | null;
  /** Rows of the same series before it. */
  readonly position: (row: number) => number;
  readonly unknown: readonly string[];
}

function seriesOfRows({ groups, rows }: Table, { series }: Wanted, file: string): RowSeries {
  if (groups === null) {
    if (series.length === 1) return { of: () => series[0] as string, position: (row) => row, unknown: [] };
    throw new ForecastError(
      'E_DATA_ACTUALS',
      `the run has ${series.length} series, and no column of the file tells which a row belongs to`,
      {
        where: file,
        hint: 'add the id column the run was made with',
      },
    );
  }
  const known = new Set(series);
  const unknown = groups.names.filter((name) => !known.has(name));
  if (unknown.length === groups.names.length) {
    throw new ForecastError('E_DATA_ACTUALS', `the run knows none of its series (${listed(unknown)})`, {
      where: file,
      hint: `it knows ${listed(series)}`,
    });
  }
  const counts = new Int32Array(groups.names.length);
  const positions = Float64Array.from({ length: rows }, (_, row) => {
    const code = groups.codes[row] as number;
    const position = counts[code] as number;
    counts[code] = position + 1;
    return position;
  });
  return {
    of: (row) => {
      const name = groups.names[groups.codes[row] as number] as string;
      return known.has(name) ? name : null;
    },
    position: (row) => positions[row] as number,
    unknown,
  };
}

/**
 * Rows of another frequency mean something else even where their times agree: the first day of a month is no month. They stand between the
 * forecast's steps, or never at two in succession; every second step, which sums nothing people sum, is told with gaps. Days and business
 * days are told apart by nobody in a week.
 */
function checkSteps(
  table: Table,
  series: RowSeries,
  { frequency, series: ids }: Wanted,
  values: Actuals['values'],
  beside: number,
  file: string,
): void {
  const { stamps, format } = table.time;
  if (frequency === null || stamps === null) return;
  const matched = [...values.values()].map((own) => [...own.keys()].sort((a, b) => a - b));
  const count = matched.reduce((sum, steps) => sum + steps.length, 0);
  const inSuccession = matched.some((steps) => steps.some((step, n) => step === (steps[n - 1] ?? Number.NaN) + 1));
  if (beside < Math.max(1, count) && (inSuccession || count === 0)) return;
  const everySecond = matched.every((steps) =>
    steps.every((step, n) => n === 0 || step === (steps[n - 1] as number) + 2),
  );
  if (beside === 0 && everySecond && matched.some((steps) => steps.length > 1)) return;
  const times = new Map(ids.map((id) => [id, new Set<number>()]));
  for (const [row, stamp] of stamps.entries()) {
    const id = series.of(row);
    if (id !== null) times.get(id)?.add(stamp);
  }
  for (const known of times.values()) {
    const own = Float64Array.from(known).sort();
    const given = stepsOf(own, format);
    if (given === null || given === frequency || (DAYS.test(given) && DAYS.test(frequency))) continue;
    throw new ForecastError('E_DATA_ACTUALS', `its rows are ${given}, the forecast's steps are ${frequency}`, {
      where: file,
      hint: 'give one row a step: sum or average the rows of each',
    });
  }
}

const DAYS = /^(?:daily|business)/;

/** What three rows or more tell of their steps; null where they tell nothing. */
function stepsOf(stamps: Float64Array, format: TimeFormat): string | null {
  if (stamps.length < 3) return null;
  const { frequency, holes } = spacingOf(stamps, format);
  return holes.some(({ absent }) => absent === null) ? null : describeFrequency(frequency);
}

function doubled(table: Table, row: number, earlier: number, file: string): ForecastError {
  return new ForecastError('E_TIME_DUPLICATE', `the time stands on line ${table.lineOf(earlier)} too`, {
    where: `${file}:${table.lineOf(row)}`,
    hint: 'leave one row a time and series',
  });
}

function nothing(
  { before, after, beside, missing }: Pick<Actuals, 'before' | 'after' | 'beside' | 'missing'>,
  wanted: Wanted,
  { time }: Table,
  file: string,
): ForecastError {
  const counts = [
    [before, 'before the forecast'],
    [after, 'after it'],
    [beside, 'between its steps'],
    [missing, 'without a value'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, where]) => `${count} ${where}`);
  const steps = Object.values(wanted.times).flat();
  const positions = `rows are counted from the run's first one, the forecast begins at row ${steps[0]}`;
  const dates =
    time.stamps === null ? '' : `; its rows are of ${span(time.stamps, time)}, the forecast of ${span(steps, time)}`;
  const what = `no row tells a value of the forecast (${told.join(', ') || 'no rows'})${dates}`;
  return new ForecastError('E_DATA_ACTUALS', what, {
    where: file,
    hint: time.stamps === null ? positions : 'give the rows that followed the data of the run',
  });
}

/** The first and the last of some stamps, written as the table writes them. */
function span(stamps: Iterable<number>, { format }: Table['time']): string {
  const sorted = [...stamps].sort((a, b) => a - b);
  const written = [sorted[0], sorted.at(-1)].map((stamp) =>
    formatStamp({ format, frequency: { unit: 'day', count: 1 } }, stamp as number),
  );
  return [...new Set(written)].join(' … ');
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
