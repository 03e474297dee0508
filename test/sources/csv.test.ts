// What the csv source reads: the same numbers however they are written, times, series, repairs. Refusals: csv-errors.test.ts.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZodObject, ZodType } from 'zod';
import { describeFrequency, formatStamp, futureStamps } from '../../src/core/calendar.ts';
import type { Series } from '../../src/core/data.ts';
import { monthCalled } from '../../src/sources/csv/stamps.ts';
import { SOURCES } from '../../src/sources/index.ts';
import type { SourceKind } from '../../src/sources/source.ts';
import { context, csvSeries, failure, load, loadCsv, onlySeries, stampsOf, valuesOf, write } from './load.ts';

const number: fc.Arbitrary<number> = fc.oneof(
  fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Number(value.toFixed(4))),
  fc.integer(),
);
const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'a,b', 'say "hi"', 'two\nlines', 'größe', '|;\t|'),
  fc.string({ minLength: 1, maxLength: 12 }).map((text) => `c${text.replaceAll('\r', '')}`.trim()),
);
const numbersTable: fc.Arbitrary<{ names: string[]; rows: number[][] }> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 5 })
  .chain((names) =>
    fc.record({
      names: fc.constant(names),
      rows: fc.array(fc.array(number, { minLength: names.length, maxLength: names.length }), {
        minLength: 1,
        maxLength: 30,
      }),
    }),
  );

interface Style {
  readonly delimiter: string;
  readonly newline: string;
  readonly quote: 'all' | 'needed' | 'odd';
  readonly bom: boolean;
  readonly final: boolean;
}
const style: fc.Arbitrary<Style> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  quote: fc.constantFrom('all' as const, 'needed' as const, 'odd' as const),
  bom: fc.boolean(),
  final: fc.boolean(),
});

