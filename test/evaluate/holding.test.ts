// Whether a forecast held: chance is not called a fault, a fault is seen, and too little is said to be too little.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { fewInside, type HeldValue, judgeHolding } from '../../src/evaluate/holding.ts';
import { calibrate, type ErrorPaths, halfWidths } from '../../src/evaluate/intervals.ts';
import { type CheckFacts, sentenceOf } from '../../src/report/check.ts';

const STEPS = 12;
const ROWS = 200;

/** A walk forecast by its last value: errors at 20 origins, calibrated, and the next path; `shift` is added to what comes. */
function walked(seed: number, shift = 0, known = STEPS) {
  const draw = random(seed, 'holding');
  let last = 0;
  const y = Float64Array.from({ length: ROWS + STEPS }, () => {
    last += draw.normal();
    return last;
  });
  const errorsAt = (origin: number) =>
    Array.from({ length: STEPS }, (_, h) => (y[origin + h] as number) - (y[origin - 1] as number));
  const origins = Array.from({ length: 20 }, (_, n) => ROWS - STEPS - 19 + n);
  const errors = Float64Array.from(origins.flatMap(errorsAt));
  const path: ErrorPaths = {
    id: 'y',
    errors,
    origins,
    fold: origins.map((_, n) => Math.floor(n / 4)),
    train: y.subarray(0, 150),
  };
  const calibration = calibrate([path], { horizon: STEPS, season: 1, levels: [80, 95], method: 'split' });
  const expected = Array.from(
    { length: STEPS },
    (_, h) => origins.reduce((sum, _, n) => sum + Math.abs(errors[n * STEPS + h] as number), 0) / 20,
  );
  const ratios = origins.map((_, n) => {
    let sum = 0;
    return expected.map((mean, h) => {
      sum += Math.abs(errors[n * STEPS + h] as number) / mean;
      return sum / (h + 1);
    });
  });
  const forecast = y[ROWS - 1] as number;
  const bounds = (sign: number, h: number) =>
    Object.fromEntries(
      [80, 95].map((level) => [
        String(level),
        forecast + sign * ((halfWidths(calibration, 'y', level) as Float64Array)[h] as number),
      ]),
    );
  const values = Array.from(
    { length: known },
    (_, h): HeldValue => ({
      id: 'y',
      step: h,
      actual: (y[ROWS + h] as number) + shift,
      forecast,
      lower: bounds(-1, h),
      upper: bounds(1, h),
      expected: expected[h] as number,
    }),
  );
  const sumWidth = (id: string, level: number, steps: number) =>
    halfWidths(calibration, id, level, 'sums')?.[steps - 1] ?? null;
  return judgeHolding({ values, levels: [80, 95], ratios, origins, sumWidth });
}

describe('a forecast that is as good as its backtest', () => {
  it('a step at which hardly any error was expected counts for hardly any', () => {
    const value = (step: number, error: number, expected: number): HeldValue => ({
      id: 'y',
      step,
      actual: error,
      forecast: 0,
      lower: {},
      upper: {},
      expected,
    });
    const values = [value(0, 1, 1e-6), value(1, 1, 1), value(2, 1, 1)];
    const { error } = judgeHolding({ values, levels: [], ratios: [[1, 1, 1]], origins: [100], sumWidth: () => null });
    expect(error?.ratio).toBeCloseTo(1.5, 5);
  });

  it('is called due for a refit one time in ten at most, though the errors of a walk go together', () => {
    const due = Array.from({ length: 300 }, (_, s) => walked(s + 1)).filter(({ status }) => status === 'refit-due');
    expect(due.length).toBeLessThan(30);
  });

  it('holds mostly: too early it is only before the third value', () => {
    const statuses = Array.from({ length: 60 }, (_, s) => walked(s + 1).status);
    expect(statuses.filter((status) => status === 'hold').length).toBeGreaterThan(50);
    expect(walked(3, 0, 1).status).toBe('too-early');
    expect(walked(3, 0, 2).status).toBe('too-early');
    expect(walked(3, 0, 4).status).toBe('hold');
  });
});

