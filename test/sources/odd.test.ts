// What is odd in the values of a table is said, and what is not is not.

import { describe, expect, test } from 'vitest';
import { load, loadCsv, write } from './load.ts';

const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const table = (values: readonly (number | string)[]): string =>
  `date,y\n${values.map((value, i) => `${day(i)},${value}\n`).join('')}`;
const wave = (rows: number): number[] => Array.from({ length: rows }, (_, i) => 50 + ((i * 7) % 11));
const put = (values: readonly number[], rows: readonly number[], value: number): number[] =>
  values.map((own, i) => (rows.includes(i) ? value : own));

async function said(values: readonly (number | string)[], options: object = {}): Promise<string[]> {
  const { warnings } = await loadCsv(table(values), options);
  return warnings.map(({ code, message }) => `${code}: ${message}`);
}

describe('a number that stands for none', () => {
  test.each<[readonly number[], number]>([
    [[7], -99],
    [[7, 20], -99],
    [[7, 20], -1],
    [[7, 20], -9],
    [[7], 999],
    [[3, 4, 5], -9999],
    [[9], 999999],
  ])('is said where no other value is near: rows %j hold %d', async (rows, value) => {
    const [warning, ...others] = await said(put(wave(40), rows, value));
    expect(others).toEqual([]);
    const count = `${rows.length} row${rows.length === 1 ? '' : 's'}`;
    expect(warning).toBe(
      `W_STAND_IN: "y" of "x" is ${value} in ${count}, else 50 … 60; where it stands for none set source.missing: [${value}] with source.fill: previous`,
    );
    expect(await said(put(wave(40), rows, value), { missing: [value], fill: 'previous' })).toEqual([]);
  });

  test.each<[string, readonly number[]]>([
    ['99 among 80 and 120', put(wave(40), [3, 9], 99).map((value, i) => (i === 5 ? 40 : i === 6 ? 120 : value))],
    ['one −1', put(wave(40), [7], -1)],
    ['−1 among small numbers', put(wave(40), [7, 9], -1).map((value) => (value < 0 ? value : value % 5))],
    ['99 in every other row', wave(40).map((value, i) => (i % 2 === 0 ? 99 : value - 50))],
    ['two frosts of −1', Array.from({ length: 60 }, (_, i) => Math.max(-1, Math.round(13 - 14.4 * Math.cos(i / 5))))],
    ['500', put(wave(40), [7], 500)],
  ])('is not said of %s', async (_, values) => {
    expect(await said(values)).toEqual([]);
  });

  test('is said of inputs too, and of at most three columns', async () => {
    const cells = wave(40).map((value, i) => (i === 9 ? -999 : value));
    const names = ['a', 'b', 'c', 'd'];
    const rows = cells.map((cell, i) => `${day(i)},${[wave(40)[i], ...names.map(() => cell)].join(',')}\n`);
    const { warnings } = await loadCsv(`date,y,${names.join(',')}\n${rows.join('')}`, { target: 'y', past: names });
    expect(warnings[0]?.message).toMatch(/^"a" of .*"b" of .*"c" of .*, and 1 more columns hold such a number; where/);
  });
});

test('one value far from all others is said, of many and not of a few', async () => {
  const many = Array.from({ length: 40 }, (_, i) => 50 + ((i * 7) % 23));
  const [warning] = await said(put(many, [11], 58_000));
  expect(warning).toMatch(/^W_STAND_IN: "y" of "x" is 58000 in 1 row, else 50 … 72; where it stands for none set/);
  expect(await said(put(many, [11], 700))).toEqual([]);
  expect(await said(put(many, [11, 30], 58_000))).toEqual([]);
  expect(
    await said(
      put(
        many.map((value) => value % 5),
        [11],
        4000,
      ),
    ),
  ).toEqual([]);
});

test('a number that stands for none is told as the file writes none', async () => {
  const tsf = `@relation x\n@attribute series_name string\n@frequency daily\n@data\nT1:${put(wave(40), [3], -999).join(',')}\n`;
  const { warnings } = await load('tsf', { file: write('x.tsf', tsf) });
  expect(warnings.map(({ message }) => message.split('; ')[1])).toEqual([
    'where it stands for none write ? in its place, with source.fill: previous',
  ]);
});

describe('rows of 0 at the end', () => {
  test('are said where there are more on end than twice as many as before', async () => {
    expect(await said([...wave(40), 0, 0])).toEqual([
      'W_LAST_ROW: "y" of "x" is 0 in its last 2 rows, from 2024-02-10 on, and never before; leave out rows whose time is not over',
    ]);
    expect(await said([...wave(20), 0, ...wave(20), 0, 0, 0])).toEqual([
      'W_LAST_ROW: "y" of "x" is 0 in its last 3 rows, from 2024-02-11 on, else in 1 on end at most; leave out rows whose time is not over',
    ]);
  });

  test.each<[string, readonly number[]]>([
    ['as many as before', [...wave(20), 0, 0, ...wave(20), 0, 0, 0, 0]],
    ['one after many', [...wave(20), 0, ...wave(20), 0]],
    ['nothing but zeros before', [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0]],
  ])('are not said of %s', async (_, values) => {
    expect(await said(values)).toEqual([]);
  });
});

describe('a last row that falls as none before', () => {
  test('is said, with its time and how much larger the step is', async () => {
    expect(await said([...wave(40), 20])).toEqual([
      'W_LAST_ROW: "y" of "x" falls from 59 to 20 in its last row, 2024-02-10: 5.6 times any step before; leave out rows whose time is not over',
    ]);
  });

  test.each<[string, readonly number[]]>([
    ['a fall as large as one before', [...wave(30), 20, ...wave(9), 20]],
    ['a rise', [...wave(40), 90]],
    ['a few rows', [50, 51, 50, 51, 20]],
    ['a fall below 0', [...wave(40), -20]],
  ])('is not said of %s', async (_, values) => {
    expect(await said(values)).toEqual([]);
  });
});

test('of many series that fall in the last row, few are owed to chance', async () => {
  const panel = (falling: number): string =>
    `id,date,y\n${Array.from({ length: 30 }, (_, s) =>
      put(wave(20), s < falling ? [19] : [], 5)
        .map((value, i) => `s${s},${day(i)},${value}\n`)
        .join(''),
    ).join('')}`;
  const codes = async (falling: number): Promise<string[]> =>
    (await loadCsv(panel(falling), { id: 'id', target: 'y' })).warnings.map(({ code }) => code);
  expect(await codes(2)).toEqual([]);
  expect(await codes(3)).toEqual(['W_LAST_ROW']);
});

describe('series that end early', () => {
  const long = (lengths: readonly number[]): string =>
    `id,date,y\n${lengths.flatMap((rows, s) => Array.from({ length: rows }, (_, i) => `s${s},${day(i)},${50 + ((i * 7 + s) % 11)}\n`)).join('')}`;

  test('are said where most go on', async () => {
    const { warnings } = await loadCsv(long([30, 30, 20, 30, 25]), { id: 'id', target: 'y' });
    expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'W_ENDED_EARLY: "s2" ends 2024-01-20, "s4" ends 2024-01-25, others 2024-01-30: forecasts begin where a series ends',
    ]);
  });

  test('are not said where half of them do, or where there are no times', async () => {
    expect((await loadCsv(long([30, 20]), { id: 'id', target: 'y' })).warnings).toEqual([]);
    const rows = await load('rows', { file: write('r.csv', 'id,V1,V2,V3\na,1,2,3\nb,2,1,3\nc,1,2,\n') });
    expect(rows.warnings).toEqual([]);
  });
});
