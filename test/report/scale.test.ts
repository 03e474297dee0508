import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAxis, lossAxis, type Moment, roundTicks, rowAxis, valueAxis } from '../../src/report/scale.ts';
import { thinnedRows } from '../../src/report/thin.ts';

const value = fc.double({ noNaN: true, min: -1e300, max: 1e300 });

describe('an axis', () => {
  it('holds every value, and its ticks lie on it, ascending and told apart', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.boolean(), (values, zero) => {
        const { low, high, ticks } = valueAxis('', values, zero);
        expect(low).toBeLessThanOrEqual(Math.min(...values));
        expect(high).toBeGreaterThanOrEqual(Math.max(...values));
        expect(high).toBeGreaterThan(low);
        expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
        for (const { at } of ticks) expect(at >= low && at <= high).toBe(true);
        expect(ticks.map(({ at }) => at)).toEqual(ticks.map(({ at }) => at).sort((a, b) => a - b));
        expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      }),
    );
  });

  it('has round ticks: 1, 2 or 5 times a power of ten apart', () => {
    const texts = (low: number, high: number) => roundTicks(low, high, 5).map(({ text }) => text);
    expect(texts(0, 1)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(texts(-30, 120)).toEqual(['0', '50', '100']);
    expect(texts(1e15 + 1, 1e15 + 9)).toEqual([
      '1.000000000000002e15',
      '1.000000000000004e15',
      '1.000000000000006e15',
      '1.000000000000008e15',
    ]);
  });

  it('without values has no ticks', () => {
    expect(valueAxis('', [Number.NaN, Number.POSITIVE_INFINITY]).ticks).toEqual([]);
  });

  it('of losses is logarithmic where they spread, and plain where they do not or reach 0', () => {
    expect(lossAxis('', [2, 0.002])).toMatchObject({ log: true, low: 0.001, high: 10 });
    expect(lossAxis('', [2, 1]).log).toBeUndefined();
    expect(lossAxis('', [2, 0]).log).toBeUndefined();
  });

  it('of counts has whole numbers, the first among them', () => {
    for (const last of [1, 2, 3, 7, 12, 24, 100, 720, 5000]) {
      const { ticks } = countAxis('', 1, last);
      expect(ticks[0]?.at).toBe(1);
      expect(ticks.every(({ at }) => Number.isInteger(at))).toBe(true);
      expect(ticks.length).toBeLessThan(14);
    }
  });
});

describe('an axis of rows', () => {
  const rows = (start: number, step: number, count: number): Moment[] =>
    Array.from({ length: count }, (_, i) => [i, start + i * step]);
  const texts = (moments: readonly Moment[]) => rowAxis(0, moments.length - 1, moments).ticks.map(({ text }) => text);
  const HOUR = 3_600_000;

  it('is told by the calendar: years, months, days, hours', () => {
    const months = Array.from({ length: 60 }, (_, i): Moment => [i, Date.UTC(1949, i, 1)]);
    expect(texts(months)).toEqual(['1949', '1950', '1951', '1952', '1953']);
    expect(texts(months.slice(0, 8))).toContain('1949-05');
    expect(texts(rows(Date.UTC(2024, 1, 26), 24 * HOUR, 10))).toEqual([
      '2024-02-27',
      '2024-02-29',
      '2024-03-02',
      '2024-03-04',
      '2024-03-06',
    ]);
    expect(texts(rows(Date.UTC(2024, 0, 1), HOUR, 24))).toContain('12:00');
  });

  it('puts each tick on the row where its unit begins', () => {
    const days = rows(Date.UTC(2020, 10, 17), 24 * HOUR, 900);
    for (const { at, text } of rowAxis(0, 899, days).ticks)
      expect(new Date(days[at]?.[1] as number).toISOString().startsWith(`${text}-`)).toBe(true);
  });

  it('is counted where there are no times', () => {
    expect(rowAxis(0, 100, null)).toMatchObject({ label: 'row', low: 0, high: 100 });
  });
});

describe('thinning', () => {
  it('keeps all of few rows, and of many both ends, the highest, the lowest, and the order', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 8, max: 100 }),
        (values, most) => {
          const rows = thinnedRows(values, 0, values.length, most);
          expect(rows.length).toBeLessThanOrEqual(Math.max(most, 8));
          expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
          expect(rows[0]).toBe(0);
          expect(rows.at(-1)).toBe(values.length - 1);
          const kept = rows.map((row) => values[row] as number);
          expect(Math.max(...kept)).toBe(Math.max(...values));
          expect(Math.min(...kept)).toBe(Math.min(...values));
          if (values.length <= most) expect(rows.length).toBe(values.length);
        },
      ),
    );
  });

  it('leaves a gap a gap', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i >= 400 && i < 600 ? Number.NaN : i));
    const kept = thinnedRows(values, 0, 1000, 100).map((row) => values[row] as number);
    expect(kept.filter(Number.isNaN).length).toBeGreaterThan(5);
  });
});
