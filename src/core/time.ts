// The time axis of a series: when each row happened and how rows follow each other.
// In: stamps in milliseconds UTC, or none. Out: the frequency's data. Not here: parsing of cells (sources/), calendar arithmetic (calendar.ts).

/** The step between two rows, by calendar: `count` × `unit`. `index` is a series without a time column. */
export interface Frequency {
  readonly unit:
    | 'index'
    | 'millisecond'
    | 'second'
    | 'minute'
    | 'hour'
    | 'day'
    | 'business-day'
    | 'week'
    | 'month'
    | 'quarter'
    | 'year';
  readonly count: number;
}

/**
 * How stamps are written back, so that forecasts look like the file they continue: `iso-datetime` 2014-07-01T00:30:00,
 * `spaced-datetime` 2014-07-01 00:30:00, `iso-datetime-utc` 2014-07-01T00:30:00Z, `compact-date` 20140701, `dotted-date` 23.01.2022, `day-month-year`
 * 01/07/2014, `month-day-year` 07/01/2014, `month-name-date` Jul 1 2014, `year-month` 2014-07, `year-quarter` 2014 Q3,
 * `year-half` 2014 H2.
 */
export type TimeFormat =
  | 'index'
  | 'iso-date'
  | 'iso-datetime'
  | 'spaced-datetime'
  | 'iso-datetime-utc'
  | 'compact-date'
  | 'day-month-year'
  | 'dotted-date'
  | 'month-day-year'
  | 'epoch-seconds'
  | 'epoch-milliseconds'
  | 'month-name-date'
  | 'year'
  | 'year-month'
  | 'year-quarter'
  | 'year-half';

export interface TimeAxis {
  /** Milliseconds since 1970-01-01T00:00:00Z of each row (wall-clock stamps without an offset are read as UTC); null for `index`. */
  readonly stamps: Float64Array | null;
  readonly frequency: Frequency;
  readonly format: TimeFormat;
  /** Name of the time column, for forecast.csv. */
  readonly name: string;
}
