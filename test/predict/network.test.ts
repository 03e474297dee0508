import { describe, expect, it } from 'vitest';
import type { Column, Series } from '../../src/core/data.ts';
import type { ForecastError } from '../../src/core/errors.ts';
import { random } from '../../src/core/random.ts';
import { encodeText, fitText } from '../../src/encoders/chain.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { MODELS } from '../../src/models/index.ts';
import { summarise } from '../../src/models/summary.ts';
import { checkMemory } from '../../src/predict/memory.ts';
import { checkReach, type NumberPlan, numberNetwork, restoreNumberNetwork } from '../../src/predict/number-network.ts';
import { restoreTextNetwork, textNetwork } from '../../src/predict/text-network.ts';
import { shape } from '../engines/harness.ts';

const LENGTH = 80;

function column(name: string, length: number, value: (t: number) => number): Column {
  return { name, values: Float64Array.from({ length }, (_, t) => value(t)) };
}

function seriesOf(changes: Partial<Series> = {}): Series {
  return {
    id: 'a',
    length: LENGTH,
    time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index' } as unknown as Series['time'],
    targets: [column('y', LENGTH, (t) => 50 + t / 4 + 10 * Math.sin(t / 2))],
    past: [],
    future: [],
    ...changes,
  };
}

function planOf(changes: Partial<NumberPlan> = {}, options: object = { units: [4] }): NumberPlan {
  return {
    name: 'lstm-regressor',
    model: { kind: 'lstm-regressor', ...(MODELS['lstm-regressor']!.options.parse(options) as object) },
    shape: shape({ context: 6, horizon: 2 }),
    cutting: { kind: 'sliding', stride: 1 },
    train: {
      epochs: 2,
      batch: 16,
      shuffle: true,
      optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      schedule: { kind: 'constant' },
      clip: null,
      patience: null,
    },
    engine: reference,
    chain: [{ kind: 'standard' }],
    season: 1,
    ...changes,
  };
}

const REQUEST = { until: LENGTH, validation: null, seed: 3 };

const fittedOn = async (plan: NumberPlan, series = seriesOf()) => await numberNetwork(plan).fit(series, REQUEST);

