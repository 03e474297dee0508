import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Series } from '../../src/core/data.ts';
import { Interrupted } from '../../src/core/errors.ts';
import type { FittedNumbers, FittedText } from '../../src/core/forecaster.ts';
import { random } from '../../src/core/random.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import {
  decidingRows,
  errorOf,
  type Losses,
  lossDifferences,
  type NumberJudging,
  namedRows,
  poolSeries,
  type ScoreRow,
  scoreNumbers,
  scoreText,
} from '../../src/evaluate/score.ts';
import { dieboldMariano } from '../../src/evaluate/significance.ts';

const LENGTH = 30;
const values = Float64Array.from({ length: LENGTH }, (_, t) => 10 + t + 3 * Math.sin(t));

function seriesOf(...targets: Float64Array[]): Series {
  return {
    id: 'a',
    length: LENGTH,
    time: {} as Series['time'],
    targets: targets.map((column, c) => ({ name: `y${c}`, values: column })),
    past: [],
    future: [],
  };
}

/** A forecaster whose forecast of every value is that value plus an error: one for all, or one for each target. */
function off(name: string, ...errors: number[]): FittedNumbers {
  return {
    name,
    forecast: async (series, { cutoffs, horizon, lead }) => {
      const out: number[] = [];
      for (let n = 0; n < cutoffs.length; n++)
        for (let h = 0; h < horizon; h++)
          series.targets.forEach((target, c) => {
            out.push(
              (target.values[(cutoffs[n] as number) + lead + h] as number) + (errors[c] ?? (errors[0] as number)),
            );
          });
      return { values: Float64Array.from(out) };
    },
    state: () => ({}),
    dispose: () => {},
  };
}

function judgingOf(
  changes: Partial<NumberJudging> & { fitted: FittedNumbers; baselines: FittedNumbers[] },
): NumberJudging {
  const { fitted, baselines, ...rest } = changes;
  return {
    contenders: [{ fitted, baseline: false }, ...baselines.map((own) => ({ fitted: own, baseline: true }))],
    series: seriesOf(values),
    cutoffs: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    horizon: 2,
    lead: 0,
    until: 10,
    season: 1,
    metrics: ['mae', 'rmse', 'mase'],
    split: 'validation',
    ...rest,
  };
}

const skills = (rows: readonly ScoreRow[]) => Object.fromEntries(rows.map((row) => [row.forecaster, row.skill]));

