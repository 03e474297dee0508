import { describe, expect, test } from 'vitest';
import { keyOf, philox, random, shuffle } from '../../src/core/random.ts';

/** Known answers of Philox 4x32-10, published with the Random123 library (kat_vectors). */
const KNOWN = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

describe('philox', () => {
  test.each(KNOWN)('gives the published words for counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(4);
    philox({ k0: key[0], k1: key[1] }, counter[0], counter[1], counter[2], counter[3], out);
    expect([...out]).toEqual([...words]);
  });
});

describe('random', () => {
  test('uniforms are the words of its purpose in their order, 53 bits of two each', () => {
    const draw = random(7, 'sample');
    const words = [0, 1, 2].flatMap((block) => {
      const out = new Uint32Array(4);
      philox(keyOf(7, 'sample'), block, 0, 0, 0, out);
      return [...out];
    });
    for (let i = 0; i < words.length; i += 2) {
      const [high, low] = [(words[i] as number) >>> 5, (words[i + 1] as number) >>> 6];
      expect(draw.next()).toBe((high * 2 ** 26 + low) / 2 ** 53);
    }
  });

  test('purposes and seeds have streams of their own', () => {
    const first = (seed: number, purpose: string): number => random(seed, purpose).next();
    expect(new Set([first(1, 'a'), first(1, 'b'), first(2, 'a'), first(2, 'b')]).size).toBe(4);
  });

  test('uniforms lie in [0, 1) with mean 1/2 and variance 1/12; normals have mean 0 and variance 1', () => {
    const draw = random(7, 'moments');
    const n = 100_000;
    const uniforms = Float64Array.from({ length: n }, () => draw.next());
    const normals = Float64Array.from({ length: n }, () => draw.normal());
    expect(uniforms.every((u) => u >= 0 && u < 1)).toBe(true);
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / n;
    const variance = (values: Float64Array): number => {
      const centre = mean(values);
      return values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / n;
    };
    // Five standard errors of each estimate.
    expect(Math.abs(mean(uniforms) - 0.5)).toBeLessThan(0.0046);
    expect(Math.abs(variance(uniforms) - 1 / 12)).toBeLessThan(0.0012);
    expect(Math.abs(mean(normals))).toBeLessThan(0.016);
    expect(Math.abs(variance(normals) - 1)).toBeLessThan(0.023);
  });

  test('integers of n reach every value below n and no other', () => {
    const draw = random(3, 'integers');
    const seen = new Set(Array.from({ length: 500 }, () => draw.integer(6)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('shuffle', () => {
  test('every epoch is a permutation, and another one', () => {
    const epochs = [0, 1, 2].map((epoch) => {
      const order = new Int32Array(100);
      shuffle(7, epoch, 100, order);
      return [...order];
    });
    for (const order of epochs)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(new Set(epochs.map(String)).size).toBe(3);
  });
});
