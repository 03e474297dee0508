// Whole runs of forecasters made of forecasters: judged, continued, told of, brought back.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { predict } from '../src/commands/stored.ts';
import type { Result } from '../src/report/result.ts';
import { type RunOutcome, run } from '../src/run.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();
const AIR = readFileSync(join(import.meta.dirname, '..', 'datasets/air-passengers/air-passengers.csv'), 'utf8');
space.write('air.csv', AIR);
const source = { kind: 'csv', file: 'air.csv', time: 'ds', target: 'y' };

let runs = 0;
async function ran(config: object): Promise<RunOutcome> {
  const name = `run-${runs++}`;
  const file = space.write(`${name}.yaml`, JSON.stringify({ name, source, ...config }));
  return await run(file, { out: join(space.path, name) });
}

describe('a run of auto', () => {
  it('beats the baselines on air-passengers, says what it tried, and is the same when it is brought back', async () => {
    const { result, folder, text } = await ran({
      model: { kind: 'auto', budget: '20ms' },
      split: { test: 12 },
      predict: { horizon: 12 },
      evaluate: { folds: 2, metrics: ['rmse'] },
    });
    const own = result.scores.find(({ forecaster, split }) => forecaster === 'auto' && split === 'test');
    expect(own?.skill).toBeGreaterThan(0.5);
    expect(result.decision.ship).toBe('auto');
    const { combination } = result.fit;
    expect(combination?.rule).toMatch(
      /^median of \d+ of \d+ within 50 % of the best, judged by 5 rolling origins of 12 steps, .* of 20ms$/,
    );
    expect(combination?.members.filter(({ weight }) => weight > 0).length).toBeGreaterThanOrEqual(3);
    expect(combination?.members.filter(({ reason }) => reason?.startsWith('over the budget')).length).toBeGreaterThan(
      0,
    );
    expect(text).toMatch(/^rule {2}median of/m);
    expect(text).toMatch(/^taken /m);
    expect(text).toMatch(/^out .*over the budget/m);
    expect(result.backtest?.intervals.find(({ forecaster }) => forecaster === 'auto')?.points).toBeGreaterThan(0);
    const again = await predict(folder);
    expect(again.rows.map(({ value }) => value)).toEqual(result.forecast.map(({ value }) => value));
  });

  it('a network left open costs as much as five seeds of it, and three of them three fifths', async () => {
    const seeds = (count: number): object => ({ kind: 'seeds', count, model: 'lstm-regressor' });
    const { result } = await ran({
      model: { kind: 'auto', budget: '1ms', members: ['theta', 'lstm-regressor', seeds(5), seeds(3)] },
      predict: { horizon: 6 },
      evaluate: { folds: 0 },
    });
    const costs = result.fit.combination?.members
      .slice(1)
      .map(({ reason }) => Number(/it would take ([\d.]+)s/.exec(reason ?? '')?.[1]));
    const [alone, five, three] = costs as [number, number, number];
    expect(alone).toBeGreaterThan(0);
    expect(five).toBe(alone);
    expect(three / five).toBeCloseTo(0.6, 1);
  });

  it('learns nothing from rows that were held out for the test', async () => {
    const fitted = async (file: string): Promise<Result['fit']> => {
      const config = {
        source: { ...source, file },
        model: { kind: 'auto', members: ['theta', 'seasonal-naive', 'drift'] },
        split: { test: 12 },
        train: { refit: false },
        predict: { horizon: 6 },
        evaluate: { folds: 0 },
      };
      return (await ran(config)).result.fit;
    };
    const rows = AIR.trimEnd().split('\n');
    // Twelve windows of six steps: the last seventeen rows.
    const tampered = rows.map((row, i) => (i < rows.length - 17 ? row : row.replace(/,.*/, ',9999')));
    space.write('tampered.csv', `${tampered.join('\n')}\n`);
    expect(await fitted('tampered.csv')).toEqual(await fitted('air.csv'));
  });
});

describe('a run of many series', () => {
  it('chooses once for all of them, and comes back as it was', async () => {
    const rows = ['a', 'b', 'c'].flatMap((id, k) =>
      Array.from({ length: 60 }, (_, t) => {
        const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
        return `${date},${id},${((k + 1) * 100 + t + 15 * Math.sin((Math.PI * t) / 6) + ((t * 7 + k) % 5)).toFixed(3)}`;
      }),
    );
    space.write('many.csv', `date,id,y\n${rows.join('\n')}\n`);
    const { result, folder } = await ran({
      source: { kind: 'csv', file: 'many.csv', time: 'date', id: 'id', target: 'y' },
      model: { kind: 'auto', budget: '100ms' },
      predict: { horizon: 4 },
      evaluate: { folds: 1 },
    });
    const [first, ...others] = (result.fits ?? []).map(({ combination }) => combination);
    expect(first?.members.some(({ weight }) => weight > 0)).toBe(true);
    expect(others).toEqual([first, first]);
    const again = await predict(folder);
    expect(again.rows.map(({ value }) => value)).toEqual(result.forecast.map(({ value }) => value));
  });
});

