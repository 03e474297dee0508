import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import {
  civilOf,
  DAY,
  daysInMonth,
  describeFrequency,
  formatStamp,
  futureStamps,
  gridOf,
  stampOf,
  weekday,
} from '../../src/core/calendar.ts';
import type { Frequency, TimeAxis, TimeFormat } from '../../src/core/time.ts';

function axis(dates: readonly string[], frequency: Frequency, format: TimeFormat = 'iso-date'): TimeAxis {
  return { stamps: Float64Array.from(dates, (date) => Date.parse(`${date}Z`)), frequency, format, name: 'time' };
}

const date: fc.Arbitrary<Temporal.PlainDate> = fc
  .integer({ min: -200_000, max: 200_000 })
  .map((days) => Temporal.PlainDate.from('1970-01-01').add({ days }));

describe('dates', () => {
  test('stamps, dates, weekdays and month lengths agree with Temporal', () => {
    fc.assert(
      fc.property(date, (d) => {
        const stamp = stampOf(d.year, d.month, d.day);
        expect(stamp).toBe(Date.parse(`${d.toString()}T00:00:00Z`));
        expect(civilOf(stamp)).toEqual({ year: d.year, month: d.month, day: d.day });
        expect(weekday(stamp)).toBe(d.dayOfWeek % 7);
        expect(daysInMonth(d.year, d.month)).toBe(d.daysInMonth);
      }),
      { numRuns: 500 },
    );
  });
});

describe('grids', () => {
  test('indexOf undoes stampAt for every frequency and start', () => {
    const unit = fc.constantFrom<Frequency['unit']>(
      ...([
        'millisecond',
        'second',
        'minute',
        'hour',
        'day',
        'business-day',
        'week',
        'month',
        'quarter',
        'year',
      ] as const),
    );
    fc.assert(
      fc.property(
        date,
        unit,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: -50, max: 50 }),
        (d, u, count, index) => {
          const start = stampOf(d.year, d.month, d.day);
          fc.pre(u !== 'business-day' || (weekday(start) !== 0 && weekday(start) !== 6));
          const grid = gridOf({ unit: u, count }, Float64Array.of(start));
          expect(grid.stampAt(0)).toBe(start);
          expect(grid.indexOf(grid.stampAt(index))).toBeCloseTo(index, 12);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('business days never fall on a weekend, and five of them are a week', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 400 }), (d, index) => {
        const start = stampOf(d.year, d.month, d.day);
        const grid = gridOf({ unit: 'business-day', count: 1 }, Float64Array.of(start));
        const stamp = grid.stampAt(index);
        expect([1, 2, 3, 4, 5]).toContain(weekday(stamp));
        expect(grid.stampAt(index + 5) - stamp).toBe(7 * DAY);
      }),
    );
  });
});

