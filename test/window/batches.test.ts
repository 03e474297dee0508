import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffle } from '../../src/core/random.ts';
import { type BatchPlan, planBatches } from '../../src/window/batches.ts';
import { cut, lengthAt } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';

const shape = (context: number, pad: 'left' | 'none'): WindowShape => ({
  context,
  horizon: 1,
  lead: 0,
  targets: 'last',
  pad,
  mask: false,
});

function batchesOf(plan: BatchPlan): number[][] {
  return Array.from({ length: plan.bounds.length - 1 }, (_, k) => [
    ...plan.order.subarray(plan.bounds[k], plan.bounds[k + 1]),
  ]);
}

const lines = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 })
  .map((lengths) => lengths.map((length, i) => ({ start: i * 20, end: i * 20 + length })));
const settings = fc.record({
  context: fc.integer({ min: 1, max: 9 }),
  batch: fc.integer({ min: 1, max: 7 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  epoch: fc.integer({ min: 1, max: 9 }),
  shuffled: fc.boolean(),
});

describe('planBatches', () => {
  it.each(['left', 'none'] as const)('every window is in exactly one batch of at most `batch` (pad %s)', (pad) => {
    fc.assert(
      fc.property(lines, settings, (segments, { context, batch, shuffled, seed, epoch }) => {
        const cuts = cut(segments, shape(context, pad), { kind: 'prefixes', stride: 1 });
        const plan = planBatches(cuts, shape(context, pad), batch, shuffled ? { seed, epoch } : null);
        const batches = batchesOf(plan);
        for (const windows of batches) {
          expect(windows.length).toBeGreaterThan(0);
          expect(windows.length).toBeLessThanOrEqual(batch);
        }
        expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: cuts.count }, (_, i) => i));
      }),
    );
  });

  it('without padding a batch holds one length, and only the last batch of a length is small', () => {
    fc.assert(
      fc.property(lines, settings, (segments, { context, batch, shuffled, seed, epoch }) => {
        const cuts = cut(segments, shape(context, 'none'), { kind: 'prefixes', stride: 1 });
        const plan = planBatches(cuts, shape(context, 'none'), batch, shuffled ? { seed, epoch } : null);
        const small = new Map<number, number>();
        for (const windows of batchesOf(plan)) {
          const lengths = new Set(windows.map((i) => lengthAt(cuts, shape(context, 'none'), i)));
          expect(lengths.size).toBe(1);
          const [length] = lengths as Set<number>;
          if (windows.length < batch) small.set(length as number, (small.get(length as number) ?? 0) + 1);
        }
        for (const times of small.values()) expect(times).toBe(1);
      }),
    );
  });

  it('unshuffled windows of one length keep time order', () => {
    const cuts = cut([{ start: 0, end: 101 }], shape(1, 'none'), { kind: 'sliding', stride: 1 });
    const plan = planBatches(cuts, shape(1, 'none'), 32, null);
    expect([...plan.order]).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...plan.bounds]).toEqual([0, 32, 64, 96, 100]);
  });

  it('shuffled windows of one length are the shuffled order, chopped', () => {
    const cuts = cut([{ start: 0, end: 101 }], shape(1, 'none'), { kind: 'sliding', stride: 1 });
    const expected = new Int32Array(100);
    shuffle(7, 3, 100, expected);
    const plan = planBatches(cuts, shape(1, 'none'), 32, { seed: 7, epoch: 3 });
    expect(plan.order).toEqual(expected);
    expect([...plan.bounds]).toEqual([0, 32, 64, 96, 100]);
  });

  it('the same seed and epoch give the same plan, another epoch another one', () => {
    const segments = [{ start: 0, end: 40 }];
    const cuts = cut(segments, shape(9, 'none'), { kind: 'prefixes', stride: 1 });
    const plan = (seed: number, epoch: number) => planBatches(cuts, shape(9, 'none'), 4, { seed, epoch });
    expect(plan(7, 1)).toEqual(plan(7, 1));
    expect(plan(7, 1)).not.toEqual(plan(7, 2));
    expect(plan(7, 1)).not.toEqual(plan(8, 1));
  });

  it('shuffling mixes the order in which lengths are visited', () => {
    const cuts = cut([{ start: 0, end: 60 }], shape(50, 'none'), { kind: 'prefixes', stride: 1 });
    const plan = planBatches(cuts, shape(50, 'none'), 8, { seed: 1, epoch: 1 });
    const lengths = batchesOf(plan).map(([i]) => lengthAt(cuts, shape(50, 'none'), i as number));
    expect(lengths).not.toEqual([...lengths].sort((a, b) => a - b));
  });

  it('no windows give no batches', () => {
    const none = planBatches({ ranges: [], count: 0 }, shape(3, 'none'), 8, { seed: 1, epoch: 1 });
    expect([...none.bounds]).toEqual([0]);
  });
});
