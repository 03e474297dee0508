import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { fitNumbers, fitText, formOf, restoreNumbers, tokenize } from '../../src/encoders/chain.ts';
import { seriesOf } from './data.ts';

const ramp = Float64Array.from({ length: 20 }, (_, t) => 10 + t * 2);

function errorOf(run: () => unknown): ForecastError {
  try {
    run();
  } catch (error) {
    if (error instanceof ForecastError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('fitNumbers', () => {
  it('covariates are standardised, whatever the chain, unless it is none', () => {
    const series = seriesOf({ y: ramp }, { p: ramp }, { f: [...ramp, 90, 91, 92] });
    const scaled = fitNumbers(series, 10, [{ kind: 'difference', lag: 1 }], 1).encode(series);
    for (const channel of [scaled.past[0], scaled.future[0]] as Float64Array[]) {
      const known = channel.subarray(0, 10);
      expect(known.reduce((sum, z) => sum + z, 0)).toBeCloseTo(0, 12);
      expect(known.reduce((sum, z) => sum + z * z, 0)).toBeCloseTo(10, 12);
    }
    expect(scaled.future[0]?.length).toBe(23);
    const raw = fitNumbers(series, 10, [{ kind: 'none' }], 1).encode(series);
    expect(raw.past[0]).toEqual(series.past[0]?.values);
    expect(raw.future[0]).toEqual(series.future[0]?.values);
  });

  it('two differences lose the rows of both, and a second difference of a line is 0', () => {
    const series = seriesOf({ y: ramp });
    const fitted = fitNumbers(
      series,
      20,
      [
        { kind: 'difference', lag: 'season' },
        { kind: 'difference', lag: 1 },
      ],
      4,
    );
    expect(fitted.skip).toBe(5);
    expect([...(fitted.encode(series).targets[0] ?? [])]).toEqual(new Array(20).fill(0));
  });

  it('an encoder after a difference is not fitted on the rows it lost', () => {
    const series = seriesOf({ y: ramp });
    const fitted = fitNumbers(
      series,
      20,
      [
        { kind: 'difference', lag: 1 },
        { kind: 'min-max', low: 0, high: 1 },
      ],
      1,
    );
    // Every change is 2; had the lost row's 0 been read, 2 would be encoded as 1.
    expect([...(fitted.encode(series).targets[0]?.subarray(1) ?? [])]).toEqual(new Array(19).fill(0));
  });

  it('a difference with a lead is refused, a scale with a lead is undone', () => {
    const series = seriesOf({ y: ramp });
    const error = errorOf(() => fitNumbers(series, 20, [{ kind: 'difference', lag: 1 }], 1, 2));
    expect(error.code).toBe('E_CONFIG_CONFLICT');
    const fitted = fitNumbers(series, 20, [{ kind: 'difference', lag: 1 }], 1);
    expect(errorOf(() => fitted.decode(new Float64Array(1), series, [10], 1, 1)).code).toBe('E_CONFIG_CONFLICT');
    const scaled = fitNumbers(series, 20, [{ kind: 'standard' }], 1, 2);
    const forecast = Float64Array.of(scaled.encode(series).targets[0]?.[12] as number);
    scaled.decode(forecast, series, [10], 2, 1);
    expect(forecast[0]).toBeCloseTo(34, 10);
  });

  it('text encoders and unknown kinds are refused', () => {
    const series = seriesOf({ y: ramp });
    expect(errorOf(() => fitNumbers(series, 20, [{ kind: 'words' }], 1)).code).toBe('E_CONFIG_CONFLICT');
    expect(errorOf(() => formOf(['characters', 'standard'])).code).toBe('E_CONFIG_CONFLICT');
    expect(errorOf(() => fitNumbers(series, 20, [{ kind: 'toString' }], 1)).code).toBe('E_CONFIG_UNKNOWN_KIND');
    const endless = { form: 'text', id: 't', documents: ['a'.repeat(2 ** 27 + 1)] } as const;
    expect(errorOf(() => tokenize(endless, { kind: 'characters' })).code).toBe('E_DATA_TOO_LARGE');
    expect(errorOf(() => tokenize({ form: 'text', id: 't', documents: ['a'] }, { kind: 'none' })).code).toBe(
      'E_CONFIG_CONFLICT',
    );
    expect(formOf(['log', 'standard'])).toBe('numbers');
    expect(formOf(['words'])).toBe('text');
  });

  it('other columns than those fitted on are refused', () => {
    const fitted = fitNumbers(seriesOf({ y: ramp }), 20, [{ kind: 'standard' }], 1);
    const error = errorOf(() => fitted.encode(seriesOf({ sales: ramp })));
    expect(error.code).toBe('E_DATA_COLUMN');
    expect(error.message).toBe('target columns are [sales], fitted on [y]');
  });

  it('log lets a value without a logarithm count as half the least one learned from where it is told to', () => {
    const series = seriesOf({ sales: [4, 2, 0, 8, -1] });
    const chain = [{ kind: 'log', offset: 0, below: 'least' }];
    for (const until of [2, 3]) {
      const fitted = fitNumbers(series, until, chain, 1);
      const encoded = [4, 2, 1, 8, 1].map(Math.log);
      expect([...(fitted.encode(series).targets[0] as Float64Array)]).toEqual(encoded);
      expect([...(restoreNumbers(fitted.state).encode(series).targets[0] as Float64Array)]).toEqual(encoded);
    }
    const none = errorOf(() => fitNumbers(seriesOf({ sales: [0, -2] }), 2, chain, 1));
    expect(none.message).toBe('column "sales", row 1: 0 has no logarithm');
  });

  it('log names the column, the row and the value it cannot take', () => {
    const series = seriesOf({ sales: [3, 2, 0, 4] });
    const error = errorOf(() => fitNumbers(series, 4, [{ kind: 'log', offset: 0 }], 1));
    expect(error.code).toBe('E_DATA_RANGE');
    expect(error.message).toBe('column "sales", row 3: 0 has no logarithm');
    expect(() => fitNumbers(series, 4, [{ kind: 'log', offset: 1 }], 1)).not.toThrow();
    const later = fitNumbers(series, 2, [{ kind: 'log', offset: 0 }], 1);
    expect(errorOf(() => later.encode(series)).code).toBe('E_DATA_RANGE');
  });

  it('a lag that leaves nothing to learn from is refused', () => {
    const series = seriesOf({ y: ramp });
    const error = errorOf(() => fitNumbers(series, 12, [{ kind: 'difference', lag: 12 }], 1));
    expect(error.code).toBe('E_DATA_TOO_SHORT');
    expect(error.hint).toBe('use a lag ≤ 11 or more rows');
  });

  it('values too far apart for float64 are refused, and so is a forecast that is not finite', () => {
    const wide = seriesOf({ y: [-1.7e308, 1.7e308, 0] });
    expect(errorOf(() => fitNumbers(wide, 3, [{ kind: 'standard' }], 1)).code).toBe('E_DATA_RANGE');
    const halves = seriesOf({ y: [-1.7e308, -1.7e308, 1.7e308, 1.7e308] });
    expect(errorOf(() => fitNumbers(halves, 4, [{ kind: 'robust' }], 1)).code).toBe('E_DATA_RANGE');
    const late = fitNumbers(wide, 1, [{ kind: 'standard' }], 1);
    expect(errorOf(() => late.encode(wide)).message).toBe(
      'column "y", row 2: 1.7e+308 is too far from the training part to be encoded',
    );
    expect(errorOf(() => fitNumbers(wide, 3, [{ kind: 'min-max', low: 0, high: 1 }], 1)).code).toBe('E_DATA_RANGE');
    const series = seriesOf({ y: ramp });
    const log = fitNumbers(series, 20, [{ kind: 'log', offset: 0 }], 1);
    expect(errorOf(() => log.decode(Float64Array.of(800), series, [5], 0, 1)).code).toBe('E_TRAIN_DIVERGED');
  });

  it('constant target columns are named', () => {
    const series = seriesOf({ a: [7, 7, 7, 8], b: [1, 2, 3, 4] });
    expect(fitNumbers(series, 3, [{ kind: 'standard' }], 1).constant).toEqual(['a']);
    expect(fitNumbers(series, 4, [{ kind: 'standard' }], 1).constant).toEqual([]);
  });
});

describe('figures learned by hand', () => {
  const encode = (kind: string, options: object, values: number[], until: number) => {
    const series = seriesOf({ y: values });
    return [...(fitNumbers(series, until, [{ kind, ...options }], 1).encode(series).targets[0] as Float64Array)];
  };
  it('min-max maps the training extremes to low and high, later values beyond', () => {
    expect(encode('min-max', { low: -1, high: 1 }, [2, 6, 4, 8], 3)).toEqual([-1, 1, 0, 2]);
  });
  it('standard divides by the population standard deviation', () => {
    expect(encode('standard', {}, [2, 4, 4, 4, 5, 5, 7, 9, 11], 8)).toEqual([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2, 3]);
  });
  it('a spread below 1e-12 of the centre (or of 1) counts as constant and is not divided by', () => {
    const scaleOf = (a: number, b: number) => {
      const [low, high] = encode('min-max', { low: 0, high: 1 }, [a, b], 2) as [number, number];
      return (b - a) / (high - low);
    };
    expect(scaleOf(2 ** 20, 2 ** 20 + 2 ** -21)).toBe(1); // 4.5e-13 of the centre
    expect(scaleOf(2 ** 20, 2 ** 20 + 2 ** -19)).toBe(2 ** -19); // 1.8e-12
    expect(scaleOf(0, 2 ** -41)).toBe(1);
    expect(scaleOf(0, 2 ** -39)).toBe(2 ** -39);
  });
  it('robust divides by the interquartile range, interpolated', () => {
    // Sorted 1 2 3 4 100: median 3, quartiles 2 and 4.
    expect(encode('robust', {}, [100, 1, 3, 2, 4], 5)).toEqual([48.5, -1, 0, -0.5, 0.5]);
  });
});

describe('words', () => {
  const options = { lowercase: true, punctuation: 'drop', unknown: 'skip' };
  const learn = (documents: string[], more: object = {}) => {
    const choice = { kind: 'words', ...options, ...more };
    const { tokens } = tokenize({ form: 'text', id: 't', documents }, choice);
    return { tokens, encoder: fitText(tokens, tokens.length, choice, { padding: true }) };
  };

  it('ids run from 1 by frequency, ties by first appearance, 0 is padding', () => {
    const { encoder } = learn(['b c a', 'c a d', 'a']);
    expect([1, 2, 3, 4].map((id) => encoder.token(id))).toEqual(['a', 'c', 'b', 'd']);
    expect(encoder.vocabulary).toBe(5);
    expect([...encoder.encode(['d', 'zebra', 'a'])]).toEqual([4, -1, 1]);
  });

  it('drop keeps apostrophes inside words only', () => {
    expect(learn(["Don't stop: 'twas — well-known!"]).tokens).toEqual(["don't", 'stop', 'twas', 'well', 'known']);
  });

  it('separate makes words of punctuation and joins it back where it stood', () => {
    const { tokens, encoder } = learn(['Stop! (said he), "now".'], { punctuation: 'separate', lowercase: false });
    expect(tokens).toEqual(['Stop', '!', '(', 'said', 'he', ')', ',', '"', 'now', '"', '.']);
    expect(encoder.join(['Stop', '!', '(', 'said', 'he', ')', ',', 'now', '.'])).toBe('Stop! (said he), now.');
    const quotes = '„Schön“, sagte er, „so?“ – “So,” she said, 「今天。」';
    const cutUp = learn([quotes], { punctuation: 'separate', lowercase: false });
    expect(cutUp.encoder.join(cutUp.tokens)).toBe(quotes);
  });

  it('keep leaves punctuation on its word', () => {
    expect(learn(['Stop, now.'], { punctuation: 'keep' }).tokens).toEqual(['stop,', 'now.']);
  });

  it('a limit keeps the most frequent; the unknown word takes the rest', () => {
    const { encoder } = learn(['a a a b b c'], { unknown: 'token', limit: 2 });
    expect(encoder.vocabulary).toBe(4);
    expect([...encoder.encode(['a', 'b', 'c'])]).toEqual([2, 3, 1]);
    expect(encoder.token(1)).toBe('<unknown>');
  });

  it('a text without words is refused', () => {
    expect(errorOf(() => learn(['…', ' '])).code).toBe('E_TEXT_EMPTY');
  });
});

describe('characters', () => {
  it('ids run in code-point order from 0, and from 1 with padding', () => {
    const choice = { kind: 'characters', form: 'one-hot', lowercase: false };
    const { tokens } = tokenize({ form: 'text', id: 't', documents: ['bA😀a'] }, choice);
    const plain = fitText(tokens, 4, choice, { padding: false });
    expect([0, 1, 2, 3].map((id) => plain.token(id))).toEqual(['A', 'a', 'b', '😀']);
    expect(plain.vocabulary).toBe(4);
    const padded = fitText(tokens, 4, choice, { padding: true });
    expect([...padded.encode(tokens)]).toEqual([3, 1, 4, 2]);
    expect(padded.vocabulary).toBe(5);
  });
});
