// Real files that are awkward to read, with the counts and values known of them. Skipped where the folder of outside data is absent.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeFrequency, futureStamps } from '../../src/core/calendar.ts';
import type { Loaded, Series } from '../../src/core/data.ts';
import { failure, load } from './load.ts';

const DATA = join(process.env.FORECAST_SHARED ?? join(import.meta.dirname, '..', '..', '..', 'shared'), 'data');
const absent = !existsSync(DATA);
if (absent && process.env.CI) throw new Error(`no data at ${DATA}: set FORECAST_SHARED`);
if (absent) console.warn('skipped: the folder of outside data is absent (set FORECAST_SHARED)');

async function read(file: string, options: object): Promise<Loaded> {
  return load('csv', { file: join(DATA, file), ...options });
}

async function first(file: string, options: object): Promise<Series> {
  const { raw } = await read(file, options);
  if (raw.form !== 'numbers') throw new Error('not numbers');
  return raw.series[0] as Series;
}

interface Expected {
  readonly rows: number;
  readonly series?: number;
  readonly frequency: string;
  readonly first: string;
  readonly last: string;
  readonly value: readonly [number, number];
  readonly next: string;
  readonly notes?: readonly string[];
}

const day = (stamp: number): string => new Date(stamp).toISOString().replace(/T00:00:00.000Z$/, '');

