import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { cut, cutoffAt, fromAt, targetSpan, targetsBetween } from '../../src/window/cuts.ts';
import { partSizes, type SplitPositions, splitPositions } from '../../src/window/split.ts';
import type { Cuts, WindowShape } from '../../src/window/window.ts';

const one: WindowShape = { context: 1, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
const sliding = { kind: 'sliding', stride: 1 } as const;
const whole = (rows: number) => [{ start: 0, end: rows }];

function errorOf(run: () => unknown): ForecastError {
  try {
    run();
  } catch (error) {
    if (error instanceof ForecastError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('splitPositions', () => {
  it('counting: 101 rows at context 1 are 100 windows, 80 to train on and 20 held out', () => {
    const cuts = cut(whole(101), one, sliding);
    const split = splitPositions(cuts, one, { validation: 0.2, test: 0 }, whole(101));
    expect(split).toEqual({ validation: 81, test: null, windows: 100 });
    expect(targetsBetween(cuts, one, 0, 81).count).toBe(80);
    expect(targetsBetween(cuts, one, 81, 101).count).toBe(20);
  });

  it('a count holds out that many windows, a fraction its share, none nothing', () => {
    const cuts = cut(whole(101), one, sliding);
    expect(splitPositions(cuts, one, { validation: 15, test: 5 }, whole(101))).toMatchObject({
      validation: 81,
      test: 96,
    });
    expect(splitPositions(cuts, one, { validation: 0, test: 0.1 }, whole(101))).toMatchObject({
      validation: null,
      test: 91,
    });
    expect(splitPositions(cuts, one, { validation: 0, test: 0 }, whole(101))).toMatchObject({
      validation: null,
      test: null,
    });
  });

  it('training is floor(n · (1 − validation − test)), whatever the last bits of the fractions', () => {
    for (let n = 10; n < 400; n++) {
      for (const [v, t] of [
        [2, 4],
        [1, 2],
        [3, 0],
        [2, 0],
      ] as const) {
        const exact = Math.floor((n * (10 - v - t)) / 10);
        expect(partSizes(n, { validation: v / 10, test: t / 10 }).training).toBe(exact);
      }
    }
  });

  it('the parts add up and every part asked for has a window', () => {
    const share = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: 0.01, max: 0.49, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), share, share, (windows, validation, test) => {
        const sizes = partSizes(windows, { validation, test });
        expect(sizes.training + sizes.validation + sizes.test).toBe(windows);
        expect(sizes.validation > 0).toBe(validation > 0);
        expect(sizes.test > 0).toBe(test > 0);
      }),
    );
  });

  it('a window never crosses the split', () => {
    const shapes: fc.Arbitrary<WindowShape> = fc.record({
      context: fc.integer({ min: 1, max: 8 }),
      horizon: fc.integer({ min: 1, max: 5 }),
      lead: fc.integer({ min: 0, max: 2 }),
      targets: fc.constantFrom('last' as const, 'every' as const),
      pad: fc.constant('none' as const),
      mask: fc.constant(false),
    });
    const share = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0.05, max: 0.4, noNaN: true }),
    );
    fc.assert(
      fc.property(shapes, fc.integer({ min: 20, max: 90 }), share, share, (shape, rows, validation, test) => {
        const cuts = cut(whole(rows), shape, sliding);
        let split: SplitPositions;
        try {
          split = splitPositions(cuts, shape, { validation, test }, whole(rows));
        } catch (error) {
          expect((error as ForecastError).code).toBe('E_DATA_TOO_SHORT');
          return;
        }
        const ends = [
          0,
          ...(split.validation === null ? [] : [split.validation]),
          ...(split.test === null ? [] : [split.test]),
          rows,
        ];
        for (let part = 0; part + 1 < ends.length; part++) {
          const [a, b] = [ends[part] as number, ends[part + 1] as number];
          const windows = targetsBetween(cuts, shape, a, b);
          expect(windows.count).toBeGreaterThan(0);
          for (const span of spans(windows, shape)) {
            expect(span.start).toBeGreaterThanOrEqual(a);
            expect(span.end).toBeLessThanOrEqual(b);
          }
        }
      }),
    );
  });

  it('rows too few for one window are refused with the context that would fit', () => {
    const shape = { ...one, context: 24 };
    const error = errorOf(() =>
      splitPositions(cut(whole(10), shape, sliding), shape, { validation: 0.2, test: 0 }, whole(10)),
    );
    expect(error.code).toBe('E_DATA_TOO_SHORT');
    expect(error.message).toBe('context 24 + horizon 1 needs ≥ 25 rows, has 10');
    expect(error.hint).toBe('try context ≤ 8'); // of 9 there is one window, and nothing to hold out
  });

  it('a horizon longer than the rows is refused with the horizon that would fit', () => {
    const shape = { ...one, horizon: 12 };
    const error = errorOf(() =>
      splitPositions(cut(whole(10), shape, sliding), shape, { validation: 0, test: 0 }, whole(10)),
    );
    expect(error.hint).toBe('give more rows or horizon ≤ 9');
  });

  it('what is named leaves room for what is held out', () => {
    const held = { validation: 0.2, test: 0.1 };
    const attempt = (context: number, horizon: number): ForecastError | null => {
      const shape = { ...one, context, horizon };
      try {
        splitPositions(cut(whole(60), shape, sliding), shape, held, whole(60));
        return null;
      } catch (error) {
        return error as ForecastError;
      }
    };
    const nearer = Number(/horizon ≤ (\d+)$/.exec(attempt(1, 90)?.hint ?? '')?.[1]);
    expect([attempt(1, nearer), attempt(1, nearer + 1) === null]).toEqual([null, false]);
    const shorter = Number(/^try context ≤ (\d+)$/.exec(attempt(58, 7)?.hint ?? '')?.[1]);
    expect([attempt(shorter, 7), attempt(shorter + 1, 7) === null]).toEqual([null, false]);
  });

  it('a single row is told that it needs company, not a horizon of none', () => {
    const error = errorOf(() => splitPositions(cut(whole(1), one, sliding), one, { validation: 0, test: 0 }, whole(1)));
    expect(error.hint).toBe('give more rows');
  });

  it('the rows and the context named in a refusal are the least and the most that work', () => {
    const held = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.double({ min: 0.1, max: 0.45, noNaN: true }));
    const numbers = fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 30 }),
    );
    fc.assert(
      fc.property(numbers, held, ([context, horizon, rows], validation) => {
        const attempt = (n: number, c: number) => {
          const shape = { ...one, context: c, horizon };
          splitPositions(cut(whole(n), shape, sliding), shape, { validation, test: 0 }, whole(n));
        };
        if (rows < context + horizon) return;
        try {
          attempt(rows, context);
        } catch (error) {
          const needs = Number(/needs ≥ (\d+)/.exec((error as ForecastError).message)?.[1]);
          expect(() => attempt(needs, context)).not.toThrow();
          expect(() => attempt(needs - 1, context)).toThrow();
          const most = /context ≤ (\d+)/.exec((error as ForecastError).hint ?? '');
          if (most === null) {
            for (let c = 1; c <= context; c++) expect(() => attempt(rows, c)).toThrow();
          } else {
            expect(() => attempt(rows, Number(most[1]))).not.toThrow();
            expect(() => attempt(rows, Number(most[1]) + 1)).toThrow();
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function spans(cuts: Cuts, shape: WindowShape) {
  return Array.from({ length: cuts.count }, (_, i) => targetSpan(shape, fromAt(cuts, i), cutoffAt(cuts, i)));
}
