import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/combine/cost.ts';

describe('the estimate of a fit of linear', () => {
  const task = { rows: 2000, season: 1, reach: 1, together: 1 };
  const cost = (written: object, own: object = {}): number =>
    costOf({ kind: 'linear', ...written }, { ...task, ...own });

  it('where no context is written counts the long ones that are tried, as far as the rows allow', () => {
    expect(cost({})).toBeGreaterThan(cost({ context: 128 }));
    expect(cost({}, { rows: 200 })).toBeLessThan(cost({ context: 128 }));
    expect(cost({}, { rows: 200, together: 50 })).toBeGreaterThan(cost({}, { rows: 200 })); // many series have windows for longer ones
  });

  it('of a list of contexts is the sum of each alone', () => {
    expect(cost({ context: [24, 96] })).toBe(cost({ context: 24 }) + cost({ context: 96 }));
  });
});
