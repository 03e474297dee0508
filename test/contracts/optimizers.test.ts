import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeUpdate } from '../../src/engines/reference/optimizers/index.ts';
import { OPTIMIZERS, spellOptimizer } from '../../src/optimizers/index.ts';
import type { OptimizerKind } from '../../src/optimizers/optimizer.ts';
import { rateAt, SCHEDULES, type ScheduleKind, spellSchedule } from '../../src/optimizers/schedule.ts';
import { everyFieldIsDescribed } from './kinds.ts';

const optimizers = Object.entries(OPTIMIZERS) as unknown as [string, OptimizerKind][];

/** Steps down a bowl, Σ scale · w² / 2, from `weights`. */
function descend(kind: string, steps: readonly number[], weights: Float64Array): Float64Array {
  const spec = spellOptimizer({ kind }, 0.01);
  const moments = OPTIMIZERS[spec.kind].moments.map(() => new Float64Array(weights.length));
  let made = 0;
  for (const several of steps) {
    const update = makeUpdate(spec, moments, made);
    for (let i = 0; i < several; i++)
      update(
        weights,
        weights.map((w, j) => (1 + j) * w),
        spec.rate,
      );
    made += several;
  }
  return weights;
}

describe.each(optimizers)('optimizer %s', (kind, optimizer) => {
  it('is called by its own name, keeps named moments, and describes every option', () => {
    expect(optimizer.kind).toBe(kind);
    expect(optimizer.summary).toMatch(/\.$/);
    expect(new Set(optimizer.moments).size).toBe(optimizer.moments.length);
    everyFieldIsDescribed(optimizer);
    expect(optimizer.options.safeParse({ rate: 1 }).success).toBe(false);
  });

  it('finds the bottom of a bowl', () => {
    const found = descend(kind, [2000], Float64Array.from([1, -2, 3]));
    for (const w of found) expect(Math.abs(w)).toBeLessThan(0.02);
  });

  it('stopped and gone on is not stopped at all', () => {
    const start = [1, -2, 3];
    expect(descend(kind, [7, 1, 12], Float64Array.from(start))).toEqual(descend(kind, [20], Float64Array.from(start)));
  });
});

describe.each(Object.entries(SCHEDULES) as unknown as [string, ScheduleKind][])('schedule %s', (kind, schedule) => {
  const spec = spellSchedule({ kind });

  it('is called by its own name and describes every option', () => {
    expect(schedule.kind).toBe(kind);
    expect(schedule.summary).toMatch(/\.$/);
    everyFieldIsDescribed(schedule);
  });

  it('never leaves [0, rate]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (total, part) => {
        const rate = rateAt(spec, 0.5, Math.floor(part * total), total);
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});

it('one-cycle rises for a tenth of the steps, is at the rate, and ends near zero', () => {
  const at = (step: number) => rateAt({ kind: 'one-cycle', warmup: 0.1 }, 2, step, 100);
  expect(at(0)).toBeCloseTo(0.2, 12);
  expect(at(9)).toBe(2);
  expect(at(10)).toBe(2);
  expect(at(55)).toBeCloseTo(1, 12);
  expect(at(99)).toBeLessThan(0.001);
});

it('cosine goes from the rate to its floor, step drops at even distances, exponential ends at its share', () => {
  expect(rateAt({ kind: 'cosine', warmup: 0, floor: 0.1 }, 1, 0, 10)).toBe(1);
  expect(rateAt({ kind: 'cosine', warmup: 0, floor: 0.1 }, 1, 5, 10)).toBeCloseTo(0.55, 12);
  const dropping = [0, 33, 34, 66, 67, 99].map((s) => rateAt({ kind: 'step', drops: 2, factor: 0.5 }, 1, s, 100));
  expect(dropping).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  expect(rateAt({ kind: 'exponential', end: 0.01 }, 1, 50, 100)).toBeCloseTo(0.1, 12);
});

it.each([
  ['optimizer', () => spellOptimizer({ kind: 'adma' }, 0.01), 'did you mean "adam"? one of adam, adamw, rmsprop, sgd'],
  ['schedule', () => spellSchedule({ kind: 'toString' }), 'one of constant, cosine, one-cycle, step, exponential'],
])('an %s nobody knows is refused by its name', (what, spell, hint) => {
  const said = { code: 'E_CONFIG_UNKNOWN_KIND', message: expect.stringContaining(`no ${what} is called`), hint };
  expect(spell).toThrow(expect.objectContaining(said));
});
