// .tsf files: what they mean, how they may be written, how they are refused, and the files of the archive that are at hand.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Loaded, Series } from '../../src/core/data.ts';
import { asTable, datesOf, failure, load, write } from './load.ts';

async function tsf(content: string | Uint8Array, options: object = {}): Promise<Loaded> {
  return load('tsf', { file: write('x.tsf', content), ...options });
}

function numbersOf({ raw }: Loaded): readonly Series[] {
  if (raw.form !== 'numbers') throw new Error('not numbers');
  return raw.series;
}

async function series(content: string | Uint8Array, options: object = {}): Promise<readonly Series[]> {
  return numbersOf(await tsf(content, options));
}

const HEAD = [
  '# A comment: with a colon, and a comma',
  '@relation Shops',
  '@attribute series_name string',
  '@attribute start_timestamp date',
  '@frequency monthly',
  '@horizon 3',
  '@missing true',
  '@equallength false',
  '@data',
];
const file = (...lines: string[]): string => `${[...HEAD, ...lines].join('\n')}\n`;
const TWO = file('T1:2023-12-01 00-00-00:1,2.5,-3', 'T2:2024-01-31 00-00-00:4,5e1');

describe('a line is a series with a start of its own', () => {
  test.each<[string, string | Uint8Array]>([
    ['as the archive writes it', TWO],
    ['CRLF', TWO.replaceAll('\n', '\r\n')],
    ['CR alone', TWO.replaceAll('\n', '\r')],
    ['a byte-order mark', `\uFEFF${TWO}`],
    ['gzip', gzipSync(TWO)],
    ['no line end at the end', TWO.trimEnd()],
    ['blank lines and blanks', TWO.replaceAll('\n', '\n \n').replaceAll(',', ' , ')],
    ['a comment among the data', TWO.replace('T2', '# no:series,here\nT2')],
    ['tags in capitals', TWO.replace('@data', '@DATA').replace('date\n', 'Date\n')],
    ['bytes of another encoding in a comment', Buffer.from(TWO.replace('# A', '# \xa0\x96'), 'latin1')],
  ])('%s', async (_, content) => {
    const [one, two] = await series(content);
    expect(asTable([one as Series, two as Series])).toEqual({ T1: [1, 2.5, -3], T2: [4, 50] });
    expect(datesOf(one as Series)).toEqual(['2023-12-01', '2024-01-01', '2024-02-01']);
    expect(datesOf(two as Series)).toEqual(['2024-01-31', '2024-02-29']);
  });

  test('the horizon of the file is told, and noted', async () => {
    const loaded = await tsf(TWO);
    expect(loaded.horizon).toBe(3);
    expect(loaded.notes).toContain('horizon 3, as the file says');
    expect((await tsf(TWO.replace('@horizon 3\n', ''))).horizon).toBeUndefined();
  });

  test('a line of any length, on whatever chunk it falls, is the same series', async () => {
    const values = Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 10007);
    const [long, after] = await series(
      file(`T1:2020-01-01 00-00-00:${values.join(',')}`, 'T2:2020-01-01 00-00-00:1').replace('monthly', 'minutely'),
    );
    expect(long?.length).toBe(values.length);
    expect(long?.targets[0]?.values.every((value, i) => value === values[i])).toBe(true);
    expect(after?.id).toBe('T2');
  });

  test.each([
    ['10_minutes', { unit: 'minute', count: 10 }, '2020-01-01 00:10:00'],
    ['half_hourly', { unit: 'minute', count: 30 }, '2020-01-01 00:30:00'],
    ['4_seconds', { unit: 'second', count: 4 }, '2020-01-01 00:00:04'],
    ['hourly', { unit: 'hour', count: 1 }, '2020-01-01 01:00:00'],
    ['daily', { unit: 'day', count: 1 }, '2020-01-02'],
    ['weekly', { unit: 'week', count: 1 }, '2020-01-08'],
    ['quarterly', { unit: 'quarter', count: 1 }, '2020-04-01'],
    ['yearly', { unit: 'year', count: 1 }, '2021-01-01'],
  ])('values follow their start %s', async (words, frequency, second) => {
    const [one] = await series(file('T1:2020-01-01 00-00-00:1,2').replace('monthly', words));
    expect(one?.time.frequency).toEqual(frequency);
    expect(datesOf(one as Series)[1]).toBe(second);
  });

  test('without a frequency, or without starts, values have no times; one that is written counts', async () => {
    const none = TWO.replace('@frequency monthly\n', '');
    expect((await series(none))[0]?.time.stamps).toBeNull();
    expect(datesOf((await series(none, { frequency: 'daily' }))[0] as Series)[1]).toBe('2023-12-02');
    const startless = TWO.replace('@attribute start_timestamp date\n', '').replace(/:20\d\d-\d\d-\d\d 00-00-00/g, '');
    const loaded = await tsf(startless);
    expect(numbersOf(loaded)[0]?.time.stamps).toBeNull();
    expect(loaded.season).toBe(12);
  });

  test('several attributes: the name by default, others by name', async () => {
    const many = [
      '@attribute series_name string',
      '@attribute shop string',
      '@attribute size numeric',
      '@data',
      'T1:Käse & Co:3:1,2',
      'T2:b c:4:5',
    ].join('\n');
    expect(asTable(await series(many))).toEqual({ T1: [1, 2], T2: [5] });
    expect(asTable(await series(many, { id: ['shop', 'size'] }))).toEqual({ 'Käse & Co / 3': [1, 2], 'b c / 4': [5] });
    const { notes, ...latin } = await tsf(Buffer.from(many, 'latin1'), { id: 'shop' });
    expect(asTable(numbersOf({ ...latin, notes }))).toEqual({ 'Käse & Co': [1, 2], 'b c': [5] });
    expect(notes).toContain('names are not UTF-8: read as Windows-1252, as files of this format are');
  });
});