describe('forecasts', () => {
  it.each([
    ['within the horizon', 1],
    ['of the horizon', 2],
    ['beyond it', 7],
  ])('of many cutoffs are those of each alone, %s', async (_, horizon) => {
    const series = seriesOf({ targets: [...seriesOf().targets, column('z', LENGTH, (t) => 5 * Math.cos(t / 3))] });
    const fitted = await fittedOn(
      planOf({ chain: [{ kind: 'difference', lag: 1, order: 1 }, { kind: 'standard' }] }),
      series,
    );
    const cutoffs = [9, 40, 23, LENGTH];
    const { values } = await fitted.forecast(series, { cutoffs, horizon, lead: 0 });
    const alone: number[] = [];
    for (const cutoff of cutoffs)
      alone.push(...(await fitted.forecast(series, { cutoffs: [cutoff], horizon, lead: 0 })).values);
    expect([...values]).toEqual(alone);
    expect(values).toHaveLength(cutoffs.length * horizon * 2);
  });

  it('a shorter forecast is the beginning of a longer one', async () => {
    const fitted = await fittedOn(planOf());
    const long = (await fitted.forecast(seriesOf(), { cutoffs: [LENGTH], horizon: 9, lead: 0 })).values;
    for (const horizon of [1, 2, 3])
      expect([...(await fitted.forecast(seriesOf(), { cutoffs: [LENGTH], horizon, lead: 0 })).values]).toEqual([
        ...long.subarray(0, horizon),
      ]);
  });

  it('each target is given back in its own units', async () => {
    const series = seriesOf({
      targets: [column('small', LENGTH, (t) => Math.sin(t)), column('large', LENGTH, (t) => 1e6 + Math.cos(t))],
    });
    const fitted = await fittedOn(planOf(), series);
    const { values } = await fitted.forecast(series, { cutoffs: [30, LENGTH], horizon: 5, lead: 0 });
    values.forEach((value, i) => {
      expect(Math.abs(value - (i % 2) * 1e6)).toBeLessThan(5);
    });
  });

  it('rows at or after the cutoff change nothing', async () => {
    const fitted = await fittedOn(planOf());
    const tampered = seriesOf({
      targets: [column('y', LENGTH, (t) => (t < 40 ? seriesOf().targets[0]!.values[t]! : 9e5))],
    });
    const request = { cutoffs: [40], horizon: 5, lead: 0 };
    expect(await fitted.forecast(tampered, request)).toEqual(await fitted.forecast(seriesOf(), request));
  });

  it.each([
    ['sliding windows', 'sliding', 'none', 6],
    ['padded sliding windows', 'sliding', 'left', 1],
    ['padded prefixes', 'prefixes', 'left', 1],
    ['prefixes of their own lengths', 'prefixes', 'none', 1],
  ] as const)('need as many rows before them as training did: %s', async (_, kind, pad, least) => {
    const plan = planOf({ cutting: { kind, stride: 1 }, shape: shape({ context: 6, horizon: 2, pad }) });
    const fitted = await fittedOn(plan);
    expect(fitted.firstCutoff).toBe(least);
    const { values } = await fitted.forecast(seriesOf(), { cutoffs: [least], horizon: 4, lead: 0 });
    expect(values.every(Number.isFinite)).toBe(true);
    const error = await fitted
      .forecast(seriesOf(), { cutoffs: [least - 1], horizon: 2, lead: 0 })
      .catch((error: unknown) => error as ForecastError);
    expect(error).toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    const { parts } = fitted.fit!;
    const restored = await restoreNumberNetwork('again', parts, kind, reference);
    expect(restored.firstCutoff).toBe(least);
  });

  it('a lost row of a difference is one more row needed', async () => {
    const fitted = await fittedOn(planOf({ chain: [{ kind: 'difference', lag: 3, order: 1 }] }));
    expect(fitted.firstCutoff).toBe(9);
  });

  it('read from its parts it forecasts the same bytes', async () => {
    const fitted = await fittedOn(planOf());
    const restored = await restoreNumberNetwork('again', fitted.fit!.parts, 'sliding', reference);
    const request = { cutoffs: [10, LENGTH], horizon: 5, lead: 0 };
    expect(await restored.forecast(seriesOf(), request)).toEqual(await fitted.forecast(seriesOf(), request));
  });
});

describe('quantiles', () => {
  /** A level with noise of 9 parts down and 1 part up: its mean and its quantiles lie far apart. */
  const draws = random(4, 'test/quantiles');
  const values = Float64Array.from({ length: 300 }, () => (draws.next() < 0.25 ? 10 : 0) + draws.next());
  const series = seriesOf({ length: 300, targets: [{ name: 'y', values }] });
  const request = { until: 300, validation: null, seed: 3 };
  const train = { ...planOf().train, epochs: 60 };
  const forecast = async (quantiles: number[], horizon: number) => {
    const plan = planOf({ train }, { units: [4], loss: { kind: 'pinball', quantiles } });
    const fitted = await numberNetwork(plan).fit(series, request);
    return [...(await fitted.forecast(series, { cutoffs: [100, 300], horizon, lead: 0 })).values];
  };

  it.each([2, 5])('the forecast of %i steps is the quantile nearest the median, one value a step', async (horizon) => {
    const median = await forecast([0.05, 0.5, 0.95], horizon);
    expect(median).toHaveLength(2 * horizon);
    for (const value of median) expect(value).toBeLessThan(3);
    const high = await forecast([0.9, 0.97], horizon);
    for (const value of high) expect(value).toBeGreaterThan(7);
  });
});

