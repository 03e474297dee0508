import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { type Facts, settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';

const CSV = { source: { kind: 'csv', file: 'x.csv' }, model: 'lstm-regressor' };
const GENERATED = { source: { kind: 'generated', series: 'counting' }, model: 'lstm-regressor' };
const TEXT = { source: { kind: 'text', lines: ['a b'] }, model: 'language-model' };
const MONTHS: Facts = { form: 'numbers', season: 12, rows: 144 };
const PLAIN: Facts = { form: 'numbers', season: 1, rows: 100 };
const WORDS: Facts = { form: 'text', season: 1, rows: 500 };

const settled = (config: object, facts: Facts): Config => settle(parseConfig(config).written, facts);

test('a table holds a fifth out, is standardised, looks two seasons back and forecasts one', () => {
  expect(settled(CSV, MONTHS)).toMatchObject({
    split: { validation: 0.2, test: 0 },
    encoder: [{ kind: 'standard' }],
    window: {
      kind: 'sliding',
      context: 24,
      horizon: 12,
      stride: 1,
      lead: 0,
      targets: 'last',
      pad: 'none',
      mask: false,
    },
    predict: { horizon: 12 },
  });
});

test('a table without a season forecasts 12 steps, at most a tenth of its rows', () => {
  expect(settled(CSV, { ...PLAIN, rows: 500 }).predict.horizon).toBe(12);
  expect(settled(CSV, { ...PLAIN, rows: 50 }).predict.horizon).toBe(5);
  expect(settled(CSV, { ...PLAIN, rows: 3 }).predict.horizon).toBe(1);
});

test('generated numbers and text get exactly what is written', () => {
  expect(settled(GENERATED, PLAIN)).toMatchObject({
    split: { validation: 0, test: 0 },
    encoder: [{ kind: 'none' }],
    predict: { horizon: 1 },
  });
  expect(settled(TEXT, WORDS)).toMatchObject({
    split: { validation: 0, test: 0 },
    encoder: [{ kind: 'words' }],
    window: { horizon: 1 },
  });
});

test('a horizon written once is both horizons', () => {
  expect(settled({ ...CSV, window: { horizon: 3 } }, MONTHS)).toMatchObject({
    window: { horizon: 3 },
    predict: { horizon: 3 },
  });
  expect(settled({ ...CSV, predict: { horizon: 6 } }, MONTHS)).toMatchObject({
    window: { horizon: 6 },
    predict: { horizon: 6 },
  });
  expect(settled({ ...CSV, window: { horizon: 1 }, predict: { horizon: 6 } }, MONTHS)).toMatchObject({
    window: { horizon: 1 },
    predict: { horizon: 6 },
  });
});

test('prefixes are padded on the left and as long as the text', () => {
  expect(settled({ ...TEXT, window: { kind: 'prefixes' } }, WORDS).window).toMatchObject({
    context: null,
    pad: 'left',
  });
  expect(settled({ ...TEXT, window: { kind: 'prefixes', context: 4, pad: 'none' } }, WORDS).window).toMatchObject({
    context: 4,
    pad: 'none',
  });
});

test('the context leaves room for training windows', () => {
  for (const rows of [1, 2, 5, 10, 30, 100, 1000]) {
    for (const season of [1, 7, 12, 24, 1440]) {
      const { window } = settled(CSV, { form: 'numbers', season, rows });
      expect(window.context).toBeGreaterThanOrEqual(1);
      if (rows >= 30) expect(window.context! + window.horizon).toBeLessThanOrEqual(rows / 2);
    }
  }
});