describe('a run that is brought back', () => {
  const network = { kind: 'lstm-regressor', units: [3] };
  const said = async (config: object): Promise<{ first: number[]; again: number[] }> => {
    const { result, folder } = await ran(config);
    const valuesOf = (rows: Result['forecast']): number[] => rows.map(({ value }) => value);
    return { first: valuesOf(result.forecast), again: valuesOf((await predict(folder)).rows) };
  };

  it.each(['average', 'weighted'])('of %s tells a network from the same network of logarithms', async (kind) => {
    const members = [network, { kind: 'log-scale', model: network }];
    const window = { context: 6, horizon: 2 };
    const rest = { window, train: { epochs: 2 }, predict: { horizon: 2 }, evaluate: { folds: 0 } };
    const { first, again } = await said({ model: { kind, members }, ...rest });
    expect(again).toEqual(first);
  });

  it.each(['linear', 'auto'])('of %s, not fitted again, is fitted for the steps it was judged at', async (kind) => {
    const model = kind === 'auto' ? { kind, members: ['linear', 'theta'] } : { kind };
    const rest = { window: { context: 6, horizon: 1 }, predict: { horizon: 5 }, evaluate: { folds: 0 } };
    const { first, again } = await said({ model, split: { test: 12 }, train: { refit: false }, ...rest });
    expect(again).toEqual(first);
  });
});

describe('a run of seeds', () => {
  it('tells of every seed and how far they are apart, and comes back as it was', async () => {
    const { result, folder } = await ran({
      model: { kind: 'seeds', count: 3, model: { kind: 'lstm-regressor', units: [3] } },
      window: { context: 6 },
      train: { epochs: 30, patience: 2, rate: 0.05 },
      split: { validation: 20 },
      predict: { horizon: 3 },
      evaluate: { folds: 1 },
    });
    expect(result.fit.stoppedEarly).toBe(true);
    expect(result.fit.refit?.epochs).toBeLessThan(30);
    expect(result.fit.combination?.rule).toMatch(/^mean of 3 seeds \(7 … 9\), forecasts [\d.]+ % apart$/);
    expect(result.fit.parameters).toBeGreaterThan(0);
    expect(result.fit.parameters % 3).toBe(0);
    const again = await predict(folder);
    expect(again.rows.map(({ value }) => value)).toEqual(result.forecast.map(({ value }) => value));
  });

  it('of one seed is the network itself', async () => {
    const network = { kind: 'lstm-regressor', units: [3] };
    const rest = { window: { context: 6 }, train: { epochs: 2 }, predict: { horizon: 3 }, evaluate: { folds: 0 } };
    const alone = await ran({ model: network, ...rest });
    const one = await ran({ model: { kind: 'seeds', count: 1, model: network }, ...rest });
    expect(one.result.forecast).toEqual(alone.result.forecast);
  });
});

describe('a combination in a config', () => {
  it('checks its members by their own options', async () => {
    const refused = async (model: object): Promise<string> =>
      await ran({ model }).then(
        () => 'nothing',
        (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
      );
    expect(await refused({ kind: 'average', members: ['theta', 'thtea'] })).toMatch(/E_CONFIG/);
    expect(await refused({ kind: 'average', members: ['theta', { kind: 'holt', dampd: true }] })).toMatch(
      /unknown key/,
    );
    expect(await refused({ kind: 'average', members: ['theta'] })).toMatch(/E_CONFIG_RANGE/);
    expect(await refused({ kind: 'auto', budget: '20 seconds' })).toMatch(/E_CONFIG/);
    expect(await refused({ kind: 'auto', members: ['bigram'] })).toMatch(/E_CONFIG/);
  });

  it('none of whose members can be fitted speaks of the reason, not of more history alone', async () => {
    const rows = Array.from({ length: 40 }, (_, t) => `${1900 + t},${(t % 5) - 2}`).join('\n');
    space.write('below.csv', `year,y\n${rows}\n`);
    const members = ['theta', 'drift'].map((model) => ({ kind: 'log-scale', model }));
    await expect(
      ran({ source: { kind: 'csv', file: 'below.csv' }, model: { kind: 'average', members } }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^no member of average could be fitted: a logarithm needs values above 0/),
      hint: expect.stringMatching(/^mend the reason/),
    });
  });

  it('is refused for text', async () => {
    space.write('text.txt', 'a b c d e f g\n'.repeat(20));
    const config = { source: { kind: 'text', file: 'text.txt' }, model: { kind: 'auto' } };
    await expect(ran(config)).rejects.toMatchObject({ code: 'E_CONFIG_CONFLICT' });
  });
});
