import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import { compileWith } from '../../src/engines/compiled/compiled.ts';
import { type Engine, START, type TrainRequest } from '../../src/engines/engine.ts';
import { loadAddon } from '../../src/engines/native/addon.ts';
import { native } from '../../src/engines/native/index.ts';
import { nativeKernels } from '../../src/engines/native/kernel.ts';
import { reference } from '../../src/engines/reference/index.ts';
import type { Network } from '../../src/models/network.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { takeCuts } from '../../src/window/cuts.ts';
import { build, numbers, roughWeights, shape, task, tokens, windows } from './harness.ts';
import { HERE } from './here.ts';

const size = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) }, fc.integer({ min: 1, max: 70 }));
const recurrent = fc
  .tuple(
    fc.constantFrom<object>(
      { kind: 'lstm' },
      { kind: 'lstm', activation: 'relu' },
      { kind: 'gru' },
      { kind: 'simple-rnn' },
    ),
    size,
    fc.boolean(),
  )
  .map(([layer, units, bidirectional]) => ({ ...layer, units, bidirectional }));
const between = fc.constantFrom<object[]>(
  [],
  [{ kind: 'dropout', rate: 0.3 }],
  [{ kind: 'layer-norm' }],
  [{ kind: 'dense', units: 6, activation: 'tanh' }],
);
const chain = fc
  .array(fc.tuple(recurrent, between), { minLength: 1, maxLength: 2 })
  .map((parts) => parts.flatMap(([layer, after]) => [layer, ...after]));

/** What goes beyond layers, for numbers; for text, only whether state is carried. */
const features = fc.record({
  skip: fc.boolean(),
  lags: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }), { nil: undefined }),
  own: fc.boolean(),
  carry: fc.boolean(),
  warmup: fc.integer({ min: 0, max: 3 }),
  normalise: fc.constantFrom(
    'none' as const,
    'last' as const,
    'revin' as const,
    { kind: 'last', scale: 'deviation' } as const,
    { kind: 'mean', count: 5, scale: 'standard' } as const,
    { kind: 'season', season: 2 } as const,
  ),
});

/** Anything a config can ask for: widths, contexts, channels, padding, masks, targets. */
const subject = fc.record({
  text: fc.boolean(),
  embedding: fc.option(size, { nil: undefined }),
  layers: chain,
  context: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 1, max: 70 })),
  horizon: fc.integer({ min: 1, max: 3 }),
  lead: fc.integer({ min: 0, max: 2 }),
  targetCount: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 })),
  past: fc.integer({ min: 0, max: 6 }),
  future: fc.integer({ min: 0, max: 2 }),
  pad: fc.constantFrom('left' as const, 'none' as const),
  mask: fc.boolean(),
  targets: fc.constantFrom('last' as const, 'every' as const),
  cutting: fc.constantFrom('sliding' as const, 'prefixes' as const),
  features: fc.option(features, { nil: undefined }),
  count: size,
  batch: size,
});
type Subject = typeof subject extends fc.Arbitrary<infer Value> ? Value : never;

/** The same with what does not go together taken out. */
function fitting(s: Subject): Subject {
  const { features: f } = s;
  if (!f) return s;
  const forward = s.layers.map((layer) => ('bidirectional' in layer ? { ...layer, bidirectional: false } : layer));
  if (s.text) {
    return f.carry
      ? { ...s, layers: forward, targets: 'every', pad: 'none', mask: false, cutting: 'sliding', features: f }
      : { ...s, features: undefined };
  }
  const season = typeof f.normalise === 'object' && f.normalise.kind === 'season';
  return {
    ...s,
    layers: f.own ? forward : s.layers,
    past: f.own ? 0 : s.past,
    lead: f.own ? 0 : s.lead,
    targets: f.own || f.normalise !== 'none' ? 'last' : s.targets,
    context: Math.max(s.context, 2),
    cutting: season ? 'sliding' : s.cutting,
  };
}

