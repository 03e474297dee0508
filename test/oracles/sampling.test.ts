import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { distribution } from '../../src/predict/samplers/distribution.ts';
import { SAMPLERS } from '../../src/predict/samplers/index.ts';
import type { SamplerKind, SamplerOptions } from '../../src/predict/samplers/sampler.ts';
import { draw } from '../../src/predict/samplers/temperature.ts';
import { oracle } from './shared.ts';

interface Sampling {
  readonly cases: readonly {
    readonly name: string;
    readonly logits: readonly number[];
    readonly settings: {
      readonly temperature?: number;
      readonly topK?: number;
      readonly topP?: number;
      readonly repetitionPenalty?: number;
      readonly recent?: readonly number[];
    };
    readonly expected: {
      readonly probabilities: readonly number[];
      readonly greedy: number;
      readonly draws: readonly (readonly [number, number])[];
    };
  }[];
}

const outside = oracle<Sampling>('sampling.json');
const always = (u: number): Random => ({ next: () => u, normal: () => 0, integer: () => 0 });

describe.skipIf(outside === null)('sampling equals the outside numbers', () => {
  for (const { name, logits, settings, expected } of outside?.cases ?? []) {
    const options: SamplerOptions = {
      temperature: settings.temperature ?? 1,
      topK: settings.topK ?? null,
      topP: settings.topP ?? null,
      repetition: settings.repetitionPenalty ?? 1,
    };
    const recent = settings.recent ?? [];

    it(`${name}: probabilities`, () => {
      const probabilities = distribution(logits, options, recent);
      expect(probabilities.length).toBe(logits.length);
      expected.probabilities.forEach((p, id) => {
        expect(Math.abs((probabilities[id] as number) - p)).toBeLessThan(1e-8);
      });
    });

    it(`${name}: draws`, () => {
      for (const [u, id] of expected.draws) {
        expect(draw(distribution(logits, options, recent), u)).toBe(id);
        const sampler = SAMPLERS.temperature as SamplerKind;
        expect(sampler.choose(Float64Array.from(logits), recent, options, always(u))).toBe(id);
      }
    });

    it(`${name}: greedy`, () => {
      const sampler = SAMPLERS.greedy as SamplerKind;
      expect(sampler.choose(Float64Array.from(logits), recent, options, always(0))).toBe(expected.greedy);
    });
  }

  it('covers every case', () => {
    expect(outside?.cases.length).toBe(15);
  });
});