/** A table as text; cells are quoted where they must be, or always, or in every other column. */
function written(rows: readonly (readonly string[])[], { delimiter, newline, quote, bom, final }: Style): string {
  const cell = (text: string, column: number): string => {
    const needed = /["\r\n,;|\t]/.test(text) || (quote === 'odd' && column % 2 === 1) || quote === 'all';
    return needed ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => row.map(cell).join(delimiter));
  return (bom ? '\uFEFF' : '') + lines.join(newline) + (final ? newline : '');
}

test.each([
  ['bare', (cell: string) => `="${cell}"`],
  ['in quotes', (cell: string) => `"=""${cell}"""`],
])('cells that are formulas of a text, as spreadsheets export them, are that text: %s', async (_, formula) => {
  const rows = [
    ['day', 'größe', 'y'],
    ['2024-01-01', '0042', '5'],
    ['2024-01-02', '0042', '6.5'],
    ['2024-01-01', 'a,b', '7'],
    ['2024-01-02', 'a,b', '8'],
  ];
  const text = (cellOf: (cell: string) => string): string => rows.map((row) => row.map(cellOf).join(',')).join('\r\n');
  const options = { id: 'größe', target: 'y' };
  const plain = await csvSeries(
    text((cell) => `"${cell}"`),
    options,
  );
  expect(plain.map(({ id }) => id)).toEqual(['0042', 'a,b']);
  expect(await csvSeries(text(formula), options)).toEqual(plain);
});

describe('columns that stand apart by blanks', () => {
  const lines = ['  day         wind speed     y', '2024-01-01        3.5       5', '2024-01-02       12.25    -6', ''];

  test('are read as the same table with a sign between them', async () => {
    const options = { past: ['wind speed'] };
    const signed = await onlySeries('day,wind speed,y\n2024-01-01,3.5,5\n2024-01-02,12.25,-6\n', options);
    for (const end of ['\n', '\r\n', '  \r\n']) expect(await onlySeries(lines.join(end), options)).toEqual(signed);
    expect((await loadCsv(lines.join('\n'), options)).notes).toContain('columns apart by blanks');
  });

  test('are refused where a line has fewer, with the setting that parts them', async () => {
    const { said, hint } = await failure(loadCsv([...lines.slice(0, 2), '2024-01-02    -6', ''].join('\n')));
    expect(said).toBe('E_CSV_HEADER x.csv:1: columns stand apart by blanks, and lines hold 2 to 3 of them');
    expect(hint).toContain('source.delimiter');
  });

  test('are none where one column has blanks in its name', async () => {
    expect(await onlySeries('sales  a day\n5\n6\n7\n')).toMatchObject({ targets: [{ name: 'sales  a day' }] });
  });
});

describe('a table without a header', () => {
  const rows = '2024-01-01,5,7\n2024-01-02,6,7\n2024-01-03,8,9\n';

  test('is the table that its columns would make if they were called column_1, column_2, …', async () => {
    const options = { target: 'column_2', past: ['column_3'] };
    const named = await onlySeries(`column_1,column_2,column_3\n${rows}`, options);
    expect(await onlySeries(`\n${rows}`, { ...options, header: false })).toEqual(named);
    expect(await onlySeries('5\n6\n8\n', { header: false })).toMatchObject({ targets: [{ name: 'column_1' }] });
  });

  test.each([
    ['numbers and a date, two of them alike', '2024-01-01,5,5\n2024-01-02,6,5\n'],
    ['a word beside a date above dates', 'north,2024-01-01,5\nsouth,2024-01-01,6\n'],
  ])('is refused with the setting that reads it: %s', async (_, text) => {
    const { said, hint } = await failure(loadCsv(text));
    expect(said).toMatch(/^E_CSV_HEADER x\.csv:1: the first line holds data, not names: /);
    expect(hint).toMatch(/^set source\.header: false /);
  });
});

describe('any table of numbers', () => {
  test('is read back to the bit, whatever its delimiter, line ends and quotes, hostile names included', async () => {
    await fc.assert(
      fc.asyncProperty(numbersTable, style, async ({ names, rows }, how) => {
        const content = written([names, ...rows.map((row) => row.map(String))], how);
        const series = await onlySeries(content, { delimiter: how.delimiter, target: names });
        expect(series.targets.map((column) => column.name)).toEqual(names);
        expect(names.map((_, column) => valuesOf(series, column))).toEqual(
          names.map((_, column) => rows.map((row) => Number(String(row[column])))),
        );
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('is the same with its delimiter found as with its delimiter named', async () => {
    const table = numbersTable.filter(
      ({ names }) => names.length > 1 && names.every((text) => !/[,;|\t\n"]/.test(text)),
    );
    await fc.assert(
      fc.asyncProperty(table, style, async ({ names, rows }, how) => {
        const content = written([names, ...rows.map((row) => row.map(String))], how);
        const found = await onlySeries(content, { target: names });
        expect(found.targets).toEqual((await onlySeries(content, { delimiter: how.delimiter, target: names })).targets);
      }),
      { numRuns: 100 },
    );
  });

  test('cells of any decimal form are what Number makes of them', async () => {
    const digits = fc.stringMatching(/^\d{1,20}$/);
    const decimal = fc.tuple(
      fc.constantFrom('', '-', '+'),
      digits,
      fc.constantFrom('', '.'),
      digits,
      fc.constantFrom('', 'e5', 'E-7', 'e+12'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          decimal.map((parts) => parts.join('')),
          { minLength: 1, maxLength: 40 },
        ),
        async (cells) => {
          expect(valuesOf(await onlySeries(`y\n ${cells.join(' \n\t')}\n`))).toEqual(cells.map(Number));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('blank lines are left out of a table; in a single column they are missing cells, but at the end they are nothing', async () => {
  expect(valuesOf(await onlySeries('\n\na,y\n\n1,2\n \n3,4\n\n', { target: 'y' }))).toEqual([2, 4]);
  expect(valuesOf(await onlySeries('y\n1\n\n3\n\n\n', { fill: 'linear' }))).toEqual([1, 2, 3]);
});

test('rows of delimiters alone are blank lines where rows have times, and rows where they are counted', async () => {
  const series = await onlySeries('day,y\n2024-01-01,1\n,\n2024-01-02,2\n , \n,\n');
  expect([valuesOf(series), stampsOf(series).length]).toEqual([[1, 2], 2]);
  const quoted = await onlySeries('day,y,note\n2024-01-01,1,"a ""b"""\n,,\n2024-01-02,2,\n,,\n');
  expect(valuesOf(quoted)).toEqual([1, 2]);
  expect(valuesOf(await onlySeries('x,y\na,1\n,\nb,3\n', { target: 'y', fill: 'linear' }))).toEqual([1, 2, 3]);
});

test('empty cells beyond the last name are nothing; others are too many', async () => {
  expect(valuesOf(await onlySeries('day,y\n2024-01-01,1,\n2024-01-02,2,,\n2024-01-03,3\n'))).toEqual([1, 2, 3]);
  expect(valuesOf(await onlySeries('day,y\n2024-01-01,"1",\n2024-01-02,"2",,\n"2024-01-03",3\n'))).toEqual([1, 2, 3]);
  for (const row of ['2024-01-02,2,5', '2024-01-02,2,,5', '"2024-01-02","2",,"5"', '2024-01-02']) {
    const { said } = await failure(loadCsv(`day,y\n2024-01-01,1\n${row}\n`));
    expect(said).toMatch(/^E_CSV_RAGGED x\.csv:3: expected 2 fields, got [134]$/);
  }
});

describe('what stands above the names', () => {
  const table = 'day;y;z\n2024-01-01;1;5\n2024-01-02;2;6\n';

  test('is left out by the numbers of its lines, which the refusal tells', async () => {
    for (const title of ['Sales 2024\n', 'Sales 2024;;\n', 'Sales 2024\n\nby Ann\n', '"a;b";;\n;;\n']) {
      const { said, hint } = await failure(loadCsv(title + table, { target: 'y' }));
      const skip = Array.from({ length: title.split('\n').length - 1 }, (_, i) => i + 1);
      expect(said).toMatch(/^E_CSV_HEADER x\.csv:1: (?:one name|a title), /);
      expect(hint).toContain(`set source.skip: [${skip.join(', ')}], or`);
      expect(valuesOf(await onlySeries(title + table, { target: 'y', skip }))).toEqual([1, 2]);
    }
  });

  test('for Excel alone is not read', async () => {
    expect(valuesOf(await onlySeries(`sep=;\r\n${table}`, { target: 'y' }))).toEqual([1, 2]);
    expect(valuesOf(await onlySeries(`\uFEFF"sep=;"\n${table}`, { target: 'y' }))).toEqual([1, 2]);
  });

  test('lines are left out wherever they stand, by the line ends of any system, and messages count on', async () => {
    const days = Array.from({ length: 9 }, (_, i) => `2024-01-0${i + 1};${i}`);
    const rows = ['day;y', 'text;units', ...days, 'Total;36', 'Mean;4'];
    for (const end of ['\n', '\r\n', '\r']) {
      expect(valuesOf(await onlySeries(rows.join(end), { skip: [2, 12, 13] }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect((await failure(loadCsv(rows.join(end), { skip: [2] }))).said).toContain('x.csv:12 ');
    }
  });
});

describe('times as people write them', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['Monat', ['Januar 2024', 'Februar 2024', 'März 2024'], ['2024-01-01', '2024-02-01', '2024-03-01']],
    ['Mois', ['janv. 2024', 'févr. 2024', 'mars 2024'], ['2024-01-01', '2024-02-01', '2024-03-01']],
    ['mes', ['agosto de 2024', 'septiembre de 2024', 'octubre de 2024'], ['2024-08-01', '2024-09-01', '2024-10-01']],
    ['Tag', ['1. Mai 2024', '2. Mai 2024', '3. Mai 2024'], ['2024-05-01', '2024-05-02', '2024-05-03']],
    ['when', ['01JAN2024', '02JAN2024', '03JAN2024'], ['2024-01-01', '2024-01-02', '2024-01-03']],
    ['when', ['Mon 01 Jan 2024', 'Tue 02 Jan 2024', 'Wed 03 Jan 2024'], ['2024-01-01', '2024-01-02', '2024-01-03']],
    ['when', ['Sunday, March 3, 2024', 'Monday, March 4, 2024'], ['2024-03-03', '2024-03-04']],
    ['Datum', ['Mo 29.01.2024', 'Di 30.01.2024', 'Mi 31.01.2024'], ['2024-01-29', '2024-01-30', '2024-01-31']],
    ['p', ['12/2023', '01/2024', '02/2024'], ['2023-12-01', '2024-01-01', '2024-02-01']],
    ['p', ['12.2023', '01.2024', '02.2024'], ['2023-12-01', '2024-01-01', '2024-02-01']],
    ['Month', ['11.2023', '12.2023'], ['2023-11-01', '2023-12-01']],
    ['KW', ['51/2023', '52/2023', '01/2024'], ['2023-12-18', '2023-12-25', '2024-01-01']],
    ['Week', ['202352', '202401', '202402'], ['2023-12-25', '2024-01-01', '2024-01-08']],
    ['iso week', ['2023-52', '2024-01', '2024-02'], ['2023-12-25', '2024-01-01', '2024-01-08']],
    ['p', ['KW 52 2023', 'KW 1 2024', 'KW 2 2024'], ['2023-12-25', '2024-01-01', '2024-01-08']],
    ['p', ['2023 W52', '2024 W1', '2024 W2'], ['2023-12-25', '2024-01-01', '2024-01-08']],
    ['Date', ['45350', '45351', '45352'], ['2024-02-28', '2024-02-29', '2024-03-01']],
    ['FY', ['FY2022', 'FY2023', 'FY2024'], ['2022-01-01', '2023-01-01', '2024-01-01']],
    ['Season', ['2009/10', '2010/11', '2011/12'], ['2009-01-01', '2010-01-01', '2011-01-01']],
    ['p', ['Q3-23', 'Q4-23', 'Q1-24'], ['2023-07-01', '2023-10-01', '2024-01-01']],
    ['when', ['2024.02.28', '2024.02.29', '2024.03.01'], ['2024-02-28', '2024-02-29', '2024-03-01']],
    ['when', ["'2024-02-28'", "'2024-02-29", '“2024-03-01”'], ['2024-02-28', '2024-02-29', '2024-03-01']],
    ['Jahr', ['2022', '2023', '2024'], ['2022-01-01', '2023-01-01', '2024-01-01']],
  ])('%s: %j', async (name, cells, days) => {
    const series = await onlySeries(`${name};y\n${cells.map((cell, i) => `${cell};${i}\n`).join('')}`);
    expect(stampsOf(series).map((stamp) => stamp.slice(0, 10))).toEqual(days);
  });

  test.each<[string, readonly string[]]>([
    ['a', ['12.2034', '12.1987', '11.2010']],
    ['a', ['84.2697', '12.19', '11.2010']],
    ['count', ['45350', '45351', '45352']],
    ['time', ['45350', '45351', '45352']],
    ['who', ['Marc 2024', 'Anna 2024', 'Otto 2024']],
  ])('what is no time is none: %s: %j', async (name, cells) => {
    const text = `${name};y\n${cells.map((cell, i) => `${cell};${i}\n`).join('')}`;
    expect((await onlySeries(text, { target: 'y' })).time.stamps).toBeNull();
  });

  test.each([
    ['29.01.2024', '30.01.2024', '31.01.2024', '01.02.2024'],
    ['29/01/2024', '30/01/2024', '31/01/2024', '01/02/2024'],
    ['01/29/2024', '01/30/2024', '01/31/2024', '02/01/2024'],
  ])('what follows is written as the file writes it: %s', async (...cells) => {
    const { time } = await onlySeries(
      `day;y\n${cells
        .slice(0, 3)
        .map((cell) => `${cell};1\n`)
        .join('')}`,
    );
    expect(futureStamps(time, 3, 1)).toEqual([cells[3]]);
  });

  test.each<[string, string, readonly string[]]>([
    ['a date and a time of day', 'Date;Time', ['2024-01-01;06:00', '2024-01-01;18:00', '2024-01-02;06:00']],
    [
      'a date and a time of day of twelve hours',
      'day;at',
      ['1.1.2024;6:00 AM', '1.1.2024;6:00 PM', '2.1.2024;6:00 AM'],
    ],
    ['digits to the hour', 'time', ['2024010106', '2024010118', '2024010206']],
    ['digits to the minute', 'time', ['202401010600', '202401011800', '202401020600']],
    ['digits to the second', 'time', ['20240101060000', '20240101180000', '20240102060000']],
    ['a month by name, and a clock', 'when', ['Jan 01 2024 6:00AM', 'Jan 01 2024 6:00PM', 'Jan 02 2024 6:00AM']],
    [
      'a month by name, and a clock',
      'when',
      ['1 January 2024, 06:00', '1 January 2024, 18:00', '2 January 2024, 06:00'],
    ],
  ])('to the hour: %s: %s', async (_law, header, cells) => {
    const series = await onlySeries(`${header};y\n${cells.map((cell, i) => `${cell};${i}\n`).join('')}`);
    const hours = ['2024-01-01T06:00:00.000Z', '2024-01-01T18:00:00.000Z', '2024-01-02T06:00:00.000Z'];
    expect(stampsOf(series)).toEqual(hours);
  });

  test('parts that are named may be a time of day, and one that is none is refused by its line', async () => {
    const table = 'd,t,y\n2024-01-01,06:00,1\n2024-01-01,07:00,2\n';
    expect(stampsOf(await onlySeries(table, { time: ['d', 't'], target: 'y' }))).toHaveLength(2);
    const later = `d,t,y\n${Array.from({ length: 240 }, (_, i) => `2024-01-${10 + Math.floor(i / 24)},${i % 24}:00,1\n`).join('')}`;
    const { said } = await failure(loadCsv(`${later}2024-01-20,25:00,1\n`, { target: 'y' }));
    expect(said).toBe('E_TIME_INVALID x.csv:242: the time of day is none');
  });

  test('no short name of a month means two, in whatever language', () => {
    for (const [month, names] of Object.entries({
      1: 'Jan January Januar Jän Jänner janv janvier ene enero gen gennaio januari',
      3: 'Mar March März Mär mars marzo março mrt maart',
      5: 'May Mai mayo mag maggio maio mei',
      6: 'Jun June Juni juin junio giu giugno junho',
      7: 'Jul July Juli juil juillet lug luglio julho',
      8: 'Aug August août ago agosto augustus',
      10: 'Oct Okt Oktober out ott ottobre outubro octobre',
      12: 'Dec Dez Dezember déc décembre dic dicembre dezembro',
    })) {
      for (const name of names.split(' ')) expect([name, monthCalled(name)]).toEqual([name, Number(month)]);
    }
    for (const name of ['Ma', 'Jui', 'Marc', 'Decision', 'Maya', '']) expect(monthCalled(name)).toBeNaN();
  });
});

test('a column of numbers that need a setting is no less a candidate for the target than one that needs none', async () => {
  for (const cell of ['"$1,200.50"', '(5)', '3 %', '"1.200,50"']) {
    const { said } = await failure(loadCsv(`day,revenue,size\n2024-01-01,${cell},3\n2024-01-02,${cell},4\n`));
    expect(said).toBe('E_DATA_COLUMN x.csv: 2 columns could be the target: "revenue", "size"');
  }
});

test('gzip, by its bytes and not by its name, is the file it holds; the sha256 is of the bytes on disk', async () => {
  const plain = Buffer.from('date,y\n2024-01-01,1\n2024-01-02,2\n');
  const zipped = gzipSync(plain);
  const [a, b] = [await loadCsv(plain), await loadCsv(zipped)];
  expect(b.raw).toEqual(a.raw);
  for (const [loaded, bytes] of [
    [a, plain],
    [b, zipped],
  ] as const) {
    expect(loaded.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});

describe('numbers as people write them', () => {
  test.each<[string, string, object, number[]]>([
    ['decimal comma between semicolons, found', 'd;y\n2024-01-01;1,5\n2024-01-02;-2,25\n', {}, [1.5, -2.25]],
    ['decimal comma, named', 'y\n"1,5"\n', { decimal: ',' }, [1.5]],
    [
      'decimal comma and groups',
      'd;y\n2024-01-01;1.234,5\n2024-01-02;12.345.678\n',
      { decimal: ',', thousands: '.' },
      [1234.5, 12345678],
    ],
    ['groups of three', 'y\n"1,234.5"\n"-12,345,678"\n999\n', { thousands: ',' }, [1234.5, -12345678, 999]],
    ['no digit before or after the point', 'y\n.5\n5.\n', {}, [0.5, 5]],
    [
      'own tokens for missing cells, numbers among them by value',
      'y\n1\n-9999\n-9999.0\nn/a\n5\n',
      { missing: [-9999, 'n/a'], fill: 'linear' },
      [1, 2, 3, 4, 5],
    ],
    ['the usual tokens', 'y\n0\nNA\nNaN\nnull\nNULL\n-\n?\n7\n', { fill: 'linear' }, [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s', async (_law, content, options, expected) => {
    expect(valuesOf(await onlySeries(content, options))).toEqual(expected);
  });

  test('lines are left out from the end too, whatever their number, line ends and blocks', async () => {
    for (const rows of [3, 9, 40_000]) {
      for (const end of ['\n', '\r\n', '\r']) {
        const lines = Array.from({ length: rows }, (_, i) => `"a ${i}",${i}`);
        const table = ['name,y', 'unit,pcs', ...lines, 'Total,99', 'Average,5', '  ', ''].join(end);
        const values = valuesOf(await onlySeries(table, { target: 'y', skip: [2, -1, -2] }));
        expect(values).toEqual(lines.map((_, i) => i));
      }
    }
    await expect(onlySeries('y\n1\n', { skip: [0] })).rejects.toThrow(/counted from 1/);
  });

  test('yes and no are 1 and 0 too, in the words of many languages', async () => {
    for (const [yes, no] of [
      ['yes', 'no'],
      ['Y', 'N'],
      ['ja', 'Nein'],
      ['WAHR', 'FALSCH'],
      ['oui', 'non'],
      ['sí', 'No'],
    ]) {
      const [series] = await csvSeries(`y,h\n1,${yes}\n2,${no}\n3,${yes}\n`, { target: 'y', past: ['h'] });
      expect([...(series?.past[0]?.values ?? [])]).toEqual([1, 0, 1]);
    }
  });

  test('a column that nothing reads is named where the target was not', async () => {
    const days = 'day,y,shop,promo\n2024-01-01,1,Ulm,yes\n2024-01-02,2,Ulm,no\n';
    expect((await loadCsv(days)).notes).toContain('not read: "shop", "promo"');
    expect((await loadCsv(days, { target: 'y' })).notes).toEqual(['time column "day"']);
  });

  test('TRUE and FALSE are 1 and 0 in columns that are not targets, and a note says so', async () => {
    const loaded = await loadCsv('y,h\n1,TRUE\n2,false\n', { target: 'y', future: ['h'] });
    expect(loaded.raw.form === 'numbers' && [...(loaded.raw.series[0]?.future[0]?.values ?? [])]).toEqual([1, 0]);
    expect(loaded.notes).toContain('TRUE and FALSE, yes and no read as 1 and 0 in "h"');
  });
});

describe('time', () => {
  test.each<[string, string[], object, string, string]>([
    ['days', ['2024-02-28', '2024-02-29', '2024-03-01'], {}, 'daily', '2024-03-02'],
    ['days with slashes', ['2024/2/28', '2024/2/29', '2024/3/1'], {}, 'daily', '2024-03-02'],
    ['compact days', ['20240228', '20240229'], {}, 'daily', '20240301'],
    ['months by number', ['2023-11', '2023-12'], {}, 'monthly', '2024-01'],
    ['months by M', ['2023M11', '2023M12'], {}, 'monthly', '2024-01'],
    ['months on the 15th', ['2023-11-15', '2023-12-15', '2024-01-15'], {}, 'monthly', '2024-02-15'],
    ['month ends', ['2023-11-30', '2023-12-31', '2024-01-31'], {}, 'monthly', '2024-02-29'],
    ['last business days', ['2024-01-31', '2024-02-29', '2024-03-29', '2024-04-30'], {}, 'monthly', '2024-05-31'],
    ['every four weeks', ['2024-01-01', '2024-01-29', '2024-02-26', '2024-03-25'], {}, 'every 4 weeks', '2024-04-22'],
    ['quarters', ['1956 Q3', '1956 Q4'], {}, 'quarterly', '1957 Q1'],
    ['quarters, closed up', ['1956Q3', '1956Q4'], {}, 'quarterly', '1957 Q1'],
    ['quarters with a dash', ['1956-Q3', '1956-Q4'], {}, 'quarterly', '1957 Q1'],
    ['quarter first', ['Q3 1956', 'Q4 1956'], {}, 'quarterly', '1957 Q1'],
    ['quarters as bankers write them', ['3Q15', '4Q15'], {}, 'quarterly', '2016 Q1'],
    ['quarters of two digits', ["Q3'15", "Q4'15"], {}, 'quarterly', '2016 Q1'],
    ['the number of a quarter first', ['2015 3Q', '2015 4Q'], {}, 'quarterly', '2016 Q1'],
    ['half-years', ['2021 H1', '2021 H2'], {}, 'every 6 months', '2022 H1'],
    ['half-years with a dash', ['2020-H2', '2021-H1'], {}, 'every 6 months', '2021 H2'],
    ['half-year first', ['H2 2020', 'H1 2021'], {}, 'every 6 months', '2021 H2'],
    ['half-years as bankers write them', ['1H21', '2H21'], {}, 'every 6 months', '2022 H1'],
    ['a half-year of four digits', ['2H2020', '1H2021'], {}, 'every 6 months', '2021 H2'],
    ['quarter ends', ['2023-09-30', '2023-12-31'], {}, 'quarterly', '2024-03-31'],
    ['years', ['1999', '2000'], {}, 'yearly', '2001'],
    ['every ten years', ['1980', '1990', '2000'], {}, 'every 10 years', '2010'],
    ['a single year', ['1999'], {}, 'yearly', '2000'],
    ['weeks', ['2024-01-06', '2024-01-13'], {}, 'weekly', '2024-01-20'],
    ['business days', ['2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09'], {}, 'business days', '2024-01-10'],
    ['hours', ['2024-01-01 22:00', '2024-01-01 23:00'], {}, 'hourly', '2024-01-02 00:00:00'],
    ['hours with T', ['2024-01-01T22:00:00', '2024-01-01T23:00:00'], {}, 'hourly', '2024-01-02T00:00:00'],
    [
      'half hours with offsets',
      ['2024-01-01T23:00:00+01:00', '2024-01-01T22:30:00Z'],
      {},
      'every 30 minutes',
      '2024-01-01T23:00:00Z',
    ],
    ['minutes past noon', ['2024-01-01 12:59 PM', '2024-01-01 01:00 PM'], {}, 'every minute', '2024-01-01 13:01:00'],
    [
      'a quarter of a second',
      ['2024-01-01 00:00:00.25', '2024-01-01 00:00:00.5'],
      {},
      'every 250 milliseconds',
      '2024-01-01 00:00:00.750',
    ],
    [
      'midnight without its clock',
      ['2024-01-01 23:00', '2024-01-02', '2024-01-02 01:00'],
      {},
      'hourly',
      '2024-01-02 02:00:00',
    ],
    ['epoch seconds', ['1700000000', '1700003600'], {}, 'hourly', '1700007200'],
    ['epoch milliseconds', ['1700000000000', '1700000060000'], {}, 'every minute', '1700000120000'],
    ['month names', ['Jan 1 2000', 'Feb 1 2000'], {}, 'monthly', 'Mar 1 2000'],
    ['month names after the day', ['31-Jan-2000', '01-Feb-2000'], {}, 'daily', 'Feb 2 2000'],
    ['month names in full', ['January 2000', 'February 2000'], {}, 'monthly', 'Mar 1 2000'],
    ['months and two digits of a year', ['Nov 23', 'Dec 23', 'Jan 24'], {}, 'monthly', 'Feb 1 2024'],
    [
      'numbers of days with a clock',
      ['45292', '45292.0416666667', '45292.0833333333'],
      {},
      'hourly',
      '2024-01-01 03:00:00',
    ],
    ['the same of few digits', ['45292.25', '45292.2604', '45292.2708'], {}, 'every 15 minutes', '2024-01-01 06:45:00'],
    ['days of ISO weeks', ['2024-W05-3', '2024-W06-3'], {}, 'weekly', '2024-02-14'],
    [
      'the end of a day',
      ['2024-01-01 23:00', '2024-01-01 24:00', '2024-01-02 1:00'],
      {},
      'hourly',
      '2024-01-02 02:00:00',
    ],
    ['the same in German, newest first', ['Mrz 24', 'Feb 24', 'Jan 24'], {}, 'monthly', 'Apr 1 2024'],
    ['day first, settled by a 13th', ['12/01/2024', '13/01/2024'], {}, 'daily', '14/01/2024'],
    ['month first, settled by a 13th', ['01/12/2024', '1/13/2024'], {}, 'daily', '01/14/2024'],
    ['day first, by its format', ['05.02.24', '06.02.24'], { format: 'dmy' }, 'daily', '07.02.2024'],
    ['year first of two digits', ['68-02-05', '68-02-06'], { format: 'ymd' }, 'daily', '2068-02-07'],
    ['day first with hours', ['31/12/1969 22:00', '31/12/1969 23:00'], {}, 'hourly', '01/01/1970 00:00:00'],
  ])('%s', async (_law, cells, options, frequency, next) => {
    const rows = cells.map((cell, i) => `${cell},${i}`);
    const series = await onlySeries(`date,y\n${rows.join('\n')}\n`, options);
    expect(describeFrequency(series.time.frequency)).toBe(frequency);
    expect(futureStamps(series.time, series.length, 1)).toEqual([next]);
  });

  test('fast and full reading of ISO stamps agree with Date, for any day and clock', async () => {
    const stamp = fc.integer({ min: -2e9, max: 4e9 }).map((minutes) => minutes * 60_000);
    const form = fc.constantFrom<(iso: string) => string>(
      (iso) => iso.slice(0, 16),
      (iso) => iso.slice(0, 19).replace('T', ' '),
      (iso) => `${iso.slice(0, 19)}.000`,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(stamp, form), { minLength: 2, maxLength: 20, selector: ([at]) => at }),
        async (cells) => {
          const inOrder = cells.filter(([at]) => at > -6e13).sort((a, b) => a[0] - b[0]);
          fc.pre(inOrder.length > 1);
          const lines = inOrder.map(([at, write]) => `${write(new Date(at).toISOString())},1`);
          const series = await onlySeries(`t,y\n${lines.join('\n')}\n`, { gaps: 'keep' });
          expect([...(series.time.stamps ?? [])]).toEqual(inOrder.map(([at]) => at));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('four digits under the name of a month or a week are no year', async () => {
    const next = async (name: string, cells: readonly string[]): Promise<string[]> => {
      const rows = cells.map((cell, i) => `${cell},${i}\n`).join('');
      const series = await onlySeries(`${name},y\n${rows}`, { target: 'y' });
      return series.time.stamps === null ? [] : futureStamps(series.time, series.length, 1);
    };
    expect(await next('month', ['2411', '2412', '2501'])).toEqual(['2025-02']);
    expect(await next('Monat', ['9.2024', '10.2024', '11.2024'])).toEqual(['2024-12']);
    expect(await next('week', ['2451', '2452', '2501'])).toEqual(['2025-01-06']);
    expect(await next('period', ['2401', '2402', '2403'])).toEqual([]);
    expect(await next('year', ['2298', '2299', '2300'])).toEqual(['2301']);
  });

  test('hours may count from 1 to 24', async () => {
    const hours = await onlySeries('date,hour,y\n2024-01-01,23,1\n2024-01-01,24,2\n2024-01-02,1,3\n');
    expect(futureStamps(hours.time, 3, 1)).toEqual(['2024-01-02 02:00:00']);
  });

  test('Jan 24 is no time where months do not follow each other', async () => {
    for (const cells of [
      ['Jan 24', 'Jan 25', 'Jan 26'],
      ['Jan 24', 'Feb 24'],
      ['Jan 24', 'Apr 24', 'Sep 24'],
    ]) {
      const series = await onlySeries(`date,y\n${cells.map((cell, i) => `${cell},${i}\n`).join('')}`);
      expect(series.time.stamps).toBeNull();
    }
  });

  test('numbers that count days are months under the name of a period where all begin or all end one', async () => {
    const period = (cells: readonly number[]): Promise<Series> =>
      onlySeries(`Period,y\n${cells.map((cell, i) => `${cell},${i}\n`).join('')}`, { target: 'y' });
    expect(futureStamps((await period([43831, 43862, 43891])).time, 3, 1)).toEqual(['2020-04-01']);
    expect(futureStamps((await period([43861, 43890, 43921])).time, 3, 1)).toEqual(['2020-04-30']);
    expect((await period([43831, 43862, 43890])).time.stamps).toBeNull();
  });

  test('a year beside a week, named or found, is the Monday of that week', async () => {
    const weeks = 'Year,Week,y\n2020,52,1\n2020,53,2\n2021,1,3\n';
    for (const options of [{}, { time: ['Year', 'Week'] }]) {
      const { time } = await onlySeries(weeks, options);
      expect(Array.from(time.stamps ?? [], (stamp) => formatStamp(time, stamp))).toEqual([
        '2020-12-21',
        '2020-12-28',
        '2021-01-04',
      ]);
    }
    const months = await onlySeries('Jahr;Monat;KW;y\n2024;1;5;1\n2024;2;6;2\n2024;2;7;3\n', { target: 'y' });
    expect(futureStamps(months.time, 3, 1)).toEqual(['2024-02-19']);
    await expect(onlySeries('Year,Week,y\n2021,52,1\n2021,53,2\n')).rejects.toMatchObject({
      code: 'E_TIME_INVALID',
      message: '2021 has no week 53',
    });
  });

  test('a time may stand in several columns', async () => {
    const quarters = await onlySeries('year,quarter,gdp\n1959,3,1\n1959,4,2\n', { time: ['year', 'quarter'] });
    expect(futureStamps(quarters.time, 2, 1)).toEqual(['1960 Q1']);
    const hours = await onlySeries('year,month,day,hour,y\n2010,2,28,23,1\n2010,3,1,0,2\n', {
      time: ['year', 'month', 'day', 'hour'],
    });
    expect(stampsOf(hours)).toEqual(['2010-02-28T23:00:00.000Z', '2010-03-01T00:00:00.000Z']);
    const dated = await onlySeries('dteday,hr,y\n13/1/11,22,1\n13/1/11,23,2\n', { time: ['dteday', 'hr'] });
    expect(stampsOf(dated)).toEqual(['2011-01-13T22:00:00.000Z', '2011-01-13T23:00:00.000Z']);
  });

  test.each<[string, string, string[]]>([
    [
      'a year and its quarter',
      'year,quarter,y\n2020,3,1\n2020,4,2\n2021,1,3\n',
      ['2020-07-01', '2020-10-01', '2021-01-01'],
    ],
    ['a date and its hour', 'day,hr,y\n2020-01-01,22,1\n2020-01-01,23,2\n2020-01-02,0,3\n', []],
    ['year, month and day in any order', 'day,month,year,y\n30,1,2020,1\n31,1,2020,2\n1,2,2020,3\n', ['2020-01-30']],
  ])('%s that repeats is joined with the parts that tell its rows apart', async (_, text, days) => {
    const series = await onlySeries(text, { target: 'y' });
    expect(series.length).toBe(3);
    expect(stampsOf(series).map((stamp) => stamp.slice(0, 10))).toEqual(expect.arrayContaining(days));
  });

  test.each<[string, string, string[]]>([
    [
      'months by name, as spreadsheets write them',
      'm\nJan-20\nFeb-20\nMar-20',
      ['2020-01-01', '2020-02-01', '2020-03-01'],
    ],
    ['days by the name of their month', 'd\n1-Feb-99\n2-Feb-99\n3-Feb-99', ['1999-02-01', '1999-02-02', '1999-02-03']],
    ['months after an apostrophe', "m\nSept '20\nOct '20\nNov '20", ['2020-09-01', '2020-10-01', '2020-11-01']],
    ['weeks by number, by their Monday', 'w\n2020-W53\n2021-W01\n2021W02', ['2020-12-28', '2021-01-04', '2021-01-11']],
    ['weeks before 1970', 'w\n1949-W52\n1950-W01\n1950-W02', ['1949-12-26', '1950-01-02', '1950-01-09']],
    ['months of six digits', 'period\n202011\n202012\n202101', ['2020-11-01', '2020-12-01', '2021-01-01']],
    [
      'dates with dots, the day first',
      'd\n01.02.2020\n02.02.2020\n03.02.2020',
      ['2020-02-01', '2020-02-02', '2020-02-03'],
    ],
    [
      'first days of months, the month first',
      'd\n11/1/20\n12/1/20\n1/1/21\n2/1/21',
      ['2020-11-01', '2020-12-01', '2021-01-01'],
    ],
    [
      'first days of months, the day first',
      'd\n1/11/20\n1/12/20\n1/1/21\n1/2/21',
      ['2020-11-01', '2020-12-01', '2021-01-01'],
    ],
  ])('times are read as only one reading allows: %s', async (_, column, days) => {
    const text = column
      .split('\n')
      .map((cell, i) => `${cell},${i === 0 ? 'y' : i}`)
      .join('\n');
    const read = stampsOf(await onlySeries(`${text}\n`, { target: 'y' })).map((stamp) => stamp.slice(0, 10));
    expect(read.slice(0, 3)).toEqual(days);
  });

  test('a year and a month by name are joined; a week no year has is no date', async () => {
    const series = await onlySeries('Year,Month,y\n2020,Nov,1\n2020,Dec,2\n2021,January,3\n');
    expect(stampsOf(series).map((stamp) => stamp.slice(0, 7))).toEqual(['2020-11', '2020-12', '2021-01']);
    await expect(onlySeries('week,y\n2021-W52,1\n2021-W53,2\n', { target: 'y' })).rejects.toMatchObject({
      code: 'E_TIME_INVALID',
    });
  });

  test.each<[string, string, string]>([
    ['months by name', 'Month,Date,y', 'Jan-20'],
    ['weeks', 'week,date,y', '2020-W01'],
    ['months of six digits', 'period,date,y', '202001'],
  ])('%s that repeat are not the time where a later column tells the rows apart', async (_, head, whole) => {
    const rows = ['2020-01-01', '2020-01-02', '2020-01-03'].map((day, i) => `${whole},${day},${i}`);
    const series = await onlySeries(`${head}\n${rows.join('\n')}\n`, { target: 'y' });
    expect(stampsOf(series).map((stamp) => stamp.slice(0, 10))).toEqual(['2020-01-01', '2020-01-02', '2020-01-03']);
  });

  test.each<[string, string]>([
    ['days without a year', 'Jan-01,Jan-02,Jan-03,Jan-04'],
    ['days of two digits a year', '150101,150201,150301,150401'],
  ])('%s are no times: rows are counted', async (_, cells) => {
    const rows = cells.split(',').map((cell, i) => `${cell},${i}`);
    const { notes } = await loadCsv(`date,y\n${rows.join('\n')}\n`, { target: 'y' });
    expect(notes[0]).toMatch(/^no time column: rows are counted/);
  });

  test('a fraction of a second is no dot between day and month', async () => {
    const rows = [1, 2, 3].map((month) => `3/${month}/2020 10:00:00.0,${month}`);
    await expect(onlySeries(`date,y\n${rows.join('\n')}\n`)).rejects.toMatchObject({ code: 'E_TIME_AMBIGUOUS' });
  });

  test('a column of times is never advised as the one that names series', async () => {
    const days = ['2020-01-01', '2020-01-02'];
    const rows = days.flatMap((day) => ['Jan-21', 'Feb-21', 'Mar-21'].map((contract) => `${contract},${day},5`));
    await expect(onlySeries(`contract,date,y\n${rows.join('\n')}\n`, { target: 'y' })).rejects.toSatisfy(
      ({ hint }: { hint: string }) => !/source\.id: "(date|contract)"/.test(hint),
    );
  });

  test('a column without a name is called by its place and is no target unless it is named', async () => {
    const series = await onlySeries(',day,sales,\n7,2024-01-01,5,\n9,2024-01-02,6,\n8,2024-01-03,7,\n');
    expect(series.targets.map(({ name }) => name)).toEqual(['sales']);
    expect((await onlySeries(',sales\n2024-01-01,5\n2024-01-02,6\n')).time.name).toBe('column 1');
    expect(valuesOf(await onlySeries(',day,sales\n7,2024-01-01,5\n9,2024-01-02,6\n', { target: 'column 1' }))).toEqual([
      7, 9,
    ]);
  });

  test('a column called as times are that cannot be read is named where rows are counted', async () => {
    const { notes } = await loadCsv('Month,y\n1-01,5\n1-02,6\n', { target: 'y' });
    expect(notes).toEqual([
      'no time column: rows are counted 0, 1, 2, … ("Month" is written in no way of times that is known)',
    ]);
    expect((await loadCsv('shop,y\na,5\na,6\n', { target: 'y' })).notes).toEqual([
      'no time column: rows are counted 0, 1, 2, …',
    ]);
  });

  test('a year that never repeats is the time, whatever stands beside it', async () => {
    const series = await onlySeries('year,month,y\n2019,7,1\n2020,7,2\n2021,7,3\n', { target: 'y' });
    expect(series.time.name).toBe('year');
  });

  test('bare integers are a time only under a name that says so, and any column may be asked for', async () => {
    expect((await onlySeries('sales,y\n1999,1\n2000,2\n', { target: 'y' })).time.stamps).toBeNull();
    expect((await onlySeries('n,y\n1999,1\n2000,2\n', { time: 'n' })).time.format).toBe('year');
  });

  test('the zone and language of the machine change nothing', () => {
    const file = write('zones.csv', 'date,y\n2024-03-30 22:00,1\n2024-03-31 02:30,2\n2024-03-31 07:00,3\n');
    const root = join(import.meta.dirname, '..', '..');
    const script = `
      import { SOURCES } from '${root}/src/sources/index.ts';
      import { futureStamps } from '${root}/src/core/calendar.ts';
      const { csv } = SOURCES;
      const context = { resolve: (path) => path, display: () => 'x.csv', seed: 7 };
      csv.load(csv.options.parse({ file: process.argv[2] }), context).then(({ raw }) => {
        const [series] = raw.series;
        console.log([...series.time.stamps].join(), futureStamps(series.time, 3, 2).join());
      });`;
    const program = write('zones.mts', script);
    const inZone = (TZ: string, LANG: string): string =>
      execFileSync(process.execPath, ['--import', 'tsx', context.resolve(program), context.resolve(file)], {
        env: { ...process.env, TZ, LANG, LC_ALL: LANG },
        cwd: root,
        encoding: 'utf8',
      });
    const expected = `${[22, 26.5, 31].map((hour) => Date.UTC(2024, 2, 30) + hour * 3_600_000).join()} 2024-03-31 11:30:00,2024-03-31 16:00:00\n`;
    for (const [zone, language] of [
      ['UTC', 'C'],
      ['Asia/Kathmandu', 'tr_TR'],
      ['Europe/Berlin', 'de_DE'],
    ] as const) {
      expect(inZone(zone, language)).toBe(expected);
    }
  });
});

describe('series', () => {
  const long = 'shop,date,y\nb,2024-01-01,1\na,2024-01-01,10\nb,2024-01-02,2\na,2024-01-02,20\na,2024-01-03,30\n';

  test('a long table gives one series an id, in the order they first appear, each with its own rows', async () => {
    const series = await csvSeries(long, { id: 'shop' });
    expect(series.map(({ id, length }) => [id, length])).toEqual([
      ['b', 2],
      ['a', 3],
    ]);
    expect(series.map((one) => valuesOf(one))).toEqual([
      [1, 2],
      [10, 20, 30],
    ]);
    expect(stampsOf(series[1] as never)).toEqual(
      ['2024-01-01', '2024-01-02', '2024-01-03'].map((d) => `${d}T00:00:00.000Z`),
    );
  });

  test('ids that are names of object properties stay apart', async () => {
    const ids = ['__proto__', 'constructor', 'toString', '1', '01'];
    const rows = ids.map((id, i) => `${id},${i}`);
    const series = await csvSeries(`id,y\n${[...rows, ...rows].join('\n')}\n`, { id: 'id' });
    expect(series.map(({ id }) => id)).toEqual(ids);
    expect(series.map((one) => valuesOf(one))).toEqual(ids.map((_, i) => [i, i]));
  });

  test('columns by convention are taken for what they are, and notes say so: unique_id, y, target', async () => {
    const long = await loadCsv('unique_id,ds,y,price\na,2024-01-01,1,9\na,2024-01-02,2,8\nb,2024-01-01,3,7\n');
    expect(long.raw.form === 'numbers' && long.raw.series.map(({ id, targets }) => [id, targets[0]?.name])).toEqual([
      ['a', 'y'],
      ['b', 'y'],
    ]);
    expect(long.notes).toEqual(expect.arrayContaining(['id "unique_id"', 'target "y"']));
    const { targets } = await onlySeries('day,price,Target\n2024-01-01,1,9\n2024-01-02,2,8\n');
    expect(targets.map(({ name }) => name)).toEqual(['Target']);
  });

  test('several id columns make one name', async () => {
    const series = await csvSeries('a,b,y\nx,1,5\nx,2,6\nx,1,7\n', { id: ['a', 'b'], target: 'y' });
    expect(series.map((one) => [one.id, ...valuesOf(one)])).toEqual([
      ['x / 1', 5, 7],
      ['x / 2', 6],
    ]);
  });

  test('a table of prices is forecast by its close, a column that numbers the rows is no target', async () => {
    const days = (cells: readonly string[]): string => cells.map((cell, i) => `2024-01-0${i + 1},${cell}\n`).join('');
    const target = async (content: string): Promise<unknown> => (await onlySeries(content)).targets[0]?.name;
    expect(await target(`Date,X.Open,X.High,X.Low,X.Close,Volume\n${days(['1,2,1,2,9', '2,3,1,3,8'])}`)).toBe(
      'X.Close',
    );
    expect(await target(`No,day,sales\n1,2024-01-01,5\n2,2024-01-02,6\n3,2024-01-03,7\n`)).toBe('sales');
    await expect(onlySeries(`Date,Open,Low,Close\n${days(['1,1,2', '2,1,3'])}`)).rejects.toMatchObject({
      hint: 'set source.target: "Close", or name another of them',
    });
  });

  test('several targets stay in one series, named after the file', async () => {
    const { raw } = await loadCsv('date,a,b\n2024-01-01,1,2\n', { target: ['b', 'a'] }, 'shops.csv.gz');
    expect(raw.form === 'numbers' && raw.series.map(({ id, targets }) => [id, targets.map((t) => t.name)])).toEqual([
      ['shops', ['b', 'a']],
    ]);
  });

  test('last rows without a target extend the columns known in advance, and only those', async () => {
    const content = 'date,y,price,temp\n2024-01-01,1,5,7\n2024-01-02,2,6,8\n2024-01-03,,7,\n2024-01-04,,8,\n';
    const series = await onlySeries(content, { target: 'y', future: ['price'], past: ['temp'] });
    expect(series.length).toBe(2);
    expect(valuesOf(series)).toEqual([1, 2]);
    expect([...(series.past[0]?.values ?? [])]).toEqual([7, 8]);
    expect([...(series.future[0]?.values ?? [])]).toEqual([5, 6, 7, 8]);
    expect(series.time.stamps).toHaveLength(2);
    expect(futureStamps(series.time, 2, 1)).toEqual(['2024-01-03']);
  });

  test('a constant target and an unused column are warned of', async () => {
    const { warnings } = await loadCsv('y,s\n7,1\n7,1\n', { target: 'y', static: ['s'] });
    expect(warnings.map(({ code }) => code)).toEqual(['W_CONSTANT_SERIES', 'W_STATIC_UNUSED']);
    const page = (name: string): string => readFileSync(join(import.meta.dirname, '..', '..', name), 'utf8');
    const { description } = ((SOURCES.csv as SourceKind).options as unknown as ZodObject<{ static: ZodType }>).shape
      .static;
    const places = [
      warnings[1]?.message,
      description,
      page('configs/schema.json'),
      page('docs/warnings.md'),
      page('docs/inputs.md'),
    ];
    for (const place of places)
      expect(place).toMatch(
        /never change within a series.{0,40}no forecaster reads|no forecaster reads columns that never/,
      );
    expect(warnings[0]?.message).toContain('"y" of "x" is 7 in every row');
  });
});

describe('repairs happen by a named policy and are counted', () => {
  const holed = 'date,y\n2024-01-01,1\n2024-01-02,\n2024-01-04,4\n2024-01-05,\n';
  test.each<[string, number[]]>([
    ['previous', [1, 1, 1, 4]],
    ['linear', [1, 2, 3, 4]],
    ['zero', [1, 0, 0, 4, 0]],
  ])('fill: %s', async (fill, expected) => {
    const loaded = await loadCsv(holed, { fill, gaps: 'fill' });
    expect(loaded.raw.form === 'numbers' && [...(loaded.raw.series[0]?.targets[0]?.values ?? [])]).toEqual(expected);
    const end = fill === 'zero' ? [] : ['1 last rows without a target left out'];
    const cells = fill === 'zero' ? 3 : 2;
    expect(loaded.notes.slice(-2 - end.length)).toEqual([
      '1 absent rows inserted',
      ...end,
      `${cells} missing cells filled: ${fill}`,
    ]);
  });

  test('filling carries an input on after its last known value, and no target', async () => {
    const content = 'date,y,p\n2024-01-01,1,5\n2024-01-02,2,\n2024-01-03,,\n';
    const series = await onlySeries(content, { target: 'y', past: ['p'], fill: 'previous' });
    expect([series.length, [...series.targets[0]!.values], [...series.past[0]!.values]]).toEqual([2, [1, 2], [5, 5]]);
  });

  test('of several targets the series ends where the first of them ends: what nobody observed is not judged', async () => {
    const content = 'date,a,b\n2024-01-01,1,5\n2024-01-02,,\n2024-01-03,3,7\n2024-01-04,4,\n2024-01-05,5,\n';
    for (const fill of ['previous', 'linear']) {
      const loaded = await loadCsv(content, { target: ['a', 'b'], fill });
      expect(loaded.raw.form === 'numbers' && loaded.raw.series[0]?.length).toBe(3);
      expect(loaded.notes).toContain('2 last rows without a target left out');
    }
  });

  test('filling carries nothing back before the first known value', async () => {
    const content = 'date,y\n2024-01-01,\n2024-01-02,2\n2024-01-03,\n2024-01-04,4\n';
    for (const fill of ['previous', 'linear']) {
      const loaded = await loadCsv(content, { fill });
      expect(loaded.raw.form === 'numbers' && loaded.raw.series[0]?.length).toBe(3);
      expect(loaded.notes).toContain('1 leading rows without a target left out');
    }
    expect(valuesOf(await onlySeries(content, { fill: 'zero' }))).toEqual([0, 2, 0, 4]);
  });

  const doubled = 'date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-02,4\n2024-01-03,5\n';
  test.each<[string, number[]]>([
    ['first', [1, 2, 5]],
    ['last', [1, 4, 5]],
    ['mean', [1, 3, 5]],
    ['sum', [1, 6, 5]],
  ])('duplicates: %s', async (duplicates, expected) => {
    const loaded = await loadCsv(doubled, { duplicates });
    expect(loaded.raw.form === 'numbers' && [...(loaded.raw.series[0]?.targets[0]?.values ?? [])]).toEqual(expected);
    expect(loaded.notes).toContain(`1 rows with a stamp already there: ${duplicates} taken`);
  });

  test('single sales become days: the hint says so, targets are summed, inputs averaged, days without a sale are zero', async () => {
    const sales = 'day,y,price\n2024-01-01,1,4\n2024-01-01,2,8\n2024-01-02,3,6\n2024-01-02,,9\n2024-01-04,5,1\n';
    expect((await failure(loadCsv(sales, { target: 'y' }))).hint).toContain(
      'source.duplicates: sum (or mean, first, last)',
    );
    expect((await failure(loadCsv(doubled))).hint).toContain('source.duplicates: first (or last, mean, sum)');
    const options = { target: 'y', past: ['price'], duplicates: 'sum', gaps: 'fill', fill: 'zero' };
    const series = await onlySeries(sales, options);
    expect([valuesOf(series), [...(series.past[0]?.values ?? [])]]).toEqual([
      [3, 3, 0, 5],
      [6, 7.5, 0, 1],
    ]);
  });

  test('any order sorted is the ordered table', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `2024-01-${String(i + 1).padStart(2, '0')},${i * i}`);
    const ordered = await onlySeries(`date,y\n${rows.join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: 20, maxLength: 20 }), async (shuffled) => {
        expect(await onlySeries(`date,y\n${shuffled.join('\n')}\n`, { order: 'sort' })).toEqual(ordered);
      }),
      { numRuns: 50 },
    );
  });

  test('rows that go backwards one and all are the ordered table, and a note says so', async () => {
    const rows = ['2024-01-01,1', '2024-01-02,5', '2024-01-03,2'];
    const { raw, notes } = await loadCsv(`date,y\n${[...rows].reverse().join('\n')}\n`);
    expect(raw).toEqual((await loadCsv(`date,y\n${rows.join('\n')}\n`)).raw);
    expect(notes).toContain('1 series newest first: turned around');
  });

  test('holidays of business days are counted, not refused, and filled where gaps are', async () => {
    const days = ['2023-12-21', '2023-12-22', '2023-12-26', '2023-12-27', '2023-12-28', '2023-12-29', '2024-01-02'];
    const content = `date,y\n${days.map((day, i) => `${day},${i}`).join('\n')}\n`;
    const loaded = await loadCsv(content);
    expect(loaded.notes).toContain('2 business days absent (holidays)');
    expect((await onlySeries(content, { gaps: 'fill', fill: 'previous' })).length).toBe(9);
  });
});

test('a season is accepted as a number or a list, and nothing else is', async () => {
  const file = write('season.csv', 'y\n1\n2\n');
  for (const season of [12, [48, 336]]) expect((await load('csv', { file, season })).raw.form).toBe('numbers');
  await expect(load('csv', { file, season: 0 })).rejects.toThrow();
  await expect(load('csv', { file, season: [] })).rejects.toThrow();
});

test('a table larger than one block is read as a whole, with the right lines, quoted or not', async () => {
  const count = 60_000;
  for (const quote of ['', '"', '""']) {
    const text = (i: number): string =>
      quote === '""'
        ? `"say ""${i}""\nand more"`
        : `${quote}note ${i}, is long${quote}`.replace(quote === '' ? ',' : ' ,', '');
    const rows = Array.from({ length: count }, (_, i) => `${text(i)},${i}`);
    const series = await onlySeries(`note,y\n${rows.join('\n')}\n`, { target: 'y' });
    expect(series.length).toBe(count);
    expect(series.targets[0]?.values.every((value, i) => value === i)).toBe(true);
    rows[count - 1] = `${text(0)},bad`;
    const line = quote === '""' ? 2 * count : count + 1;
    await expect(loadCsv(`note,y\n${rows.join('\n')}\n`, { target: 'y' })).rejects.toMatchObject({
      where: `x.csv:${line} column "y"`,
    });
  }
});