describe('missing values', () => {
  const holes = file('T1:2024-01-01 00-00-00:?,1,?,3,?');

  test.each([
    ['linear', [1, 2, 3], '2024-02-01'],
    ['previous', [1, 1, 3], '2024-02-01'],
    ['zero', [0, 1, 0, 3, 0], '2024-01-01'],
  ])('are filled by %s, and nothing is made up beyond what is known', async (fill, values, first) => {
    const [one] = await series(holes, { fill });
    expect(asTable([one as Series])).toEqual({ T1: values });
    expect(datesOf(one as Series)[0]).toBe(first);
  });

  test('are refused unless the config says how to fill them', async () => {
    expect(await failure(tsf(holes))).toEqual({
      said: 'E_DATA_MISSING x.tsf:10 value 1: the value is missing, and 2 more of this series',
      hint: 'set source.fill: previous (or linear, zero)',
    });
  });

  test('a series of nothing else is left out with a warning that names it', async () => {
    const { raw, warnings } = await tsf(file('T1:2024-01-01 00-00-00:?,?', 'T2:2024-01-01 00-00-00:1,2'));
    expect(raw.form === 'numbers' && raw.series.map(({ id }) => id)).toEqual(['T2']);
    expect(warnings).toEqual([
      { code: 'W_SERIES_LEFT_OUT', message: '"T1" (line 10) of 2 series has no value: left out' },
    ]);
  });
});

