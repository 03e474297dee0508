// A network left open: trained by the recipe from several seeds, under its own name, its weights kept; and the same as a member.

import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportRun } from '../src/commands/export.ts';
import { predict } from '../src/commands/stored.ts';
import { settle } from '../src/config/defaults.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Numbers, Series } from '../src/core/data.ts';
import type { Compiled, Engine } from '../src/engines/engine.ts';
import { reference } from '../src/engines/reference/index.ts';
import type { Made, NetworkParts } from '../src/predict/network.ts';
import { windowShape } from '../src/prepare/cutting.ts';
import { factsOf, loadData } from '../src/prepare/open.ts';
import { run } from '../src/run.ts';
import { modelForecaster, type Workshop } from '../src/track/forecaster.ts';
import { trainOptions } from '../src/track/outcome.ts';
import { fingerprints, workspace } from './support/workspace.ts';

const space = workspace();
const ROWS = 108;
const grown = (t: number): number => (100 + t) * (1 + 0.2 * Math.sin((Math.PI * t) / 6)) + ((t * 7) % 5);
const tableOf = (values: readonly number[]): string =>
  `date,y\n${values.map((y, t) => `${new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10)},${y}\n`).join('')}`;
const months = Array.from({ length: ROWS }, (_, t) => grown(t));
space.write('months.csv', tableOf(months));

/** The recipe, trained for a moment. */
const BRIEF = ['train.steps=12', 'train.seeds=3', 'evaluate.folds=2', 'evaluate.step=6'];
const OPEN = 'source: { kind: csv, file: months.csv }\nmodel: lstm-regressor\npredict: { horizon: 6 }\n';
const ran = (name: string, text: string, more: object = {}) =>
  run(space.write(`${name}.yaml`, text), { set: BRIEF, out: join(space.path, name), engine: 'reference', ...more });

