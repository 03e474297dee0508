// Weights of least error: what the best mixture of known errors is, and what no weights can mend.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastErrorWeights } from '../../src/combine/least-error.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

/** Mean square of the mixture, each block divided by the mean size of its middle member, with the shrinkage told of. */
function cost(errors: readonly Float64Array[], blocks: readonly number[], weights: readonly number[]): number {
  const scales = blocks.flatMap((rows, b) => {
    const from = blocks.slice(0, b).reduce((sum, one) => sum + one, 0);
    const sizes = errors.map((all) => all.slice(from, from + rows).reduce((sum, e) => sum + Math.abs(e), 0) / rows);
    return Array<number>(rows).fill(sizes.sort((x, y) => x - y)[sizes.length >> 1] as number);
  });
  const square = (values: readonly number[]): number => values.reduce((sum, v) => sum + v * v, 0) / values.length;
  const scaled = errors.map((all) => [...all].map((value, t) => value / (scales[t] as number)));
  const mixture = scales.map((_, t) =>
    scaled.reduce((sum, all, i) => sum + (weights[i] as number) * (all[t] as number), 0),
  );
  const least = Math.min(...scaled.map(square));
  return square(mixture) + 0.05 * least * weights.reduce((sum, w) => sum + w * w, 0);
}

describe('weights of least error', () => {
  it('are 0 or more and sum to 1, and no shift from one member to another makes the error less', () => {
    const values = fc.array(fc.double({ min: 1, max: 9, noNaN: true }), { minLength: 12, maxLength: 12 });
    const signs = fc.array(fc.constantFrom(-1, 1), { minLength: 12, maxLength: 12 });
    const member = fc.tuple(values, signs).map(([v, s]) => of(...v.map((x, t) => x * (s[t] as number))));
    fc.assert(
      fc.property(fc.array(member, { minLength: 2, maxLength: 5 }), (errors) => {
        const blocks = [4, 8];
        const weights = leastErrorWeights(errors, blocks);
        expect(weights.every((w) => w >= 0)).toBe(true);
        expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
        const found = cost(errors, blocks, weights);
        for (const i of weights.keys()) {
          for (const j of weights.keys()) {
            const moved = Math.min(0.05, weights[i] as number);
            const other = weights.map((w, k) => w - (k === i ? moved : 0) + (k === j ? moved : 0));
            // Weights under a hundredth were dropped: so much may be missed.
            expect(cost(errors, blocks, other)).toBeGreaterThan(found * (1 - 0.03));
          }
        }
      }),
    );
  });

  it('let two that err against each other speak, and not the one that is better alone but errs as the others', () => {
    const weights = leastErrorWeights([of(3, 3, -3, 3), of(-3, -3, 3, -3), of(2.5, 2.5, -2.5, 2.5)], [4]);
    expect(weights[1]).toBeGreaterThan(0.4);
    expect((weights[0] as number) + (weights[2] as number)).toBeGreaterThan(0.4);
  });

  it('are as the squares of the other where two have nothing in common, drawn together by a twentieth of the lesser', () => {
    const [better] = leastErrorWeights([of(1, 1, 1, 1), of(2, -2, 2, -2)], [4]);
    expect(better).toBeCloseTo(4.05 / (4.05 + 1.05), 9);
  });

  it('are not decided by one block in which everybody errs much', () => {
    // The first is better in four blocks of five, the other in the one where all are a hundred times as wrong.
    const good = of(1, -1, 1, -1, 1, -1, 1, -1, 300, -300);
    const bad = of(3, -3, 3, -3, 3, -3, 3, -3, 100, -100);
    const [first, second] = leastErrorWeights([good, bad], [2, 2, 2, 2, 2]);
    expect(first).toBeGreaterThan(2 * (second as number));
    expect(leastErrorWeights([good, bad], [10])[1]).toBeGreaterThan(0.9);
  });

  it('are all the same where all err the same, or nobody does', () => {
    expect(leastErrorWeights([of(1, -2), of(1, -2), of(1, -2), of(1, -2)], [2])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(leastErrorWeights([of(0, 0), of(0, 0)], [1, 1])).toEqual([0.5, 0.5]);
  });

  it('do not look at a block in which a member has no error', () => {
    const [a, b] = [
      [1, -2, 3],
      [2, 1, -1],
    ] as [number[], number[]];
    const gone = leastErrorWeights([of(...a, Number.NaN, 5), of(...b, 1, 100)], [3, 2]);
    expect(gone).toEqual(leastErrorWeights([of(...a, 0, 0), of(...b, 0, 0)], [3, 2]).map((w) => expect.closeTo(w, 9)));
    expect(leastErrorWeights([of(Number.NaN), of(1)], [1])).toEqual([0.5, 0.5]);
  });

  it('are only for the one that never errs', () => {
    expect(leastErrorWeights([of(1, 2, 3), of(0, 0, 0)], [3])[1]).toBeCloseTo(1, 12);
  });
});
