import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Engine, START } from '../../src/engines/engine.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { takeCuts } from '../../src/window/cuts.ts';
import { build, numbers, shape, task, tokens, windows } from './harness.ts';
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

/** Anything a config can ask for: widths, contexts, channels, padding, masks, targets. */
const subject = fc.record({
  text: fc.boolean(),
  embedding: fc.option(size, { nil: undefined }),
  layers: chain,
  context: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 1, max: 70 })),
  horizon: fc.integer({ min: 1, max: 3 }),
  lead: fc.integer({ min: 0, max: 2 }),
  past: fc.integer({ min: 0, max: 6 }),
  future: fc.integer({ min: 0, max: 2 }),
  pad: fc.constantFrom('left' as const, 'none' as const),
  mask: fc.boolean(),
  targets: fc.constantFrom('last' as const, 'every' as const),
  cutting: fc.constantFrom('sliding' as const, 'prefixes' as const),
  count: size,
  batch: size,
});
type Subject = typeof subject extends fc.Arbitrary<infer Value> ? Value : never;

function made(s: Subject) {
  const length = s.context + 80;
  const sequence = s.text ? tokens(length, 2 + s.past * 8, true) : numbers(length, { past: s.past, future: s.future });
  const window = shape({ ...s, horizon: s.text ? 1 : s.horizon });
  const options = s.text ? { embedding: s.embedding, layers: s.layers } : { layers: s.layers };
  const network = build(s.text ? 'language-model' : 'lstm-regressor', options, task(sequence, window));
  const all = windows(sequence, window, s.cutting);
  return { network, all: { ...all, cuts: takeCuts(all.cuts, 0, s.count) } };
}

async function observe(engine: Engine, s: Subject): Promise<{ outputs: ArrayLike<number>; losses: number[] }> {
  const { network, all } = made(s);
  const weights = new Map(
    [...initialWeights(network, 5)].map(([name, t]) => [name, { ...t, data: Float32Array.from(t.data) }]),
  );
  const compiled = await engine.compile(network, weights);
  const outputs = await compiled.predict(all);
  const { records } = await compiled.train({
    training: all,
    validation: takeCuts(all.cuts, 0, 5),
    seed: 3,
    batch: s.batch,
    shuffle: true,
    optimizer: { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    schedule: { kind: 'constant' },
    clip: 1,
    epochs: 2,
    from: START,
    until: 2,
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

describe.each(HERE.filter(([kind]) => kind !== 'reference'))('%s', (_, engine) => {
  it('any network of any size gives what the reference gives', async () => {
    await fc.assert(
      fc.asyncProperty(subject, async (s) => {
        const expected = await observe(reference, s);
        const found = await observe(engine, s);
        expect(difference(found.outputs, expected.outputs)).toBeLessThan(1e-5);
        expect(difference(found.losses, expected.losses)).toBeLessThan(1e-4); // relu's kinks, over up to 140 steps
      }),
      { numRuns: 30 * Number(process.env.FUZZ ?? 1), seed: 17 },
    );
  });
});