describe('skill', () => {
  it('is 1 − error / best baseline’s error: above 0 better, below 0 worse, 0 for that baseline itself', async () => {
    const judging = { baselines: [off('good', 2), off('poor', 8)] };
    const better = (await scoreNumbers(judgingOf({ ...judging, fitted: off('model', 1) }))).rows;
    const worse = (await scoreNumbers(judgingOf({ ...judging, fitted: off('model', 3) }))).rows;
    expect(skills(better)).toEqual({ model: 0.5, good: 0, poor: -3 });
    expect(skills(worse)).toEqual({ model: -0.5, good: 0, poor: -3 });
  });

  it('has the sign of the comparison, whatever the errors', async () => {
    const error = fc.double({ min: 0.01, max: 100, noNaN: true });
    await fc.assert(
      fc.asyncProperty(error, error, async (own, other) => {
        const { rows } = await scoreNumbers(judgingOf({ fitted: off('model', own), baselines: [off('b', other)] }));
        const [model, baseline] = rows.map((row) => row.metrics.mae as number);
        expect(Math.sign(rows[0]?.skill as number)).toBe(Math.sign((baseline as number) - (model as number)));
      }),
      { numRuns: 50 },
    );
  });

  it('is null, with a reason, beside a baseline that is exact', async () => {
    const { rows } = await scoreNumbers(judgingOf({ fitted: off('model', 1), baselines: [off('ruler', 0)] }));
    for (const row of rows) expect(row).toMatchObject({ skill: null, skillReason: 'ruler is exact here (error 0)' });
  });

  it('is null beside a baseline whose errors are rounding, and only there: not beside an honest error that others exceed a million million times', async () => {
    const judge = (own: number, ruler: number, other: number) =>
      scoreNumbers(judgingOf({ fitted: off('model', own), baselines: [off('ruler', ruler), off('mean', other)] }));
    const exact = (await judge(1, 3e-14, 9)).rows;
    for (const row of exact) expect(row.skillReason).toBe('ruler is exact here (error of rounding only)');
    const [pooled] = poolSeries([...exact, ...exact], new Set(['ruler', 'mean']), ['mae']);
    expect(pooled?.skillReason).toMatch(/rounding/);
    // As where the training part holds 1e15 for a missing value, and the mean of it is forecast.
    const outlier = (await judge(1.5, 2, 1e13)).rows;
    expect(skills(outlier)).toMatchObject({ model: 0.25, ruler: 0 });
    expect(poolSeries([...outlier, ...outlier], new Set(['ruler', 'mean']), ['mae'])[0]?.skill).toBeCloseTo(0.25, 12);
  });

  it('is null, with a reason, without any baseline', async () => {
    const { rows } = await scoreNumbers(judgingOf({ fitted: off('model', 1), baselines: [] }));
    expect(rows[0]).toMatchObject({ skill: null, skillReason: 'no baseline could be scored' });
  });

  it('is null, with the metric’s reason, where the metric is undefined', async () => {
    const constant = seriesOf(new Float64Array(LENGTH).fill(5));
    const { rows } = await scoreNumbers(
      judgingOf({ fitted: off('model', 1), baselines: [off('b', 2)], series: constant, metrics: ['mase'] }),
    );
    expect(rows[0]?.metrics.mase).toBeNull();
    expect(rows[0]?.reasons?.mase).toMatch(/\w/);
    expect(rows[0]?.skill).toBeNull();
    expect(rows[0]?.skillReason).toMatch(/\w/);
  });

  it.each([
    ['bias', -0.5, 0.5],
    ['r2', 0.9, 1 - 0.9],
    ['mae', 3, 3],
  ])('measures %s as an error that is best at 0', (metric, value, error) => {
    const row = { forecaster: 'm', split: 'test', metrics: { [metric]: value }, skill: null, windows: 1 } as const;
    expect(errorOf(row, metric)).toBe(error);
  });
});

describe('scores of numbers', () => {
  it('compare each step with the row it stands for: cutoff + lead + h', async () => {
    for (const lead of [0, 3]) {
      const { rows } = await scoreNumbers(judgingOf({ fitted: off('model', 0.25), baselines: [], lead }));
      expect(rows[0]?.metrics.mae).toBeCloseTo(0.25, 12);
      expect(rows[0]?.windows).toBe(10);
    }
  });

  it('of several targets are the mean of each target’s own', async () => {
    const two = seriesOf(
      values,
      values.map((value) => 1000 * value),
    );
    const { rows } = await scoreNumbers(judgingOf({ fitted: off('model', 1, 5), baselines: [], series: two }));
    expect(rows[0]?.metrics.mae).toBeCloseTo(3, 9);
    const alone = await Promise.all(
      two.targets.map(({ values: column }, c) =>
        scoreNumbers(judgingOf({ fitted: off('model', [1, 5][c] as number), baselines: [], series: seriesOf(column) })),
      ),
    );
    const [first, second] = alone.map((judged) => judged.rows[0]?.metrics.mase as number);
    expect(rows[0]?.metrics.mase).toBeCloseTo(((first as number) + (second as number)) / 2, 12);
  });

  it('are scaled by the rows before `until` alone', async () => {
    const judging = judgingOf({ fitted: off('model', 1), baselines: [], metrics: ['mase'] });
    const tampered = seriesOf(values.map((value, t) => (t < 10 ? value : value * 100)));
    expect((await scoreNumbers({ ...judging, series: tampered })).rows[0]?.metrics.mase).toBeCloseTo(
      (await scoreNumbers(judging)).rows[0]?.metrics.mase as number,
      9,
    );
  });
});

describe('a judging that is stopped', () => {
  it('asks no further forecaster, and has told the one at work', async () => {
    const controller = new AbortController();
    const asked: string[] = [];
    const stopping: FittedNumbers = {
      ...off('model', 0.5),
      forecast: async (series, request) => {
        asked.push('model');
        expect(request.signal).toBe(controller.signal);
        setImmediate(() => controller.abort()); // as a signal of the system is: heard when others have their turn
        return await off('model', 0.5).forecast(series, request);
      },
    };
    const next: FittedNumbers = {
      ...off('next', 0.5),
      forecast: async (series, request) => {
        asked.push('next');
        return await off('next', 0.5).forecast(series, request);
      },
    };
    const judging = { ...judgingOf({ fitted: stopping, baselines: [next] }), signal: controller.signal };
    await expect(scoreNumbers(judging)).rejects.toBeInstanceOf(Interrupted);
    expect(asked).toEqual(['model']);
  });
});

