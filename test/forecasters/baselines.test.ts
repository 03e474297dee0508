import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberForecasterKind, TextForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { seriesOf } from '../encoders/data.ts';
import { effort } from '../support/effort.ts';

async function forecast(
  kind: string,
  x: ArrayLike<number>,
  cutoffs: number[],
  horizon: number,
  season = 1,
  written = {},
  lead = 0,
) {
  const entry = FORECASTERS[kind] as NumberForecasterKind;
  const series = seriesOf({ y: x });
  const fitted = await entry
    .create(entry.options.parse(written), { season })
    .fit(series, { until: x.length, validation: null, seed: 1 });
  return [...(await fitted.forecast(series, { cutoffs, horizon, lead })).values];
}

const anyValues = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 30 });

describe('baselines of numbers', () => {
  it('seasonal-naive with season 1 is last-value', async () => {
    await fc.assert(
      fc.asyncProperty(anyValues, async (x) => {
        expect(await forecast('seasonal-naive', x, [2, x.length], 5)).toEqual(
          await forecast('last-value', x, [2, x.length], 5),
        );
      }),
    );
  });

  it('drift on a line is exact', async () => {
    const line = Array.from({ length: 101 }, (_, n) => n);
    expect(await forecast('drift', line, [2, 50, 101], 3)).toEqual([2, 3, 4, 50, 51, 52, 101, 102, 103]);
    const steep = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 }));
    await fc.assert(
      fc.asyncProperty(steep, fc.integer({ min: 2, max: 30 }), async ([a, b], cutoff) => {
        const x = Array.from({ length: 40 }, (_, t) => a + b * t);
        expect(await forecast('drift', x, [cutoff], 10)).toEqual(x.slice(cutoff, cutoff + 10));
      }),
    );
  });

  it('seasonal-naive on a season is exact, also with a lead and with its own season', async () => {
    const wave = Array.from({ length: 30 }, (_, t) => [5, 9, 1, 7, 3][t % 5] as number);
    expect(await forecast('seasonal-naive', wave, [7, 13], 12, 5)).toEqual([
      ...wave.slice(7, 19),
      ...wave.slice(13, 25),
    ]);
    expect(await forecast('seasonal-naive', wave, [8], 9, 1, { season: 5 }, 3)).toEqual(wave.slice(11, 20));
  });

  it('with less than a season known seasonal-naive repeats the last value', async () => {
    expect(await forecast('seasonal-naive', [4, 6, 8, 1], [2], 3, 12)).toEqual([6, 6, 6]);
  });

  it('mean is the mean of all values before the cutoff, also far from 0', async () => {
    expect(await forecast('mean', [1, 2, 6, 100], [3], 2)).toEqual([3, 3]);
    const far = Array.from({ length: 1000 }, (_, t) => 1e15 + (t % 2));
    expect(await forecast('mean', far, [1000], 1)).toEqual([1e15 + 0.5]);
  });

  it('a hundred thousand cutoffs take one pass, not one each', async () => {
    const x = Float64Array.from({ length: 100_001 }, (_, t) => t % 17);
    const cutoffs = Array.from({ length: 100_000 }, (_, i) => i + 1);
    const spent = effort();
    await forecast('mean', x, cutoffs, 1);
    expect(spent()).toBeLessThan(2); // a pass per cutoff takes 5 s and more
  });
});

describe('bigram', () => {
  const entry = FORECASTERS.bigram as TextForecasterKind;
  const textOf = (documents: number[][], vocabulary: number, padding: boolean) => {
    let at = 0;
    const segments = documents.map((ids) => {
      at += ids.length;
      return { start: at - ids.length, end: at };
    });
    return {
      length: at,
      segments,
      targets: [Float64Array.from(documents.flat())],
      past: [],
      future: [],
      tokens: { vocabulary, padding },
    };
  };

  it('is Witten–Bell as worked out by hand', async () => {
    const text = textOf([[1, 2, 1, 3, 1, 2]], 5, true);
    const fitted = await entry.create({}, { season: 1 }).fit(text, { until: 6, validation: null, seed: 1 });
    // p(2) = (2 + 3/4) / (6 + 3), p(4) = (3/4) / 9; after 1: twice 2, once 3, two kinds.
    const p2 = 2.75 / 9;
    const p4 = 0.75 / 9;
    const probe = textOf([[1, 2], [1, 4], [2], [4, 2]], 5, true);
    const { logProbability, correct } = await fitted.score(probe, [1, 3, 4, 6], [0, 2, 4, 5]);
    const expected = [(2 + 2 * p2) / 5, (0 + 2 * p4) / 5, p2, p2];
    expected.forEach((p, n) => {
      expect(Math.exp(logProbability[n] as number)).toBeCloseTo(p, 12);
    });
    expect([...correct]).toEqual([1, 0, 0, 0]);
  });

  it('counts no pair across the end of a document', async () => {
    const state = async (documents: number[][]) =>
      (
        await entry.create({}, { season: 1 }).fit(textOf(documents, 4, false), { until: 4, validation: null, seed: 1 })
      ).state();
    expect(
      (
        await state([
          [1, 2],
          [3, 0],
        ])
      ).pairs,
    ).toEqual([
      [1, 2, 1],
      [3, 0, 1],
    ]);
  });
});
