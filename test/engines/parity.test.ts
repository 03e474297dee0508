import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import { sizeOf, type Tensors } from '../../src/core/tensor.ts';
import { type Engine, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { LAYERS } from '../../src/layers/index.ts';
import { LOSSES } from '../../src/losses/index.ts';
import type { Network } from '../../src/models/network.ts';
import { planNetwork } from '../../src/models/plan.ts';
import { OPTIMIZERS, spellOptimizer } from '../../src/optimizers/index.ts';
import { SCHEDULES, spellSchedule } from '../../src/optimizers/schedule.ts';
import { takeCuts } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { CARRIED, NUMBERS } from './features.ts';
import { build, numbers, roughWeights, shape, stopAfter, task, tokens, windows } from './harness.ts';
import { HERE } from './here.ts';

interface Case {
  readonly name: string;
  readonly network: Network;
  readonly all: Windows;
  readonly clip?: number;
}

const series = numbers(40, { targets: 2, past: 1, future: 2 });
const single = numbers(30);
const text = tokens(30, 7, true);
const holes = {
  ...text,
  targets: [Float64Array.from(text.targets[0] as Float64Array, (id, i) => (i % 4 ? id : -1))],
};

function caseOf(
  name: string,
  kind: string,
  options: object,
  sequence: Sequence,
  window: WindowShape,
  cutting: 'sliding' | 'prefixes' = 'sliding',
): Case {
  return {
    name,
    network: build(kind, options, task(sequence, window)),
    all: windows(sequence, window, cutting),
  };
}

/** Widths around the vectors' 4, 8 and their panels' 16, 32. */
const LAYER_OPTIONS: Record<string, readonly object[]> = {
  lstm: [{ units: 3 }, { units: 33, activation: 'relu' }, { units: 9, bidirectional: true }],
  gru: [{ units: 8 }, { units: 17, bidirectional: true }],
  'simple-rnn': [
    { units: 3 },
    { units: 40, activation: 'relu' },
    { units: 5, activation: 'sigmoid' },
    { units: 6, activation: 'linear', bidirectional: true },
  ],
  dense: ['linear', 'relu', 'tanh', 'sigmoid'].map((activation, i) => ({ units: 3 + 10 * i, activation })),
  dropout: [{ rate: 0.4 }, { rate: 0 }],
  embedding: [{ units: 5 }, { units: 35 }],
  'layer-norm': [{}, { epsilon: 1e-5 }],
};

/** A layer between others, last, with every step a target, over ids, padded, masked. */
function layerCases(kind: string, options: object): Case[] {
  const layer = { kind, ...options };
  const label = `${kind} ${JSON.stringify(options)}`;
  const head = (units: number) => ({ kind: 'dense', units });
  const stack = (
    name: string,
    layers: readonly object[],
    sequence: Sequence,
    window: WindowShape,
    cutting: 'sliding' | 'prefixes' = 'sliding',
  ) => caseOf(`${label} ${name}`, 'stack', { layers }, sequence, window, cutting);
  const padded = shape({ pad: 'left', mask: true });
  if (kind === 'embedding') {
    return [
      stack('ids', [layer, { kind: 'lstm', units: 3 }, head(7)], holes, shape()),
      stack('masked', [layer, { kind: 'gru', units: 3 }, head(7)], text, padded, 'prefixes'),
    ];
  }
  const first = { kind: 'simple-rnn', units: 6, sequences: true };
  const last = { kind: 'simple-rnn', units: 2 };
  const between = [first, layer, { ...last, sequences: false }];
  const cases = [
    stack('between', [...between, head(4)], series, shape({ horizon: 2, lead: 1 })),
    stack('every step', [first, layer, head(1)], single, shape({ targets: 'every' })),
    stack('masked', [first, layer, last, head(1)], single, padded, 'prefixes'),
    stack('unequal lengths', [first, layer, last, head(1)], single, shape(), 'prefixes'),
  ];
  if (kind === 'dropout' || kind === 'layer-norm') return cases;
  return [
    ...cases,
    stack('one-hot', [layer, head(7)], holes, shape()),
    stack('one-hot padded, every step', [layer, head(7)], text, { ...padded, targets: 'every' }, 'prefixes'),
    stack('first', [layer, { ...last, sequences: false }, head(4)], series, shape({ horizon: 2 })),
  ];
}

const regressor = (options: object) =>
  caseOf(JSON.stringify(options), 'lstm-regressor', { units: 6, ...options }, series, shape({ horizon: 2, lead: 1 }));

const CASES: readonly Case[] = [
  ...Object.entries(LAYER_OPTIONS).flatMap(([kind, list]) => list.flatMap((options) => layerCases(kind, options))),
  ...Object.keys(LOSSES)
    .filter((loss) => loss !== 'cross-entropy')
    .map((loss) => regressor({ loss })),
  regressor({ loss: { kind: 'huber', delta: 0.3 } }),
  regressor({ normalise: 'last' }),
  regressor({ normalise: { kind: 'mean', count: 3 } }),
  regressor({ units: [7, 5], dropout: 0.3, bidirectional: true }),
  { ...regressor({ units: [7, 5] }), name: 'clipped', clip: 0.05 },
  ...NUMBERS,
  ...CARRIED,
];

/** What float32 can hold, so that both sides start alike. */
function rounded(weights: Tensors): Map<string, { shape: readonly number[]; data: Float64Array }> {
  return new Map(
    [...weights].map(([name, t]) => [name, { ...t, data: Float64Array.from(t.data, (v) => Math.fround(v)) }]),
  );
}

function request({ all, clip }: Case, changes: Partial<TrainRequest>): TrainRequest {
  return {
    training: all,
    validation: null,
    seed: 3,
    batch: 1000,
    shuffle: true,
    optimizer: { kind: 'sgd', rate: 1, momentum: 0 },
    schedule: { kind: 'constant' },
    clip: clip ?? null,
    epochs: 1,
    from: START,
    until: 1,
    ...changes,
  };
}

/** Largest difference, relative to the largest value. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = found.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] as number) - (expected[i] as number)));
    largest = Math.max(largest, Math.abs(expected[i] as number));
    if (Number.isNaN(found[i])) return Number.NaN;
  }
  return worst / largest;
}

const moved = (before: Tensors, after: Tensors, name: string) =>
  Float64Array.from(after.get(name)?.data ?? [], (v, i) => v - (before.get(name)?.data[i] as number));

/** Outputs, loss, one step of plain descent (the gradient), and the curve of 20 steps. */
async function observe(engine: Engine, c: Case) {
  const weights = rounded(roughWeights(c.network, 5, 0.2));
  const compiled = await engine.compile(c.network, weights);
  const outputs = await compiled.predict(c.all);
  const means = await compiled.evaluate(c.all, 7);
  await compiled.train(request(c, { signal: stopAfter(1) }));
  const after = compiled.weights();
  compiled.restore(weights, { steps: 0, moments: new Map() });
  const adam = spellOptimizer({ kind: 'adam' }, 0.003);
  const curve: number[] = [];
  const norms: number[] = [];
  await compiled.train(
    request(c, {
      optimizer: adam,
      schedule: { kind: 'one-cycle', warmup: 0.1 },
      batch: 8,
      epochs: 4,
      until: 4,
      onEpoch: (record) => {
        curve.push(record.loss);
        norms.push(record.gradientNorm);
      },
    }),
  );
  compiled.dispose();
  return { weights, outputs, means, after, curve, norms };
}

const judgements = new Map<Case, ReturnType<typeof observe>>();

/** What the reference does with a case, observed once. */
function judged(c: Case): ReturnType<typeof observe> {
  const known = judgements.get(c) ?? observe(reference, c);
  judgements.set(c, known);
  return known;
}

const COMPILED = HERE.filter(([kind]) => kind !== 'reference');

it('every registered layer is compared', () => {
  expect(Object.keys(LAYER_OPTIONS).sort()).toEqual(Object.keys(LAYERS).sort());
});

describe.each(COMPILED)('%s against the reference', (_, engine) => {
  it.each(CASES.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    const expected = await judged(c);
    const found = await observe(engine, c);
    expect(difference(found.outputs, expected.outputs)).toBeLessThan(1e-5);
    expect(difference([found.means.loss], [expected.means.loss])).toBeLessThan(1e-6);
    expect(found.means.accuracy).toBe(expected.means.accuracy);
    for (const name of expected.weights.keys()) {
      const right = moved(expected.weights, expected.after, name);
      const largest = right.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      if (largest < 1e-6) continue; // a weight that is not reached: rounding alone
      // The new weight is rounded to float32, so a small step shows fewer of its digits.
      const width = 1e-4 + (2e-7 / largest) * 2;
      expect(difference(moved(found.weights, found.after, name), right), name).toBeLessThan(width);
    }
    expect(difference(found.curve, expected.curve)).toBeLessThan(1e-5);
    expect(difference(found.norms, expected.norms)).toBeLessThan(1e-4);
  });

  it.each(Object.keys(OPTIMIZERS))('%s makes the same steps, and keeps the same moments', async (kind) => {
    const c = regressor({ units: [9] });
    const optimizer = spellOptimizer({ kind, ...(kind === 'sgd' ? { momentum: 0.9 } : {}) }, 0.01);
    const weights = rounded(roughWeights(c.network));
    const states = [];
    for (const each of [reference, engine]) {
      const compiled = await each.compile(c.network, weights);
      await compiled.train(request(c, { optimizer, batch: 8, epochs: 3, until: 3, clip: 0.5 }));
      states.push({ weights: compiled.weights(), ...compiled.optimizer() });
    }
    const [expected, found] = states as [(typeof states)[number], (typeof states)[number]];
    expect(found.steps).toBe(expected.steps);
    for (const [name, { data }] of expected.weights)
      expect(difference(found.weights.get(name)?.data ?? [], data), name).toBeLessThan(1e-5);
    expect([...found.moments.keys()]).toEqual([...expected.moments.keys()]);
    for (const [name, { data }] of expected.moments)
      expect(difference(found.moments.get(name)?.data ?? [], data), name).toBeLessThan(1e-4);
  });

  it.each(Object.keys(SCHEDULES))('schedule %s gives the same rates', async (kind) => {
    const c = regressor({});
    const schedule = spellSchedule({ kind });
    const rates = [];
    for (const each of [reference, engine]) {
      const compiled = await each.compile(c.network, roughWeights(c.network));
      const { records } = await compiled.train(request(c, { schedule, batch: 8, epochs: 3, until: 3 }));
      rates.push(records.map(({ rate }) => rate));
    }
    expect(rates[1]).toEqual(rates[0]);
  });

  it('batches of any size, tiles and remainders, give the reference’s step', async () => {
    const all = windows(numbers(180), shape());
    const network = build('lstm-regressor', { units: 6 }, task(all.sequence, shape()));
    for (const batch of [1, 2, 31, 32, 33, 64, 65, 100, 174]) {
      const c = { name: '', network, all };
      const weights = rounded(roughWeights(network));
      const [expected, found] = await Promise.all(
        [reference, engine].map(async (each) => {
          const compiled = await each.compile(network, weights);
          const { records } = await compiled.train(
            request(c, { batch, optimizer: spellOptimizer({ kind: 'adam' }, 0.01) }),
          );
          return { loss: records.map(({ loss }) => loss), weights: compiled.weights() };
        }),
      );
      expect(difference(found?.loss ?? [], expected?.loss ?? [])).toBeLessThan(1e-5);
      for (const [name, { data }] of expected?.weights ?? []) {
        expect(difference(found?.weights.get(name)?.data ?? [], data), name).toBeLessThan(1e-4);
      }
    }
  });

  it.each([
    ['clipped', 'last', 0.1],
    ['unclipped', 'last', null],
    ['unclipped', 'every', null],
  ] as const)(
    'dense layers of many columns give the reference’s step of few rows and of many: %s, targets %s',
    async (_, targets, clip) => {
      const layers = [
        { kind: 'lstm', units: 20, sequences: targets === 'every' },
        { kind: 'dense', units: 150, activation: 'tanh' },
        { kind: 'dense', units: 301 },
      ];
      const c = caseOf('', 'stack', { layers }, tokens(80, 301), shape({ targets }));
      const weights = rounded(roughWeights(c.network));
      // Rows are few up to 50, where all are of one tile.
      for (const batch of [1, 9, 10, 17, 50, 51, 70]) {
        const all = { ...c.all, cuts: takeCuts(c.all.cuts, 0, batch + 3) }; // steps of many and of few, in turn
        const [expected, found] = await Promise.all(
          [reference, engine].map(async (each) => {
            const compiled = await each.compile(c.network, weights);
            const optimizer = spellOptimizer({ kind: 'sgd', momentum: 0.9 }, 0.1);
            const { records } = await compiled.train(
              request({ ...c, all }, { batch, optimizer, clip, epochs: 2, until: 2 }),
            );
            return { records, after: compiled.weights() };
          }),
        );
        const figures = (key: 'loss' | 'gradientNorm', of = found) => of?.records.map((record) => record[key]) ?? [];
        for (const key of ['loss', 'gradientNorm'] as const)
          expect(difference(figures(key), figures(key, expected)), `${key} ${batch}`).toBeLessThan(1e-5);
        for (const name of weights.keys()) {
          const [right, made] = [expected, found].map((one) => moved(weights, one?.after as Tensors, name));
          expect(difference(made ?? [], right ?? []), `${name} ${batch}`).toBeLessThan(2e-4);
        }
      }
    },
  );

  it('a gradient beyond float32 that one layer’s weights alone have changes nothing', async () => {
    const channel = Float64Array.from({ length: 250 }, (_, i) => (i < 50 ? Math.sin(i) : 1e41));
    const sequence = { ...numbers(250), targets: [channel] };
    const window = shape({ horizon: 200 });
    const network = build('lstm-regressor', { units: 40, normalise: 'none' }, task(sequence, window));
    const rough = rounded(roughWeights(network));
    rough.get('dense/kernel')?.data.fill(0); // so that nothing goes further back
    const all = windows(sequence, window);
    for (const count of [4, 12, 16, 20]) {
      const c = { name: '', network, all: { ...all, cuts: takeCuts(all.cuts, 0, 2 * count) } };
      const compiled = await engine.compile(network, rough);
      const before = compiled.weights();
      expect((await compiled.train(request(c, { batch: count, signal: stopAfter(1) }))).stopped).toBe('nonfinite');
      expect(compiled.weights()).toEqual(before);
      compiled.dispose();
    }
  });

  it('what reaches outside the data is refused', async () => {
    const c = regressor({});
    const compiled = await engine.compile(c.network, roughWeights(c.network));
    const cutsFrom = (first: number, from = 0) => ({ ranges: [{ from, first, count: 1, stride: 1 }], count: 1 });
    await expect(compiled.evaluate({ ...c.all, cuts: cutsFrom(40) }, 4)).rejects.toMatchObject({
      code: 'E_DATA_TOO_SHORT',
    });
    await expect(compiled.predict({ ...c.all, cuts: cutsFrom(0) })).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    await expect(compiled.predict({ ...c.all, cuts: cutsFrom(59) })).rejects.toThrow();
    await expect(compiled.predict({ ...c.all, cuts: cutsFrom(2, -4) })).rejects.toMatchObject({
      code: 'E_DATA_TOO_SHORT',
    });
  });

  it('a network too large for memory is refused with its size, and the process lives', async () => {
    if (engine.kind !== 'wasm') return;
    const network = build('lstm-regressor', { units: [9000] }, task(single, shape()));
    const zeros = new Map(
      planNetwork(network).weights.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]),
    );
    await expect(engine.compile(network, zeros)).rejects.toMatchObject({ code: 'E_LIMIT_MEMORY' });
  });

  it('a disposed network refuses to work', async () => {
    const c = regressor({});
    const compiled = await engine.compile(c.network, roughWeights(c.network));
    compiled.dispose();
    compiled.dispose();
    await expect(compiled.predict(c.all)).rejects.toThrow(/disposed/);
    expect(() => compiled.weights()).toThrow(/disposed/);
  });
});