function optionsOf(s: Subject): object {
  const { text, embedding, layers, features: f } = s;
  if (text) return { embedding, layers, ...(f ? { carry: true } : {}) };
  if (!f) return { layers };
  const warm = f.own || s.targets === 'every';
  return {
    layers,
    normalise: f.normalise,
    skip: f.skip,
    ...(f.lags ? { lags: f.lags.toSorted((a, b) => a - b) } : {}),
    ...(f.own ? { freeRun: true } : {}),
    ...(warm ? { warmup: Math.min(f.warmup, s.context - 1) } : {}),
  };
}

function made(s: Subject) {
  const length = s.context + 80;
  const channels = { targets: s.targetCount, past: s.past, future: s.future };
  const sequence = s.text ? tokens(length, 2 + s.past * 8, true) : numbers(length, channels);
  const window = shape({ ...s, horizon: s.text ? 1 : s.horizon });
  const network = build(s.text ? 'language-model' : 'lstm-regressor', optionsOf(s), task(sequence, window));
  const all = windows(sequence, window, s.cutting);
  return { network, all: { ...all, cuts: takeCuts(all.cuts, 0, s.count) } };
}

const REQUEST: Omit<TrainRequest, 'training' | 'batch'> = {
  validation: null,
  seed: 3,
  shuffle: true,
  optimizer: { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  schedule: { kind: 'constant' },
  clip: 1,
  epochs: 2,
  from: START,
  until: 2,
};

interface Seen {
  readonly outputs: ArrayLike<number>;
  readonly losses: readonly number[];
}

async function observe(engine: Engine, s: Subject, weights: Tensors): Promise<Seen> {
  const { network, all } = made(s);
  const compiled = await engine.compile(network, weights);
  const outputs = await compiled.predict(all);
  const { records } = await compiled.train({
    ...REQUEST,
    training: all,
    validation: takeCuts(all.cuts, 0, 5),
    batch: s.batch,
  });
  compiled.dispose();
  return { outputs, losses: records.flatMap(({ loss, validationLoss }) => [loss, validationLoss ?? 0]) };
}

function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = found.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs((found[i] as number) - (expected[i] as number));
    if (!(distance <= worst)) worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / largest;
}

const singles = (weights: Tensors): Tensors =>
  new Map([...weights].map(([name, t]) => [name, { ...t, data: Float32Array.from(t.data) }]));

/** About a unit in the last place of float32, relative to each weight. */
const LAST_PLACE = 6e-8;

/** How far the reference's own answers move when weights move by their last place: what no float32 can be asked to beat. */
async function condition(s: Subject, weights: Tensors, expected: Seen): Promise<{ outputs: number; losses: number }> {
  let [outputs, losses] = [0, 0];
  for (let seed = 1; seed <= 4; seed++) {
    const draws = random(seed, 'test/condition');
    const nudged = new Map(
      [...weights].map(([name, t]) => [
        name,
        { ...t, data: Float64Array.from(t.data, (x) => x * (1 + LAST_PLACE * draws.normal())) },
      ]),
    );
    const seen = await observe(reference, s, nudged);
    outputs = Math.max(outputs, difference(seen.outputs, expected.outputs));
    losses = Math.max(losses, difference(seen.losses, expected.losses));
  }
  return { outputs, losses };
}

/** Weights' last places are one rounding of many: sums of 100 products, over the steps, round oftener. */
const ROUNDINGS = 20;

async function agrees(engine: Engine, s: Subject, weights: Tensors): Promise<void> {
  const expected = await observe(reference, s, weights);
  const found = await observe(engine, s, weights);
  const away = {
    outputs: difference(found.outputs, expected.outputs),
    losses: difference(found.losses, expected.losses),
  };
  if (away.outputs < 1e-5 && away.losses < 1e-4) return; // relu's kinks, over up to 140 steps
  const moved = await condition(s, weights, expected);
  expect(away.outputs).toBeLessThan(1e-5 + ROUNDINGS * moved.outputs);
  expect(away.losses).toBeLessThan(1e-4 + ROUNDINGS * moved.losses);
}

/** What no size is: nothing, less, a part of one, or more than can be counted. */
const wrong = fc.constantFrom(0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40);

