// The track of numbers from config to outcome, on tiny runs: what is held out, judged, refused, and what several targets and series give.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predict } from '../../src/commands/stored.ts';
import type { ForecastError } from '../../src/core/errors.ts';
import { heldOut, thinned } from '../../src/prepare/cutting.ts';
import { type RunEvent, type RunOptions, type RunOutcome, run } from '../../src/run.ts';
import { cut, cutoffAt, fromAt } from '../../src/window/cuts.ts';
import { shape } from '../engines/harness.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const ROWS = 90;

function csv(columns: { readonly [name: string]: (t: number) => number | string }, rows: number = ROWS): string {
  const names = Object.keys(columns);
  const lines = Array.from({ length: rows }, (_, t) => {
    const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
    return [date, ...names.map((name) => columns[name]!(t))].join(',');
  });
  return `date,${names.join(',')}\n${lines.join('\n')}\n`;
}

const wave = (t: number) => (100 + t + 20 * Math.sin(t / 2)).toFixed(3);
const other = (t: number) => (5 + Math.cos(t / 3)).toFixed(4);
space.write('one.csv', csv({ a: wave, b: other, p: (t) => t % 7, f: (t) => t % 5 }));
space.write(
  'many.csv',
  `date,id,y\n${['x', 'y', 'z']
    .flatMap((id, k) =>
      Array.from({ length: 60 }, (_, t) => {
        const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
        return `${date},${id},${((k + 1) * 100 + t + 5 * Math.sin(t / 2)).toFixed(3)}`;
      }),
    )
    .join('\n')}\n`,
);

const one = { kind: 'csv', file: 'one.csv', time: 'date', target: 'a' };
const many = { kind: 'csv', file: 'many.csv', time: 'date', id: 'id', target: 'y' };
const model = { kind: 'lstm-regressor', units: [4] };

let runs = 0;
async function ran(config: object, options: RunOptions = {}): Promise<RunOutcome> {
  const name = `run-${runs++}`;
  const whole = { name, source: one, model, window: { context: 6, horizon: 2 }, train: { epochs: 2 }, ...config };
  // A JSON file is a YAML file; paths in it are relative to it.
  return await run(space.write(`${name}.yaml`, JSON.stringify(whole)), { out: join(space.path, name), ...options });
}

async function refused(config: object): Promise<{ error: ForecastError; trained: boolean }> {
  let trained = false;
  const on = (event: RunEvent): void => {
    if (event.kind === 'progress') trained = true;
  };
  const error = await ran(config, { on }).then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  );
  return { error: error as ForecastError, trained };
}

describe('held-out parts', () => {
  it.each([
    [null, null, [['train', 0, 50]]],
    [40, null, [['validation', 40, 50]]],
    [null, 45, [['test', 45, 50]]],
    [
      40,
      45,
      [
        ['validation', 40, 45],
        ['test', 45, 50],
      ],
    ],
  ])('validation from %s and test from %s are judged each by itself, nothing twice', (validation, test, expected) => {
    expect(heldOut({ validation, test }, 50).map(({ split, from, until }) => [split, from, until])).toEqual(expected);
  });
});

describe('thinned windows', () => {
  it('are every k-th, the first among them, at most as many as allowed, all where they are few', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 400 }),
        fc.integer({ min: 8, max: 100 }),
        fc.integer({ min: 1, max: 60 }),
        (first, second, most) => {
          const segments = [
            { start: 0, end: first },
            { start: first, end: first + second },
          ];
          const cuts = cut(segments, shape({ context: 5 }), { kind: 'sliding', stride: 1 });
          const { cutoffs, froms } = thinned(cuts, most);
          const stride = Math.ceil(cuts.count / most);
          expect(cutoffs.length).toBeLessThanOrEqual(most);
          expect(cutoffs.length).toBe(froms.length);
          expect(cutoffs.length).toBe(Math.ceil(cuts.count / stride));
          cutoffs.forEach((cutoff, i) => {
            expect(cutoff).toBe(cutoffAt(cuts, i * stride));
            expect(froms[i]).toBe(fromAt(cuts, i * stride));
          });
        },
      ),
    );
  });
});