describe('covariates', () => {
  const noise = random(9, 'test/covariates');
  const drawn = Float64Array.from({ length: 320 }, () => noise.normal());
  const planted = (shift: number) =>
    seriesOf({
      length: 300,
      targets: [column('y', 300, (t) => 3 * (drawn[t + shift] as number))],
      future: [{ name: 'f', values: drawn.slice(0, 310) }],
    });
  const train = { ...planOf().train, epochs: 40, optimizer: { ...planOf().train.optimizer, rate: 0.01 } };

  async function errorOf(lead: number, shift: number): Promise<number> {
    const series = planted(shift);
    const plan = planOf({ train, shape: shape({ context: 2, horizon: 2, lead }) } as Partial<NumberPlan>, {
      units: [8],
    });
    const fitted = await numberNetwork(plan).fit(series, { until: 240, validation: null, seed: 3 });
    const cutoffs = Array.from({ length: 40 }, (_, n) => 250 + n);
    const { values } = await fitted.forecast(series, { cutoffs, horizon: 2, lead });
    let sum = 0;
    values.forEach((value, i) => {
      sum += Math.abs(value - (series.targets[0]!.values[cutoffs[Math.floor(i / 2)]! + lead + (i % 2)] as number));
    });
    return sum / values.length;
  }

  it.each([0, 3])(
    'a target that is its future covariate is learned, with lead %i; one outside of the steps predicted is not',
    async (lead) => {
      expect(await errorOf(lead, 0)).toBeLessThan(0.6);
      expect(await errorOf(lead, 2)).toBeGreaterThan(1.2);
    },
  );

  it('beyond the horizon the future columns go on being read', async () => {
    const series = planted(0);
    const plan = planOf({ train, shape: shape({ context: 2, horizon: 2 }) }, { units: [8] });
    const fitted = await numberNetwork(plan).fit(series, { until: 300, validation: null, seed: 3 });
    const { values } = await fitted.forecast(series, { cutoffs: [300], horizon: 8, lead: 0 });
    values.forEach((value, h) => {
      expect(Math.abs(value - 3 * (drawn[300 + h] as number))).toBeLessThan(2);
    });
    const error = await fitted
      .forecast(series, { cutoffs: [300], horizon: 12, lead: 0 })
      .catch((error: unknown) => error as ForecastError);
    expect(error).toMatchObject({ code: 'E_DATA_FUTURE', message: expect.stringMatching(/row 312.*row 310/) });
  });

  it('columns known in advance have to reach over the lead and the steps after it', () => {
    const window = shape({ context: 6, horizon: 2, lead: 2 });
    const until = (end: number) => seriesOf({ future: [column('f', end, (t) => t)] });
    expect(() => checkReach(window, until(LENGTH + 3), 2)).toThrow(expect.objectContaining({ code: 'E_DATA_FUTURE' }));
    expect(() => checkReach(window, until(LENGTH + 4), 2)).not.toThrow();
  });

  it.each([
    ['past covariates', { past: [column('p', LENGTH, (t) => t)] }, 0, 'E_CONFIG_CONFLICT'],
    ['a lead', {}, 2, 'E_CONFIG_CONFLICT'],
    ['future columns that end too early', { future: [column('f', LENGTH + 3, (t) => t)] }, 0, 'E_DATA_FUTURE'],
  ])('what forecasting would refuse is told from the columns alone: %s', async (_, columns, lead, code) => {
    const window = shape({ context: 6, horizon: 2, lead });
    const series = seriesOf(columns);
    const early = (() => {
      try {
        checkReach(window, series, 4);
      } catch (error) {
        return error as ForecastError;
      }
      return null;
    })();
    const fitted = await fittedOn(planOf({ shape: window }), series);
    const late = await fitted
      .forecast(series, { cutoffs: [LENGTH], horizon: 4, lead })
      .catch((error: unknown) => error as ForecastError);
    expect(early).toMatchObject({ code });
    expect(early).toEqual(late);
    expect(() => checkReach(window, series, 2)).not.toThrow();
    await fitted.forecast(series, { cutoffs: [LENGTH], horizon: 2, lead });
  });
});