type Place = readonly (string | number)[];

/** Where a network says how many there are of something that must be there. */
function sizesIn({ input, layers, output, normalise }: Network): Place[] {
  return [
    ...(input.kind === 'tokens' ? [['input', 'vocabulary']] : [['input', 'targets']]),
    ...(output.kind === 'tokens' ? ['vocabulary'] : ['horizon', 'targets', 'quantiles']).map((key) => ['output', key]),
    ...(input.kind === 'numbers' ? (input.lags ?? []).map((_, i) => ['input', 'lags', i]) : []),
    ...layers.flatMap((layer, i) => ('units' in layer ? [['layers', i, 'units']] : [])),
    ...(normalise.kind === 'mean' ? [['normalise', 'count']] : []),
    ...(normalise.kind === 'season' ? [['normalise', 'season']] : []),
  ];
}

function replaced<Part>(part: Part, [key, ...rest]: Place, found: number): Part {
  if (key === undefined) return found as Part;
  const copy = (Array.isArray(part) ? [...part] : { ...part }) as { [key: string]: unknown };
  copy[key] = replaced(copy[key], rest, found);
  return copy as Part;
}

const withoutRows = (sequence: Sequence): Sequence => ({
  ...sequence,
  length: 0,
  segments: [],
  targets: sequence.targets.map(() => new Float64Array(0)),
  past: sequence.past.map(() => new Float64Array(0)),
  future: sequence.future.map(() => new Float64Array(0)),
});

/** The native engine with every call on its threads, however small. */
function onThreads(count: number): (readonly [string, Engine])[] {
  const found = loadAddon();
  if (!('addon' in found)) return [];
  const { addon } = found;
  const kernels = nativeKernels(addon, { later: 0, laterInACrowd: 0, together: 0 });
  const compile: Engine['compile'] = async (network, weights) => {
    addon.threads(count);
    return compileWith(kernels, network, weights);
  };
  return [[`native on ${count} threads`, { ...native, compile }]];
}

const ENGINES = [...HERE.filter(([kind]) => kind !== 'reference'), ...onThreads(2), ...onThreads(4)];

const numRuns = 30 * Number(process.env.FUZZ ?? 1);

describe.each(ENGINES)('%s', (kind, engine) => {
  it('any network of any size gives what the reference gives', async () => {
    await fc.assert(
      fc.asyncProperty(subject.map(fitting), async (s) => {
        if (kind === 'tensorflow' && s.features) return; // its own suite has them
        await agrees(engine, s, singles(initialWeights(made(s).network, 5)));
      }),
      { numRuns, seed: 17 },
    );
  });

  // What wide layers read is read once for several steps, and may be transposed for their gradients.
  it('any network of two wide layers gives what the reference gives', async () => {
    const kinds = [{ kind: 'lstm' }, { kind: 'lstm', activation: 'relu' }, { kind: 'gru' }];
    const layer = fc.record({
      kind: fc.constantFrom<object>(...kinds),
      units: fc.integer({ min: 180, max: 200 }),
      both: fc.boolean(),
    });
    const narrow = fc.tuple(subject, layer, layer, fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 40 }));
    await fc.assert(
      fc.asyncProperty(narrow, async ([given, first, second, context, count]) => {
        const layers = [first, second].map(({ kind, units, both }) => ({ ...kind, units, bidirectional: both }));
        const s = fitting({ ...given, layers, context, count, embedding: undefined });
        if (kind === 'tensorflow' && s.features) return;
        await agrees(engine, s, singles(initialWeights(made(s).network, 5)));
      }),
      { numRuns: Math.ceil(numRuns / 10), seed: 29 },
    );
  });

  it('differs from the reference where states explode by no more than the reference does from itself, its weights moved by their last place', async () => {
    const wild = fc.record({
      units: fc.integer({ min: 40, max: 60 }),
      context: fc.integer({ min: 20, max: 40 }),
      count: fc.integer({ min: 1, max: 8 }),
    });
    const plain = fc.sample(subject, { numRuns: 1, seed: 1 })[0] as Subject;
    await fc.assert(
      fc.asyncProperty(wild, async ({ units, context, count }) => {
        const layers = [{ kind: 'lstm', activation: 'relu', units }];
        const changes = {
          text: false,
          layers,
          context,
          count,
          batch: 8,
          horizon: 1,
          targets: 'last',
          cutting: 'sliding',
        } as const;
        const s: Subject = { ...plain, ...changes, layers, features: undefined };
        await agrees(engine, s, singles(roughWeights(made(s).network)));
      }),
      { numRuns: Math.ceil(numRuns / 5), seed: 19 },
    );
  });
});

