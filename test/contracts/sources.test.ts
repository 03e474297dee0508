// What every source promises, whatever its kind.

import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/core/data.ts';
import { SOURCES } from '../../src/sources/index.ts';
import { kindOf, load, write } from '../sources/load.ts';
import { everyFieldIsDescribed } from './kinds.ts';

/** Options that load, at least one set a kind; a new kind without any fails below. */
const GOOD: { readonly [kind: string]: readonly (() => object)[] } = {
  csv: [
    () => ({
      file: write('one.csv', 'date,y,k\n2024-01-01,1,5\n2024-01-02,2,6\n2024-01-03,,7\n'),
      target: 'y',
      future: ['k'],
    }),
    () => ({ file: write('long.csv', 'id;y\na;1,5\nb;2,5\na;3,5\n'), id: 'id' }),
  ],
  generated: ['counting', 'sine', 'trend-season', 'random-walk', 'ar', 'logistic', 'recall'].map((series) => () => ({
    series,
  })),
  rows: [
    () => ({ file: write('wide.csv', 'id,V2,V3,V4\na,1,2,3\nb,4,,\n') }),
    () => ({ file: write('dated.csv', 'shop;2024-01;2024-02;2024-03\na;1,5;;2\nb;;1;\n'), fill: 'linear' }),
    () => ({ file: write('bare.csv', '1,2,3\n4,5\n'), id: false, start: '2024-02-29', frequency: 'monthly' }),
  ],
  text: [() => ({ file: write('one.txt', 'one two\nthree\n') }), () => ({ lines: ['a b', 'c'], document: 'whole' })],
  tsf: [
    () => ({
      file: write(
        'one.tsf',
        '@attribute series_name string\n@attribute start date\n@frequency daily\n@data\nT1:2024-01-01:1,2\nT2:2024-01-03:3\n',
      ),
    }),
    () => ({ file: write('bare.tsf', '@attribute name string\n@data\na:1,?,3\n'), fill: 'linear', season: 2 }),
  ],
};

describe.each(Object.entries(SOURCES))('%s', (name, kind) => {
  test('stands in the table under its own name, says what it is, and has a case below', () => {
    expect(kind.kind).toBe(name);
    expect(kind.summary).toMatch(/^[A-Z].{20,}\.$/);
    expect(GOOD[name]?.length).toBeGreaterThan(0);
  });

  test('describes every option and refuses unknown ones', () => {
    everyFieldIsDescribed(kind);
    for (const options of GOOD[name] ?? []) {
      expect(kind.options.safeParse({ ...options(), unheardOf: 1 }).success).toBe(false);
    }
  });

  test('options survive being written as JSON and read again: a resolved config replays', async () => {
    for (const options of GOOD[name] ?? []) {
      const once = kindOf(name).options.parse(options());
      const again = kindOf(name).options.parse(JSON.parse(JSON.stringify(once)));
      expect(again).toEqual(once);
    }
  });

  test('loads the same data twice, whole and finite, with their sha256', async () => {
    for (const options of GOOD[name] ?? []) {
      const loaded = await load(name, options());
      expect(await load(name, options())).toEqual(loaded);
      expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
      isWhole(loaded);
    }
  });
});

function isWhole({ raw }: Loaded): void {
  if (raw.form === 'text') {
    expect(raw.documents.length).toBeGreaterThan(0);
    for (const document of raw.documents) expect(document).toMatch(/\S/);
    return;
  }
  expect(new Set(raw.series.map(({ id }) => id)).size).toBe(raw.series.length);
  for (const { length, time, targets, past, future } of raw.series) {
    expect(length).toBeGreaterThan(0);
    expect(targets.length).toBeGreaterThan(0);
    expect(time.stamps?.length ?? length).toBe(length);
    for (const column of [...targets, ...past]) expect(column.values).toHaveLength(length);
    for (const column of future) expect(column.values.length).toBeGreaterThanOrEqual(length);
    for (const { values } of [...targets, ...past, ...future]) expect(values.every(Number.isFinite)).toBe(true);
  }
}