describe('the stamps that follow', () => {
  test.each<[string, string[], Frequency, TimeFormat, number, string[]]>([
    [
      'month ends stay month ends',
      ['2023-11-30', '2023-12-31'],
      { unit: 'month', count: 1 },
      'iso-date',
      4,
      ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30'],
    ],
    [
      'after a February the 31st comes back',
      ['2023-12-31', '2024-01-31', '2024-02-29'],
      { unit: 'month', count: 1 },
      'iso-date',
      2,
      ['2024-03-31', '2024-04-30'],
    ],
    [
      'the 15th stays the 15th',
      ['2023-01-15', '2023-02-15'],
      { unit: 'month', count: 1 },
      'iso-date',
      2,
      ['2023-03-15', '2023-04-15'],
    ],
    [
      'quarters cross the year',
      ['1956-07-01', '1956-10-01'],
      { unit: 'quarter', count: 1 },
      'year-quarter',
      2,
      ['1957 Q1', '1957 Q2'],
    ],
    ['years', ['1969-01-01', '1970-01-01'], { unit: 'year', count: 1 }, 'year', 2, ['1971', '1972']],
    [
      'leap day years',
      ['2020-02-29'],
      { unit: 'year', count: 1 },
      'iso-date',
      4,
      ['2021-02-28', '2022-02-28', '2023-02-28', '2024-02-29'],
    ],
    ['year-months', ['1960-11-01', '1960-12-01'], { unit: 'month', count: 1 }, 'year-month', 2, ['1961-01', '1961-02']],
    ['weeks', ['2001-12-22', '2001-12-29'], { unit: 'week', count: 1 }, 'compact-date', 2, ['20020105', '20020112']],
    [
      'business days skip the weekend',
      ['2020-04-16', '2020-04-17'],
      { unit: 'business-day', count: 1 },
      'iso-date',
      2,
      ['2020-04-20', '2020-04-21'],
    ],
    [
      'half hours',
      ['2015-01-31T23:00', '2015-01-31T23:30'],
      { unit: 'minute', count: 30 },
      'spaced-datetime',
      2,
      ['2015-02-01 00:00:00', '2015-02-01 00:30:00'],
    ],
    ['hours with T', ['2015-01-31T23:00'], { unit: 'hour', count: 1 }, 'iso-datetime', 1, ['2015-02-01T00:00:00']],
    ['hours in UTC', ['2015-01-31T23:00'], { unit: 'hour', count: 1 }, 'iso-datetime-utc', 1, ['2015-02-01T00:00:00Z']],
    [
      'milliseconds',
      ['2015-01-31T23:00:00.25'],
      { unit: 'millisecond', count: 250 },
      'spaced-datetime',
      1,
      ['2015-01-31 23:00:00.500'],
    ],
    ['dots', ['2022-01-23'], { unit: 'day', count: 1 }, 'dotted-date', 1, ['24.01.2022']],
    ['day first', ['2022-01-23'], { unit: 'day', count: 1 }, 'day-month-year', 1, ['24/01/2022']],
    [
      'month first, within the day',
      ['2022-01-23T10:00'],
      { unit: 'hour', count: 14 },
      'month-day-year',
      1,
      ['01/24/2022 00:00:00'],
    ],
    ['month names', ['2010-03-01'], { unit: 'month', count: 1 }, 'month-name-date', 1, ['Apr 1 2010']],
    ['epoch seconds', ['1970-01-01T00:01'], { unit: 'second', count: 30 }, 'epoch-seconds', 2, ['90', '120']],
    ['epoch milliseconds', ['1970-01-01'], { unit: 'millisecond', count: 5 }, 'epoch-milliseconds', 1, ['5']],
  ])('%s', (_law, known, frequency, format, steps, expected) => {
    expect(futureStamps(axis(known, frequency, format), known.length, steps)).toEqual(expected);
  });

  test('an index axis goes on counting', () => {
    const index: TimeAxis = { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' };
    expect(futureStamps(index, 100, 3)).toEqual(['100', '101', '102']);
    expect(futureStamps(index, 100, 2, 5)).toEqual(['105', '106']);
  });

  test('a lead leaves steps out, and positions already known keep their stamps', () => {
    const days = axis(['2024-01-01', '2024-01-02', '2024-01-05'], { unit: 'day', count: 1 });
    expect(futureStamps(days, 3, 2, 1)).toEqual(['2024-01-07', '2024-01-08']);
    expect(futureStamps(days, 2, 2)).toEqual(['2024-01-05', '2024-01-06']);
  });

  test('month steps agree with Temporal for every start that exists in all months', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 60 }), (d, steps) => {
        const start = d.with({ day: Math.min(d.day, 28) });
        const known = axis([], { unit: 'month', count: 1 });
        const stamps = Float64Array.of(stampOf(start.year, start.month, start.day));
        const last = futureStamps({ ...known, stamps }, 1, steps).at(-1);
        fc.pre(start.year > 0);
        expect(last).toBe(start.add({ months: steps }).toString());
      }),
    );
  });
});

test('a date before the year 1000 keeps four digits', () => {
  expect(formatStamp({ format: 'iso-date', frequency: { unit: 'day', count: 1 } }, stampOf(987, 6, 5))).toBe(
    '0987-06-05',
  );
});

test.each<[Frequency, string]>([
  [{ unit: 'month', count: 1 }, 'monthly'],
  [{ unit: 'minute', count: 30 }, 'every 30 minutes'],
  [{ unit: 'business-day', count: 1 }, 'business days'],
  [{ unit: 'week', count: 2 }, 'every 2 weeks'],
  [{ unit: 'index', count: 1 }, 'by row'],
])('%o is said as "%s"', (frequency, words) => {
  expect(describeFrequency(frequency)).toBe(words);
});
