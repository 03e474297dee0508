// Whatever the bytes and policies: the csv source delivers whole, finite, ordered series, or refuses with a code, a place and a hint.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { loadCsv } from './load.ts';

const cell = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('2024-01-01', '2024-01-02', '2024-02-30', '1', '-2.5', '1e300', '', 'NaN', 'x'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '01/02/2024',
      '13/01/24',
      '1956 Q1',
      '2024',
      'Jan 1 2000',
      '1e999',
      '0x10',
      'TRUE',
      '1,5',
      '__proto__',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('"', '""', '"a', 'a"b', '"a,b"', '"a\nb"', '"a""b"', ' "a" ') },
);
/** A good table of days with a few cells replaced, rows dropped or swapped, and sometimes another header. */
const table = fc
  .record({
    header: fc.oneof(
      { weight: 9, arbitrary: fc.constant('t,y,k') },
      { weight: 1, arbitrary: fc.constantFrom('t,y', 'k,y,t', 't,y,constructor', '\uFEFFt,y,k', 't,t,y', ',y,k') },
    ),
    rows: fc.integer({ min: 1, max: 12 }),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(2), cell), { maxLength: 3 }),
    dropped: fc.array(fc.nat(), { maxLength: 1 }),
    swapped: fc.array(fc.nat(), { maxLength: 1 }),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    newline: fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
  })
  .map(({ header, rows, changes, dropped, swapped, delimiter, newline }) => {
    const cells = Array.from({ length: rows }, (_, i) => [
      `2024-01-${String(i + 1).padStart(2, '0')}`,
      `${i * 1.5}`,
      'a',
    ]);
    for (const [row, column, text] of changes) (cells[row % rows] as string[])[column] = text;
    for (const row of swapped) cells.push(...cells.splice(row % rows, 1));
    for (const row of dropped) if (cells.length > 1) cells.splice(row % cells.length, 1);
    return Buffer.from([header.replaceAll(',', delimiter), ...cells.map((row) => row.join(delimiter))].join(newline));
  });
const bytes = fc.oneof(
  { weight: 9, arbitrary: table },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw)) },
);
const policies = fc.record(
  {
    order: fc.constantFrom('refuse', 'sort'),
    duplicates: fc.constantFrom('refuse', 'first', 'last', 'mean'),
    gaps: fc.constantFrom('refuse', 'keep', 'fill'),
    fill: fc.constantFrom('refuse', 'previous', 'linear', 'zero'),
    format: fc.constantFrom('dmy', 'mdy', 'ymd'),
    decimal: fc.constantFrom('.', '.', '.', ','),
    thousands: fc.constantFrom(',', ' '),
    target: fc.constantFrom('y', ['y']),
    id: fc.constantFrom('k'),
    missing: fc.constantFrom(['x', 'a'], [0]),
    time: fc.constantFrom('t'),
  },
  { requiredKeys: [] },
);

test('any bytes under any policies are read whole or refused by name', async () => {
  const runs = Number(process.env.FORECAST_FUZZ ?? 1000);
  let read = 0;
  await fc.assert(
    fc.asyncProperty(bytes, policies, async (content, options) => {
      try {
        const { raw } = await loadCsv(content, { ...options, limits: { rows: 10_000 } }, 'fuzz.csv');
        for (const { length, time, targets, past, future } of raw.form === 'numbers' ? raw.series : []) {
          expect(length).toBeGreaterThan(0);
          for (const { values } of [...targets, ...past, ...future]) expect(values.every(Number.isFinite)).toBe(true);
          for (const { values } of targets) expect(values).toHaveLength(length);
          expect((time.stamps ?? []).every((stamp, i, all) => i === 0 || stamp > (all[i - 1] as number))).toBe(true);
        }
        read++;
      } catch (error) {
        if (!(error instanceof ForecastError)) throw error;
        expect(error.code).toMatch(/^E_(CSV|DATA|TIME|CONFIG_CONFLICT)/);
        expect(error.where).toBeTruthy();
        expect(error.hint).toBeTruthy();
        expect(`${error.where}: ${error.message}. Hint: ${error.hint}`.length).toBeLessThan(480);
      }
    }),
    { numRuns: runs },
  );
  expect(read).toBeGreaterThan(runs / 10);
});
