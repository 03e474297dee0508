import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { type Facts, settle } from '../../src/config/defaults.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { presets } from '../../src/config/presets.ts';
import { renderConfig } from '../../src/config/render.ts';
import { characters } from '../support/characters.ts';

const FACTS: readonly Facts[] = [
  { form: 'numbers', season: 12, rows: 144 },
  { form: 'numbers', season: 1, rows: 20 },
  { form: 'numbers', season: 12, rows: 300, positive: true, calendar: ['month'] },
  { form: 'text', season: 1, rows: 500 },
];

const TEXT = FACTS[3] as Facts;

const again = (config: Config, facts: Facts): Config => settle(parseConfig(renderConfig(config)).written, facts);

test('a rendered config is the same config again, whatever the data', async () => {
  for (const { path } of presets()) {
    const { written } = await loadConfig(path);
    // Tables are never text.
    const possible = FACTS.filter(({ form }) => form === 'numbers' || written.source.kind !== 'csv');
    for (const facts of possible) {
      const config = settle(written, facts);
      for (const others of possible) expect(again(config, others)).toEqual(config);
    }
  }
});

test('rendering does not depend on the order of keys, and is stable', async () => {
  const config = settle(
    parseConfig(
      'source: { kind: generated, series: sine, period: 5, length: 50 }\nmodel: { kind: lstm-regressor, units: 3, dropout: 0.1 }',
    ).written,
    FACTS[1]!,
  );
  const turned = settle(
    parseConfig(
      'model: { dropout: 0.1, units: 3, kind: lstm-regressor }\nsource: { length: 50, period: 5, kind: generated, series: sine }',
    ).written,
    FACTS[1]!,
  );
  expect(renderConfig(turned)).toBe(renderConfig(config));
  expect(renderConfig(again(config, FACTS[0]!))).toBe(renderConfig(config));
});

test('any prompt, line and number survives', () => {
  const base = { source: { kind: 'text', lines: ['a b', 'b a'] }, model: 'language-model' };
  fc.assert(
    fc.property(
      fc.array(characters(0, 40), { minLength: 1, maxLength: 4 }),
      fc.oneof(
        characters(1, 60),
        fc.constantFrom('null', '~', '1e3', 'yes', '- a', '# x', "it's", '0x1f', ' a ', 'a\nb', '\t', '!!js'),
      ),
      fc.double({ min: 1e-300, max: 1e9, noNaN: true }),
      fc.integer({ min: 0, max: 4294967295 }),
      (lines, prompt, rate, seed) => {
        const config = settle(
          parseConfig({ ...base, source: { kind: 'text', lines }, predict: { prompt }, train: { rate }, seed }).written,
          TEXT,
        );
        expect(again(config, FACTS[0]!)).toEqual(config);
        expect(config.predict.prompt).toBe(prompt);
      },
    ),
    { numRuns: 200 },
  );
});