describe('several targets', () => {
  it('are forecast beside each other, each in its own units, beyond the horizon too', async () => {
    const { result } = await ran({ source: { ...one, target: ['a', 'b'] }, predict: { horizon: 5 } });
    expect(result.forecast.map(({ target, step }) => `${target}${step}`)).toEqual(
      ['a', 'b'].flatMap((target) => [1, 2, 3, 4, 5].map((step) => target + step)),
    );
    for (const { target, value } of result.forecast)
      expect(Math.abs(value - (target === 'a' ? 170 : 5))).toBeLessThan(target === 'a' ? 100 : 5);
    expect(Object.keys(result.scores[0]!.metrics)[0]).toBe('mase');
  });
});

describe('validation and test together', () => {
  it('are scored each, the decision is made on test, and test changes nothing that is fitted', async () => {
    const { result } = await ran({ split: { validation: 12, test: 12 }, train: { epochs: 4, patience: 2 } });
    const splits = [...new Set(result.scores.map(({ split }) => split))];
    expect(splits).toEqual(['validation', 'backtest', 'test']);
    const held = result.scores.filter((row) => row.split === 'test');
    const own = held.find(({ forecaster }) => forecaster === 'lstm-regressor')!;
    expect(result.decision.skill).toBe(own.skill);
    expect(own.windows).toBeGreaterThan(8);
    expect(own.windows).toBeLessThanOrEqual(12);
  });
});

describe('several series', () => {
  it('are fitted, scored and forecast one by one, pooled rows first', async () => {
    const { result, folder } = await ran({ source: many, split: { validation: 6, test: 6 } });
    expect(result.fits?.map(({ series }) => series)).toEqual(['x', 'y', 'z']);
    expect(result.forecast.map(({ series }) => series)).toEqual(['x', 'x', 'y', 'y', 'z', 'z']);
    const rows = result.scores.filter(({ forecaster, split }) => forecaster === 'last-value' && split === 'test');
    expect(rows.map(({ series }) => series)).toEqual([undefined, 'x', 'y', 'z']);
    const [pooled, ...each] = rows.map(({ metrics }) => metrics.mae as number);
    expect(pooled).toBeCloseTo(each.reduce((sum, mae) => sum + mae, 0) / 3, 9);
    expect((await predict(folder)).rows).toEqual(result.forecast);
  });

  it('that are all too short are refused before any is trained', async () => {
    space.write('short.csv', 'id,y\nx,1\nx,2\ny,1\ny,2\ny,3\n');
    const { error, trained } = await refused({ source: { kind: 'csv', file: 'short.csv', id: 'id', target: 'y' } });
    expect(error).toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    expect(trained).toBe(false);
  });
});

describe('windows', () => {
  it.each([
    ['every step a target', { context: 6, horizon: 2, targets: 'every' }, {}],
    ['prefixes, as long as the series', { kind: 'prefixes', horizon: 2 }, {}],
    ['prefixes of their own lengths', { kind: 'prefixes', horizon: 2, pad: 'none' }, {}],
    ['prefixes after a difference', { kind: 'prefixes', horizon: 2, pad: 'none' }, { encoder: ['difference'] }],
    ['a lead', { context: 6, horizon: 2, lead: 3 }, {}],
    ['a stride', { context: 6, horizon: 4, stride: 4 }, { split: { validation: 0.4 } }],
  ])('%s: the model is judged on as many held-out windows as there are', async (_, window, more) => {
    const { result, folder } = await ran({ split: { validation: 12 }, window, ...more });
    for (const split of new Set(result.scores.map((row) => row.split))) {
      const windows = result.scores.filter((row) => row.split === split).map((row) => row.windows);
      expect(new Set(windows).size).toBe(1);
      expect(windows[0]).toBeGreaterThan(4);
    }
    expect(result.scores[0]?.metrics.mae).toBeGreaterThan(0);
    expect((await predict(folder)).rows).toEqual(result.forecast);
  });

  it('that do not overlap are not corrected for overlap', async () => {
    const ps = await Promise.all(
      [1, 4].map(async (stride) => {
        const set = { window: { context: 6, horizon: 4, stride }, split: { validation: 0.5 } };
        return (await ran(set)).result.decision.p as number;
      }),
    );
    for (const p of ps) expect(p).toBeGreaterThan(0);
    expect(ps[0]).not.toBe(ps[1]);
  });
});

