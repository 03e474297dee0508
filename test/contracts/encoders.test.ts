import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  type EncoderChoice,
  encodeText,
  fitNumbers,
  fitText,
  restoreNumbers,
  restoreText,
  tokenize,
} from '../../src/encoders/chain.ts';
import type { NumberEncoderKind, TextEncoderKind } from '../../src/encoders/encoder.ts';
import { ENCODERS } from '../../src/encoders/index.ts';
import { seriesOf } from '../encoders/data.ts';

const entries = Object.entries(ENCODERS);
const numbers = entries.filter((entry): entry is [string, NumberEncoderKind] => entry[1].form === 'numbers');
const texts = entries.filter((entry): entry is [string, TextEncoderKind] => entry[1].form === 'text');

/** Options beside the defaults that every kind's laws must hold for as well. */
const VARIANTS: Readonly<Record<string, readonly object[]>> = {
  'min-max': [{ low: -1, high: 1 }],
  log: [{ offset: 2.5 }],
  difference: [{ lag: 3 }, { lag: 'season' }],
  words: [{ lowercase: false, punctuation: 'keep' }, { punctuation: 'separate' }, { unknown: 'token', limit: 2 }],
  characters: [{ form: 'ids', lowercase: true }],
};

function choicesOf(kind: string): EncoderChoice[] {
  const { options } = ENCODERS[kind] as NumberEncoderKind;
  return [{}, ...(VARIANTS[kind] ?? [])].map((written) => ({ kind, ...(options.parse(written) as object) }));
}

const SEASON = 4;
/** Single encoders with every variant, and chains; log first, so that what it reads is positive. */
const CHAINS: EncoderChoice[][] = [
  ...numbers.flatMap(([kind]) => choicesOf(kind).map((choice) => [choice])),
  [{ kind: 'log', offset: 0 }, { kind: 'standard' }],
  [
    { kind: 'difference', lag: 1 },
    { kind: 'min-max', low: 0, high: 1 },
  ],
  [{ kind: 'log', offset: 1 }, { kind: 'difference', lag: 'season' }, { kind: 'robust' }],
  [{ kind: 'standard' }, { kind: 'difference', lag: 2 }, { kind: 'difference', lag: 3 }],
];
const named = CHAINS.map((chain) => [chain.map((choice) => JSON.stringify(choice)).join(' → '), chain] as const);

/** Positive values (log must be able to read them) at scales from thousandths to 1e9. */
const values = fc
  .tuple(
    fc.array(fc.double({ min: 0.5, max: 100, noNaN: true }), { minLength: 16, maxLength: 40 }),
    fc.constantFrom(0.001, 1, 1e7),
    fc.constantFrom(0, 1e3),
  )
  .map(([raw, scale, offset]) => Float64Array.from(raw, (x) => (x + offset) * scale));

describe.each(entries)('%s', (kind, entry) => {
  it('is called by its own name, with every option described', () => {
    expect(entry.kind).toBe(kind);
    expect(entry.summary).toMatch(/\.$/);
    for (const [name, field] of Object.entries(entry.options.shape))
      expect([name, field.description]).toEqual([name, expect.any(String)]);
    expect(() => entry.options.parse({ nonsense: 1 })).toThrow();
  });
});