it('what is off, but not beyond chance, is not praised: half the values inside 80 % intervals, errors twice the usual', () => {
  const values = Array.from({ length: 10 }, (_, step): HeldValue => {
    const actual = step < 5 ? 0.5 : 3;
    return { id: 'y', step, actual, forecast: 0, lower: { 80: -1 }, upper: { 80: 1 }, expected: 1 };
  });
  const facts = { levels: [80], origins: [100, 110], sumWidth: () => null };
  const usual = (size: number) => Array.from({ length: 10 }, () => size);
  const off = judgeHolding({ ...facts, values, ratios: [usual(1), usual(2)] });
  const calm = judgeHolding({
    ...facts,
    values: values.map((v) => ({ ...v, actual: 0.5 })),
    ratios: [usual(1), usual(2)],
  });
  expect([off.status, off.off, calm.status, calm.off]).toEqual(['hold', true, 'hold', false]);
  const said = (holding: typeof off): string =>
    sentenceOf({ ...holding, known: 10, of: 10, scores: [], model: 'theta' } as unknown as CheckFacts);
  expect(said(off)).toMatch(
    /^The forecast is off by no more than chance gives: 50 % inside the 80 % intervals, errors 1.8 times/,
  );
  expect(said(calm)).toMatch(/^The forecast holds: 100 % inside/);
});

describe('a forecast whose series has moved away', () => {
  it('is due for a refit, for its intervals and for its errors', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { status, causes, error } = walked(seed, 60);
      expect(status).toBe('refit-due');
      expect(causes).toContain('coverage');
      expect(error?.p).toBeCloseTo(1 / ((20 + 11) / 12 + 1), 12); // the origins overlap: no more than 2.6 of them say something new
    }
  });

  it('is so in a panel where a third of its series has', () => {
    const values = Array.from({ length: 30 * 4 }, (_, i): HeldValue => {
      const actual = i % 3 === 0 ? 9 : 0;
      return {
        id: `s${Math.floor(i / 4)}`,
        step: i % 4,
        actual,
        forecast: 0,
        lower: { '80': -1 },
        upper: { '80': 1 },
        expected: null,
      };
    });
    const { status, levels } = judgeHolding({ values, levels: [80], ratios: [], origins: [], sumWidth: () => null });
    expect(levels[0]).toMatchObject({ inside: 80, judged: 120 });
    expect(status).toBe('refit-due');
  });

  it('drifts where most sums leave their interval, each value still inside its own', () => {
    const values = Array.from(
      { length: 20 * 3 },
      (_, i): HeldValue => ({
        id: `s${Math.floor(i / 3)}`,
        step: i % 3,
        actual: 1,
        forecast: 0,
        lower: { '95': -2 },
        upper: { '95': 2 },
        expected: null,
      }),
    );
    const judged = (width: number) =>
      judgeHolding({ values, levels: [95], ratios: [], origins: [], sumWidth: () => width });
    const { status, causes, bias } = judged(2.5);
    expect({ status, causes }).toEqual({ status: 'refit-due', causes: ['drift'] });
    expect(bias).toMatchObject({ mean: -1, signal: null, sums: { inside: 0, judged: 20 } });
    expect(judged(3)).toMatchObject({ status: 'hold', causes: [], bias: { sums: { inside: 20, judged: 20 } } });
  });
});

describe('the chance of so few inside', () => {
  it('of single values is the binomial one', () => {
    // Tables of the binomial distribution: P(X ≤ 6) of 10 at 0.8, P(X ≤ 17) of 20 at 0.95.
    expect(
      fewInside(
        Array.from({ length: 10 }, () => 1),
        0.8,
        6,
      ),
    ).toBeCloseTo(0.1209, 4);
    expect(
      fewInside(
        Array.from({ length: 20 }, () => 1),
        0.95,
        17,
      ),
    ).toBeCloseTo(0.0755, 4);
  });

  it('is 1 where all are, and grows with the count; a path says less than as many single values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (sizes, share) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const chances = Array.from({ length: total + 1 }, (_, count) => fewInside(sizes, share, count));
          expect(chances.at(-1)).toBeCloseTo(1, 9);
          for (let k = 1; k <= total; k++)
            expect(chances[k]).toBeGreaterThanOrEqual((chances[k - 1] as number) - 1e-12);
          expect(chances[0]).toBeGreaterThanOrEqual(
            fewInside(
              Array.from({ length: total }, () => 1),
              share,
              0,
            ) - 1e-12,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of very many paths meets that of fewer', () => {
    const sizes = (paths: number) => Array.from({ length: paths }, () => 3);
    expect(fewInside(sizes(40), 0.8, 86)).toBeCloseTo(fewInside(sizes(39), 0.8, 84), 1);
  });
});

it('nothing known, or no backtest, is too early to tell', () => {
  expect(judgeHolding({ values: [], levels: [80], ratios: [], origins: [], sumWidth: () => null }).status).toBe(
    'too-early',
  );
  const bare: HeldValue = { id: 'y', step: 0, actual: 1, forecast: 900, lower: {}, upper: {}, expected: null };
  expect(judgeHolding({ values: [bare], levels: [], ratios: [], origins: [], sumWidth: () => null })).toMatchObject({
    status: 'too-early',
    error: null,
  });
});