/** Score rows of two forecasters. */
const PAIR = ['model', 'b'].map(
  (forecaster, i): ScoreRow => ({
    forecaster,
    split: 'test',
    metrics: { mae: i },
    skill: null,
    windows: 4,
  }),
);

describe('loss differences', () => {
  it('are the model’s window losses minus those of the best of the others, in time order', async () => {
    const worsening: FittedNumbers = {
      ...off('model', 0),
      forecast: async (series, request) => {
        const { values: exact } = await off('', 0).forecast(series, request);
        return { values: exact.map((value, i) => value + Math.floor(i / request.horizon)) };
      },
    };
    const { rows, losses } = await scoreNumbers(
      judgingOf({ fitted: worsening, baselines: [off('b', 3), off('c', 9)] }),
    );
    const differences = lossDifferences(rows, [losses], 'model', 'mae');
    expect(differences.map(Math.sign)).toEqual(Float64Array.of(-1, -1, -1, 0, 1, 1, 1, 1, 1, 1));
  });

  it('weigh every target in its own units', async () => {
    const two = seriesOf(
      values,
      values.map((value) => 1e6 * value),
    );
    const { rows, losses } = await scoreNumbers(
      judgingOf({ fitted: off('model', 1, 1e6), baselines: [off('b', 2, 1e6)], series: two, metrics: ['mase'] }),
    );
    const one = await scoreNumbers(judgingOf({ fitted: off('model', 1), baselines: [off('b', 2)] }));
    const differences = lossDifferences(rows, [losses], 'model', 'mase');
    const expected = lossDifferences(one.rows, [one.losses], 'model', 'mae');
    differences.forEach((difference, n) => {
      expect(difference).toBeCloseTo(expected[n] as number, 9);
    });
  });

  it('are counted in naive errors: moving a series up or down changes none, so that none near zero decides over the others', async () => {
    const judge = (shift: number) =>
      scoreNumbers(
        judgingOf({
          fitted: off('model', 1),
          baselines: [off('b', 2)],
          series: seriesOf(values.map((y) => y + shift)),
        }),
      );
    const [low, high] = await Promise.all([judge(0), judge(1e6)]);
    const differences = lossDifferences(high.rows, [high.losses], 'model', 'mae');
    lossDifferences(low.rows, [low.losses], 'model', 'mae').forEach((difference, n) => {
      expect(differences[n]).toBeCloseTo(difference, 6);
    });
  });

  it('of several series are against the one baseline that is best over all of them', async () => {
    const judge = (b: number, c: number) =>
      scoreNumbers(judgingOf({ fitted: off('model', 2), baselines: [off('b', b), off('c', c)] }));
    const [x, y] = await Promise.all([judge(1, 4), judge(9, 3)]);
    const rows = poolSeries([...x.rows, ...y.rows], new Set(['b', 'c']), ['mae']);
    const differences = lossDifferences(rows, [x.losses, y.losses], 'model', 'mae');
    expect(differences).toHaveLength(10);
    // c is best over both (3.5 against 5), though b is better on the first.
    for (const difference of differences) expect(difference).toBeLessThan(0);
  });

  it('of several series are their mean at each origin, counted from the last: what strikes all at once is one sight', () => {
    const of = (model: number[], b: number[]): Losses =>
      new Map([
        ['model', Float64Array.from(model)],
        ['b', Float64Array.from(b)],
      ]);
    const losses = [of([1, 2, 3], [2, 2, 2]), of([4, 8], [2, 2])];
    expect([...lossDifferences(PAIR, losses, 'model', 'mae')]).toEqual([-1, 1, 3.5]);
  });

  it('of series that move together are called more than chance as often as the level says', () => {
    const draw = random(3, 'together');
    let rejected = 0;
    for (let trial = 0; trial < 600; trial++) {
      const common = Float64Array.from({ length: 10 }, () => draw.normal());
      const losses = Array.from(
        { length: 20 },
        (): Losses =>
          new Map([
            ['model', common.map((shared) => shared + 0.5 * draw.normal())],
            ['b', new Float64Array(10)],
          ]),
      );
      if ((dieboldMariano(lossDifferences(PAIR, losses, 'model', 'mae'), 1) as number) < 0.05) rejected++;
    }
    expect(rejected / 600).toBeGreaterThan(0.02);
    expect(rejected / 600).toBeLessThan(0.08);
  });

  it('are none without a rival', async () => {
    const { rows, losses } = await scoreNumbers(judgingOf({ fitted: off('model', 2), baselines: [] }));
    expect(lossDifferences(rows, [losses], 'model', 'mae')).toHaveLength(0);
  });
});

