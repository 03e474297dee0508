import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { type Facts, firstFitRows, settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { recipeOf } from '../../src/config/recipe.ts';
import type { Series } from '../../src/core/data.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { planFolds } from '../../src/evaluate/backtest.ts';
import { holdOut, windowShape } from '../../src/prepare/cutting.ts';

const CSV = { source: { kind: 'csv', file: 'x.csv' }, model: { kind: 'lstm-regressor', units: 8 } };
const OPEN = { source: { kind: 'csv', file: 'x.csv' }, model: 'lstm-regressor' };
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

test('training that is not written is a hundred epochs of adam, but by the recipe', () => {
  const { train, model } = settled(GENERATED, PLAIN);
  expect(train).toMatchObject({ epochs: 100, batch: 32, rate: 0.001, schedule: { kind: 'constant' } });
  expect(train.optimizer).toMatchObject({ kind: 'adam', epsilon: 1e-7 });
  expect(model).toMatchObject({ units: 50, normalise: 'none' });
  expect(settled(CSV, MONTHS).train).toEqual({ ...train, refit: true });
});

describe('the recipe', () => {
  const positive: Facts = { ...MONTHS, positive: true, calendar: ['month'] };

  test('is for a recorded series whose network is left open', () => {
    expect(settled(OPEN, positive)).toMatchObject({
      source: { calendar: ['month'] },
      encoder: [{ kind: 'log', below: 'least' }, { kind: 'standard' }],
      window: { context: 18, horizon: 12 },
      model: {
        kind: 'lstm-regressor',
        units: [12],
        normalise: { kind: 'mean', count: 12 },
        lags: [1, 12],
        skip: true,
        freeRun: true,
        warmup: 6,
      },
      train: {
        steps: 200,
        seeds: 5,
        batch: 16,
        rate: 0.005,
        optimizer: { kind: 'adamw' },
        schedule: { kind: 'one-cycle' },
      },
    });
    const layers = { ...OPEN, model: { kind: 'lstm-regressor', layers: [{ kind: 'lstm', units: 4 }] } };
    for (const config of [CSV, GENERATED, layers]) expect(settled(config, positive).train.steps).toBeUndefined();
    for (const window of [{ kind: 'prefixes' }, { targets: 'every' }])
      expect(settled({ ...OPEN, window }, positive).train.steps).toBeUndefined();
  });

  test('leaves what is written as it is', () => {
    const config = {
      ...OPEN,
      source: { ...OPEN.source, calendar: ['quarter'] },
      encoder: 'none',
      window: { context: 30, horizon: 2 },
      model: {
        kind: 'lstm-regressor',
        cell: 'gru',
        normalise: 'last',
        lags: [1, 2],
        skip: false,
        freeRun: 1,
        warmup: 1,
      },
      train: { epochs: 7, seeds: 2, batch: 4, rate: 0.1, optimizer: 'sgd', schedule: 'cosine', patience: 3, clip: 1 },
    };
    const own = settled(config, positive);
    expect(own).toMatchObject({
      source: { calendar: ['quarter'] },
      encoder: [{ kind: 'none' }],
      window: config.window,
      model: { ...config.model, units: [12] },
      train: { ...config.train, optimizer: { kind: 'sgd' }, schedule: { kind: 'cosine' } },
    });
    expect(own.train.steps).toBeUndefined();
  });

  test('settled once is settled', () => {
    const once = settled(OPEN, positive);
    expect(settled(JSON.parse(JSON.stringify(once)), { ...positive, positive: false, rows: 90, calendar: [] })).toEqual(
      once,
    );
  });

  test('reads the same step of each season that rows are enough for', () => {
    const facts = { ...positive, season: 24, seasons: [24, 168, 8766], rows: 4000 };
    expect(settled(OPEN, facts).model.lags).toEqual([1, 24, 168]);
    expect(settled(OPEN, { ...facts, rows: 30 }).model.lags).toEqual([1]);
  });

  test('takes no logarithm where it is not known that all values are above 0', () => {
    expect(settled(OPEN, MONTHS).encoder).toEqual([{ kind: 'standard' }]);
  });

  test('gives all steps at once where they cannot be fed back', () => {
    for (const config of [
      { ...OPEN, window: { lead: 2 } },
      { ...OPEN, source: { ...OPEN.source, past: ['x'] } },
      { ...OPEN, model: { kind: 'lstm-regressor', bidirectional: true } },
    ]) {
      const { model, source } = settled(config, positive);
      expect(model).not.toHaveProperty('freeRun');
      expect(model).not.toHaveProperty('warmup');
      expect(source).not.toHaveProperty('calendar');
    }
  });

  test('leaves the first fit a dozen windows to learn from, unless its blocks are single steps already', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (room, season, horizon) => {
          const task = { season, room, horizon, series: 1, positive: true, calendar: [], feeds: true };
          const { context, horizon: block, model } = recipeOf({ ...task, model: { kind: 'lstm-regressor' } });
          const reach = Math.max(...(model.lags as readonly number[])) - 1;
          expect(block === 1 || room - reach - context - block >= 12).toBe(true);
        },
      ),
    );
  });

  test('feeds blocks of 24 steps back, and is smaller where rows are few', () => {
    expect(settled({ ...OPEN, predict: { horizon: 36 } }, { ...positive, rows: 300 }).window.horizon).toBe(24);
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (rows, season, horizon) => {
          const { window, model } = settled({ ...OPEN, predict: { horizon } }, { ...positive, rows, season });
          expect(window.context).toBeGreaterThanOrEqual(1);
          expect(window.context as number).toBeLessThanOrEqual(Math.max(1, rows));
          expect(window.horizon).toBeLessThanOrEqual(horizon);
          expect((model.warmup as number | undefined) ?? 0).toBeLessThan(window.context as number);
          expect((model.normalise as { count: number }).count).toBeLessThanOrEqual(window.context as number);
        },
      ),
    );
  });

  test('trains several seeds of one series, and one where series are many', () => {
    expect(settled(OPEN, { ...positive, series: 4 }).train.seeds).toBe(5);
    expect(settled(OPEN, { ...positive, series: 5 }).train.seeds).toBe(1);
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

test('a text of lines is read in prefixes of its lines, any other and one with a context in windows', () => {
  expect(settled(TEXT, WORDS).window).toMatchObject({ kind: 'prefixes', context: null, pad: 'left' });
  for (const document of ['whole', 'paragraph'])
    expect(settled({ ...TEXT, source: { ...TEXT.source, document } }, WORDS).window).toMatchObject({
      kind: 'sliding',
      context: 24,
    });
  expect(settled({ ...TEXT, window: { context: 3 } }, WORDS).window).toMatchObject({ kind: 'sliding', context: 3 });
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

test('folds that nobody asked for fit, whatever the windows are', () => {
  const size = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
  const cases = fc.record({
    rows: fc.integer({ min: 15, max: 120 }),
    season: fc.constantFrom(1, 4, 12),
    window: fc.record({ context: size, horizon: size, stride: fc.integer({ min: 1, max: 4 }), lead: fc.nat(3) }),
    ahead: size,
    held: fc.constantFrom(0, 0.1, 0.25, 1, 4),
    lags: fc.constantFrom([1], [1, 9]),
  });
  const fits = ({
    rows,
    season,
    window,
    ahead,
    held,
    lags,
  }: typeof cases extends fc.Arbitrary<infer Case> ? Case : never): void => {
    const model = { ...CSV.model, lags };
    const config = settled(
      { ...CSV, model, window, split: { test: held }, predict: { horizon: ahead } },
      { form: 'numbers', season, rows },
    );
    const end = endOf(config, rows);
    if (end === null) return; // the run says so before it looks at folds
    const { lead } = config.window;
    planFolds(end, { ...config.evaluate, horizon: config.predict.horizon, lead }, firstFitRows(config, season));
  };
  fc.assert(fc.property(cases, fits), { seed: 1, numRuns: 2000 });
});

/** Where the test part begins; null where rows are too few for the parts. */
function endOf(config: Config, rows: number): number | null {
  try {
    return holdOut(config, windowShape(config, { length: rows } as Series), rows).parts.test ?? rows;
  } catch (error) {
    if (error instanceof ForecastError && error.code === 'E_DATA_TOO_SHORT') return null;
    throw error;
  }
}
