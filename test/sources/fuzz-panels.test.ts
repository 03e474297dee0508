// Whatever the bytes: the sources of panels deliver whole, finite series, or refuse with a code, a place and a hint.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { load, write } from './load.ts';

const fill = fc.constantFrom('refuse', 'previous', 'linear', 'zero');
const newline = fc.constantFrom('\n', '\r\n', '\r', '\n\n');
const oddCell = fc.oneof(
  fc.constantFrom('', '?', 'NA', 'x', '1e999', '0x10', '2024-01-01', '"', '"a', '"a,b"', '"a""b"', '1,5', '__proto__'),
  fc.string({ maxLength: 6 }),
);

async function isWholeOrRefused(kind: string, content: Buffer, options: object): Promise<void> {
  const file = write(`fuzz.${kind}`, content);
  try {
    const { raw } = await load(kind, { file, ...options });
    if (raw.form === 'numbers') isWhole(raw.series);
  } catch (error) {
    if (!(error instanceof ForecastError)) throw error;
    expect(error.where, error.message).toMatch(/^(fuzz\.|source\.)/);
    expect(error.hint, error.message).toMatch(/\w/);
  }
}

function isWhole(series: readonly Series[]): void {
  expect(series.length).toBeGreaterThan(0);
  expect(new Set(series.map(({ id }) => id)).size).toBe(series.length);
  for (const { length, targets, time } of series) {
    expect(length).toBeGreaterThan(0);
    expect(targets[0]?.values).toHaveLength(length);
    expect(targets[0]?.values.every(Number.isFinite)).toBe(true);
    const stamps = [...(time.stamps ?? [])];
    expect(stamps.every((stamp, i) => i === 0 || stamp > (stamps[i - 1] as number))).toBe(true);
  }
}

/** A good wide table with a few cells replaced, its rows cut to unlike lengths. */
const wide = fc
  .record({
    header: fc.constantFrom('id,V2,V3,V4', 'id,2024-01,2024-02,2024-03', ',1,2,3', 'id,2020,2021,2023', ''),
    cuts: fc.array(fc.nat(4), { minLength: 1, maxLength: 8 }),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(4), oddCell), { maxLength: 3 }),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    newline,
  })
  .map(({ header, cuts, changes, delimiter, newline }) => {
    const cells = cuts.map((_, s) => [`s${s}`, `${s}`, `${s * 1.5}`, '7']);
    for (const [row, column, text] of changes) (cells[row % cells.length] as string[])[column] = text;
    const lines = cells.map((own, s) => own.slice(0, 5 - (cuts[s] as number)).join(delimiter));
    return Buffer.from([...(header === '' ? [] : [header.replaceAll(',', delimiter)]), ...lines].join(newline));
  });

const archive = fc
  .record({
    head: fc.array(
      fc.constantFrom(
        '@relation x',
        '@frequency daily',
        '@frequency 10_minutes',
        '@horizon 3',
        '@missing true',
        '# :,',
      ),
      { maxLength: 3 },
    ),
    dated: fc.boolean(),
    rows: fc.integer({ min: 1, max: 5 }),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(4), oddCell), { maxLength: 3 }),
    newline,
  })
  .map(({ head, dated, rows, changes, newline }) => {
    const cells = Array.from({ length: rows }, (_, s) => [`T${s}`, `2024-01-0${s + 1} 00-00-00`, '1', '?', '2.5']);
    for (const [row, column, text] of changes) (cells[row % rows] as string[])[column] = text;
    const lines = cells.map(([id, start, ...values]) => `${id}:${dated ? `${start}:` : ''}${values.join(',')}`);
    const attributes = ['@attribute series_name string', ...(dated ? ['@attribute start date'] : [])];
    return Buffer.from([...head, ...attributes, '@data', ...lines].join(newline));
  });

const noise = fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw));

test('wide tables', async () => {
  const contents = fc.oneof({ weight: 9, arbitrary: wide }, { weight: 1, arbitrary: noise });
  await fc.assert(
    fc.asyncProperty(contents, fill, (content, fill) => isWholeOrRefused('rows', content, { fill })),
    { numRuns: 300 },
  );
});

test('.tsf files', async () => {
  const contents = fc.oneof({ weight: 9, arbitrary: archive }, { weight: 1, arbitrary: noise });
  await fc.assert(
    fc.asyncProperty(contents, fill, (content, fill) => isWholeOrRefused('tsf', content, { fill })),
    { numRuns: 300 },
  );
});
