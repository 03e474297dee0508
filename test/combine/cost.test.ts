import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/combine/cost.ts';

describe('the estimate of a fit of linear', () => {
  const task = { rows: 2000, season: 1, reach: 1, together: 1, ahead: 0 };
  const cost = (written: object, own: object = {}): number =>
    costOf({ kind: 'linear', ...written }, { ...task, ...own });

  it('where no context is written counts the long ones that are tried, as far as the rows allow', () => {
    expect(cost({})).toBeGreaterThan(cost({ context: 128 }));
    expect(cost({}, { rows: 200 })).toBeLessThan(cost({ context: 128 }));
    expect(cost({}, { rows: 200, together: 50 })).toBeGreaterThan(cost({}, { rows: 200 })); // many series have windows for longer ones
  });

  it('counts every penalty, and the judging of those that are not written', () => {
    const [one, list, judged] = [0.1, [0.1, 1, 10], 'auto'].map((ridge) => cost({ context: 96, ridge }));
    expect(list).toBeGreaterThan(one as number);
    expect(judged).toBeGreaterThan(2 * (list as number));
    expect(cost({ context: 96 })).toBe(judged);
  });

  it('of a list of contexts is the sum of each alone', () => {
    expect(cost({ context: [24, 96] })).toBe(cost({ context: 24 }) + cost({ context: 96 }));
  });

  it('counts every column known in advance, whatever the contexts', () => {
    for (const context of ['auto', 24, [24, 96]]) {
      const [none, one, many] = [0, 1, 20].map((ahead) => cost({ context }, { ahead }));
      expect(one).toBeGreaterThan(none as number);
      expect(many).toBeGreaterThan(one as number);
    }
  });
});