describe.skipIf(absent)('known answers', () => {
  test.each<[string, object, Expected]>([
    [
      'messy/air-passengers-cr-only.csv',
      {},
      {
        rows: 144,
        frequency: 'monthly',
        first: '1949-01-01',
        last: '1960-12-01',
        value: [112, 432],
        next: '1961-01-01',
      },
    ],
    [
      'messy/uk-daily-flights-bom-ddmmyyyy.csv',
      {},
      {
        rows: 1118,
        frequency: 'daily',
        first: '2019-01-02',
        last: '2022-01-23',
        value: [5147, 2696],
        next: '24/01/2022',
      },
    ],
    [
      'messy/us-gasoline-descending-mdy.csv',
      { order: 'sort' },
      {
        rows: 1578,
        frequency: 'weekly',
        first: '1991-02-08',
        last: '2021-04-30',
        value: [6621, 8864],
        next: '05/07/2021',
        notes: ['1 series sorted by time'],
      },
    ],
    [
      'messy/walmart-space-padded.csv',
      { id: 'Store', target: 'Weekly_Sales', future: ['Holiday_Flag'] },
      {
        rows: 143,
        series: 45,
        frequency: 'weekly',
        first: '2010-02-05',
        last: '2012-10-26',
        value: [1643690.9, 1493659.74],
        next: '02/11/2012',
      },
    ],
    [
      'retail/walmart-45-stores-weekly.csv',
      { id: 'Store', target: 'Weekly_Sales' },
      {
        rows: 143,
        series: 45,
        frequency: 'weekly',
        first: '2010-02-05',
        last: '2012-10-26',
        value: [1643690.9, 1493659.74],
        next: '02/11/2012',
      },
    ],
    [
      'messy/comed-hourly-unsorted-dst.csv.gz',
      { order: 'sort', duplicates: 'mean', gaps: 'fill', fill: 'linear' },
      {
        rows: 66504,
        frequency: 'hourly',
        first: '2011-01-01T01:00:00.000Z',
        last: '2018-08-03',
        value: [9631, 13335],
        next: '2018-08-03 01:00:00',
        notes: ['4 rows with a stamp already there: mean taken', '11 absent rows inserted'],
      },
    ],
    [
      'messy/ilinet-weekly-gaps-empty-columns.csv',
      { target: 'ILITOTAL', gaps: 'fill', fill: 'linear' },
      {
        rows: 1305,
        frequency: 'weekly',
        first: '1997-10-12',
        last: '2022-10-09',
        value: [570, 52900],
        next: '2022-10-16',
        notes: ['4 absent rows inserted', '4 missing cells filled: linear'],
      },
    ],
    [
      'messy/occupancy-irregular-sampling.csv',
      { gaps: 'keep' },
      {
        rows: 2380,
        frequency: 'every 5 minutes',
        first: '2015-09-01T13:45:00.000Z',
        last: '2015-09-17T16:24:00.000Z',
        value: [3.06, 5.56],
        next: '2015-09-17 16:29:00',
      },
    ],
    [
      'classics/aus-wine-sales-monthly.csv',
      {},
      {
        rows: 176,
        frequency: 'monthly',
        first: '1980-01-01',
        last: '1994-08-01',
        value: [15136, 23356],
        next: '1994-09-01',
      },
    ],
    [
      'classics/co2-mauna-loa-weekly.csv',
      { fill: 'linear' },
      {
        rows: 2284,
        frequency: 'weekly',
        first: '1958-03-29',
        last: '2001-12-29',
        value: [316.1, 371.5],
        next: '20020105',
        notes: ['59 missing cells filled: linear'],
      },
    ],
    [
      'classics/daily-min-temperatures.csv',
      { gaps: 'fill', fill: 'linear' },
      {
        rows: 3652,
        frequency: 'daily',
        first: '1981-01-01',
        last: '1990-12-31',
        value: [20.7, 13],
        next: '1991-01-01',
        notes: ['2 absent rows inserted', '2 missing cells filled: linear'],
      },
    ],
    [
      'classics/us-macro-quarterly.csv',
      { time: ['year', 'quarter'], target: 'realgdp' },
      {
        rows: 203,
        frequency: 'quarterly',
        first: '1959-01-01',
        last: '2009-07-01',
        value: [2710.349, 12990.341],
        next: '2009 Q4',
      },
    ],
    [
      'classics/aus-production-quarterly.csv',
      { target: 'Beer' },
      {
        rows: 218,
        frequency: 'quarterly',
        first: '1956-01-01',
        last: '2010-04-01',
        value: [284, 374],
        next: '2010 Q3',
      },
    ],
    [
      'classics/nile-yearly.csv',
      {},
      { rows: 100, frequency: 'yearly', first: '1871-01-01', last: '1970-01-01', value: [1120, 740], next: '1971' },
    ],
    [
      'stocks/stocks-monthly-5.csv',
      { id: 'symbol' },
      {
        rows: 123,
        series: 5,
        frequency: 'monthly',
        first: '2000-01-01',
        last: '2010-03-01',
        value: [39.81, 28.8],
        next: 'Apr 1 2010',
      },
    ],
    [
      'stocks/sp500-daily-ohlcv.csv',
      { target: 'close' },
      {
        rows: 5105,
        frequency: 'business days',
        first: '2000-01-03',
        last: '2020-04-17',
        value: [1455.219971, 2874.560059],
        next: '2020-04-20',
        notes: ['190 business days absent (holidays)'],
      },
    ],
    [
      'retail/aus-retail-turnover-monthly.csv',
      { id: ['State', 'Industry'] },
      {
        rows: 441,
        series: 22,
        frequency: 'monthly',
        first: '1982-04-01',
        last: '2018-12-01',
        value: [10.3, 53.7],
        next: '2019-01',
      },
    ],
    [
      'weather/beijing-pm25-hourly.csv.gz',
      { time: ['year', 'month', 'day', 'hour'], target: 'pm2.5', fill: 'previous' },
      {
        rows: 43800,
        frequency: 'hourly',
        first: '2010-01-02',
        last: '2014-12-31T23:00:00.000Z',
        value: [129, 12],
        next: '2015-01-01 00:00:00',
        notes: ['24 leading rows without a target left out', '2043 missing cells filled: previous'],
      },
    ],
    [
      'weather/yosemite-temps-5min.csv',
      { fill: 'linear' },
      {
        rows: 18721,
        frequency: 'every 5 minutes',
        first: '2017-05-01',
        last: '2017-07-05',
        value: [27.8, 41.4],
        next: '2017-07-05 00:05:00',
        notes: ['12 missing cells filled: linear'],
      },
    ],
    [
      'energy/vic-electricity-30min.csv.gz',
      { target: 'Demand', future: ['Holiday'] },
      {
        rows: 52608,
        frequency: 'every 30 minutes',
        first: '2011-12-31T13:00:00.000Z',
        last: '2014-12-31T12:30:00.000Z',
        value: [4382.825174, 3809.41466],
        next: '2014-12-31T13:00:00Z',
      },
    ],
    [
      'benchmarks/ltsf/ETTh1.csv',
      { target: 'OT' },
      {
        rows: 17420,
        frequency: 'hourly',
        first: '2016-07-01',
        last: '2018-06-26T19:00:00.000Z',
        value: [30.531, 9.567],
        next: '2018-06-26 20:00:00',
      },
    ],
  ])('%s', async (file, options, expected) => {
    const { raw, notes } = await read(file, options);
    const series = (raw.form === 'numbers' ? raw.series : []) as readonly Series[];
    const [one] = series as [Series];
    const stamps = one.time.stamps as Float64Array;
    const values = one.targets[0]?.values as Float64Array;
    expect({
      rows: one.length,
      series: series.length,
      frequency: describeFrequency(one.time.frequency),
      first: day(stamps[0] as number),
      last: day(stamps[one.length - 1] as number),
      next: futureStamps(one.time, one.length, 1)[0],
    }).toEqual({
      rows: expected.rows,
      series: expected.series ?? 1,
      frequency: expected.frequency,
      first: expected.first,
      last: expected.last,
      next: expected.next,
    });
    expect(values[0]).toBeCloseTo(expected.value[0], 3);
    expect(values[one.length - 1]).toBeCloseTo(expected.value[1], 3);
    for (const note of expected.notes ?? []) expect(notes).toContain(note);
  });

  test('rows without a time column are counted, CRLF or not', async () => {
    const series = await first('messy/heart-rate-crlf-no-time.csv', {});
    expect([series.length, series.time.stamps, series.targets[0]?.values[0]]).toEqual([1800, null, 84.2697]);
    expect((await first('classics/shampoo-sales.csv', {})).time.format).toBe('index');
  });

  test('the air passengers are the same from every file they stand in', async () => {
    const [a, b] = [
      await first('classics/air-passengers.csv', {}),
      await first('messy/air-passengers-cr-only.csv', {}),
    ];
    expect([...(a.targets[0]?.values ?? [])]).toEqual([...(b.targets[0]?.values ?? [])]);
    expect(a.time.stamps).toEqual(b.time.stamps);
  });

  test('the two tables of shops are one, whatever their order and padding', async () => {
    const options = { id: 'Store', target: 'Weekly_Sales', past: ['Temperature', 'Fuel_Price', 'CPI'] };
    const [byDate, byStore] = [
      await read('retail/walmart-45-stores-weekly.csv', options),
      await read('messy/walmart-space-padded.csv', options),
    ];
    expect(byDate.raw).toEqual(byStore.raw);
  });

  test.each<[string, object, RegExp, string]>([
    [
      'classics/co2-mauna-loa-weekly.csv',
      {},
      /^E_DATA_MISSING .*:8 column "co2": the value is missing, and 58 more in this column$/,
      'source.fill',
    ],
    [
      'classics/daily-min-temperatures.csv',
      {},
      /^E_TIME_GAP .*:1462: 2 rows are absent from daily data: 1984-12-31 between lines 1461 and 1462, 1988-12-31 /,
      'source.gaps',
    ],
    [
      'messy/comed-hourly-unsorted-dst.csv.gz',
      { order: 'sort' },
      /^E_TIME_DUPLICATE .*: \d{4}-1[01]-\d\d 02:00:00 stands on line \d+ too$/,
      'source.duplicates',
    ],
    [
      'messy/occupancy-irregular-sampling.csv',
      {},
      /^E_TIME_GAP .*: uneven steps: every 5 minutes mostly/,
      'source.gaps: keep',
    ],
    ['energy/opsd-germany-daily.csv', {}, /^E_DATA_COLUMN .*: 4 columns could be the target/, 'source.target'],
  ])('%s is refused in one line that names the key to set', async (file, options, said, key) => {
    const refused = await failure(read(file, options));
    expect(refused.said).toMatch(said);
    expect(refused.hint).toContain(key);
  });
});
