// Wide tables: one series a row. What they mean, how they may be written, and how they are refused.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Loaded, Series } from '../../src/core/data.ts';
import { frequencyOf } from '../../src/sources/rhythm.ts';
import { asTable, datesOf, failure, load, write } from './load.ts';

async function rows(content: string | Uint8Array, options: object = {}): Promise<Loaded> {
  return load('rows', { file: write('x.csv', content), ...options });
}

async function series(content: string | Uint8Array, options: object = {}): Promise<readonly Series[]> {
  const { raw } = await rows(content, options);
  if (raw.form !== 'numbers') throw new Error('not numbers');
  return raw.series;
}

const M4 = '"V1","V2","V3","V4","V5"\n"H1","605","586","586","559"\n"H2","3124","2990",,\n';

describe('a row is a series, as long as its values', () => {
  const want = { H1: [605, 586, 586, 559], H2: [3124, 2990] };

  test.each<[string, string | Uint8Array]>([
    ['quoted, padded on the right', M4],
    ['without quotes', M4.replaceAll('"', '')],
    ['rows that end early', M4.replace(',,', '')],
    ['padded with NA', M4.replace(',,', ',NA,NA')],
    ['CRLF', M4.replaceAll('\n', '\r\n')],
    ['CR alone', M4.replaceAll('\n', '\r')],
    ['a byte-order mark', `\uFEFF${M4}`],
    ['gzip', gzipSync(M4)],
    ['semicolons', M4.replaceAll(',', ';')],
    ['tabs', M4.replaceAll(',', '\t')],
    ['no line end at the end', M4.trimEnd()],
    ['blank lines', M4.replaceAll('\n', '\n\n')],
    ['blanks around cells', M4.replaceAll('"', '').replaceAll(',', ' , ')],
    ['no header', M4.slice(M4.indexOf('\n') + 1)],
    ['a quote inside a cell, so that csv-parse reads it', `${M4.trimEnd()}\n"H""3","1",,,`.replace('H""3', 'H""2b')],
  ])('%s', async (what, content) => {
    const found = asTable(await series(content));
    expect(found).toEqual(what.startsWith('a quote') ? { ...want, 'H"2b': [1] } : want);
  });

  test('a header of years dates the values, whatever its first name', async () => {
    for (const name of ['Product', 'Land', 'id']) {
      const found = await series(`${name},2021,2022,2023\nTea,5,7,9\nCoffee,6,8,1\n`);
      expect(asTable(found)).toEqual({ Tea: [5, 7, 9], Coffee: [6, 8, 1] });
      expect(found.map(datesOf)[0]).toEqual(['2021', '2022', '2023']);
    }
    expect(asTable(await series('a,2021,2024,2023\n'))).toEqual({ a: [2021, 2024, 2023] });
  });

  test('rows of unlike lengths lose nothing, whatever the block they fall on', async () => {
    const lengths = Array.from({ length: 400 }, (_, s) => 1 + ((s * 37) % 500));
    const lines = lengths.map((n, s) => [`s${s}`, ...Array.from({ length: n }, (_, i) => s * 1000 + i)].join(','));
    const all = await series(`${lines.join('\n')}\n`);
    expect(all.map(({ id, length }) => [id, length])).toEqual(lengths.map((n, s) => [`s${s}`, n]));
    all.forEach(({ targets }, s) => {
      expect(targets[0]?.values.every((value, i) => value === s * 1000 + i)).toBe(true);
    });
  });

  test('leading empty cells are before the series began', async () => {
    expect(asTable(await series('id,a1,a2,a3\nx,,,5\ny,1,2,3\n'))).toEqual({ x: [5], y: [1, 2, 3] });
  });

  test('what is missing between values is filled as the config says, and counted', async () => {
    const content = 'id,V2,V3,V4\nx,1,,3\n';
    for (const [fill, value] of [
      ['linear', 2],
      ['previous', 1],
      ['zero', 0],
    ] as const) {
      const { raw, notes } = await rows(content, { fill });
      expect(raw.form === 'numbers' && asTable(raw.series)).toEqual({ x: [1, value, 3] });
      expect(notes).toContain(`1 missing cells filled: ${fill}`);
    }
  });

  test('a decimal comma between semicolons, and groups of digits', async () => {
    expect(asTable(await series('id;a;b\nx;1,5;2,25\n'))).toEqual({ x: [1.5, 2.25] });
    expect(asTable(await series('id;a;b\nx;1.000,5;2\n', { decimal: ',', thousands: '.' }))).toEqual({
      x: [1000.5, 2],
    });
  });
});

