import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment } from '../../src/core/sequence.ts';
import {
  cut,
  cutoffAt,
  cutsAt,
  fromAt,
  lengthAt,
  longestContext,
  takeCuts,
  targetSpan,
  targetsBetween,
} from '../../src/window/cuts.ts';
import type { Cuts, Cutting, WindowShape } from '../../src/window/window.ts';

const shapes: fc.Arbitrary<WindowShape> = fc.record({
  context: fc.integer({ min: 1, max: 6 }),
  horizon: fc.integer({ min: 1, max: 4 }),
  lead: fc.integer({ min: 0, max: 2 }),
  targets: fc.constantFrom('last' as const, 'every' as const),
  pad: fc.constantFrom('left' as const, 'none' as const),
  mask: fc.constant(false),
});
const cuttings: fc.Arbitrary<Cutting> = fc.record({
  kind: fc.constantFrom('sliding' as const, 'prefixes' as const),
  stride: fc.integer({ min: 1, max: 3 }),
});
const segmentLists: fc.Arbitrary<Segment[]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 15 })), { minLength: 1, maxLength: 4 })
  .map((pairs) => {
    let at = 0;
    return pairs.map(([gap, length]) => {
      const start = at + gap;
      at = start + length;
      return { start, end: at };
    });
  });

interface Plain {
  readonly from: number;
  readonly cutoff: number;
}

/** Every window, position by position, straight from the definition in window.ts. */
function plainCut(segments: readonly Segment[], shape: WindowShape, cutting: Cutting): Plain[] {
  const windows: Plain[] = [];
  for (const segment of segments) {
    let due = segment.start + (cutting.kind === 'sliding' ? shape.context : 1);
    for (let cutoff = segment.start; cutoff <= segment.end; cutoff++) {
      if (cutoff !== due || cutoff + shape.lead + shape.horizon > segment.end) continue;
      windows.push({ from: segment.start, cutoff });
      due += cutting.stride;
    }
  }
  return windows;
}

/** All target positions of a window. */
function plainTargets(shape: WindowShape, { from, cutoff }: Plain): number[] {
  const positions = [];
  const first = shape.targets === 'every' ? Math.max(from, cutoff - shape.context) : cutoff - 1;
  for (let p = first; p < cutoff; p++) for (let h = 0; h < shape.horizon; h++) positions.push(p + 1 + shape.lead + h);
  return positions;
}

function list(cuts: Cuts): Plain[] {
  return Array.from({ length: cuts.count }, (_, i) => ({ from: fromAt(cuts, i), cutoff: cutoffAt(cuts, i) }));
}

describe('cut', () => {
  it('cuts exactly the windows of the definition, in time order', () => {
    fc.assert(
      fc.property(segmentLists, shapes, cuttings, (segments, shape, cutting) => {
        expect(list(cut(segments, shape, cutting))).toEqual(plainCut(segments, shape, cutting));
      }),
    );
  });

  it('a window reads min(context, cutoff − from) inputs and never leaves its segment', () => {
    fc.assert(
      fc.property(segmentLists, shapes, cuttings, (segments, shape, cutting) => {
        const cuts = cut(segments, shape, cutting);
        list(cuts).forEach(({ from, cutoff }, i) => {
          const length = lengthAt(cuts, shape, i);
          expect(length).toBe(Math.min(shape.context, cutoff - from));
          if (cutting.kind === 'sliding') expect(length).toBe(shape.context);
          const segment = segments.find((s) => s.start === from && s.end > from) as Segment;
          expect(cutoff - length).toBeGreaterThanOrEqual(segment.start);
          expect(Math.max(...plainTargets(shape, { from, cutoff }))).toBeLessThan(segment.end);
        });
      }),
    );
  });

  it('the longest context is the longest that still cuts a window', () => {
    fc.assert(
      fc.property(segmentLists, shapes, (segments, shape) => {
        const most = longestContext(segments, shape);
        const countAt = (context: number) => cut(segments, { ...shape, context }, { kind: 'sliding', stride: 1 }).count;
        if (most >= 1) expect(countAt(most)).toBeGreaterThan(0);
        expect(countAt(Math.max(1, most + 1))).toBe(0);
      }),
    );
  });

  it('5 million rows are cut into one range', () => {
    const shape: WindowShape = { context: 168, horizon: 24, lead: 0, targets: 'last', pad: 'none', mask: false };
    const cuts = cut([{ start: 0, end: 5_000_000 }], shape, { kind: 'sliding', stride: 1 });
    expect(cuts.ranges).toHaveLength(1);
    expect(cuts.count).toBe(5_000_000 - 168 - 24 + 1);
    expect(cutoffAt(cuts, cuts.count - 1)).toBe(5_000_000 - 24);
    expect(targetsBetween(cuts, shape, 0, 4_000_000).ranges).toHaveLength(1);
  });

  it('a window number outside the cuts is refused', () => {
    const cuts = cutsAt([3], [0]);
    expect(() => cutoffAt(cuts, 1)).toThrow(RangeError);
    expect(() => fromAt(cuts, -1)).toThrow(RangeError);
  });
});

describe('targetsBetween', () => {
  it('keeps exactly the windows whose targets all lie in [a, b)', () => {
    const ends = fc.tuple(fc.integer({ min: -3, max: 60 }), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(segmentLists, shapes, cuttings, ends, (segments, shape, cutting, [a, b]) => {
        const cuts = cut(segments, shape, cutting);
        const inside = list(cuts).filter((w) => plainTargets(shape, w).every((p) => p >= a && p < b));
        expect(list(targetsBetween(cuts, shape, a, b))).toEqual(inside);
      }),
      { numRuns: 2000 },
    );
  });

  it('the target span is the extremes of all target positions', () => {
    fc.assert(
      fc.property(segmentLists, shapes, cuttings, (segments, shape, cutting) => {
        for (const w of plainCut(segments, shape, cutting)) {
          const targets = plainTargets(shape, w);
          expect(targetSpan(shape, w.from, w.cutoff)).toEqual({
            start: Math.min(...targets),
            end: Math.max(...targets) + 1,
          });
        }
      }),
    );
  });
});

describe('takeCuts and cutsAt', () => {
  it('taking is slicing', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(segmentLists, shapes, cuttings, span, (segments, shape, cutting, [from, count]) => {
        const cuts = cut(segments, shape, cutting);
        expect(list(takeCuts(cuts, from, count))).toEqual(list(cuts).slice(from, from + count));
      }),
    );
  });

  it('an explicit list comes back as it was given, in any order', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 3 })));
    fc.assert(
      fc.property(pairs, (windows) => {
        const cutoffs = windows.map(([cutoff]) => cutoff);
        const froms = windows.map(([, from]) => from);
        const cuts = cutsAt(cutoffs, froms);
        expect(list(cuts)).toEqual(windows.map(([cutoff, from]) => ({ from, cutoff })));
      }),
    );
  });

  it('a regular list becomes one range', () => {
    expect(cutsAt([4, 6, 8, 10], [0, 0, 0, 0]).ranges).toEqual([{ from: 0, first: 4, count: 4, stride: 2 }]);
  });
});
