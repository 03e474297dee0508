import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForecastError } from '../../src/core/errors.ts';
import type { FitRequest } from '../../src/core/forecaster.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import type { NumberForecasterKind, TextForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { seriesOf } from '../encoders/data.ts';

const entries = Object.entries(FORECASTERS);
const numbers = entries.filter((entry): entry is [string, NumberForecasterKind] => entry[1].form === 'numbers');
const texts = entries.filter((entry): entry is [string, TextForecasterKind] => entry[1].form === 'text');
const request = (until: number): FitRequest => ({ until, validation: null, seed: 1 });
const SEASON = 4;
const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 12, maxLength: 40 });

/** Every kind with its defaults on any numbers, and what else its options promise. */
interface Variant {
  readonly kind: NumberForecasterKind;
  readonly written: Record<string, unknown>;
  readonly values: fc.Arbitrary<number[]>;
  readonly constants: readonly number[];
}
const above = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 12, maxLength: 40 });
const demands = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })), { minLength: 12, maxLength: 40 });
const CONSTANTS = [0, 0.1, -1e15];
const POSITIVE = [0.1, 7, 1e15];
const OPTIONS: { readonly [kind: string]: readonly Omit<Variant, 'kind'>[] } = {
  ets: [
    { written: {}, values, constants: CONSTANTS },
    { written: {}, values: above, constants: POSITIVE },
    { written: { seasonal: 'additive', error: 'additive' }, values, constants: CONSTANTS },
    { written: { trend: 'damped', criterion: 'bic' }, values: above, constants: POSITIVE },
  ],
  'seasonal-naive': [
    { written: {}, values, constants: CONSTANTS },
    { written: { season: [2, 6] }, values, constants: CONSTANTS },
  ],
  ses: [
    { written: {}, values, constants: CONSTANTS },
    { written: { deseasonalise: 'additive' }, values, constants: CONSTANTS },
    { written: { deseasonalise: 'auto' }, values: above, constants: POSITIVE },
  ],
  regression: [
    { written: {}, values, constants: CONSTANTS },
    { written: { lags: [1, 4], means: [2], period: 2.5, harmonics: 1 }, values, constants: CONSTANTS },
    { written: { log: 'auto', ridge: 0 }, values: above, constants: POSITIVE },
  ],
  'trend-season': [
    { written: { log: false }, values, constants: CONSTANTS },
    { written: { log: false, seasons: 'all', halfLife: 2, anchor: 0 }, values, constants: CONSTANTS },
    { written: { seasons: 3 }, values: above, constants: POSITIVE },
  ],
  mstl: [
    { written: { log: false }, values, constants: CONSTANTS },
    { written: { log: false, season: [2, 4], rest: 'drift' }, values, constants: CONSTANTS },
    { written: {}, values: above, constants: POSITIVE },
  ],
  linear: [
    { written: {}, values, constants: CONSTANTS },
    { written: { log: false, base: 'season', weigh: 'auto' }, values, constants: CONSTANTS },
    { written: { log: false, scale: 'none', loss: 'squares' }, values, constants: CONSTANTS },
    { written: { log: true, weigh: 'owa', context: 3, ridge: 0.1, stride: 2 }, values: above, constants: POSITIVE },
  ],
  airline: [
    { written: { log: false }, values, constants: CONSTANTS },
    { written: {}, values: above, constants: POSITIVE },
    { written: { log: true, theta: 0.4 }, values: above, constants: POSITIVE },
  ],
  'holt-winters': [
    { written: {}, values, constants: CONSTANTS },
    { written: { damped: true }, values, constants: CONSTANTS },
    { written: { trend: 'none' }, values, constants: CONSTANTS },
    { written: { seasonal: 'multiplicative' }, values: above, constants: POSITIVE },
    { written: { seasonal: 'multiplicative', damped: true }, values: above, constants: POSITIVE },
    { written: { seasonal: 'multiplicative', trend: 'none' }, values: above, constants: POSITIVE },
  ],
  holt: [
    { written: {}, values, constants: CONSTANTS },
    { written: { damped: true }, values, constants: CONSTANTS },
  ],
  theta: [
    { written: {}, values, constants: CONSTANTS },
    { written: { deseasonalise: 'additive' }, values, constants: CONSTANTS },
    { written: { deseasonalise: 'multiplicative' }, values: above, constants: POSITIVE },
  ],
  naive2: [
    { written: {}, values, constants: CONSTANTS },
    { written: { deseasonalise: 'multiplicative' }, values: above, constants: POSITIVE },
  ],
  croston: [
    { written: {}, values, constants: CONSTANTS },
    { written: {}, values: demands, constants: CONSTANTS },
  ],
  tsb: [
    { written: {}, values, constants: CONSTANTS },
    { written: {}, values: demands, constants: CONSTANTS },
  ],
};
const variants = numbers.flatMap(([name, kind]) =>
  (OPTIONS[name] ?? [{ written: {}, values, constants: CONSTANTS }]).map((variant, i): [string, Variant] => [
    `${name} ${JSON.stringify(variant.written)} #${i + 1}`,
    { kind, ...variant },
  ]),
);