describe('a file is refused with its code, line and value', () => {
  const line = (text: string): string => file('T1:2024-01-01 00-00-00:1,2', text);
  const start = '2024-01-01 00-00-00';

  test.each<[string, string | Uint8Array, object, string]>([
    ['letters in a number', line(`T2:${start}:1,2x`), {}, 'E_DATA_NOT_NUMERIC x.tsf:11 value 2: "2x" is not a number'],
    ['beyond 1e300', line(`T2:${start}:1e301`), {}, 'E_DATA_RANGE x.tsf:11 value 1: 1e+301 lies beyond ±1e+300'],
    [
      'too few attributes',
      line('T2:1,2,3'),
      {},
      'E_CSV_RAGGED x.tsf:11: expected 2 attributes and values, got 1 attribute',
    ],
    ['no attribute', line('1,2,3'), {}, 'E_CSV_RAGGED x.tsf:11: expected 2 attributes and values, got 0 attributes'],
    [
      'too many attributes',
      line(`T2:x:${start}:1,2`),
      {},
      'E_DATA_NOT_NUMERIC x.tsf:11 value 1: "2024-01-01 00-00-00:1" is not a number',
    ],
    ['one name twice', line(`T1:${start}:1`), {}, 'E_DATA_DUPLICATE x.tsf:11: series "T1" stands on line 10 too'],
    ['an empty name', line(`:${start}:1`), {}, 'E_DATA_MISSING x.tsf:11: the name of the series is empty'],
    [
      'no such date',
      line('T2:2023-02-29 00-00-00:1'),
      {},
      'E_TIME_INVALID x.tsf:11: "2023-02-29 00-00-00" is no time of a first value',
    ],
    ['an empty start', line('T2::1'), {}, 'E_TIME_INVALID x.tsf:11: the start is no time of a first value'],
    [
      'a frequency nobody knows',
      TWO.replace('monthly', 'sometimes'),
      {},
      'E_TIME_INVALID x.tsf:5: frequency "sometimes" is none we know',
    ],
    [
      'no whole horizon',
      TWO.replace('@horizon 3', '@horizon 2.5'),
      {},
      'E_CSV_HEADER x.tsf:6: horizon "2.5" is no number of steps',
    ],
    [
      'an attribute of no type',
      TWO.replace('string', 'text'),
      {},
      'E_CSV_HEADER x.tsf:3: "series_name text" is no attribute',
    ],
    [
      'one attribute twice',
      TWO.replace('start_timestamp', 'series_name'),
      {},
      'E_CSV_HEADER x.tsf:4: attribute "series_name" is there already',
    ],
    [
      'another kind of file',
      'date,y\n2024-01-01,1\n',
      {},
      'E_CSV_HEADER x.tsf:1: "date,y" is neither a # comment nor an @ line',
    ],
    ['no attributes', '@relation x\n@data\n1,2\n', {}, 'E_CSV_HEADER x.tsf:2: @data comes before any @attribute'],
    ['no data line', '# nothing\n@relation x\n', {}, 'E_CSV_HEADER x.tsf: there is no @data line'],
    ['nothing', '', {}, 'E_CSV_HEADER x.tsf: there is no @data line'],
    ['no series', file(), {}, 'E_DATA_EMPTY x.tsf: 0 data rows'],
    [
      'no value at all',
      file(`T1:${start}:?`, `T2:${start}:`),
      {},
      'E_DATA_MISSING x.tsf: none of 2 series has a value',
    ],
    ['NUL', Buffer.from('# a\0\n'), {}, 'E_CSV_ENCODING x.tsf: byte 3 is NUL, which no text has'],
    ['damaged gzip', gzipSync(TWO).subarray(0, 60), {}, 'E_DATA_GZIP x.tsf: is damaged gzip after 14 inflated bytes'],
    ['too many series', TWO, { limits: { rows: 1 } }, 'E_DATA_TOO_LARGE x.tsf:11: more than 1 rows'],
    ['too many values', TWO, { limits: { values: 4 } }, 'E_DATA_TOO_LARGE x.tsf:11: more than 4 values'],
    ['too many bytes', TWO, { limits: { bytes: 50 } }, 'E_DATA_TOO_LARGE x.tsf: more than 50 bytes'],
    [
      'a long name',
      line(`${'x'.repeat(99)}:${start}:1`),
      { limits: { field: 50 } },
      'E_CSV_FIELD_TOO_LONG x.tsf:11: a field is longer than 50 bytes',
    ],
    ['an unknown attribute', TWO, { id: 'series' }, 'E_DATA_COLUMN x.tsf: no attribute "series" for source.id'],
    [
      'an unknown frequency',
      TWO,
      { frequency: 'often' },
      'E_CONFIG_RANGE source.frequency: "often" is no frequency we know',
    ],
  ])('%s', async (_, content, options, want) => {
    const { said, hint } = await failure(tsf(content, options));
    expect(said).toBe(want);
    expect(hint).toMatch(/\w/);
  });
});

const FOLDER = join(
  process.env.FORECAST_SHARED ?? join(import.meta.dirname, '..', '..', '..', 'shared'),
  'data/benchmarks/monash',
);
const absent = !existsSync(FOLDER);
if (absent && process.env.CI) throw new Error(`no data at ${FOLDER}: set FORECAST_SHARED`);

describe.skipIf(absent)('files of the archive', () => {
  const known: Record<string, [series: number, values: number, first: string, last: string, horizon?: number]> = {
    electricity_weekly_dataset: [321, 321 * 156, '2012-01-01', '2014-12-21', 8],
    hospital_dataset: [767, 767 * 84, '2000-01-01', '2006-12-01'],
    m1_monthly_dataset: [617, 55998, '1975-12-01', '1980-11-01', 18],
    m1_quarterly_dataset: [203, 9944, '1975-10-01', '1987-07-01', 8],
    m1_yearly_dataset: [181, 4515, '1972-01-01', '1999-01-01', 6],
    sample: [299, 299 * 156, '2010-07-01 00:30:00', '2013-06-20 00:30:00', 8],
    saugeenday_dataset: [1, 23741, '1915-01-01', '1979-12-31'],
    solar_weekly_dataset: [137, 137 * 52, '2006-01-01', '2006-12-24', 5],
    sunspot_dataset_without_missing_values: [1, 73924, '1818-01-08', '2020-05-31'],
    us_births_dataset: [1, 7305, '1969-01-01', '1988-12-31'],
    vehicle_trips_dataset_without_missing_values: [329, 42382, '2015-01-01', '2015-07-31'],
  };

  test('all that are there are known here', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(known).map((name) => `${name}.tsf`));
  });

  test.each(Object.entries(known))('%s is whole', async (name, [count, values, first, last, horizon]) => {
    const loaded = await load('tsf', { file: join(FOLDER, `${name}.tsf`) });
    const all = numbersOf(loaded);
    expect(all).toHaveLength(count);
    expect(all.reduce((sum, { length }) => sum + length, 0)).toBe(values);
    const dates = datesOf(all[0] as Series);
    expect([dates[0], dates.at(-1)]).toEqual([first, last]);
    expect(loaded.horizon).toBe(horizon);
  });
});