describe.each(named)('%s', (_, chain) => {
  it('decode(encode(x)) is x, at every cutoff with enough rows before it', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 7 }), (x, horizon) => {
        const series = seriesOf({ y: x, z: x.map((v) => v * 2 + 1) });
        const fitted = fitNumbers(series, 12, chain, SEASON);
        const encoded = fitted.encode(series);
        const first = fitted.skip + 1;
        const cutoffs = Array.from({ length: x.length - horizon - first + 1 }, (_, i) => first + i);
        const forecast = new Float64Array(cutoffs.length * horizon * 2);
        each(cutoffs, horizon, 2, (at, position, c) => {
          forecast[at] = encoded.targets[c]?.[position] as number;
        });
        fitted.decode(forecast, series, cutoffs, 0, horizon);
        let worst = 0;
        each(cutoffs, horizon, 2, (at, position, c) => {
          const truth = series.targets[c]?.values[position] as number;
          worst = Math.max(worst, Math.abs((forecast[at] as number) - truth));
        });
        expect(worst).toBeLessThanOrEqual(1e-9 * Math.max(...x) * 2);
      }),
      { numRuns: 40 },
    );
  });

  it('the encoded sequence has the axis of the series and begins after the skip', () => {
    const x = Float64Array.from({ length: 20 }, (_, t) => 5 + (t % 7));
    const fitted = fitNumbers(seriesOf({ y: x }), 15, chain, SEASON);
    const encoded = fitted.encode(seriesOf({ y: x }));
    expect(encoded.length).toBe(20);
    expect(encoded.segments).toEqual([{ start: fitted.skip, end: 20 }]);
    expect(encoded.targets[0]?.length).toBe(20);
    expect(encoded.tokens).toBeNull();
  });

  it('fitting reads only [0, until)', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.5, max: 1e6, noNaN: true }), (x, other) => {
        const changed = x.map((v, t) => (t < 12 ? v : other));
        expect(fitNumbers(seriesOf({ y: changed }), 12, chain, SEASON).state).toEqual(
          fitNumbers(seriesOf({ y: x }), 12, chain, SEASON).state,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('decoding reads only what is before the cutoff', () => {
    const x = Float64Array.from({ length: 30 }, (_, t) => 5 + (t % 7));
    const fitted = fitNumbers(seriesOf({ y: x }), 15, chain, SEASON);
    const decoded = (values: Float64Array): Float64Array => {
      const forecast = Float64Array.of(0.1, 0.2, 0.3);
      fitted.decode(forecast, seriesOf({ y: values }), [20], 0, 3);
      return forecast;
    };
    expect(decoded(x.map((v, t) => (t < 20 ? v : 77)))).toEqual(decoded(x));
  });

  it('its state survives JSON and makes the same encoder', () => {
    fc.assert(
      fc.property(values, (x) => {
        const series = seriesOf({ y: x }, { p: x }, { f: x });
        const fitted = fitNumbers(series, 12, chain, SEASON);
        const restored = restoreNumbers(JSON.parse(JSON.stringify(fitted.state)) as JsonObject);
        expect(restored.state).toEqual(fitted.state);
        expect(restored.skip).toBe(fitted.skip);
        expect(restored.encode(series)).toEqual(fitted.encode(series));
      }),
      { numRuns: 20 },
    );
  });
});

/** Unit noise on top of an offset that leaves few digits: encoders may lose no more of it than float64 itself does. */
describe.each(numbers.map(([kind]) => kind))('%s at an offset of 1e15', (kind) => {
  it.each(kind === 'log' ? [1e15] : [1e15, -1e15])('keeps the noise on %d', (offset) => {
    const x = Float64Array.from({ length: 40 }, (_, t) => offset + ((t * t) % 11) - 5);
    const chain = choicesOf(kind).slice(0, 1);
    const series = seriesOf({ y: x });
    const fitted = fitNumbers(series, 30, chain, SEASON);
    const encoded = fitted.encode(series);
    if (kind !== 'log') expect(new Set(encoded.targets[0]?.subarray(fitted.skip)).size).toBeGreaterThan(5);
    const forecast = Float64Array.of(encoded.targets[0]?.[35] as number);
    fitted.decode(forecast, series, [35], 0, 1);
    // exp loses 2^-53 of a logarithm near 34.5; every other encoder only what a double near 1e15 cannot hold.
    const allowed = kind === 'log' ? 8 : 0.25;
    expect(Math.abs((forecast[0] as number) - (x[35] as number))).toBeLessThanOrEqual(allowed);
  });
});

it.each(numbers.map(([kind]) => kind).filter((kind) => kind !== 'log'))(
  '%s: constant columns, zeros and a single training row are encoded to finite values',
  (kind) => {
    for (const value of [0, 7, 1e12, -1e-300]) {
      const series = seriesOf({ y: new Float64Array(12).fill(value) });
      const fitted = fitNumbers(series, kind === 'difference' ? 2 : 1, choicesOf(kind).slice(0, 1), 1);
      const encoded = fitted.encode(series);
      expect(encoded.targets[0]?.every(Number.isFinite)).toBe(true);
      expect(fitted.constant).toEqual(['y']);
    }
  },
);

