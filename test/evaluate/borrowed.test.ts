// Intervals that short series borrow: as large a share of the lenders' errors lies inside theirs as the level says.

import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { borrowedRatios, differenceOf, LENDERS, type Lender } from '../../src/evaluate/borrowed.ts';
import type { LevelCalibration } from '../../src/evaluate/intervals.ts';

const HORIZON = 3;

/** A level whose half widths grow with the step, in units of the scale. */
const levelOf = (level: number): LevelCalibration =>
  ({ level, steps: Float64Array.of(1, 2, 4), sums: null, known: 0, needed: 0 }) as unknown as LevelCalibration;

/** Lenders of unlike size, whose errors grow with the step. */
function lenders(count: number): Lender[] {
  const draw = random(4, 'lenders');
  return Array.from({ length: count }, (_, s) => ({
    values: [0, 1, 0, 1, 0].map((value) => value * (s + 1)),
    errors: Float64Array.from({ length: HORIZON }, (_, h) => (s + 1) * (h + 1) * draw.normal()),
  }));
}

describe('borrowed intervals', () => {
  it.each([50, 80, 90])('hold ⌈(n + 1) level⌉ of the lenders’ n errors at %i %%, and no more', (level) => {
    const all = lenders(40);
    const ratio = borrowedRatios(all, { levels: [levelOf(level)] }, 1)?.get(level) as number;
    const { steps } = levelOf(level);
    const inside = all.flatMap(({ values, errors }) =>
      [...errors].filter(
        (error, h) =>
          Math.abs(error) <= (1 + 1e-12) * ratio * (steps?.[h] as number) * (differenceOf(values, 5, 1) as number),
      ),
    );
    expect(inside).toHaveLength(Math.ceil(((40 * HORIZON + 1) * level) / 100));
  });

  it('are none where lenders are too few, or the level asks for more errors than there are', () => {
    expect(borrowedRatios(lenders(LENDERS - 1), { levels: [levelOf(80)] }, 1)).toBeNull();
    expect(borrowedRatios(lenders(LENDERS), { levels: [levelOf(80)] }, 1)?.size).toBe(1);
    expect(borrowedRatios(lenders(LENDERS), { levels: [levelOf(99)] }, 1)).toBeNull();
  });

  it('are told in differences over a season where rows are enough, else from row to row', () => {
    const values = [0, 5, 1, 6, 2, 7];
    expect(differenceOf(values, 6, 2)).toBe(1);
    expect(differenceOf(values, 4, 2)).toBe((5 + 4 + 5 + 4 + 5) / 5);
    expect(differenceOf(values, 3, 2)).toBeNull();
    expect(differenceOf([3, 3, 3, 3, 3], 5, 1)).toBeNull();
  });
});
