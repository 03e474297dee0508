// What sources deliver, before any encoder: series of numbers, or documents of text. All in raw units.
// Not here: encoding (encoders/), windows (window/).

import type { Warning } from './errors.ts';
import type { Season } from './season.ts';
import type { TimeAxis } from './time.ts';

/** One named column over the rows of a series. */
export interface Column {
  readonly name: string;
  readonly values: Float64Array;
  /** Read as it is by whoever scales the others: flags and waves of a calendar, the same on every series. */
  readonly asIs?: boolean;
  /** Rows that nobody observed, drawn on a line to a value that came later; absent: none. */
  readonly drawn?: Int32Array;
}

/** One series: targets over `length` rows, and what else is known beside them. */
export interface Series {
  /** Value of the id column; the source's own name where there is one series. */
  readonly id: string;
  /** Rows with known targets. `future` columns may be longer. */
  readonly length: number;
  readonly time: TimeAxis;
  readonly targets: readonly Column[]; // C
  /** Known up to now only. */
  readonly past: readonly Column[]; // P
  /** Known in advance (holidays, prices): `length` rows or more. */
  readonly future: readonly Column[]; // K
}

/** Rows [from, until) of a series, without copying; columns known in advance go on to their end. Positions count from `from`. */
export function rowsOf(series: Series, from: number, until: number): Series {
  if (from === 0 && until === series.length) return series;
  const known = ({ name, values }: Column): Column => ({ name, values: values.subarray(from, until) });
  const { time } = series;
  return {
    id: series.id,
    length: until - from,
    time: { ...time, stamps: time.stamps === null ? null : time.stamps.subarray(from, until) },
    targets: series.targets.map(known),
    past: series.past.map(known),
    future: series.future.map((column) => ({ ...column, values: column.values.subarray(from) })),
  };
}

export interface Numbers {
  readonly form: 'numbers';
  readonly series: readonly Series[];
  /** Series of too few rows to be judged beside the others: forecast, not scored. Absent: none. */
  readonly short?: readonly Series[];
}

/** Documents: windows never cross from one into the next. */
export interface Text {
  readonly form: 'text';
  /** The source's own name (file stem or series kind). */
  readonly id: string;
  readonly documents: readonly string[];
}

export type Raw = Numbers | Text;

/** What a source delivers: the data and what is to be said of it. */
export interface Loaded {
  readonly raw: Raw;
  /** Rows per season where the source knows it (written, or the period of its law); absent: by the calendar. */
  readonly season?: number;
  /** The seasons of the data, the shortest first but for what is written; absent until they are looked for, or where there is none. */
  readonly seasons?: readonly Season[];
  /** Steps the file itself says are to be forecast. */
  readonly horizon?: number;
  /** Whether all target values are above 0 in the rows before anything that is held out; absent until they are looked at. */
  readonly positive?: boolean;
  /** sha256 (hex) of the bytes read, or of the canonical options where data are generated. */
  readonly sha256: string;
  readonly warnings: readonly Warning[];
  /** Plain facts worth showing ("3 missing cells filled by previous", "delimiter ;"). */
  readonly notes: readonly string[];
}
