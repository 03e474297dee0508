// Whatever a config's bytes are, loading ends in a config or in a ForecastError. Seeded; a failure prints its seed.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorLine } from '../../src/cli/failure.ts';
import { parseConfig } from '../../src/config/load.ts';
import { presets } from '../../src/config/presets.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { characters } from '../support/characters.ts';
import { effort } from '../support/effort.ts';

/** FUZZ=20 runs twenty times as many cases. */
const TIMES = Number(process.env.FUZZ ?? 1);

const TEXTS = presets().map(({ path }) => readFileSync(path, 'utf8'));

/** Loads; every failure must be ours, in one line of at most 500 characters, with a hint. */
function check(source: string | object, set: readonly string[] = []): void {
  try {
    parseConfig(source, { file: 'fuzz.yaml', set });
  } catch (error) {
    if (!(error instanceof ForecastError)) throw error;
    const bad = [error, ...error.others].map(errorLine).filter((line) => /\p{Cc}/u.test(line) || line.length > 1000);
    const mute = [error, ...error.others].filter((one) => !/\S/.test(one.hint ?? ''));
    if (bad.length > 0 || mute.length > 0) expect({ bad, mute }).toEqual({ bad: [], mute: [] });
  }
  if (Object.keys(Object.prototype).length > 0) throw new Error('a prototype was polluted');
}

const PIECES = [
  '[',
  ']',
  '{',
  '}',
  ': ',
  ',',
  '- ',
  '? ',
  '\n',
  '\n  ',
  '\n      ',
  '"',
  "'",
  '&a ',
  '*a',
  '|',
  '>',
  '#',
  '!',
  '!!x ',
  '%',
  '---\n',
  '<<: ',
  '\t',
  '\\',
  '\0',
  '\uFEFF',
  '\u2028',
  'null',
  '~',
  '.nan',
  '1e999',
  '-0',
  '0x1f',
  'true',
  '99999999999999999999',
  'kind',
  'kind: lstm',
  '__proto__: ',
  'constructor: ',
  'a'.repeat(300),
  '😀',
] as const;

test('mutated presets', () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 12 }),
    insert: fc.oneof(fc.constantFrom(...PIECES), characters(0, 6)),
  });
  fc.assert(
    fc.property(fc.nat({ max: TEXTS.length - 1 }), fc.array(edit, { minLength: 1, maxLength: 6 }), (which, edits) => {
      let text = TEXTS[which]!;
      for (const { at, remove, insert } of edits) {
        const position = Math.floor(at * text.length);
        text = text.slice(0, position) + insert + text.slice(position + remove);
      }
      check(text);
    }),
    { numRuns: 1500 * TIMES },
  );
});

test('presets with values swapped for anything', () => {
  const anything = fc.anything({ maxDepth: 3, withNullPrototype: true, withBigInt: true });
  const keys = fc.constantFrom(
    'name',
    'seed',
    'source',
    'split',
    'encoder',
    'window',
    'model',
    'engine',
    'train',
    'predict',
    'evaluate',
    '__proto__',
    'toString',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, anything), { maxLength: 4 }), (changes) => {
      check({
        source: { kind: 'generated', series: 'counting' },
        model: { kind: 'lstm-regressor' },
        ...Object.fromEntries(changes),
      });
    }),
    { numRuns: 1000 * TIMES },
  );
});

test('any override', () => {
  const key = fc.constantFrom(
    'train.epochs',
    'encoder.0.kind',
    'encoder',
    'model.layers.3.units',
    'model',
    'source.series',
    'train.optimizer.beta1',
    'a.b.c',
    '0',
    'encoder.-1',
  );
  const value = fc.oneof(fc.constantFrom(...PIECES), characters(0, 20), fc.json({ maxDepth: 2 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { maxLength: 3 }), fc.nat({ max: TEXTS.length - 1 }), (sets, which) => {
      check(
        TEXTS[which]!,
        sets.map(([k, v]) => `${k}=${v}`),
      );
    }),
    { numRuns: 1000 * TIMES },
  );
});

test('soups of YAML tokens, the longest allowed', () => {
  const soup = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(soup, fc.integer({ min: 1, max: 4000 }), (pieces, times) => {
      const text = pieces.join('').repeat(times).slice(0, 20_000);
      const spent = effort();
      check(text);
      expect(spent()).toBeLessThan(3);
    }),
    { numRuns: 200 * TIMES },
  );
});