async function forecastNumbers(
  { kind, written }: Pick<Variant, 'kind' | 'written'>,
  x: ArrayLike<number>,
  cutoffs: number[],
  horizon: number,
  lead: number,
) {
  const forecaster = kind.create(kind.options.parse(written), { season: SEASON });
  const series = seriesOf({ y: x });
  const fitted = await forecaster.fit(series, request(10));
  const { values: forecast } = await fitted.forecast(series, { cutoffs, horizon, lead });
  return forecast;
}

describe.each(entries)('%s', (kind, entry) => {
  it('is called by its own name and describes its options', async () => {
    expect(entry.kind).toBe(kind);
    expect(entry.summary).toMatch(/\.$/);
    for (const [name, field] of Object.entries(entry.options.shape))
      expect([name, field.description]).toEqual([name, expect.any(String)]);
    expect(() => entry.options.parse({ nonsense: 1 })).toThrow();
    expect(entry.create(entry.options.parse({}), { season: SEASON }).name).toBe(kind);
  });
});

describe.each(variants)('%s', (_, variant) => {
  const { kind, written, values, constants } = variant;

  it('reads only what is before each cutoff', async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.double({ min: -1e9, max: 1e9, noNaN: true }), async (x, other) => {
        const changed = x.map((v, t) => (t < 11 ? v : other));
        expect(await forecastNumbers(variant, changed, [10, 11], 5, 1)).toEqual(
          await forecastNumbers(variant, x, [10, 11], 5, 1),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('many cutoffs in one call are the same as one by one, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (x) => {
        const cutoffs = [12, 1, 7, 7, x.length, 8, 9, 10];
        const together = await forecastNumbers(variant, x, cutoffs, 6, 0);
        for (const [n, cutoff] of cutoffs.entries()) {
          expect(together.subarray(n * 6, n * 6 + 6)).toEqual(await forecastNumbers(variant, x, [cutoff], 6, 0));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('a lead leaves out the first steps and changes nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 0, max: 6 }), async (x, lead) => {
        const all = await forecastNumbers(variant, x, [11], 5 + lead, 0);
        expect(await forecastNumbers(variant, x, [11], 5, lead)).toEqual(all.slice(lead));
      }),
      { numRuns: 30 },
    );
  });

  it('a constant series goes on as it is, exactly', async () => {
    for (const value of constants) {
      const forecast = await forecastNumbers(variant, new Float64Array(12).fill(value), [1, 5, 12], 4, 0);
      expect([...forecast]).toEqual(new Array(12).fill(value));
    }
  });

  it.skipIf(kind.pooled === true)('forecasts each target by itself, step before target', async () => {
    const a = Array.from({ length: 14 }, (_, t) => 1 + t * t);
    const b = a.map((v) => 200 - v);
    const forecaster = kind.create(kind.options.parse(written), { season: SEASON });
    const both = seriesOf({ a, b });
    const fitted = await forecaster.fit(both, request(10));
    const { values: forecast } = await fitted.forecast(both, { cutoffs: [9, 12], horizon: 3, lead: 0 });
    const alone = [await forecastNumbers(variant, a, [9, 12], 3, 0), await forecastNumbers(variant, b, [9, 12], 3, 0)];
    expect([...forecast]).toEqual(Array.from({ length: 12 }, (_, i) => alone[i % 2]?.[Math.floor(i / 2)]));
  });

  it.runIf(kind.pooled === true)('learns from all targets together, in any order of them', async () => {
    const a = Array.from({ length: 30 }, (_, t) => 100 + t + 9 * Math.sin(t));
    const b = a.map((v, t) => 3 * v + (t % 3));
    const forecast = async (columns: Record<string, number[]>): Promise<Float64Array> => {
      const series = seriesOf(columns);
      const fitted = await kind.create(kind.options.parse(written), { season: SEASON }).fit(series, request(24));
      return (await fitted.forecast(series, { cutoffs: [9, 30], horizon: 3, lead: 0 })).values;
    };
    const [one, two] = [await forecast({ a, b }), await forecast({ b, a })];
    for (let i = 0; i < one.length; i++) expect(two[i ^ 1]).toBeCloseTo(one[i] as number, 6);
    const alone = await forecast({ a });
    expect([0, 2, 4].some((i) => one[i] !== alone[i / 2])).toBe(true);
  });

  it('a cutoff before the first or beyond the last row is refused', async () => {
    await expect(forecastNumbers(variant, [1, 2, 3], [0], 1, 0)).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    await expect(forecastNumbers(variant, [1, 2, 3], [4], 1, 0)).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
  });

  it('its state is plain JSON', async () => {
    const fitted = await kind
      .create(kind.options.parse(written), { season: SEASON })
      .fit(seriesOf({ y: [3, 1, 4, 1, 5, 9, 2, 6, 5, 3] }), request(10));
    expect(JSON.parse(JSON.stringify(fitted.state()))).toEqual(fitted.state());
    fitted.dispose();
  });

  it('fitting reads only [0, validation ?? until): what follows changes neither the state nor a forecast', async () => {
    await fc.assert(
      fc.asyncProperty(values, values, async (x, other) => {
        const fitted = (y: readonly number[]) =>
          kind.create(kind.options.parse(written), { season: SEASON }).fit(seriesOf({ y }), request(10));
        const [one, two] = [await fitted(x), await fitted([...x.slice(0, 10), ...other])];
        expect(two.state()).toEqual(one.state());
        const held = { until: x.length, validation: 10, seed: 1 };
        const forecaster = kind.create(kind.options.parse(written), { season: SEASON });
        expect((await forecaster.fit(seriesOf({ y: x }), held)).state()).toEqual(one.state());
        const given = { cutoffs: [3, x.length], horizon: 3, lead: 0 };
        expect(await two.forecast(seriesOf({ y: x }), given)).toEqual(await one.forecast(seriesOf({ y: x }), given));
      }),
      { numRuns: 20 },
    );
  });

  it('every forecast is a finite number', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (x) => {
        const cutoffs = Array.from(x, (_, t) => t + 1);
        const forecast = await forecastNumbers(variant, x, cutoffs, 9, 0);
        expect(forecast.filter((value) => !Number.isFinite(value))).toEqual(new Float64Array(0));
      }),
      { numRuns: 30 },
    );
  });

  it('fewer rows than it needs are refused in one line, or forecast', async () => {
    for (let length = 1; length <= 2 * SEASON; length++) {
      const series = seriesOf({ y: Array.from({ length }, (_, t) => 1 + (t % 3)) });
      const forecaster = kind.create(kind.options.parse(written), { season: SEASON });
      const forecast = forecaster
        .fit(series, request(length))
        .then(async (fitted) => await fitted.forecast(series, { cutoffs: [length], horizon: 6, lead: 0 }))
        .then(({ values: forecasts }) => [...forecasts].every(Number.isFinite));
      const outcome = await forecast.catch((error: ForecastError) => [error.code, typeof error.hint]);
      if (outcome !== true) expect(outcome).toEqual(['E_DATA_TOO_SHORT', 'string']);
      if (length === 2 * SEASON) expect(outcome).toBe(true);
    }
  });
});