describe.each<readonly [string, Engine]>([['reference', reference], ...ENGINES])('%s', (kind, engine) => {
  it('any network of no window gives no output, refuses to train and to evaluate, and works on', async () => {
    await fc.assert(
      fc.asyncProperty(subject.map(fitting), fc.boolean(), async (s, noRow) => {
        if (kind === 'tensorflow' && s.features) return;
        const { network, all } = made(s);
        const none = {
          ...all,
          cuts: takeCuts(all.cuts, 0, 0),
          ...(noRow ? { sequence: withoutRows(all.sequence) } : {}),
        };
        const compiled = await engine.compile(network, initialWeights(network, 5));
        expect(await compiled.predict(none)).toHaveLength(0);
        await expect(compiled.evaluate(none, s.batch)).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
        const request = { ...REQUEST, training: all, batch: s.batch, until: 1 };
        await expect(compiled.train({ ...request, training: none })).rejects.toMatchObject({
          code: 'E_DATA_TOO_SHORT',
        });
        const { records } = await compiled.train({ ...request, validation: none.cuts });
        expect(records.map((record) => record.validationLoss)).toEqual([null]);
        expect((await compiled.train({ ...request, from: { ...START, epoch: 2 } })).records).toEqual([]);
        compiled.dispose();
      }),
      { numRuns: Math.ceil(numRuns / 3), seed: 23 },
    );
  });

  it('any network with a size that is none is refused, whatever the size', async () => {
    await fc.assert(
      fc.asyncProperty(subject.map(fitting), fc.nat(), wrong, async (s, which, found) => {
        const { network } = made(s);
        const weights = initialWeights(network, 5);
        const places = sizesIn(network);
        const place = places[which % places.length] as Place;
        const broken = replaced(network, place, found);
        await expect(engine.compile(broken, weights), `${place.join('.')} is ${found}`).rejects.toMatchObject({
          code: expect.stringMatching(/^E_(CONFIG_CONFLICT|MODEL_SHAPE)$/),
        });
      }),
      { numRuns: 3 * numRuns, seed: 29 },
    );
  });

  it('windows and batches with a size that is none are refused, and the network works on', async () => {
    await fc.assert(
      fc.asyncProperty(
        subject.map(fitting),
        fc.constantFrom('context', 'horizon', 'lead', 'batch'),
        wrong,
        async (s, key, found) => {
          if (kind === 'tensorflow' && s.features) return;
          const least = key === 'lead' ? 0 : 1;
          if (found >= least && Number.isInteger(found)) return;
          const { network, all } = made(s);
          const compiled = await engine.compile(network, initialWeights(network, 5));
          const refused = { code: expect.stringMatching(/^E_(CONFIG_CONFLICT|MODEL_SHAPE)$/) };
          const training = { ...all, shape: { ...all.shape, [key]: found } };
          const batch = key === 'batch' ? found : s.batch;
          await expect(compiled.train({ ...REQUEST, training, batch })).rejects.toMatchObject(refused);
          await expect(compiled.evaluate(training, batch)).rejects.toMatchObject(refused);
          if (key !== 'batch') await expect(compiled.predict(training)).rejects.toMatchObject(refused);
          expect(await compiled.predict({ ...all, cuts: takeCuts(all.cuts, 0, 1) })).not.toHaveLength(0);
          compiled.dispose();
        },
      ),
      { numRuns, seed: 31 },
    );
  });
});