const documents = fc
  .array(
    fc.array(fc.constantFrom('The', 'the', 'end.', "don't", 'café', '«oui»', '東京', '😀', '-'), {
      minLength: 1,
      maxLength: 8,
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((lines) => lines.map((line) => line.join(' ')));
const namedTexts = texts.flatMap(([kind]) =>
  choicesOf(kind).map((choice) => [JSON.stringify(choice), choice] as const),
);

describe.each(namedTexts)('%s', (_, choice) => {
  const cutUp = (lines: string[]) => tokenize({ form: 'text', id: 'test', documents: [...lines, 'the end'] }, choice);

  it('every id names its token, and every token of the training part has one', () => {
    fc.assert(
      fc.property(documents, fc.boolean(), (lines, padding) => {
        const { tokens } = cutUp(lines);
        const encoder = fitText(tokens, tokens.length, choice, { padding });
        encoder.encode(tokens).forEach((id, p) => {
          expect(id).toBeGreaterThanOrEqual(encoder.padding ? 1 : 0);
          expect(id).toBeLessThan(encoder.vocabulary);
          if (encoder.token(id) !== '<unknown>') expect(encoder.token(id)).toBe(tokens[p]);
        });
        if (padding) expect(encoder.padding).toBe(true);
        if (encoder.padding) expect(encoder.token(0)).toBe('');
      }),
    );
  });

  it('a prompt is cut as the documents were, and joined text is cut into the same tokens', () => {
    fc.assert(
      fc.property(documents, (lines) => {
        const { tokens, segments } = cutUp(lines);
        const encoder = fitText(tokens, tokens.length, choice, { padding: false });
        for (const { start, end } of segments) {
          const own = tokens.slice(start, end);
          expect(encoder.split(encoder.join(own))).toEqual(own);
        }
      }),
    );
  });

  it('documents stand one after another on the axis and none is empty', () => {
    fc.assert(
      fc.property(documents, (lines) => {
        const { tokens, segments } = cutUp([...lines, '', '   '].map((line) => line.trim()));
        expect(segments[0]?.start).toBe(0);
        expect(segments.at(-1)?.end).toBe(tokens.length);
        segments.forEach(({ start, end }, i) => {
          expect(end).toBeGreaterThan(start);
          if (i > 0) expect(start).toBe(segments[i - 1]?.end);
        });
      }),
    );
  });

  it('fitting reads only [0, until), and a token seen only later is −1 or the unknown word', () => {
    const { tokens } = cutUp(['the end of the end', 'and zebras']);
    const until = tokens.indexOf('z') >= 0 ? tokens.indexOf('z') : tokens.indexOf('zebras');
    const encoder = fitText(tokens, until, choice, { padding: false });
    expect(fitText(tokens.slice(0, until), until, choice, { padding: false }).state).toEqual(encoder.state);
    const id = encoder.encode(tokens)[until] as number;
    if (id >= 0) expect(encoder.token(id)).toBe('<unknown>');
    else expect(id).toBe(-1);
  });

  it('its state survives JSON and makes the same encoder', () => {
    fc.assert(
      fc.property(documents, fc.boolean(), (lines, padding) => {
        const { tokens, segments } = cutUp(lines);
        const encoder = fitText(tokens, tokens.length, choice, { padding });
        const restored = restoreText(JSON.parse(JSON.stringify(encoder.state)) as JsonObject);
        expect(restored.state).toEqual(encoder.state);
        expect(encodeText(tokens, segments, restored)).toEqual(encodeText(tokens, segments, encoder));
        expect(restored.form).toBe(encoder.form);
      }),
      { numRuns: 20 },
    );
  });
});

/** Visits every (place in the forecasts, position on the axis, target). */
function each(
  cutoffs: number[],
  horizon: number,
  targets: number,
  visit: (at: number, position: number, c: number) => void,
): void {
  cutoffs.forEach((cutoff, n) => {
    for (let h = 0; h < horizon; h++)
      for (let c = 0; c < targets; c++) visit((n * horizon + h) * targets + c, cutoff + h, c);
  });
}
