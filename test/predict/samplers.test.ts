import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { random } from '../../src/core/random.ts';
import { distribution } from '../../src/predict/samplers/distribution.ts';
import { SAMPLERS } from '../../src/predict/samplers/index.ts';
import type { SamplerKind, SamplerOptions } from '../../src/predict/samplers/sampler.ts';

const plain: SamplerOptions = { temperature: 1, topK: null, topP: null, repetition: 1 };
const logitLists = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 12 })
  .map((logits) => Float64Array.from(logits));
const settings: fc.Arbitrary<SamplerOptions> = fc.record({
  temperature: fc.double({ min: 1e-3, max: 100, noNaN: true }),
  topK: fc.option(fc.integer({ min: 1, max: 15 })),
  topP: fc.option(fc.double({ min: 0.001, max: 1, noNaN: true })),
  repetition: fc.double({ min: 1, max: 10, noNaN: true }),
  padding: fc.boolean(),
});
const recents = fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 5 });

describe('distribution', () => {
  it('sums to 1, is never negative, and keeps at most k tokens', () => {
    fc.assert(
      fc.property(logitLists, settings, recents, (logits, options, recent) => {
        const probabilities = distribution(logits, options, recent);
        expect(probabilities.every((p) => p >= 0)).toBe(true);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
        if (options.topK !== null) expect(probabilities.filter((p) => p > 0).length).toBeLessThanOrEqual(options.topK);
      }),
    );
  });

  it('gives padding nothing, and the others what they have without it', () => {
    const logits = [9, 1, 2, 0.5];
    const masked = distribution(logits, { ...plain, padding: true });
    const without = distribution(logits.slice(1), plain);
    expect(masked[0]).toBe(0);
    without.forEach((p, id) => {
      expect(masked[id + 1]).toBeCloseTo(p, 12);
    });
  });

  it('top-p keeps a token only while the sum before it is below p', () => {
    expect([...distribution([0, 0, Number.NEGATIVE_INFINITY], { ...plain, topP: 0.5 })]).toEqual([1, 0, 0]);
    expect([...distribution([0, 0, Number.NEGATIVE_INFINITY], { ...plain, topP: 0.51 })]).toEqual([0.5, 0.5, 0]);
  });

  it('does not change the logits it is given', () => {
    const logits = Float64Array.of(1, 2, 3);
    distribution(logits, { ...plain, topK: 1, repetition: 2, padding: true }, [1, 2]);
    expect([...logits]).toEqual([1, 2, 3]);
  });

  it('refuses a temperature that is not above 0, and logits that are not finite', () => {
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => distribution([1, 2], { ...plain, temperature })).toThrow(ForecastError);
    }
    expect(() => distribution([1, Number.NaN], plain)).toThrow(/not a finite number/);
    expect(() => distribution([1, Number.POSITIVE_INFINITY], plain)).toThrow(/not a finite number/);
  });
});

describe.each(Object.entries(SAMPLERS))('sampler %s', (kind, sampler: SamplerKind) => {
  it('is called by its own name and says what it does', () => {
    expect(sampler.kind).toBe(kind);
    expect(sampler.summary).toMatch(/\.$/);
  });

  it('chooses an id of the vocabulary, never padding, and the same one for the same seed', () => {
    fc.assert(
      fc.property(logitLists, settings, recents, fc.integer({ min: 0, max: 99 }), (logits, options, recent, seed) => {
        const id = sampler.choose(logits, recent, options, random(seed, 'sample'));
        expect(Number.isInteger(id) && id >= 0 && id < logits.length).toBe(true);
        if (options.padding) expect(id).not.toBe(0);
        expect(sampler.choose(logits, recent, options, random(seed, 'sample'))).toBe(id);
      }),
    );
  });

  it('a strong repetition penalty keeps it from saying the same again', () => {
    const logits = Float64Array.of(0.2, 3, 2.9);
    expect(sampler.choose(logits, [1], { ...plain, topK: 1, repetition: 5 }, random(1, 'sample'))).toBe(2);
  });
});

it('temperature draws each token as often as its probability says', () => {
  const logits = Float64Array.of(0, 1, 2, -1);
  const probabilities = distribution(logits, plain);
  const stream = random(3, 'sample');
  const counts = new Float64Array(4);
  const draws = 40_000;
  for (let i = 0; i < draws; i++)
    (counts[(SAMPLERS.temperature as SamplerKind).choose(logits, [], plain, stream)] as number)++;
  // Four standard errors of the largest share: 4 · √(0.25 / 40,000) = 0.01.
  probabilities.forEach((p, id) => {
    expect(Math.abs((counts[id] as number) / draws - p)).toBeLessThan(0.01);
  });
});
