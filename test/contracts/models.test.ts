import { describe, expect, it } from 'vitest';
import { START } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/index.ts';
import { MODELS } from '../../src/models/index.ts';
import { planNetwork } from '../../src/models/plan.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { takeCuts } from '../../src/window/cuts.ts';
import { build, numbers, shape, task, tokens, windows } from '../engines/harness.ts';
import { everyFieldIsDescribed } from './kinds.ts';

const CASES: Record<string, readonly { readonly options: object; readonly text?: boolean }[]> = {
  'lstm-regressor': [
    { options: { units: 16 } },
    { options: { units: [16, 8], activation: 'relu', normalise: 'last' } },
    { options: { units: 16, cell: 'gru', bidirectional: true, normalise: 'mean' } },
    { options: { units: 16, cell: 'simple-rnn', loss: { kind: 'huber', delta: 0.5 } } },
    {
      options: {
        layers: [
          { kind: 'lstm', units: 16 },
          { kind: 'dense', units: 8, activation: 'tanh' },
        ],
      },
    },
  ],
  'language-model': [
    { options: { embedding: 8, layers: [{ kind: 'lstm', units: 16 }] }, text: true },
    {
      options: {
        layers: [
          { kind: 'gru', units: 16 },
          { kind: 'lstm', units: 16 },
        ],
      },
      text: true,
    },
  ],
  stack: [
    {
      options: {
        layers: [
          { kind: 'lstm', units: 16 },
          { kind: 'dense', units: 2 },
        ],
      },
    },
    {
      options: {
        layers: [
          { kind: 'embedding', units: 8 },
          { kind: 'gru', units: 16 },
          { kind: 'dense', units: 6 },
        ],
      },
      text: true,
    },
  ],
};

it('every registered model is tried here', () => {
  expect(Object.keys(CASES).sort()).toEqual(Object.keys(MODELS).sort());
});

describe.each(Object.entries(MODELS))('model %s', (kind, model) => {
  it('is called by its own name, is told in a sentence, and describes every option', () => {
    expect(model.kind).toBe(kind);
    expect(model.summary).toMatch(/\.$/);
    everyFieldIsDescribed(model);
  });

  it.each((CASES[kind] ?? []).map((c) => [JSON.stringify(c.options), c] as const))(
    'is plain data whose last layer gives what the task needs, and overfits four windows: %s',
    async (_, { options, text }) => {
      const sequence = text ? tokens(12, 6) : numbers(14, { past: 1, future: 1 });
      const window = shape({ horizon: text ? 1 : 2 });
      const network = build(kind, options, task(sequence, window));
      expect(JSON.parse(JSON.stringify(network))).toEqual(network);
      expect(planNetwork(network).output.features).toBe(text ? 6 : 2);

      const { engine } = await openEngine('auto');
      const compiled = await engine.compile(network, initialWeights(network, 1));
      const all = windows(sequence, window);
      const four = { ...all, cuts: takeCuts(all.cuts, 0, 4) };
      const before = await compiled.evaluate(four, 4);
      await compiled.train({
        training: four,
        validation: null,
        seed: 1,
        batch: 4,
        shuffle: false,
        optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
        schedule: { kind: 'constant' },
        clip: 1,
        epochs: 300,
        from: START,
        until: 300,
      });
      const after = await compiled.evaluate(four, 4);
      expect(after.loss).toBeLessThan(before.loss / 50);
      if (text) expect(after.accuracy).toBe(1);
      compiled.dispose();
    },
  );
});
