import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/index.ts';
import type { LanguageMetric, PointMetric, Score } from '../../src/metrics/metric.ts';

const entries = Object.entries(METRICS);
const point = entries.filter((entry): entry is [string, PointMetric] => entry[1].form === 'numbers');
const language = entries.filter((entry): entry is [string, LanguageMetric] => entry[1].form === 'text');
const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const pairs = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });
const train = fc.array(value, { maxLength: 20 });

function isHonest(score: Score): boolean {
  return score.value === null ? score.reason.length > 10 : Number.isFinite(score.value);
}

it.each(entries)('%s is called by its own name and says what it measures', (kind, metric) => {
  expect(metric.kind).toBe(kind);
  expect(metric.summary).toMatch(/\.$/);
  expect(metric.unit).not.toBe('');
});

describe.each(point)('%s', (_, metric) => {
  it('is a finite number, or null with its reason', () => {
    fc.assert(
      fc.property(pairs, train, fc.integer({ min: 1, max: 12 }), (rows, values, season) => {
        const actual = rows.map(([y]) => y);
        const forecast = rows.map(([, f]) => f);
        expect(isHonest(metric.score({ actual, forecast, train: values, season }))).toBe(true);
      }),
    );
  });

  it('a perfect forecast has the best value there is', () => {
    const actual = [3, 5, 4, 6];
    const best = metric.score({ actual, forecast: actual, train: [1, 2, 4], season: 1 });
    expect(best.value).toBe(metric.better === 'higher' ? 1 : 0);
    const worse = metric.score({ actual, forecast: [4, 6, 5, 7], train: [1, 2, 4], season: 1 });
    if (metric.better === 'higher') expect(worse.value).toBeLessThan(1);
    else expect(worse.value).toBeGreaterThan(0);
  });

  it('nothing to score, and errors beyond float64, are null with a reason', () => {
    const none = metric.score({ actual: [], forecast: [], train: [1, 2], season: 1 });
    expect(none.value).toBeNull();
    expect(isHonest(none)).toBe(true);
    const huge = metric.score({
      actual: [1e308, -1e308],
      forecast: [-1e308, 1e308],
      train: [-1e308, 1e308],
      season: 1,
    });
    expect(isHonest(huge)).toBe(true);
  });
});

// The exact value: multiplying by a power of two rounds nothing, so that only the unit changes. A square of such a size is no float64.
describe.each(point.filter(([kind]) => kind !== 'mse'))('%s', (_, metric) => {
  it.each([-600, 600])('is the same, in its unit, of values 2 to the %i times as large', (power) => {
    const factor = Number(`0b1${'0'.repeat(Math.abs(power))}`);
    const scaled = (values: readonly number[]): number[] =>
      values.map((value) => (power < 0 ? value / factor : value * factor));
    const input = { actual: [3, 5, 4, 6.5], forecast: [4, 5.5, 3, 7], train: [1, 2, 4, 3] };
    const { value } = metric.score({ ...input, season: 1 });
    const [actual, forecast, train] = [input.actual, input.forecast, input.train].map(scaled) as [
      number[],
      number[],
      number[],
    ];
    const expected = metric.unit === 'as the data' ? scaled([value as number])[0] : value;
    const got = metric.score({ actual, forecast, train, season: 1 }).value as number;
    expect(got / (expected as number)).toBeCloseTo(1, 14);
  });
});

it('mse is 0 of a perfect forecast alone: squares that vanish have no value, as those that overflow have none', () => {
  const mse = METRICS.mse as PointMetric;
  const of = (error: number): Score =>
    mse.score({ actual: [error, error], forecast: [0, 0], train: [1, 2], season: 1 });
  expect(of(0)).toEqual({ value: 0 });
  expect(of(1e-150).value).toBeCloseTo(1e-300, 310);
  expect(of(1e-170)).toEqual({ value: null, reason: 'the squares of the errors are too small for float64' });
  expect(of(1e170)).toEqual({ value: null, reason: 'the errors are too large for float64' });
});

describe.each(language)('%s', (_, metric) => {
  it('is a finite number, or null with its reason', () => {
    const tokens = fc.array(fc.tuple(fc.double({ min: -1e3, max: 0, noNaN: true }), fc.integer({ min: 0, max: 1 })));
    fc.assert(
      fc.property(tokens, (rows) => {
        const score = metric.score({ logProbability: rows.map(([p]) => p), correct: rows.map(([, c]) => c) });
        expect(isHonest(score)).toBe(true);
        expect(score.value === null).toBe(rows.length === 0 || !Number.isFinite(score.value));
      }),
    );
  });

  it('a sure and right forecaster has the best value there is', () => {
    const best = metric.score({ logProbability: [0, 0], correct: [1, 1] });
    expect(best.value).toBe(metric.kind === 'perplexity' || metric.better === 'higher' ? 1 : 0);
  });

  it('probability 0 for a true token is null with a reason, but for accuracy', () => {
    const score = metric.score({ logProbability: [Number.NEGATIVE_INFINITY, -1], correct: [0, 1] });
    if (metric.kind === 'accuracy') expect(score.value).toBe(0.5);
    else expect(score).toMatchObject({ value: null, reason: 'a true token was given probability 0' });
  });
});

it('mape names how many actual values are 0', () => {
  const mape = METRICS.mape as PointMetric;
  const score = mape.score({ actual: [0, 1, 0], forecast: [1, 1, 1], train: [], season: 1 });
  expect(score.reason).toBe('2 of 3 actual values are 0: no percentage of them');
});
