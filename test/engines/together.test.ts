// Work side by side: how many at once, in which order, and what happens when one of them fails.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sideBySide } from '../../src/engines/together.ts';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('side by side', () => {
  it('gives results in the order of the items, whichever ends first, at most so many at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 9 }),
        fc.integer({ min: 1, max: 4 }),
        async (waits, most) => {
          let under = 0;
          let seen = 0;
          const begun: number[] = [];
          const done = await sideBySide(most, waits, async (wait, i) => {
            begun.push(i);
            under++;
            seen = Math.max(seen, under);
            await later(wait);
            under--;
            return 10 * i;
          });
          expect(done).toEqual(waits.map((_, i) => 10 * i));
          expect(begun).toEqual(waits.map((_, i) => i));
          expect(seen).toBeLessThanOrEqual(most);
          expect(seen).toBe(Math.min(most, waits.length));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('throws the error of the first in order, after all under way have ended, and begins no other', async () => {
    const ended: number[] = [];
    const work = sideBySide(3, [0, 1, 2, 3, 4], async (i) => {
      await later(i === 2 ? 1 : 4 + 4 * i);
      ended.push(i);
      if (i > 0) throw new Error(`number ${i}`);
    });
    await expect(work).rejects.toThrow('number 1');
    expect(ended).toEqual([2, 0, 1]);
  });
});