const V = 6;
/** A text of ids below V; 0 is padding where asked for. */
function textOf(lines: readonly (readonly number[])[], padding: boolean): Sequence {
  let at = 0;
  const segments = lines.map((line) => {
    const start = at;
    at += line.length;
    return { start, end: at };
  });
  return {
    length: at,
    segments,
    targets: [Float64Array.from(lines.flat())],
    past: [],
    future: [],
    tokens: { vocabulary: V, padding },
  };
}
const lines = fc.array(fc.array(fc.integer({ min: 1, max: V - 1 }), { minLength: 1, maxLength: 10 }), {
  minLength: 1,
  maxLength: 5,
});

describe.each(texts)('%s', (_, kind) => {
  const learn = (sequence: Sequence, until: number, validation: number | null = null) =>
    kind.create(kind.options.parse({}), { season: 1 }).fit(sequence, { ...request(until), validation });

  it('probabilities sum to 1 over the vocabulary without padding, after every token and at a start', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), async (text, padding) => {
        const sequence = textOf(text, padding);
        const fitted = await learn(sequence, sequence.length);
        const first = padding ? 1 : 0;
        for (let previous = -1; previous < V; previous++) {
          let sum = 0;
          const guesses: number[] = [];
          const probabilities: number[] = [];
          for (let id = first; id < V; id++) {
            const probe = textOf([previous < 0 ? [id] : [previous, id]], padding);
            const { logProbability, correct } = await fitted.score(probe, [previous < 0 ? 0 : 1], [0]);
            sum += Math.exp(logProbability[0] as number);
            probabilities.push(Math.exp(logProbability[0] as number));
            if (correct[0] === 1) guesses.push(id);
          }
          expect(sum).toBeCloseTo(1, 12);
          expect(guesses).toHaveLength(1);
          const best = probabilities[(guesses[0] as number) - first] as number;
          for (const p of probabilities) expect(p).toBeLessThanOrEqual(best * (1 + 1e-12));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('continues a prompt by the probabilities it scores with, and never by padding', async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: V - 1 }), { minLength: 1 }),
        async (text, padding, prompt) => {
          const fitted = await learn(textOf(text, padding), text.flat().length);
          const known = [...prompt];
          const seen: Float64Array[] = [];
          const chosen = await fitted.continue(Float64Array.from(prompt), 3, (logits) => {
            seen.push(logits);
            return logits.indexOf(Math.max(...logits));
          });
          expect(chosen).toHaveLength(3);
          for (const [step, logits] of seen.entries()) {
            expect(logits).toHaveLength(V);
            if (padding) expect(logits[0]).toBe(Number.NEGATIVE_INFINITY);
            for (let id = padding ? 1 : 0; id < V; id++) {
              const { logProbability } = await fitted.score(textOf([[...known, id]], padding), [known.length], [0]);
              expect(logits[id]).toBeCloseTo(logProbability[0] as number, 12);
            }
            known.push(chosen[step] as number);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('fitting reads only [0, validation ?? until)', async () => {
    await fc.assert(
      fc.asyncProperty(lines, lines, async (text, later) => {
        const known = textOf(text, true);
        const longer = textOf([...text, ...later], true);
        const state = (await learn(known, known.length)).state();
        expect((await learn(longer, known.length)).state()).toEqual(state);
        expect((await learn(longer, longer.length, known.length)).state()).toEqual(state);
      }),
      { numRuns: 30 },
    );
  });

  it('an unknown true token scores NaN and is never correct; an unknown one before it is no obstacle', async () => {
    const fitted = await learn(textOf([[1, 2, 3, 1, 2]], true), 5);
    const probe = textOf([[1, -1, 2]], true);
    const { logProbability, correct } = await fitted.score(probe, [1, 2], [0, 0]);
    expect(logProbability[0]).toBeNaN();
    expect(correct[0]).toBe(0);
    expect(Number.isFinite(logProbability[1])).toBe(true);
  });

  it('its state is plain JSON', async () => {
    const fitted = await learn(textOf([[1, 2, 1]], true), 3);
    expect(JSON.parse(JSON.stringify(fitted.state()))).toEqual(fitted.state());
  });
});