describe('text', () => {
  const words = Array.from({ length: 60 }, (_, i) => 'abcdef'.charAt((i * i) % 6));
  const segments = [{ start: 0, end: 60 }];
  const model = MODELS['language-model']!.options.parse({ layers: [{ kind: 'gru', units: 5 }] }) as object;

  it.each([
    ['left', 12],
    ['none', 12],
  ] as const)('pad %s: continuing scores what scoring scores, and stays inside the document', async (pad, context) => {
    const encoder = fitText(words, 60, { kind: 'characters' }, { padding: pad === 'left' });
    const sequence = encodeText(words, segments, encoder);
    const plan = {
      ...planOf(),
      model: { kind: 'language-model', ...model },
      shape: shape({ context, pad }),
      cutting: { kind: 'prefixes', stride: 1 } as const,
    };
    const fitted = await textNetwork(plan).fit(sequence, { until: 60, validation: null, seed: 3 });
    const ids = sequence.targets[0] as Float64Array;
    for (const cutoff of [1, 5, 12, 40]) {
      const { logProbability } = await fitted.score(sequence, [cutoff], [0]);
      let logits = new Float64Array(0);
      await fitted.continue(ids.slice(0, cutoff), 1, (row) => {
        logits = row.slice();
        return 1;
      });
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      expect(Math.log(Math.exp(logits[ids[cutoff] as number] as number) / sum)).toBeCloseTo(logProbability[0]!, 12);
    }
    const beyond = await fitted.score(sequence, [40, 41], [35, 35]);
    const cut = { ...sequence, targets: [ids.map((id, i) => (i < 35 ? (id + 1) % 6 : id))] };
    expect(await fitted.score(cut, [40, 41], [35, 35])).toEqual(beyond);
    const restored = await restoreTextNetwork('again', fitted.fit!.parts, reference);
    expect(await restored.score(sequence, [40, 41], [35, 35])).toEqual(beyond);
  });

  it('a vocabulary of any size is scored in blocks, as if at once', async () => {
    const many = Array.from({ length: 900 }, (_, i) => `w${(i * 7) % 400}`);
    const encoder = fitText(
      many,
      900,
      { kind: 'words', lowercase: true, punctuation: 'drop', unknown: 'skip' },
      { padding: true },
    );
    const sequence = {
      ...encodeText(many, [{ start: 0, end: 900 }], encoder),
      tokens: { vocabulary: 20_000, padding: true },
    };
    const plan = {
      ...planOf({ train: { ...planOf().train, epochs: 1, batch: 512 } }),
      model: {
        kind: 'language-model',
        ...(MODELS['language-model']!.options.parse({ embedding: 2, layers: [{ kind: 'gru', units: 2 }] }) as object),
      },
      shape: shape({ context: 3 }),
    };
    const fitted = await textNetwork(plan).fit(sequence, { until: 40, validation: null, seed: 3 });
    const cutoffs = Array.from({ length: 600 }, (_, n) => 100 + n);
    const froms = cutoffs.map(() => 0);
    const all = await fitted.score(sequence, cutoffs, froms);
    const last = await fitted.score(sequence, cutoffs.slice(-5), froms.slice(-5));
    expect([...all.logProbability.subarray(-5)]).toEqual([...last.logProbability]);
    expect([...all.correct.subarray(-5)]).toEqual([...last.correct]);
  });
});

describe('memory', () => {
  const words = (vocabulary: number, batch: number): void => {
    const window = shape({ context: 32, horizon: 1, targets: 'every' });
    const task = { targets: 1, past: 0, future: 0, season: 1, window, tokens: { vocabulary, padding: true } };
    const model = { embedding: 8, dropout: 0, layers: [{ kind: 'lstm', units: 8 }] };
    checkMemory(
      summarise(MODELS['language-model']?.build(model as never, task as never) as never, window),
      window,
      batch,
    );
  };

  it('is enough for a vocabulary of 40,000 words at every one of 32 steps, 32 windows at a time, and not for four times as many', () => {
    expect(() => words(40_000, 32)).not.toThrow();
    expect(() => words(160_000, 32)).toThrow(/GiB/);
  });
});