describe('early stopping', () => {
  it('tells the losses of the weights that are kept, whether it stopped early or not', async () => {
    const { result } = await ran({
      split: { validation: 12 },
      train: { epochs: 25, patience: 25, rate: 0.2, batch: 8 },
    });
    expect(result.fit.stoppedEarly).toBe(false);
    expect(result.fit.epochs).toBe(25);
    const history = JSON.parse(readFileSync(join(space.path, `run-${runs - 1}`, 'history.json'), 'utf8'));
    const losses = (Object.values(history)[0] as { validationLoss: number }[]).map((epoch) => epoch.validationLoss);
    expect(losses.at(-1)).toBeGreaterThan(Math.min(...losses));
    expect(result.fit.validationLoss).toBe(Math.min(...losses));
  });
});

describe('a closed-form forecaster as the model', () => {
  it.each(['drift', 'mean', 'last-value', 'seasonal-naive'])(
    '%s runs, is judged beside the others, and forecasts from its folder',
    async (kind) => {
      const { result, folder } = await ran({ model: { kind }, predict: { horizon: 3 } });
      expect(result.scores.map(({ forecaster }) => forecaster)).toContain(kind);
      const rows = result.scores.map(({ forecaster, split }) => `${forecaster} ${split}`);
      expect(new Set(rows).size).toBe(rows.length);
      expect(result.fit.parameters).toBe(0);
      expect((await predict(folder)).rows).toEqual(result.forecast);
    },
  );
});

describe('refused before a step is trained', () => {
  it.each([
    [
      'past covariates and a forecast beyond the horizon',
      { source: { ...one, past: ['p'] }, predict: { horizon: 5 } },
      'E_CONFIG_CONFLICT',
      'predict.horizon',
    ],
    [
      'a lead and a forecast beyond the horizon',
      { window: { context: 6, horizon: 2, lead: 1 }, predict: { horizon: 5 } },
      'E_CONFIG_CONFLICT',
      'predict.horizon',
    ],
    ['future columns nobody filled in', { source: { ...one, future: ['f'] } }, 'E_DATA_FUTURE', 'source.future'],
    [
      'a metric of text for a model of either form',
      { model: { kind: 'stack', layers: [{ kind: 'lstm', units: 2 }] }, evaluate: { metrics: ['perplexity'] } },
      'E_CONFIG_CONFLICT',
      'evaluate.metrics',
    ],
    [
      'a baseline of text for a model of either form',
      { model: { kind: 'stack', layers: [{ kind: 'lstm', units: 2 }] }, evaluate: { baselines: ['bigram'] } },
      'E_CONFIG_CONFLICT',
      'evaluate.baselines',
    ],
    ['a model of text', { model: { kind: 'bigram' } }, 'E_CONFIG_CONFLICT', 'model.kind'],
  ])('%s', async (_, config, code, where) => {
    const { error, trained } = await refused(config);
    expect(error).toMatchObject({ code, where, hint: expect.stringMatching(/\w/) });
    expect(trained).toBe(false);
  });
});

describe('quantiles', () => {
  it('give one forecast a step, the median’s', async () => {
    const { result, folder } = await ran({ model: { ...model, loss: 'pinball' }, predict: { horizon: 5 } });
    expect(result.forecast).toHaveLength(5);
    expect((await predict(folder)).rows).toEqual(result.forecast);
  });
});
