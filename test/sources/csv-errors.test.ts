// One test an error the csv source can end with: the exact code, file, line and column.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { context, failure, load, loadCsv, onlySeries, valuesOf, write } from './load.ts';

/** Sixteen good days, so that a bad row stands among many good ones. */
const days: string[] = Array.from({ length: 16 }, (_, i) => `2024-01-${String(i + 1).padStart(2, '0')},${i + 1}`);
const table = (...rows: string[]): string => `${['date,y', ...rows].join('\n')}\n`;
const withRow = (line: number, row: string): string => table(...days.map((day, i) => (i + 2 === line ? row : day)));

describe('a table is refused with its code, file, line and column', () => {
  test.each<[string, string | Uint8Array, object, string | RegExp]>([
    [
      'letters in a number',
      withRow(9, '2024-01-08,12abc'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "12abc" is not a number',
    ],
    [
      'a decimal comma in a quoted cell',
      withRow(9, '2024-01-08,"1,5"'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "1,5" is not a number',
    ],
    ['hexadecimal', withRow(9, '2024-01-08,0x10'), {}, 'E_DATA_NOT_NUMERIC x.csv:9 column "y": "0x10" is not a number'],
    [
      'underscores',
      withRow(9, '2024-01-08,1_000'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "1_000" is not a number',
    ],
    [
      'beyond the largest double',
      withRow(9, '2024-01-08,1e999'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "1e999" is not a finite number',
    ],
    [
      'Infinity',
      withRow(9, '2024-01-08,Infinity'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "Infinity" is not a number',
    ],
    ['Arabic digits', withRow(9, '2024-01-08,١٢'), {}, 'E_DATA_NOT_NUMERIC x.csv:9 column "y": "١٢" is not a number'],
    [
      'a control character',
      withRow(9, '2024-01-08,\u001b[2J'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "\\u001b[2J" is not a number',
    ],
    ['two signs', withRow(9, '2024-01-08,--1'), {}, 'E_DATA_NOT_NUMERIC x.csv:9 column "y": "--1" is not a number'],
    [
      'a truth value as target',
      withRow(9, '2024-01-08,TRUE'),
      {},
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "TRUE" is not a number',
    ],
    [
      'an irregular group of digits',
      withRow(9, '2024-01-08,12 34'),
      { thousands: ' ' },
      'E_DATA_NOT_NUMERIC x.csv:9 column "y": "12 34" is not a number',
    ],
    [
      'a long cell, cut',
      withRow(9, `2024-01-08,${'x'.repeat(99)}`),
      {},
      `E_DATA_NOT_NUMERIC x.csv:9 column "y": "${'x'.repeat(39)}…" is not a number`,
    ],
    ['NaN', withRow(9, '2024-01-08,NaN'), {}, 'E_DATA_MISSING x.csv:9 column "y": the value is missing'],
    ['NULL', withRow(9, '2024-01-08,NULL'), {}, 'E_DATA_MISSING x.csv:9 column "y": the value is missing'],
    ['nothing', withRow(9, '2024-01-08,'), {}, 'E_DATA_MISSING x.csv:9 column "y": the value is missing'],
    [
      'nothing at the start, to be carried on from',
      table('2024-01-01,1,', '2024-01-02,2,3').replace('y', 'y,z'),
      { target: 'y', past: ['z'], fill: 'previous' },
      'E_DATA_MISSING x.csv:2 column "z": the value is missing',
    ],
    [
      'no target at all',
      'date,y,k\n2024-01-01,,1\n2024-01-02,,2\n',
      { target: 'y', future: ['k'] },
      'E_DATA_MISSING x.csv: no row has a target',
    ],
    [
      'an empty id',
      'id,t,y\na,2024-01-01,1\n,2024-01-01,1\n',
      { id: 'id' },
      'E_DATA_MISSING x.csv:3 column "id": is empty',
    ],
    [
      'a value beyond 1e300',
      withRow(9, '2024-01-08,-2e300'),
      {},
      'E_DATA_RANGE x.csv:9 column "y": -2e+300 lies beyond ±1e+300',
    ],
    ['too many fields', withRow(17, '2024-01-16,1,2,3,4'), {}, 'E_CSV_RAGGED x.csv:17: expected 2 fields, got 5'],
    ['too few fields', withRow(17, '2024-01-16'), {}, 'E_CSV_RAGGED x.csv:17: expected 2 fields, got 1'],
    [
      'a shifted row is ragged before its cells are wrong',
      withRow(5, 'x,2024-01-04,1'),
      {},
      'E_CSV_RAGGED x.csv:5: expected 2 fields, got 3',
    ],
    ['ragged among quotes', withRow(17, '"2024-01-16","1","2"'), {}, 'E_CSV_RAGGED x.csv:17: expected 2 fields, got 3'],
    [
      'ragged after a cell of two lines',
      'note,y\n"a\nb",1\n"say ""c""",2,3\n',
      { target: 'y' },
      'E_CSV_RAGGED x.csv:4: expected 2 fields, got 3',
    ],
    ['a quote never closed', withRow(2, '"2024-01-01,1'), {}, 'E_CSV_QUOTE x.csv:2: a quote opened here, never closed'],
    ['a quote inside a field', withRow(9, '2024-01-08,5" pipe"'), {}, 'E_CSV_QUOTE x.csv:9: a quote inside a field'],
    ['text after a quote', withRow(9, '"2024-01-08"x,5'), {}, 'E_CSV_QUOTE x.csv:9: a quote inside a field'],
    ['one name twice', 'date,y,y\n2024-01-01,1,2\n', {}, 'E_CSV_HEADER x.csv:1: columns 2 and 3 are both named "y"'],
    [
      'a title above the names',
      'Sales of 2024\n\nday,y\n2024-01-01,1\n',
      {},
      'E_CSV_HEADER x.csv:1: one name, "Sales of 2024", and rows of 2 cells',
    ],
    [
      'no header',
      '2024-01-01,1\n2024-01-02,2\n',
      {},
      'E_CSV_HEADER x.csv:1: the first line holds data, not names: "2024-01-01, 1"',
    ],
    [
      'UTF-16 cut in the middle of a letter',
      Buffer.from('\uFEFFdate,y\n2024-01-01,1\n', 'utf16le').subarray(0, -1),
      {},
      'E_CSV_ENCODING x.csv: is not utf-16le throughout',
    ],
    [
      'Latin-1',
      Buffer.from('date,größe\n2024-01-01,1\n', 'latin1'),
      {},
      'E_CSV_ENCODING x.csv: byte 7 is 0xf6, not UTF-8; in windows-1252 it reads "größe"',
    ],
    [
      'NUL',
      Buffer.concat([Buffer.from(table(...days)), Buffer.from([0])]),
      {},
      'E_CSV_ENCODING x.csv: byte 222 is NUL, which no text has',
    ],
    [
      'a workbook',
      Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0abcdefghijkl\x13\0\0\0[Content_Types].xml', 'latin1'),
      {},
      'E_DATA_FORMAT x.csv: this is an Excel workbook (.xlsx), not a table in text',
    ],
    [
      'a workbook of the old kind',
      Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0', 'latin1'),
      {},
      'E_DATA_FORMAT x.csv: this is an Excel workbook of the old kind (.xls), not a table in text',
    ],
    [
      'an OpenDocument workbook',
      Buffer.from(`PK\x03\x04${'\0'.repeat(26)}mimetypeapplication/vnd.oasis.opendocument.spreadsheet`),
      {},
      'E_DATA_FORMAT x.csv: this is an OpenDocument workbook (.ods), not a table in text',
    ],
    ['a zip archive', 'PK\x03\x04', {}, 'E_DATA_FORMAT x.csv: this is an archive, not a table in text'],
    ['Parquet', 'PAR1\x15', {}, 'E_DATA_FORMAT x.csv: this is a Parquet file, not a table in text'],
    [
      'a web page',
      '\n<html><table><tr><td>1</td></tr></table></html>',
      {},
      'E_DATA_FORMAT x.csv: this is a web page, as some programs write for .xls, not a table in text',
    ],
    ['JSON', '[{"day":"2024-01-01","y":1}]', {}, 'E_DATA_FORMAT x.csv: this is JSON, not a table in text'],
    [
      'a row a year and a column a month',
      'year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec,Total\n2023,1,2,3,4,5,6,7,8,9,10,11,12,78\n',
      {},
      'E_DATA_COLUMN x.csv: a row a year and a column a month: one row a month is needed',
    ],
    [
      'a row a year and a column a quarter',
      'Jahr;Q1;Q2;Q3;Q4\n2023;1;2;3;4\n',
      {},
      'E_DATA_COLUMN x.csv: a row a year and a column a quarter: one row a quarter is needed',
    ],
    [
      'a row a month and a column a year',
      `Month,2022,2023\n${'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.replaceAll(' ', ',1,2\n')},1,2\n`,
      {},
      'E_DATA_COLUMN x.csv: a column a year and a row a month: one row a month is needed',
    ],
    [
      'a row a week and a column a year',
      `KW;2022;2023\n${Array.from({ length: 52 }, (_, i) => `${i + 1};1;2\n`).join('')}`,
      {},
      'E_DATA_COLUMN x.csv: a column a year and a row a week: one row a week is needed',
    ],
    [
      'columns of times and a total',
      'shop,Jan 2024,Feb 2024,Mar 2024,Total\na,1,2,3,6\n',
      {},
      'E_DATA_COLUMN x.csv: 3 columns are called as times are: "Jan 2024", "Feb 2024", "Mar 2024"',
    ],
    ['an empty file', '', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['blank lines only', '\n \n\n', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['a header only', 'date,y\n', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['a header of one column only', 'y\n\n\n', {}, 'E_DATA_EMPTY x.csv: 0 data rows'],
    ['too many rows', table(...days), { limits: { rows: 15 } }, 'E_DATA_TOO_LARGE x.csv:17: more than 15 rows'],
    ['too many bytes', table(...days), { limits: { bytes: 100 } }, 'E_DATA_TOO_LARGE x.csv: more than 100 bytes'],
    [
      'damaged gzip',
      gzipSync(table(...days)).subarray(0, 60),
      {},
      /^E_DATA_GZIP x\.csv: is damaged gzip after \d+ inflated bytes$/,
    ],
    [
      'too many columns',
      `a,b,c\n1,2,3\n`,
      { limits: { columns: 2 } },
      'E_CSV_TOO_MANY_COLUMNS x.csv:1: 3 columns or more, and 2 is the limit',
    ],
    [
      'a long field',
      withRow(9, `2024-01-08,${'1'.repeat(70000)}`),
      {},
      'E_CSV_FIELD_TOO_LONG x.csv:9: a field is longer than 65536 bytes',
    ],
    [
      'a long name',
      `date,${'y'.repeat(70000)}\n2024-01-01,1\n`,
      {},
      'E_CSV_FIELD_TOO_LONG x.csv:1: a field is longer than 65536 bytes',
    ],
    ['an unknown column', table(...days), { target: 'Y2' }, 'E_DATA_COLUMN x.csv: no column "Y2" for source.target'],
    [
      'a column with two roles',
      table(...days),
      { target: 'y', past: ['y'] },
      'E_DATA_COLUMN x.csv: column "y" stands in source.target and source.past',
    ],
    ['two possible targets', 'a,b\n1,2\n3,4\n', {}, 'E_DATA_COLUMN x.csv: 2 columns could be the target: "a", "b"'],
    [
      'a possible target that starts empty',
      't,a,b\n2024-01-01,1,\n2024-01-02,2,\n',
      {},
      'E_DATA_COLUMN x.csv: 2 columns could be the target: "a", "b"',
    ],
    ['no possible target', 'a,b\nx,y\nx,y\n', {}, 'E_DATA_COLUMN x.csv: no column of numbers: "a", "b"'],
    [
      'a part of a time that is none',
      'year,x,y\n2024,a,1\n',
      { time: ['year', 'x'] },
      'E_DATA_COLUMN x.csv: column "x" is no part of a time',
    ],
    [
      'parts without a year',
      'month,day,y\n1,2,1\n',
      { time: ['month', 'day'] },
      'E_DATA_COLUMN x.csv: source.time lists parts without a year or a date',
    ],
    [
      'a date there is not',
      withRow(9, '2024-02-30,1'),
      {},
      'E_TIME_INVALID x.csv:9 column "date": "2024-02-30" is not a date there is',
    ],
    [
      '29 February of a common year',
      withRow(9, '2023-02-29,1'),
      {},
      'E_TIME_INVALID x.csv:9 column "date": "2023-02-29" is not a date there is',
    ],
    [
      'hour 24',
      withRow(9, '2024-01-08 24:30,1'),
      {},
      'E_TIME_INVALID x.csv:9 column "date": "2024-01-08 24:30" is not a date there is',
    ],
    [
      'another way of writing',
      withRow(9, '08/01/2024,1'),
      {},
      'E_TIME_INVALID x.csv:9 column "date": "08/01/2024" is not written like 2024-02-29 or 2024-02-29 13:30:00',
    ],
    ['an empty time', withRow(9, ',1'), {}, 'E_TIME_INVALID x.csv:9 column "date": time is empty'],
    [
      'an offset on some rows',
      table('2024-01-01T00:00Z,1', '2024-01-02T00:00,2'),
      {},
      'E_TIME_INVALID x.csv:3 column "date": "2024-01-02T00:00": some stamps have a UTC offset and some have none',
    ],
    [
      'a named time column that is none',
      'when,y\nsoon,1\nlater,2\n',
      { time: 'when' },
      'E_TIME_INVALID x.csv column "when": "soon" is no time we can read',
    ],
    [
      'month 13 in columns',
      'year,month,y\n2024,12,1\n2024,13,2\n',
      { time: ['year', 'month'], target: 'y' },
      'E_TIME_INVALID x.csv:3: month 13',
    ],
    [
      '30 February in columns',
      'year,month,day,y\n2024,2,29,1\n2024,2,30,2\n',
      { time: ['year', 'month', 'day'], target: 'y' },
      'E_TIME_INVALID x.csv:3: 2024-2-30 is not a date there is',
    ],
    [
      'days and months mixed up',
      table('13/01/2024,1', '14/01/2024,2', '01/15/2024,3'),
      {},
      'E_TIME_INVALID x.csv:4 column "date": other order than day/month on line 2',
    ],
    [
      'a month 13 in a known order',
      table('13/01/2024,1', '14/13/2024,2'),
      { format: 'dmy' },
      'E_TIME_INVALID x.csv:3 column "date": no such date in the order dmy: parts 14, 13, 2024',
    ],
    [
      'day or month',
      table('01/02/2024,1', '02/02/2024,2'),
      {},
      'E_TIME_AMBIGUOUS x.csv column "date": day/month or month/day? No date of the column settles it',
    ],
    [
      'disorder',
      table('2024-01-01,1', '2024-01-03,2', '2024-01-02,3'),
      {},
      'E_TIME_ORDER x.csv:4: 2024-01-02 comes after 2024-01-03 of line 3',
    ],
    [
      'newest first',
      table('2024-01-03,1', '2024-01-02,2'),
      {},
      'E_TIME_ORDER x.csv:3: 2024-01-02 comes after 2024-01-03 of line 2 (newest first?)',
    ],
    [
      'a duplicate',
      table('2024-01-01,1', '2024-01-02,2', '2024-01-02,3'),
      {},
      'E_TIME_DUPLICATE x.csv:4: 2024-01-02 stands on line 3 too',
    ],
    [
      'a gap',
      table(...days.filter((_, i) => i !== 4 && i !== 8 && i !== 9)),
      {},
      'E_TIME_GAP x.csv:6: 3 rows are absent from daily data: 2024-01-05 between lines 5 and 6, 2024-01-09 and 1 more between lines 8 and 9',
    ],
    [
      'uneven steps',
      table('2024-01-01 00:00,1', '2024-01-01 00:05,1', '2024-01-01 00:10,1', '2024-01-01 00:12,1'),
      {},
      'E_TIME_GAP x.csv:5: uneven steps: every 5 minutes mostly, but 2024-01-01 00:10:00 is followed by 2024-01-01 00:12:00',
    ],
    [
      'uneven steps to be filled',
      table('2024-01-01,1', '2024-01-02,1', '2024-01-03,1', '2024-01-03 12:00,1'),
      { gaps: 'fill', fill: 'zero' },
      /^E_TIME_GAP x\.csv:5: uneven steps/,
    ],
    [
      'a gap in one of two series',
      'id,t,y\na,2024-01-01,1\na,2024-01-02,2\nb,2024-01-01,1\nb,2024-01-02,2\nb,2024-01-04,3\n',
      { id: 'id' },
      'E_TIME_GAP x.csv:6: 1 row is absent from daily data in series "b": 2024-01-03 between lines 5 and 6',
    ],
    [
      'business days absent for three weeks',
      table(...['01', '02', '03', '04', '05', '08', '09', '10'].map((d) => `2024-01-${d},1`), '2024-02-05,1'),
      {},
      /^E_TIME_GAP x\.csv:10: 17 rows are absent from business days data/,
    ],
    [
      'filling that makes too many rows',
      table('2024-01-06,1', '2024-01-07,1', '2024-03-01,1'),
      { gaps: 'fill', fill: 'zero', limits: { rows: 50 } },
      'E_DATA_TOO_LARGE x.csv: filling the gaps makes 56 rows, and 50 is the limit',
    ],
    [
      'gaps to fill and no way to',
      table(...days),
      { gaps: 'fill' },
      'E_CONFIG_CONFLICT source.fill: gaps are to be filled, and fill refuses',
    ],
    [
      'one sign for two things',
      table(...days),
      { thousands: '.', decimal: '.' },
      'E_CONFIG_CONFLICT source.thousands: "." cannot be the sign of thousands as well',
    ],
  ])('%s', async (_law, content, options, expected) => {
    const { said, hint } = await failure(loadCsv(content, options));
    if (typeof expected === 'string') expect(said).toBe(expected);
    else expect(said).toMatch(expected);
    expect(hint).not.toBe('');
    expect(said.length + hint.length).toBeLessThan(480);
  });
});

describe('hints', () => {
  test.each([
    ['shop,day,y\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,3\n', {}, 'source.id: "shop"'],
    ['Store,day,y\n1,2020-01-01,1\n2,2020-01-01,2\n', { target: 'y' }, 'source.id: "Store"'],
    ['a,b,day,y\np,q,2020-01-01,1\np,r,2020-01-01,2\n', {}, 'source.id: ["a", "b"]'],
    ['a,b,day,y\np,q,2020-01-01,1\np,r,2020-01-01,2\n', { id: 'a' }, 'source.id ("b")'],
    ['day,y\n2020-01-01,1\n2020-01-01,2\n', {}, 'source.duplicates'],
  ])('about doubled times name the columns that may tell series apart: %j %j', async (text, options, says) => {
    expect((await failure(loadCsv(text, options))).hint).toContain(says);
  });

  test('about columns of units only name the likely one; about none say what a table needs', async () => {
    const units = 'day;Preis;Menge\n2024-01-01;5,00 EUR;3 Stk\n2024-01-02;5,00 EUR;4 Stk\n';
    expect((await failure(loadCsv(units))).hint).toBe('set source.target: "Menge", or name another of them');
    expect((await failure(loadCsv(units, { target: 'Menge' }))).hint).toBe('set source.unit: "Stk"');
    expect((await failure(loadCsv('day\n2024-01-01\n2024-01-02\n'))).hint).toBe(
      'a table has a column of numbers beside its times',
    );
    expect((await failure(loadCsv(table(...days, 'Total 2024,136')))).hint).toContain('set source.skip: [18]');
  });

  test.each(['Total 2024', '2024 Total', 'Summe 2024', 'Q1 2024 subtotal', ''])(
    'a line of %j may be left out',
    async (cell) => {
      const { hint } = await failure(loadCsv(withRow(9, `${cell},136`)));
      expect(hint).toContain('set source.skip: [9]');
      expect(/^every row needs its time/.test(hint)).toBe(cell === '');
    },
  );

  test.each([
    ['week;part;pieces', 'pieces'],
    ['day;price;qty', 'qty'],
    ['day;shop;price', 'price'],
    ['day;store;year;amount', 'amount'],
    ['day;part;store', 'part'],
  ])('about several columns of numbers name the one most like a target: %s', async (header, likely) => {
    const row = (day: number): string => `2024-01-0${day}${';4711'.repeat(header.split(';').length - 1)}\n`;
    const { hint } = await failure(loadCsv(`${header}\n${row(1)}${row(2)}`));
    expect(hint).toBe(`set source.target: "${likely}", or name another of them`);
  });

  test('about a line that is no row name the line, with those left out before, and leave it out', async () => {
    const rows = table(...days, 'Total,136', ',', 'Shop,Manager', 'A,Ann');
    const skip = [18, 20, 21];
    for (const n of [0, 1, 2]) {
      const given = n === 0 ? {} : { skip: skip.slice(0, n) };
      expect((await failure(loadCsv(rows, given))).hint).toContain(
        `set source.skip: [${skip.slice(0, n + 1).join(', ')}], where -1 is the last line, of newer files too;`,
      );
    }
    expect((await onlySeries(rows, { skip })).length).toBe(16);
  });

  test.each<[string, number, string]>([
    ['$100', 100, 'source.unit: "$"'],
    ['-$1.5', -1.5, 'source.unit: "$"'],
    ['3.5 %', 3.5, 'source.unit: "%"'],
    ['924 kWh', 924, 'source.unit: "kWh"'],
    ['CHF 12', 12, 'source.unit: "CHF"'],
    ['(100)', -100, 'source.parentheses: negative'],
    ['1.5-', -1.5, 'source.parentheses: negative'],
    ['"($1,234.50)"', -1234.5, 'source.unit: "$" with source.parentheses: negative and source.thousands: ","'],
    ['"1.234,50"', 1234.5, 'source.decimal: "," with source.thousands: "."'],
    ["10'018.5", 10018.5, `source.thousands: "'"`],
    ['10’018.5', 10018.5, `source.thousands: "'"`],
    ['10\u202f018.5', 10018.5, 'source.thousands: " "'],
    ['10\u00a0018.5', 10018.5, 'source.thousands: " "'],
  ])('about a cell that is a number under settings name them, and they read it: %j', async (cell, value, settings) => {
    const rows = `day,y\n2024-01-01,1\n2024-01-02,${cell}\n`;
    expect((await failure(loadCsv(rows, { target: 'y' }))).hint).toBe(`set ${settings}`);
    const named = settings
      .split(/ with | and /)
      .map((one) => /^source\.(\w+): "?(.*?)"?$/.exec(one) as RegExpExecArray);
    const options = Object.fromEntries(named.map(([, key, written]) => [key, written]));
    expect(valuesOf(await onlySeries(rows, { target: 'y', ...options }))).toEqual([1, value]);
  });

  test('about rows still to come name the columns that may be known for them, and those are read', async () => {
    const rows = 'day,y,promo,store,note\n2024-01-01,1,yes,4,a\n2024-01-02,2,no,4,b\n2024-01-03,,yes,4,c\n';
    const { hint } = await failure(loadCsv(rows, { target: 'y' }));
    expect(hint).toBe(
      'rows still to come are read with what is known for them: set source.future: ["promo"] or some of these; else remove these rows, or set source.fill: previous',
    );
    expect((await onlySeries(rows, { target: 'y', future: ['promo'] })).future[0]?.values.length).toBe(3);
    expect((await failure(loadCsv('day,y\n2024-01-01,1\n2024-01-02,\n'))).hint).toContain('named in source.future;');
  });

  test.each([
    ['BOGO', 'an input is a number: write a column of 1 and 0 for each word, or leave the column out'],
    ['n/a', '"?", "n/a"] with source.fill: previous'],
    ['#REF!', '"?", "#REF!"] with source.fill: previous'],
  ])('about a word in an input say what it takes: %j', async (cell, says) => {
    const rows = `day,y,p\n2024-01-01,1,1\n2024-01-02,2,${cell}\n`;
    expect((await failure(loadCsv(rows, { target: 'y', past: ['p'] }))).hint).toContain(says);
  });

  test('about months side by side name the kind of a series a row where the rows are called as series', async () => {
    const months = 'Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec';
    const values = '1,2,3,4,5,6,7,8,9,10,11,12';
    const rows = 'where each row is a series, set source.kind: rows';
    const hintOf = async (content: string): Promise<string> => (await failure(loadCsv(content))).hint;
    expect(await hintOf(`item,${months}\nA,${values}\nB,${values}\n`)).toContain(rows);
    expect(await hintOf(`year,${months}\n2021,${values}\n2022,${values}\n`)).not.toContain(rows);
    const total = 'shop,Jan 2024,Feb 2024,Mar 2024,Total\na,1,2,3,6\n';
    expect(await hintOf(total)).toContain('where each row is a series, take out "Total" and set source.kind: rows');
    expect(await failure(load('rows', { file: write('x.csv', total) }))).toEqual({
      said: 'E_TIME_INVALID x.csv:1: the column "Total" stands among columns of times',
      hint: 'take it out of the file: every column from the first value on is a value',
    });
  });

  test('a point or comma that may part thousands is refused, and read under both settings', async () => {
    const column = (cells: readonly string[], sign: string): string =>
      `day${sign}y\n${cells.map((cell, i) => `2024-01-0${i + 1}${sign}${cell}\n`).join('')}`;
    const doubtful: readonly (readonly [readonly string[], string, '.' | ','])[] = [
      [['1.324', '2.655', '1.102'], ';', '.'],
      [['980', '1.012', '1.103', '1.250'], ',', '.'],
      [['"980"', '"1.012"', '"1.103"', '"1.250"'], '\t', '.'],
      [['980', '1,012', '1,103', '1,250'], ';', ','],
    ];
    for (const [cells, sign, decimal] of doubtful) {
      const table = column(cells, sign);
      const { said, hint } = await failure(loadCsv(table));
      const word = decimal === '.' ? 'point' : 'comma';
      expect(said).toMatch(
        /^E_DATA_NOT_NUMERIC x.csv:[23] column "y": "1.\d{3}" may be 1\d{3} or 1.\d{3}: three digits/,
      );
      expect(hint).toBe(
        `set source.thousands: "${decimal}" where the ${word} parts thousands, or source.decimal: "${decimal}" where it begins decimals`,
      );
      const plain = cells.map((cell) => cell.replaceAll('"', ''));
      expect(valuesOf(await onlySeries(table, { thousands: decimal }))).toEqual(
        plain.map((cell) => Number(cell.replace(decimal, ''))),
      );
      expect(valuesOf(await onlySeries(table, { decimal }))).toEqual(
        plain.map((cell) => Number(cell.replace(',', '.'))),
      );
    }
    const tabs = 'Tag\tMenge\n13.01.2024\t1.324\n14.01.2024\t2.655\n15.01.2024\t1.102\n';
    expect((await failure(loadCsv(tabs))).said).toContain('"1.324" may be 1324 or 1.324');
    expect(valuesOf(await onlySeries(tabs.replaceAll(/(\d\d)\.(\d\d)\.2024/g, '2024-$2-$1')))[0]).toBe(1.324);
    const rows = 'id;a;b;c\nx;1.324;2.655;1.102\n';
    expect((await failure(load('rows', { file: write('x.csv', rows) }))).said).toContain('may be 1324 or 1.324');
  });

  test.each<[string, readonly string[], string, object]>([
    ['three decimals beside commas', ['1.324', '2.655', '1.102'], ',', {}],
    ['one number with one decimal', ['1.324', '2.655', '1.102', '1.5'], ';', {}],
    ['four digits without a group', ['1.324', '2.655', '1.102', '1324'], ';', {}],
    ['a zero before the sign', ['1.324', '2.655', '1.102', '0.655'], ';', {}],
    ['small whole numbers', ['1.324', '2', '1.102', '1.655'], ',', {}],
    ['a large number that means none', ['1.324', '-999', '2.655', '1.102'], ',', { missing: [-999], fill: 'previous' }],
  ])('a point is a point where anything tells so: %s', async (_, cells, sign, options) => {
    const table = `day${sign}y\n${cells.map((cell, i) => `2024-01-0${i + 1}${sign}${cell}\n`).join('')}`;
    expect(valuesOf(await onlySeries(table, options))[0]).toBe(1.324);
  });

  test('a minus as typesetters write it is a minus', async () => {
    expect(valuesOf(await onlySeries('day,y\n2024-01-01,\u22121.5\n'))).toEqual([-1.5]);
  });

  test.each([
    ['"1,100"', 'set source.thousands: ",", or source.decimal: ","'],
    ['"1,1"', 'set source.decimal: ",", or source.thousands: ","'],
    ["1'100", 'set source.thousands: "\'"'],
    ['n/a', 'set source.missing: ["", "NA", "NaN", "null", "NULL", "-", "?", "n/a"] with source.fill: previous'],
    ['#DIV/0!', '"?", "#DIV/0!"] with source.fill: previous'],
    ['TRUE', 'a target is a number: write 1 and 0'],
    ['4:46', 'write a duration as one number, such as minutes'],
    ['0.9K', 'write the number out: 1200, not 1.2K'],
    ['12abc', 'correct the cell, or list it in source.missing'],
  ])('about a cell that is no number say what it looks like: %j', async (cell, says) => {
    expect((await failure(loadCsv(`day,y\n2024-01-01,1\n2024-01-02,${cell}\n`, { target: 'y' }))).hint).toContain(says);
  });

  test('parts of a time are not taken for names of series', async () => {
    const { hint } = await failure(loadCsv('year,month,y\n2020,x,1\n2020,z,2\n', { target: 'y' }));
    expect(hint).not.toContain('source.id: "month"');
  });

  test('an unknown column is answered with the nearest one and with all of them', async () => {
    const { hint } = await failure(loadCsv('Date,Temp\n2024-01-01,1\n', { target: 'Tmep' }));
    expect(hint).toBe('did you mean "Temp"? columns: "Date", "Temp"');
  });

  test('about single sales say that rows of a day are needed, not that the steps are the commonest ones', async () => {
    const sales =
      'time,qty\n2024-01-01 09:31,1\n2024-01-01 11:41,2\n2024-01-01 11:58,1\n2024-01-02 08:03,4\n2024-01-02 08:20,1\n';
    const { said, hint } = await failure(loadCsv(sales));
    expect(said).toBe(
      'E_TIME_GAP x.csv:3: no even steps: 2024-01-01 09:31:00 is followed by 2024-01-01 11:41:00, and hardly a step is like another',
    );
    expect(hint).toContain('write one row a day (a week, a month) with their sum; else set source.gaps: keep');
    expect((await onlySeries(sales, { gaps: 'keep' })).length).toBe(5);
  });

  test('a gap names the policies that repair it, and both then work', async () => {
    const gap = table(...days.filter((_, i) => i !== 4));
    expect((await failure(loadCsv(gap))).hint).toContain('source.gaps: fill with source.fill: previous');
    const filled = await loadCsv(gap, { gaps: 'fill', fill: 'linear' });
    const kept = await loadCsv(gap, { gaps: 'keep' });
    expect([filled, kept].map(({ raw }) => raw.form === 'numbers' && raw.series[0]?.length)).toEqual([16, 15]);
  });
});

describe('what is no file is refused without waiting', () => {
  test('missing', async () => {
    expect((await failure(load('csv', { file: 'absent.csv' }))).said).toBe('E_DATA_NOT_FOUND absent.csv: no such file');
  });

  test('a directory, an endless device and a pipe nobody writes to', async () => {
    const folder = context.resolve('folder');
    mkdirSync(folder);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await failure(load('csv', { file: 'folder' }))).said).toMatch(/^E_DATA_NOT_FILE folder: is a directory/);
    for (const file of ['/dev/zero', pipe]) {
      expect((await failure(load('csv', { file }))).said).toMatch(
        /^E_DATA_NOT_FILE .*: is a pipe, a socket or a device/,
      );
    }
  });

  test.each([
    'http://169.254.169.254/x.csv',
    'https://me:tok3n@host/x.csv?key=tok3n',
    'file:///etc/passwd',
    'ftp://[::1]/x',
  ])('the URL %s, whose secrets are not repeated', async (file) => {
    const { said } = await failure(load('csv', { file }));
    expect(said).toMatch(/^E_URL_DISABLED source\.file: /);
    expect(said).not.toContain('tok3n');
  });
});

describe('large inputs are refused early', () => {
  test('a gzip bomb, by its ratio', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('y\n'), Buffer.alloc(8 << 20, '1\n')]));
    const { said } = await failure(loadCsv(bomb));
    expect(said).toMatch(/^E_DATA_TOO_LARGE x\.csv: inflates to more than 200 times its \d+ bytes$/);
  });

  test('an unclosed quote, a quoted field and a field of 20 MB, and a million columns', async () => {
    const long = Buffer.alloc(20 << 20, 'a,b ');
    const quoted = Buffer.concat([Buffer.from('date,y\n"'), long]);
    expect((await failure(loadCsv(quoted))).said).toBe('E_CSV_QUOTE x.csv:2: a quote opened here, never closed');
    const closed = Buffer.concat([quoted, Buffer.from('",1\n')]);
    expect((await failure(loadCsv(closed))).said).toMatch(/^E_CSV_FIELD_TOO_LONG x\.csv:2:/);
    const bare = Buffer.concat([Buffer.from('date,y\n'), Buffer.alloc(20 << 20, 'ab')]);
    expect((await failure(loadCsv(bare))).said).toMatch(/^E_CSV_FIELD_TOO_LONG x\.csv:2:/);
    const wide = Buffer.alloc(2_000_000, 'a,');
    expect((await failure(loadCsv(wide))).said).toMatch(/^E_CSV_TOO_MANY_COLUMNS x\.csv:1:/);
  });
});

test('files stay closed behind every error', async () => {
  const descriptors = async (): Promise<number> => (await import('node:fs')).readdirSync('/proc/self/fd').length;
  write('bad.csv', withRow(9, '2024-01-08,12abc'));
  await failure(load('csv', { file: 'bad.csv' }));
  const before = await descriptors();
  for (let i = 0; i < 20; i++) await failure(load('csv', { file: 'bad.csv' }));
  expect(await descriptors()).toBeLessThanOrEqual(before + 2);
});
