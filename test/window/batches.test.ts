import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffle } from '../../src/core/random.ts';
import { type BatchPlan, planBatches, planPasses, planStreams, type StreamPlan } from '../../src/window/batches.ts';
import { cut, cutoffAt, fromAt, lengthAt } from '../../src/window/cuts.ts';
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

  it('in the memory of the epoch before, overwritten since, it is the same plan', () => {
    fc.assert(
      fc.property(
        lines,
        settings,
        fc.constantFrom('left', 'none'),
        (segments, { context, batch, seed, epoch }, pad) => {
          const cuts = cut(segments, shape(context, pad), { kind: 'prefixes', stride: 1 });
          const plan = (k: number, spent?: BatchPlan) =>
            planBatches(cuts, shape(context, pad), batch, { seed, epoch: k }, spent);
          const spent = plan(epoch);
          spent.order.fill(-1);
          expect(plan(epoch + 1, spent)).toEqual(plan(epoch + 1));
        },
      ),
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

describe('planStreams', () => {
  const planned = (
    segments: readonly { start: number; end: number }[],
    {
      context,
      batch,
      shuffled,
      seed,
      epoch,
    }: { context: number; batch: number; shuffled: boolean; seed: number; epoch: number },
    kind: 'sliding' | 'prefixes',
  ): StreamPlan =>
    planStreams(
      cut(segments, shape(context, 'none'), { kind, stride: 1 }),
      shape(context, 'none'),
      batch,
      shuffled ? { seed, epoch } : null,
    );

  it.each(['sliding', 'prefixes'] as const)(
    'every window is full, inside its range, side by side, and in exactly one batch (%s)',
    (kind) => {
      fc.assert(
        fc.property(lines, settings, (segments, options) => {
          const plan = planned(segments, options, kind);
          expect([...plan.order].sort((a, b) => a - b)).toEqual(Array.from({ length: plan.cuts.count }, (_, i) => i));
          for (let i = 0; i < plan.cuts.count; i++) {
            const segment = segments.find(({ start }) => start === fromAt(plan.cuts, i));
            expect(lengthAt(plan.cuts, shape(options.context, 'none'), i)).toBe(options.context);
            expect(cutoffAt(plan.cuts, i)).toBeLessThan(segment?.end as number);
          }
          // Where a context fits, something is read.
          for (const { start, end } of segments) {
            const read = plan.cuts.ranges.some(({ from }) => from === start);
            expect(read).toBe(end - start - 1 >= options.context);
          }
        }),
      );
    },
  );

  it('what goes on begins where the same stream’s window of the batch before ended; all else begins at zero', () => {
    fc.assert(
      fc.property(lines, settings, (segments, options) => {
        const plan = planned(segments, options, 'prefixes');
        const batches = batchesOf(plan);
        for (const [k, windows] of batches.entries()) {
          expect(windows.length).toBeLessThanOrEqual(k > 0 ? (batches[k - 1] as number[]).length : options.batch);
          for (const [b, i] of windows.entries()) {
            const before = k > 0 ? (batches[k - 1]?.[b] as number) : -1;
            const adjacent =
              before === i - 1 &&
              before >= 0 &&
              fromAt(plan.cuts, before) === fromAt(plan.cuts, i) &&
              cutoffAt(plan.cuts, before) + options.context === cutoffAt(plan.cuts, i);
            expect(plan.continues[(plan.bounds[k] as number) + b]).toBe(adjacent ? 1 : 0);
          }
        }
      }),
    );
  });

  it('the offset depends on seed and epoch, the number of batches on neither', () => {
    const segments = [{ start: 0, end: 700 }];
    const cuts = cut(segments, shape(16, 'none'), { kind: 'sliding', stride: 16 });
    const firsts = new Set<number>();
    const steps = new Set<number>();
    for (let epoch = 1; epoch <= 40; epoch++) {
      const plan = planStreams(cuts, shape(16, 'none'), 4, { seed: 1, epoch });
      expect(planStreams(cuts, shape(16, 'none'), 4, { seed: 1, epoch })).toEqual(plan);
      firsts.add(cutoffAt(plan.cuts, 0));
      steps.add(plan.bounds.length);
    }
    expect(firsts.size).toBeGreaterThan(8);
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeLessThan(16);
    expect(steps.size).toBe(1);
  });
});

it('a pass reads every position of each range once, in order, and begins at zero where a range begins', () => {
  fc.assert(
    fc.property(lines, settings, (segments, { context }) => {
      const cuts = cut(segments, shape(context, 'none'), { kind: 'sliding', stride: 1 });
      const plan = planPasses(cuts, shape(context, 'none'));
      let at = -1;
      for (let i = 0; i < plan.cuts.count; i++) {
        const end = cutoffAt(plan.cuts, i);
        const start = end - lengthAt(plan.cuts, shape(context, 'none'), i);
        expect(plan.continues[i]).toBe(start === at ? 1 : 0);
        if (start !== at) expect(cuts.ranges.some(({ from }) => from === start)).toBe(true);
        at = end;
      }
      const read = plan.order.reduce((sum, i) => sum + lengthAt(plan.cuts, shape(context, 'none'), i), 0);
      expect(read).toBe(cuts.ranges.reduce((sum, { first, count, from }) => sum + first + count - 1 - from, 0));
      expect([...plan.bounds]).toEqual(Array.from({ length: plan.cuts.count + 1 }, (_, i) => i));
    }),
  );
});
