import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { growthOf, repeatedShare, steadied } from '../../src/evaluate/growth.ts';

const STEPS = 24;
const alike = new Float64Array(STEPS).fill(1);
const power = Float64Array.from({ length: STEPS }, (_, h) => 3 * Math.sqrt(h + 1));

/** Fold by fold: growth, a pattern all folds share, and chance. */
function folds(pattern: number, chance: number, count: number): Float64Array[] {
  const draw = random(1, `folds/${pattern}/${chance}`);
  return Array.from({ length: count }, () =>
    power.map((size, h) => size * Math.exp(pattern * (h % 2 === 0 ? 1 : -1) + chance * draw.normal())),
  );
}

describe('growth by step', () => {
  it('of a power is that power, and falls nowhere', () => {
    for (const [h, size] of growthOf(power, alike).entries()) expect(size).toBeCloseTo(power[h] as number, 10);
    const falling = growthOf(power.slice().reverse(), alike);
    expect(new Set(falling).size).toBe(1);
  });

  it('is told by steps that have a size: one without, or without weight, changes nothing', () => {
    const gaps = power.map((size, h) => (h === 3 ? 0 : h === 5 ? Number.NaN : h === 7 ? 1e6 : size));
    const weights = alike.map((_, h) => (h === 7 ? 0 : 1));
    for (const [h, size] of growthOf(gaps, weights).entries()) expect(size).toBeCloseTo(power[h] as number, 10);
    expect([...growthOf([0, 0], [1, 1])]).toEqual([1, 1]);
  });

  it('leaves all of a pattern that every fold repeats, none of chance, half of what one fold shows alone', () => {
    expect(repeatedShare(folds(0.3, 0.001, 4))).toBeGreaterThan(0.999);
    expect(repeatedShare(folds(0, 0.3, 4))).toBeLessThan(0.4);
    const mixed = repeatedShare(folds(0.3, 0.6, 4)); // 0.09 / (0.09 + 0.36 / 4)
    expect(mixed).toBeGreaterThan(0.2);
    expect(mixed).toBeLessThan(0.8);
    expect(repeatedShare(folds(0.3, 0.001, 1))).toBe(0.5);
    expect(repeatedShare([])).toBe(0.5);
  });

  it('is the same whatever the size of a fold, and folds with a step of no error have no say', () => {
    const all = folds(0.3, 0.3, 4);
    const share = repeatedShare(all);
    expect(repeatedShare(all.map((fold, k) => fold.map((size) => size * 10 ** k)))).toBeCloseTo(share, 10);
    expect(repeatedShare([...all, new Float64Array(STEPS)])).toBe(share);
  });

  it('draws sizes towards itself by the share that is not repeated, and keeps none at all as it is', () => {
    const [sizes] = folds(0.3, 0, 1) as [Float64Array];
    const growth = growthOf(sizes, alike);
    for (let h = 0; h < STEPS; h++) {
      expect(steadied(sizes, alike, 1)[h]).toBeCloseTo(sizes[h] as number, 10);
      expect(steadied(sizes, alike, 0)[h]).toBeCloseTo(growth[h] as number, 10);
    }
    const none = new Float64Array(4);
    expect([...steadied(none, alike.subarray(0, 4), 0.5)]).toEqual([0, 0, 0, 0]);
  });
});
