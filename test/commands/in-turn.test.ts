import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inTurn } from '../../src/commands/in-turn.ts';

it('of a hundred calls at once eight are at work, in their order, and one that fails makes room', async () => {
  let now = 0;
  let most = 0;
  const begun: number[] = [];
  const all = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      inTurn(async () => {
        begun.push(i);
        most = Math.max(most, ++now);
        await setTimeout(i % 3);
        now--;
        if (i % 5 === 0) throw new Error(`${i}`);
        return i;
      }),
    ),
  );
  expect(most).toBe(8);
  expect(begun).toEqual(begun.map((_, i) => i));
  expect(all.map((one) => (one.status === 'fulfilled' ? one.value : Number(one.reason.message)))).toEqual(begun);
  expect(await inTurn(async () => 'free')).toBe('free');
});