describe('an open network', () => {
  it('is several seeds under its own name, each with its error over the folds', async () => {
    const { result, text } = await ran('own', OPEN);
    expect(result.fit.model).toBe('lstm-regressor');
    expect(new Set(result.scores.map(({ forecaster }) => forecaster))).toContain('lstm-regressor');
    expect(result.fit.combination?.rule).toMatch(/^mean of 3 seeds \(7 … 9\), forecasts [\d.]+ % apart$/);
    const members = result.fit.combination?.members ?? [];
    expect(members.map(({ member }) => member)).toEqual([7, 8, 9].map((seed) => `lstm-regressor seed ${seed}`));
    expect(new Set(members.map(({ error }) => error)).size).toBe(3);
    for (const { error, weight } of members) {
      expect(error).toBeGreaterThan(0);
      expect(weight).toBeCloseTo(1 / 3, 12);
    }
    expect(text).toContain('mean of 3 seeds');
  });

  it('is replayed to the same bytes: seasons and all, though its config says more than was written', async () => {
    const first = await ran('played', OPEN);
    const again = await run(first.folder, { out: join(space.path, 'replayed') });
    expect(fingerprints(again.folder)).toEqual(fingerprints(first.folder));
  });

  it('keeps the weights of all seeds, which forecast again without the data and without training', async () => {
    const { result, folder } = await ran('kept', OPEN);
    expect(Object.keys(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')))).toEqual(
      [7, 8, 9].map((seed) => `months / lstm-regressor seed ${seed}`),
    );
    expect((await predict(folder)).rows).toEqual(result.forecast);
    const copy = space.write('copy.csv', tableOf(months));
    const away = join(space.path, 'away.csv');
    renameSync(join(space.path, 'months.csv'), away);
    try {
      const rows = (await predict(folder, { data: copy })).rows;
      expect(rows.map(({ value }) => value)).toEqual(result.forecast.map(({ value }) => value));
    } finally {
      renameSync(away, join(space.path, 'months.csv'));
    }
  });

  it('ends in the same bytes when it was interrupted between its folds', async () => {
    const whole = await ran('whole', OPEN);
    const stop = new AbortController();
    const on = (event: { kind: string; series?: string }): void => {
      if (event.kind === 'progress' && event.series?.includes('fold 2')) stop.abort();
    };
    await expect(ran('broken', OPEN, { on, signal: stop.signal })).rejects.toThrow();
    const { folder } = await ran('broken', OPEN);
    const bytes = (of: string, name: string): string => readFileSync(join(of, name), 'utf8');
    for (const name of ['weights.safetensors', 'training-weights.safetensors', 'forecast.csv'])
      expect(bytes(folder, name)).toBe(bytes(whole.folder, name));
    expect(bytes(folder, 'result.json').replace('"broken"', '"whole"')).toBe(bytes(whole.folder, 'result.json'));
  });

  it('goes on seed by seed, for as many epochs again, and refuses other seeds', async () => {
    const { folder, result } = await ran('first', OPEN);
    const on = await ran('second', OPEN, { continueFrom: folder });
    expect(on.result.fit.epochs).toBe(2 * result.fit.epochs);
    const fewer = { set: [...BRIEF, 'train.seeds=2'], continueFrom: folder };
    await expect(ran('third', OPEN, fewer)).rejects.toThrow(expect.objectContaining({ code: 'E_RESUME_MISMATCH' }));
  });

  it('is exported as a model for each seed', async () => {
    const { folder } = await ran('sent', OPEN);
    const { models } = await exportRun(folder, { to: 'onnx' });
    expect(models.map(({ series }) => series)).toEqual([7, 8, 9].map((seed) => `months / lstm-regressor seed ${seed}`));
    for (const { folder: own } of models) expect(existsSync(join(`${folder}-onnx`, own, 'model.onnx'))).toBe(true);
  });

  it('takes logarithms by what is known before anything is held out, and lives with zeros that come later', async () => {
    const later = months.map((y, t) => (t < ROWS - 4 ? y : 0));
    space.write('later.csv', tableOf(later));
    const { result, folder } = await ran('zeros', OPEN.replace('months', 'later'));
    expect(readFileSync(join(folder, 'config.yaml'), 'utf8')).toContain('kind: log');
    for (const { value } of result.forecast) expect(value).toBeGreaterThan(0);
    space.write('early.csv', tableOf(months.map((y, t) => (t === 3 ? 0 : y))));
    const early = await ran('early', OPEN.replace('months', 'early'));
    expect(readFileSync(join(early.folder, 'config.yaml'), 'utf8')).not.toContain('kind: log');
  });

  it('is decided by nothing that is held out', async () => {
    const later = months.map((y, t) => (t < ROWS - 22 ? y : -1e6 * (t % 3)));
    space.write('unlike.csv', tableOf(later));
    const config = async (file: string): Promise<object> => {
      const opened = await loadConfig(space.write('law.yaml', OPEN.replace('months.csv', file)));
      const { source: _, ...rest } = settle(opened.written, factsOf(await loadData(opened)));
      return rest;
    };
    const own = await config('months.csv');
    expect(JSON.stringify(own)).toContain('"log"');
    expect(await config('unlike.csv')).toEqual(own);
  });

  it('counts steps: epochs of a short series, every k-th window of a long one', async () => {
    const short = (await ran('short', OPEN)).result.fit;
    expect(short.epochs * Math.ceil(short.samples / 16)).toBeGreaterThanOrEqual(9);
    expect(short.epochs * Math.ceil(short.samples / 16)).toBeLessThanOrEqual(15);
    space.write('long.csv', `y\n${Array.from({ length: 3000 }, (_, t) => grown(t % 60)).join('\n')}\n`);
    const text = 'source: { kind: csv, file: long.csv, season: 12 }\nmodel: lstm-regressor\npredict: { horizon: 6 }\n';
    const long = (await ran('long', text)).result.fit;
    expect(long.epochs).toBe(1);
    expect(long.samples).toBeLessThanOrEqual(12 * 16);
    expect(long.samples).toBeGreaterThan(12 * 16 * 0.7);
  });
});

describe('as a member', () => {
  const MIXED = OPEN.replace('lstm-regressor', '{ kind: average, members: [theta, lstm-regressor] }');

  it('a network left open is the recipe, its weights kept beside the closed forms', async () => {
    const { result, folder } = await run(space.write('mixed.yaml', MIXED), {
      set: ['evaluate.folds=0'],
      out: join(space.path, 'mixed'),
    });
    expect(result.fit.combination?.members.map(({ member }) => member)).toEqual(['theta', 'lstm-regressor']);
    const kept = Object.keys(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
    expect(kept).toEqual([7, 8, 9, 10, 11].map((seed) => `months / lstm-regressor / lstm-regressor seed ${seed}`));
    expect((await predict(folder)).rows).toEqual(result.forecast);
  });

  it('a network of logarithms keeps its weights too', async () => {
    const model = '{ kind: average, members: [drift, { kind: log-scale, model: { kind: lstm-regressor, units: 3 } }] }';
    const { result, folder } = await run(space.write('scaled.yaml', OPEN.replace('lstm-regressor', model)), {
      set: ['evaluate.folds=0', 'train.epochs=2'],
      out: join(space.path, 'scaled'),
    });
    expect(Object.keys(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')))).toHaveLength(1);
    expect((await predict(folder)).rows).toEqual(result.forecast);
  });

  it('networks that a run has left are taken, not trained', async () => {
    const opened = await loadConfig(space.write('taken.yaml', MIXED));
    const data = await loadData(opened);
    const [series] = (data.raw as Numbers).series as readonly [Series];
    const config = settle(opened.written, factsOf(data));
    const left = new Map<string, NetworkParts>();
    const asked: string[] = [];
    const workshop: Workshop = {
      config,
      shape: windowShape(config, series),
      season: 12,
      engine: { ...reference, compile: async (...of) => untrained(await reference.compile(...of)) },
      train: trainOptions(config),
      trained: (_, made: Made) => {
        asked.push(`${made.seed} ${made.until}`);
        return left.get(`${made.seed}`) ?? null;
      },
    };
    const request = { until: ROWS, validation: null, horizon: 6, lead: 0, seed: 7 };
    await expect(modelForecaster(workshop).fit(series, request)).rejects.toThrow('trains');
    expect(asked).toEqual([7, 8, 9, 10, 11].map((seed) => `${seed} ${ROWS}`));
  });
});

/** A network that must not be trained. */
function untrained(compiled: Compiled): Compiled {
  const train = (): never => {
    throw new Error('it trains');
  };
  return Object.assign(compiled, { train }) as Awaited<ReturnType<Engine['compile']>>;
}

describe('seeds', () => {
  it.each(['theta', '{ kind: average, members: [theta, drift] }'])('are refused of %s', async (model) => {
    const config = OPEN.replace('lstm-regressor', model);
    await expect(ran('refused', config)).rejects.toThrow(expect.objectContaining({ code: 'E_CONFIG_CONFLICT' }));
  });
});
