import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { gridOf, stampsUntil } from '../../src/core/calendar.ts';
import type { Column, Loaded, Series } from '../../src/core/data.ts';
import type { Frequency } from '../../src/core/time.ts';
import {
  type CalendarEntry,
  calendarField,
  calendarWords,
  usualCalendar,
  withCalendar,
} from '../../src/sources/calendar.ts';
import { failure, loadCsv, onlySeries } from './load.ts';

const MONTHLY: Frequency = { unit: 'month', count: 1 };
const DAILY: Frequency = { unit: 'day', count: 1 };
const HOURLY: Frequency = { unit: 'hour', count: 1 };

function stampsFrom(start: string, frequency: Frequency, rows: number): Float64Array {
  const grid = gridOf(frequency, Float64Array.of(Date.parse(`${start}Z`)));
  return Float64Array.from({ length: rows }, (_, i) => grid.stampAt(i));
}

function seriesOf(stamps: Float64Array | null, frequency: Frequency, rows = stamps?.length ?? 4): Series {
  return {
    id: 'x',
    length: rows,
    time: { stamps, frequency, format: 'iso-datetime', name: 'time' },
    targets: [{ name: 'y', values: new Float64Array(rows) }],
    past: [],
    future: [],
  };
}

function loadedOf(...series: Series[]): Loaded {
  return { raw: { form: 'numbers', series }, sha256: '', warnings: [], notes: [] };
}

function futureOf(series: Series, entries: readonly CalendarEntry[], ahead = 0): readonly Column[] {
  const { raw } = withCalendar(loadedOf(series), entries, ahead);
  if (raw.form !== 'numbers') throw new Error('not numbers');
  return (raw.series[0] as Series).future;
}

function valuesOf(columns: readonly Column[], name: string): number[] {
  const found = columns.find((column) => column.name === name);
  if (!found) throw new Error(`no column ${name}, only ${columns.map((column) => column.name).join(', ')}`);
  return [...found.values];
}

/** Which class each row is of. */
function classesOf(columns: readonly Column[], feature: string): number[] {
  const own = columns.filter(({ name }) => name.startsWith(`${feature}=`));
  return Array.from({ length: own[0]?.values.length ?? 0 }, (_, t) => {
    const on = own.filter(({ values }) => values[t] === 1);
    expect(own.reduce((sum, { values }) => sum + (values[t] as number), 0)).toBe(1);
    return Number((on[0] as Column).name.slice(feature.length + 1));
  });
}

function thrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}. ${(error as { hint: string }).hint}`;
  }
  throw new Error('nothing was thrown');
}

describe('columns of the calendar', () => {
  test('every feature is what Temporal says of the row', () => {
    const day = fc.integer({ min: -20_000, max: 40_000 });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 23 }), (days, hour) => {
        const date = Temporal.PlainDate.from('1970-01-01').add({ days });
        const stamp = Date.parse(`${date.toString()}T00:00:00Z`) + hour * 3_600_000;
        const columns = futureOf(seriesOf(Float64Array.of(stamp), HOURLY), [
          'month',
          'quarter',
          'weekday',
          'hour',
          'day-of-month',
          { feature: 'week-of-year', form: 'one-hot' },
          'weekend',
          'day-of-year',
          'time-of-day',
        ]);
        expect(classesOf(columns, 'month')).toEqual([date.month]);
        expect(classesOf(columns, 'quarter')).toEqual([Math.ceil(date.month / 3)]);
        expect(classesOf(columns, 'weekday')).toEqual([date.dayOfWeek]);
        expect(classesOf(columns, 'hour')).toEqual([hour]);
        expect(classesOf(columns, 'day-of-month')).toEqual([date.day]);
        expect(classesOf(columns, 'week-of-year')).toEqual([date.weekOfYear]);
        expect(valuesOf(columns, 'weekend')).toEqual([date.dayOfWeek > 5 ? 1 : 0]);
        const year = (2 * Math.PI * (date.dayOfYear - 1)) / date.daysInYear;
        expect(valuesOf(columns, 'day-of-year sin')[0]).toBeCloseTo(Math.sin(year), 12);
        expect(valuesOf(columns, 'day-of-year cos')[0]).toBeCloseTo(Math.cos(year), 12);
        expect(valuesOf(columns, 'time-of-day cos')[0]).toBeCloseTo(Math.cos((2 * Math.PI * hour) / 24), 12);
      }),
      { numRuns: 200 },
    );
  });

  test('every column is told of by its name, and the phase of a wave is the one that is meant', () => {
    const stamps = stampsFrom('2024-02-29T13:30', HOURLY, 40);
    const cyclic = [
      'month',
      'quarter',
      'week-of-year',
      'day-of-year',
      'day-of-month',
      'weekday',
      'time-of-week',
      'hour',
    ];
    const entries: CalendarEntry[][] = [
      ...['month', 'quarter', 'weekday', 'hour', 'day-of-month', 'weekend'].map((name) => [name]),
      ...cyclic.map((feature) => [{ feature, form: 'cyclic' as const, harmonics: 3 }]),
      [{ feature: 'time-of-day', form: 'one-hot' }],
      ['time-of-day'],
      [{ feature: 'holiday', dates: ['02-29', '2024-03-01'] }],
    ];
    for (const entry of entries) {
      const [words, ...others] = calendarWords(entry) as [string];
      expect(others).toEqual([]);
      expect(words).not.toMatch(/undefined|NaN/);
      for (const { name } of futureOf(seriesOf(stamps, HOURLY), entry)) {
        expect(words).toContain(name.includes('=') ? `${name.slice(0, name.indexOf('='))}=` : name);
      }
    }
    expect(calendarWords([{ feature: 'week-of-year', form: 'cyclic' }])).toEqual([
      'week-of-year sin and week-of-year cos are the sine and the cosine of 2π p, where p is (day of the year - 1) / days of that year.',
    ]);
  });

  test('they go on after the last row by the calendar, as far as is asked', () => {
    const series = seriesOf(stampsFrom('2020-11-30', MONTHLY, 3), MONTHLY);
    const columns = futureOf(series, ['month'], 4);
    expect(classesOf(columns, 'month')).toEqual([11, 12, 1, 2, 3, 4, 5]);
    const holed: Series = {
      ...series,
      time: { ...series.time, stamps: series.time.stamps!.map((s, i) => (i < 1 ? s - 1e10 : s)) },
    };
    expect(classesOf(futureOf(holed, ['month'], 2), 'month').slice(1)).toEqual([12, 1, 2, 3]);
  });

  test('their values are read as they are, whatever the rows', () => {
    for (const { asIs } of futureOf(seriesOf(stampsFrom('2020-01-01', DAILY, 9), DAILY), [
      'weekday',
      'weekend',
      'day-of-year',
    ])) {
      expect(asIs).toBe(true);
    }
  });

  test('the columns of a feature do not depend on the rows', () => {
    const names = (rows: number): string[] =>
      futureOf(seriesOf(stampsFrom('2020-01-01', DAILY, rows), DAILY), ['month', 'weekday', 'week-of-year']).map(
        ({ name }) => name,
      );
    expect(names(1)).toEqual(names(400));
  });

  test('half hours of a day are 48 classes where they are asked for, a wave where they are not', () => {
    const half: Frequency = { unit: 'minute', count: 30 };
    const series = seriesOf(stampsFrom('2020-01-01', half, 96), half);
    const columns = futureOf(series, [{ feature: 'time-of-day', form: 'one-hot' }]);
    expect(columns).toHaveLength(48);
    expect(valuesOf(columns, 'time-of-day=13:30').flatMap((on, t) => (on === 1 ? [t] : []))).toEqual([27, 75]);
    expect(futureOf(series, ['time-of-day']).map(({ name }) => name)).toEqual(['time-of-day sin', 'time-of-day cos']);
    const fine: Frequency = { unit: 'second', count: 7 };
    expect(
      thrown(() =>
        futureOf(seriesOf(stampsFrom('2020-01-01', fine, 5), fine), [{ feature: 'time-of-day', form: 'one-hot' }]),
      ),
    ).toMatch(/^E_CONFIG_CONFLICT: time-of-day has too many classes/);
  });

  test('harmonics are of whole shares of the cycle', () => {
    const columns = futureOf(seriesOf(stampsFrom('2020-01-06', HOURLY, 168), HOURLY), [
      { feature: 'time-of-week', harmonics: 2 },
    ]);
    expect(columns.map(({ name }) => name)).toEqual([
      'time-of-week sin',
      'time-of-week cos',
      'time-of-week sin 2',
      'time-of-week cos 2',
    ]);
    expect(valuesOf(columns, 'time-of-week sin 2')[21]).toBeCloseTo(1, 12);
  });

  test('a holiday is a flag on its day, and a count in rows of weeks or months', () => {
    const dates = ['12-25', '12-26', '2021-01-06'];
    const daily = futureOf(seriesOf(stampsFrom('2020-12-24', DAILY, 3), DAILY), [{ feature: 'holiday', dates }], 12);
    expect(valuesOf(daily, 'holiday')).toEqual([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    const monthly = futureOf(
      seriesOf(stampsFrom('2019-12-01', MONTHLY, 12), MONTHLY),
      [{ feature: 'holiday', dates }],
      2,
    );
    expect(valuesOf(monthly, 'holiday')).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    expect(
      thrown(() =>
        futureOf(seriesOf(stampsFrom('2020-12-24', DAILY, 3), DAILY), [{ feature: 'holiday', dates: ['02-30'] }]),
      ),
    ).toBe('E_CONFIG_RANGE: no calendar has the date 02-30. write dates as 2026-12-24, or 12-24 for every year');
  });

  test('the usual features of every frequency are accepted for it', () => {
    const units = [
      'second',
      'minute',
      'hour',
      'day',
      'business-day',
      'week',
      'month',
      'quarter',
      'year',
      'index',
    ] as const;
    for (const unit of units) {
      for (const count of [1, 2, 3, 6, 7, 12]) {
        const frequency = { unit, count };
        const stamps = unit === 'index' ? null : stampsFrom('2020-01-06', frequency, 3);
        expect(() => futureOf(seriesOf(stamps, frequency), usualCalendar(frequency), 3)).not.toThrow();
      }
    }
  });
});

describe('what no calendar knows is refused in one line', () => {
  const daily = (): Series => seriesOf(stampsFrom('2020-01-01', DAILY, 5), DAILY);

  test('rows without times', () => {
    expect(thrown(() => futureOf(seriesOf(null, { unit: 'index', count: 1 }), ['month']))).toBe(
      'E_CONFIG_CONFLICT: rows without times have no calendar. name the column of times in source.time, or remove source.calendar',
    );
  });

  test('a feature that is the same in every row', () => {
    expect(thrown(() => futureOf(daily(), ['hour']))).toBe(
      'E_CONFIG_CONFLICT: rows are daily, and hour tells none of them apart. remove hour, or write month',
    );
    expect(thrown(() => futureOf(seriesOf(stampsFrom('2020-01-01', MONTHLY, 5), MONTHLY), ['weekday']))).toMatch(
      /rows are monthly/,
    );
    const yearly: Frequency = { unit: 'year', count: 1 };
    expect(thrown(() => futureOf(seriesOf(stampsFrom('2020-01-01', yearly, 5), yearly), ['month']))).toMatch(
      /rows are yearly/,
    );
  });

  test('one feature twice, and a column that the file has', () => {
    expect(thrown(() => futureOf(daily(), ['weekday', { feature: 'weekday', form: 'one-hot' }]))).toMatch(
      /^E_CONFIG_CONFLICT: column "weekday=1" comes twice from source.calendar/,
    );
    const own: Series = { ...daily(), past: [{ name: 'weekend', values: new Float64Array(5) }] };
    expect(thrown(() => futureOf(own, ['weekend']))).toMatch(
      /^E_DATA_COLUMN: column "weekend" is in the data and in source.calendar/,
    );
  });

  test('a year, with the reason', () => {
    const said = (value: unknown): string =>
      calendarField
        .safeParse(value)
        .error?.issues.map((issue) => JSON.stringify(issue))
        .join() ?? '';
    expect(said(['year'])).toMatch(/a year is no cycle but a trend/);
    expect(said([{ feature: 'year' }])).toMatch(/a year is no cycle but a trend/);
    expect(said([{ feature: 'weekend' }])).toBe('');
    expect(said([{ feature: 'holiday' }])).toMatch(/dates/);
    expect(said(['monht'])).not.toMatch(/trend/);
  });
});

describe('a source', () => {
  test('leaves the calendar to what is known of the horizon, and takes its key', async () => {
    const csv = 'day,y\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n';
    expect((await onlySeries(csv, { calendar: ['weekday'] })).future).toEqual([]);
    expect((await failure(loadCsv(csv, {}).then((loaded) => withCalendar(loaded, ['hour'], 2)))).said).toMatch(
      /rows are daily/,
    );
  });
});

test('stampsUntil is the known stamps, then those of the grid', () => {
  const stamps = stampsFrom('2020-01-31', MONTHLY, 5);
  const axis = { stamps: stamps.slice(0, 3), frequency: MONTHLY, format: 'iso-date' as const, name: 'time' };
  for (let until = 0; until <= 5; until++) expect([...stampsUntil(axis, until)]).toEqual([...stamps.slice(0, until)]);
});