describe('columns that are no values', () => {
  const m5 = 'id,item,store,d_1,d_2\na_1,a,1,3,4\nb_1,b,2,5,6\n';

  test('words beside the id are not read, and said', async () => {
    const { raw, notes } = await rows(m5.replaceAll(',1,', ',x,').replaceAll(',2,', ',y,'));
    expect(raw.form === 'numbers' && asTable(raw.series)).toEqual({ a_1: [3, 4], b_1: [5, 6] });
    expect(notes).toContain('not read: "item", "store"');
  });

  test('the first column of values can be named or counted', async () => {
    for (const first of ['d_1', 4]) expect(asTable(await series(m5, { first }))).toEqual({ a_1: [3, 4], b_1: [5, 6] });
  });

  test('several columns make an id, joined', async () => {
    expect(asTable(await series(m5, { id: ['item', 'store'] }))).toEqual({ 'a / 1': [3, 4], 'b / 2': [5, 6] });
  });

  test('without ids the series are numbered', async () => {
    expect(asTable(await series('1,2\n3,4\n', { id: false }))).toEqual({ 'x 1': [1, 2], 'x 2': [3, 4] });
  });
});

describe('time', () => {
  test('none where the file has none', async () => {
    const [one] = await series(M4);
    expect(one?.time).toEqual({ stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' });
  });

  test.each([
    ['2023-12,2024-01,2024-02', 'month', ['2024-01', '2024-02']],
    ['2023-12-31,2024-01-07,2024-01-14', 'week', ['2024-01-07', '2024-01-14']],
    ['2023 Q4,2024 Q1,2024 Q2', 'quarter', ['2024 Q1', '2024 Q2']],
    ['2022,2023,2024', 'year', ['2023', '2024']],
  ])('the header dates the values, each series from its own first: %s', async (header, unit, dates) => {
    const [late] = await series(`id,${header}\nlate,,1,2\nwhole,1,2,3\n`);
    expect(late?.time.frequency).toEqual({ unit, count: 1 });
    expect(late === undefined ? [] : datesOf(late)).toEqual(dates);
  });

  test('a start and a frequency date the values; months keep the end of the month', async () => {
    const [one] = await series('a,1,2,3\n', { start: '2024-01-31', frequency: 'monthly' });
    expect(one === undefined ? [] : datesOf(one)).toEqual(['2024-01-31', '2024-02-29', '2024-03-31']);
  });

  test('a frequency alone tells the season; a season that is written counts more', async () => {
    expect((await rows(M4, { frequency: 'hourly' })).season).toBe(24);
    expect((await rows(M4, { frequency: 'hourly', season: [168, 24] })).season).toBe(168);
    expect((await rows(M4)).season).toBeUndefined();
  });

  test.each([
    ['hourly', 'hour', 1],
    ['half_hourly', 'minute', 30],
    ['10_minutes', 'minute', 10],
    ['4_seconds', 'second', 4],
    ['15 minutes', 'minute', 15],
    ['Weekly', 'week', 1],
    ['quarterly', 'quarter', 1],
    ['2 weeks', 'week', 2],
  ])('%s is a frequency', (words, unit, count) => {
    expect(frequencyOf(words)).toEqual({ unit, count });
  });

  test.each(['', 'often', '0 days', '-1 days', 'dayss'])('%j is none', (words) => {
    expect(frequencyOf(words)).toBeNull();
  });
});

describe('a table is refused with its code, file, line and column', () => {
  const good = Array.from({ length: 9 }, (_, s) => `s${s},${s},${s + 1}`);
  const withRow = (line: number, row: string): string =>
    `${['id,V2,V3', ...good].map((own, i) => (i + 1 === line ? row : own)).join('\n')}\n`;

  test.each<[string, string | Uint8Array, object, string]>([
    [
      'letters in a number',
      withRow(4, 's2,12abc,3'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:4 column "V2": "12abc" is not a number',
    ],
    [
      'letters, no header',
      withRow(4, 's2,12abc,3').slice(9),
      {},
      'E_DATA_NOT_NUMERIC x.csv:3 column 2: "12abc" is not a number',
    ],
    ['Infinity', withRow(4, 's2,1,Infinity'), {}, 'E_DATA_NOT_NUMERIC x.csv:4 column "V3": "Infinity" is not a number'],
    ['beyond 1e300', withRow(4, 's2,1,2e300'), {}, 'E_DATA_RANGE x.csv:4 column "V3": 2e+300 lies beyond ±1e+300'],
    [
      'a hole',
      withRow(4, 's2,1,,3').replace('V3', 'V3,V4'),
      {},
      'E_DATA_MISSING x.csv:4 column "V3": the value is missing',
    ],
    ['one id twice', withRow(4, 's1,1,2'), {}, 'E_DATA_DUPLICATE x.csv:4: series "s1" stands on line 3 too'],
    ['an empty id', withRow(4, ',1,2'), {}, 'E_DATA_MISSING x.csv:4 column "id": is empty'],
    [
      'more cells than the header',
      withRow(4, 's2,1,2,3'),
      {},
      'E_CSV_RAGGED x.csv:4: expected at most 3 fields, got 4',
    ],
    ['a quote never closed', withRow(4, '"s2,1,2'), {}, 'E_CSV_QUOTE x.csv:4: a quote opened here, never closed'],
    ['a quote inside a cell', withRow(4, 's2,5" pipe"'), {}, 'E_CSV_QUOTE x.csv:4: a quote inside a field'],
    ['NUL', 'a,1\n\0', {}, 'E_CSV_ENCODING x.csv: byte 4 is NUL, which no text has'],
    ['nothing', '', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['a header only', 'id,V2,V3\n', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['no value at all', 'id,V2\na,\nb,NA\n', {}, 'E_DATA_MISSING x.csv: none of 2 series has a value'],
    ['too many series', withRow(4, 's2,1,2'), { limits: { rows: 5 } }, 'E_DATA_TOO_LARGE x.csv:7: more than 5 rows'],
    [
      'too many cells',
      withRow(4, 's2,1,2'),
      { limits: { columns: 2 } },
      'E_CSV_TOO_MANY_COLUMNS x.csv:1: 3 columns or more, and 2 is the limit',
    ],
    [
      'a long cell',
      withRow(4, `s2,1,${'1'.repeat(99)}`),
      { limits: { field: 50 } },
      'E_CSV_FIELD_TOO_LONG x.csv:4: a field is longer than 50 bytes',
    ],
    ['too many bytes', withRow(4, 's2,1,2'), { limits: { bytes: 20 } }, 'E_DATA_TOO_LARGE x.csv: more than 20 bytes'],
    [
      'damaged gzip',
      gzipSync(withRow(4, 's2,1,2')).subarray(0, 14),
      {},
      'E_DATA_GZIP x.csv: is damaged gzip after 0 inflated bytes',
    ],
    ['an unknown id', withRow(4, 's2,1,2'), { id: 'shop' }, 'E_DATA_COLUMN x.csv: no column "shop" for source.id'],
    [
      'columns of times out of order',
      'id,2024-02,2024-01\na,1,2\n',
      {},
      'E_TIME_ORDER x.csv:1: "2024-01" comes after "2024-02"',
    ],
    [
      'a column of a time absent',
      'id,2024-01,2024-02,2024-04\na,1,2,3\n',
      {},
      'E_TIME_GAP x.csv:1: 1 column is absent between "2024-02" and "2024-04"',
    ],
    [
      'a start alone',
      M4,
      { start: '2024-01-01' },
      'E_CONFIG_CONFLICT source.start: a start needs the time from value to value',
    ],
    ['no frequency', M4, { frequency: 'often' }, 'E_CONFIG_RANGE source.frequency: "often" is no frequency we know'],
    [
      'no time',
      M4,
      { start: 'soon', frequency: 'daily' },
      'E_TIME_INVALID source.start: "soon" is no time we can read',
    ],
  ])('%s', async (_, content, options, want) => {
    const { said, hint } = await failure(rows(content, options));
    expect(said).toBe(want);
    expect(hint).toMatch(/\w/);
  });

  test('a series with no value among others is left out with a warning that names it', async () => {
    const { raw, warnings } = await rows('id,V2,V3\na,1,2\nempty,,\nb,3,5\n');
    expect(raw.form === 'numbers' && raw.series.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(warnings).toEqual([
      { code: 'W_SERIES_LEFT_OUT', message: '"empty" (line 3) of 3 series has no value: left out' },
    ]);
  });
});

const M4_FOLDER = join(
  process.env.FORECAST_SHARED ?? join(import.meta.dirname, '..', '..', '..', 'shared'),
  'data/benchmarks/m4',
);
const absent = !existsSync(M4_FOLDER);
if (absent && process.env.CI) throw new Error(`no data at ${M4_FOLDER}: set FORECAST_SHARED`);

describe.skipIf(absent)('the M4 files', () => {
  test.each([
    ['Hourly-train.csv.gz', 414, 700, 960, 353500, 'H414'],
    ['Hourly-test.csv', 414, 48, 48, 19872, 'H414'],
    ['Weekly-train.csv.gz', 359, 80, 2597, 366912, 'W359'],
    ['Weekly-test.csv', 359, 13, 13, 4667, 'W359'],
  ])('%s is whole', async (file, count, shortest, longest, values, last) => {
    const { raw } = await load('rows', { file: join(M4_FOLDER, file) });
    if (raw.form !== 'numbers') throw new Error('not numbers');
    const lengths = raw.series.map(({ length }) => length);
    expect(lengths).toHaveLength(count);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([shortest, longest]);
    expect(lengths.reduce((sum, n) => sum + n, 0)).toBe(values);
    expect(raw.series.at(-1)?.id).toBe(last);
  });
});
