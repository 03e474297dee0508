// The generated source: each law against its own formula, and seeds.

import { describe, expect, test } from 'vitest';
import type { Series, Text } from '../../src/core/data.ts';
import { failure, kindOf, load } from './load.ts';

async function values(options: object, seed = 7): Promise<number[]> {
  const { raw } = await load('generated', options, seed);
  return [...((raw as { series: readonly Series[] }).series[0]?.targets[0]?.values ?? [])];
}

describe('laws', () => {
  test('counting is 0, 1, 2, … or any start and step', async () => {
    expect(await values({ series: 'counting', length: 101 })).toEqual(Array.from({ length: 101 }, (_, i) => i));
    expect(await values({ series: 'counting', length: 3, start: 5, step: -2 })).toEqual([5, 3, 1]);
  });

  test('a sine repeats after its period and has its amplitude and level', async () => {
    const wave = await values({ series: 'sine', length: 48, period: 12, amplitude: 3, level: 10 });
    wave.slice(12).forEach((value, i) => {
      expect(value).toBeCloseTo(wave[i] as number, 12);
    });
    expect(Math.max(...wave)).toBeCloseTo(13, 12);
    expect(Math.min(...wave)).toBeCloseTo(7, 12);
  });

  test('trend-season gains slope times period every period', async () => {
    const series = await values({ series: 'trend-season', length: 36, period: 12, slope: 0.5 });
    series.slice(12).forEach((value, i) => {
      expect(value - (series[i] as number)).toBeCloseTo(6, 12);
    });
  });

  test('logistic follows x → r x (1 − x)', async () => {
    const series = await values({ series: 'logistic', length: 50, r: 3.7, x0: 0.4 });
    expect(series[0]).toBe(0.4);
    series.slice(1).forEach((x, i) => {
      const before = series[i] as number;
      expect(x).toBe(3.7 * before * (1 - before));
    });
  });

  test('an autoregression without noise stays on its level, and with noise has its lag-one correlation', async () => {
    expect(await values({ series: 'ar', length: 5, level: 3, noise: 0 })).toEqual([3, 3, 3, 3, 3]);
    const series = await values({ series: 'ar', length: 20000, coefficients: [0.8] });
    const mean = series.reduce((a, b) => a + b, 0) / series.length;
    let same = 0;
    let lagged = 0;
    for (let t = 1; t < series.length; t++) {
      same += ((series[t] as number) - mean) * ((series[t] as number) - mean);
      lagged += ((series[t] as number) - mean) * ((series[t - 1] as number) - mean);
    }
    // Standard error of the estimate: √((1 − φ²) / n) ≈ 0.0042.
    expect(Math.abs(lagged / same - 0.8)).toBeLessThan(0.02);
  });

  test('a random walk starts where it is told and its steps have the drift and noise', async () => {
    const series = await values({ series: 'random-walk', length: 20001, start: 5, slope: 0.5, noise: 2 });
    expect(series[0]).toBe(5);
    const steps = series.slice(1).map((value, i) => value - (series[i] as number));
    const mean = steps.reduce((a, b) => a + b, 0) / steps.length;
    const variance = steps.reduce((sum, step) => sum + (step - mean) * (step - mean), 0) / steps.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.075);
    expect(Math.abs(variance - 4)).toBeLessThan(0.2);
  });

  test('recall: a symbol, the distractors, the symbol again; every symbol occurs', async () => {
    const { raw } = await load('generated', { series: 'recall', lag: 10, count: 400 });
    const { documents, id } = raw as Text;
    expect([id, documents.length]).toEqual(['recall', 400]);
    for (const document of documents) expect(document).toMatch(/^([A-H])[a-h]{10}\1$/);
    expect(new Set(documents.map((document) => document[0])).size).toBe(8);
  });
});

describe('seeds', () => {
  test.each(['sine', 'trend-season', 'random-walk', 'ar', 'recall'])(
    '%s: same seed same data and sha256, another seed others',
    async (series) => {
      const options = { series, ...(series === 'recall' ? {} : { noise: 1 }) };
      const [a, b, c] = [
        await load('generated', options, 1),
        await load('generated', options, 1),
        await load('generated', options, 2),
      ];
      expect(b).toEqual(a);
      expect(c.raw).not.toEqual(a.raw);
      expect(c.sha256).not.toBe(a.sha256);
    },
  );

  test('without noise nothing is drawn: every seed gives the same', async () => {
    expect(await values({ series: 'sine' }, 1)).toEqual(await values({ series: 'sine' }, 2));
  });

  test('the sha256 is of what the options mean, not of how they are written', async () => {
    const [written, meant] = [
      await load('generated', { series: 'sine' }),
      await load('generated', { period: 20, series: 'sine' }),
    ];
    expect(written.sha256).toBe(meant.sha256);
  });
});

describe('refusals', () => {
  test('an option of another law is named, with those there are', () => {
    const parsed = kindOf('generated').options.safeParse({ series: 'sine', lag: 3 });
    expect(parsed.error?.issues).toMatchObject([
      {
        path: ['lag'],
        message: '"lag" does not belong to series "sine", which takes length, period, amplitude, phase, level, noise',
      },
    ]);
  });

  test('the same where the schema was not asked', async () => {
    const given = { series: 'counting', slope: 1 };
    const context = { resolve: (path: string) => path, display: (path: string) => path, seed: 7 };
    const { said } = await failure(Promise.resolve().then(() => kindOf('generated').load(given, context)));
    expect(said).toMatch(/^E_CONFIG_CONFLICT source\.slope: "slope" does not belong to series "counting"/);
  });

  test('a law that leaves the numbers there are', async () => {
    const { said } = await failure(load('generated', { series: 'ar', length: 5000, coefficients: [2] }));
    expect(said).toMatch(/^E_DATA_RANGE source: series "ar" leaves ±1e300 at row \d+$/);
  });

  test.each([
    { series: 'spiral' },
    { series: 'sine', period: 0 },
    { series: 'logistic', r: 5 },
    { series: 'recall', symbols: 27 },
    { series: 'sine', colour: 1 },
    {},
  ])('the schema refuses %o', (options) => {
    expect(kindOf('generated').options.safeParse(options).success).toBe(false);
  });
});