describe('pooling', () => {
  it('is the mean over series, skill and windows anew', async () => {
    const judge = (own: number, other: number) =>
      scoreNumbers(judgingOf({ fitted: off('model', own), baselines: [off('b', other)] }));
    const rows = [...(await judge(1, 4)).rows, ...(await judge(3, 4)).rows];
    const [model, baseline] = poolSeries(rows, new Set(['b']), ['mae']);
    expect(model?.metrics.mae).toBeCloseTo(2, 12);
    expect(baseline?.metrics.mae).toBeCloseTo(4, 12);
    expect(model).toMatchObject({ windows: 20, split: 'validation' });
    expect(model?.skill).toBeCloseTo(0.5, 12);
  });

  it('of a score that one series has not is null, with that series’ reason', () => {
    const row = (mase: number | null): ScoreRow => ({
      forecaster: 'model',
      split: 'test',
      metrics: { mase },
      ...(mase === null ? { reasons: { mase: 'it never changes' } } : {}),
      skill: null,
      windows: 3,
    });
    const [pooled] = poolSeries([row(1), row(null)], new Set(), ['mase']);
    expect(pooled).toMatchObject({ metrics: { mase: null }, reasons: { mase: 'it never changes' } });
  });
});

describe('the rows that decide', () => {
  const row = (split: ScoreRow['split'], series?: string): ScoreRow => ({
    forecaster: 'model',
    ...(series === undefined ? {} : { series }),
    split,
    metrics: { mae: 1 },
    skill: null,
    windows: 1,
  });

  it.each<[ScoreRow['split'][], ScoreRow['split']]>([
    [['train', 'validation', 'backtest', 'test'], 'test'],
    [['train', 'validation', 'backtest'], 'backtest'],
    [['train', 'validation'], 'validation'],
    [['train'], 'train'],
  ])('of %j are those of %s', (splits, most) => {
    expect(decidingRows(splits.map((split) => row(split)))).toEqual([row(most)]);
  });

  it('are those of all series together, though one series alone was judged more honestly', () => {
    expect(decidingRows([row('validation'), row('test', 'a')])).toEqual([row('validation')]);
  });

  it('are named by their series where there are several', () => {
    expect(namedRows([row('test')], 2, 'a')).toEqual([row('test', 'a')]);
    expect(namedRows([row('test')], 1, 'a')).toEqual([row('test')]);
  });
});

describe('scores of text', () => {
  const sequence = { targets: [Float64Array.of(1, -1, 2)] } as unknown as Sequence;
  const fitted = (name: string, logProbability: number[]): FittedText => ({
    name,
    score: async () => ({ logProbability: Float64Array.from(logProbability), correct: Uint8Array.of(1, 0, 0) }),
    continue: async (ids) => ids,
    state: () => ({}),
    dispose: () => {},
  });

  it('leave unknown tokens out for all contenders alike, and compare the same ones', async () => {
    const { rows, losses } = await scoreText({
      contenders: [
        { fitted: fitted('model', [-1, Number.NaN, -2]), baseline: false },
        { fitted: fitted('uniform', [-3, Number.NaN, -3]), baseline: true },
      ],
      sequence,
      cutoffs: [0, 1, 2],
      froms: [0, 0, 0],
      metrics: ['cross-entropy', 'accuracy'],
      split: 'validation',
    });
    expect(rows[0]).toMatchObject({ metrics: { 'cross-entropy': 1.5, accuracy: 0.5 }, skill: 0.5, windows: 2 });
    expect([...lossDifferences(rows, [losses], 'model', 'cross-entropy')]).toEqual([-2, -1]);
  });
});
