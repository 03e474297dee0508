import { expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { MODELS } from '../../src/models/index.ts';
import type { Task } from '../../src/models/model.ts';
import { planNetwork } from '../../src/models/plan.ts';
import { summarise } from '../../src/models/summary.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { build, shape } from '../engines/harness.ts';

const text = (vocabulary: number, window = shape()): Task => ({
  window,
  targets: 1,
  past: 0,
  future: 0,
  tokens: { vocabulary, padding: true },
});
const series = (window = shape(), channels = { targets: 1, past: 0, future: 0 }): Task => ({
  window,
  ...channels,
  tokens: null,
});

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ForecastError) return `${error.code} ${error.message}`;
  }
  return 'nothing thrown';
}

it.each([
  ['word lines', 66, { embedding: 64, layers: [{ kind: 'lstm', units: 128 }] }, 111_554],
  ['next word, LSTM', 11, { embedding: 10, layers: [{ kind: 'lstm', units: 50 }] }, 12_871],
  ['next word, SimpleRNN', 11, { embedding: 10, layers: [{ kind: 'simple-rnn', units: 50 }] }, 3_721],
  [
    'sliding words',
    46,
    {
      embedding: 8,
      layers: [
        { kind: 'lstm', units: 8 },
        { kind: 'dense', units: 8, activation: 'relu' },
      ],
    },
    1_398,
  ],
  [
    'story',
    25,
    {
      layers: [
        { kind: 'lstm', units: 256, sequences: true },
        { kind: 'dropout', rate: 0.2 },
        { kind: 'lstm', units: 256 },
      ],
    },
    820_505,
  ],
])('%s has as many parameters as in Keras', (_, vocabulary, options, parameters) => {
  expect(summarise(build('language-model', options, text(vocabulary)), shape()).parameters).toBe(parameters);
});

it('counting has as many parameters as in Keras', () => {
  const network = build('lstm-regressor', { units: [50], activation: 'relu' }, series());
  expect(summarise(network, shape()).parameters).toBe(10_451);
});

it('the head gives horizon · targets · quantiles', () => {
  const network = build(
    'lstm-regressor',
    { units: 4, loss: { kind: 'pinball', quantiles: [0.1, 0.5, 0.9] } },
    series(shape({ horizon: 4 }), { targets: 2, past: 1, future: 3 }),
  );
  expect(network.layers.at(-1)).toMatchObject({ kind: 'dense', units: 24, activation: 'linear' });
  expect(network.output).toEqual({ kind: 'numbers', horizon: 4, targets: 2, quantiles: 3 });
});

it('layers keep their sequence where another recurrent layer follows, and all do where every step is a target', () => {
  const layers = [
    { kind: 'lstm', units: 4 },
    { kind: 'dropout', rate: 0.1 },
    { kind: 'gru', units: 3 },
  ];
  const sequences = (targets: 'last' | 'every') =>
    build('language-model', { layers }, text(9, shape({ targets }))).layers.map((l) =>
      'sequences' in l ? l.sequences : null,
    );
  expect(sequences('last')).toEqual([true, null, false, null]);
  expect(sequences('every')).toEqual([true, null, true, null]);
});

it('names are the kind, numbered from the second on', () => {
  const network = build('lstm-regressor', { units: [4, 4], dropout: 0.1 }, series());
  expect(network.layers.map(({ name }) => name)).toEqual(['lstm', 'dropout', 'lstm_2', 'dropout_2', 'dense']);
});

it('what does not fit is refused with the layer’s name or the key', () => {
  const refused = (options: object, to: Task, kind = 'stack') => codeOf(() => build(kind, options, to));
  const lstm = { kind: 'lstm', units: 4 };
  expect(refused({ layers: [{ ...lstm, sequences: false }, lstm, { kind: 'dense', units: 1 }] }, series())).toMatch(
    /^E_CONFIG_CONFLICT .*"lstm_2"/,
  );
  expect(refused({ layers: [lstm, { kind: 'dense', units: 3 }] }, series())).toMatch(
    /^E_CONFIG_CONFLICT .*"dense".* 3 .* 1/,
  );
  expect(
    refused(
      {
        layers: [
          { ...lstm, sequences: false },
          { kind: 'dense', units: 1 },
        ],
      },
      series(shape({ targets: 'every' })),
    ),
  ).toMatch(/^E_CONFIG_CONFLICT .*"lstm"/);
  expect(refused({ units: 4, normalise: 'last' }, series(shape({ targets: 'every' })), 'lstm-regressor')).toMatch(
    /^E_CONFIG_CONFLICT/,
  );
  expect(refused({ units: 4 }, text(9), 'lstm-regressor')).toMatch(/^E_CONFIG_CONFLICT .*text/);
  expect(refused({ units: 4, loss: 'cross-entropy' }, series(), 'lstm-regressor')).toMatch(
    /^E_CONFIG_CONFLICT .*cross-entropy/,
  );
  expect(refused({}, series(), 'language-model')).toMatch(/^E_CONFIG_CONFLICT .*numbers/);
  expect(refused({}, text(9, shape({ horizon: 2 })), 'language-model')).toMatch(/^E_CONFIG_CONFLICT .*2/);
  expect(refused({ layers: [lstm, { kind: 'dense', units: 9 }], loss: 'mse' }, text(9))).toMatch(/^E_CONFIG_CONFLICT/);
});

it('what a network does beyond its layers is refused where it does not fit, with the key', () => {
  const refused = (options: object, to: Task, kind = 'lstm-regressor') =>
    codeOf(() => build(kind, kind === 'lstm-regressor' ? { units: 4, ...options } : options, to));
  const four = shape({ context: 6, horizon: 4 });
  const cases: [object, Task, string?][] = [
    [{ freeRun: 2 }, series(four)],
    [{ freeRun: true }, series(shape({ horizon: 2, lead: 1 }))],
    [{ freeRun: true }, series(shape({ targets: 'every' }))],
    [{ freeRun: true, bidirectional: true }, series(four)],
    [{ freeRun: true, layers: [{ kind: 'lstm', units: 3, sequences: false }] }, series(four)],
    [{ freeRun: true }, { ...series(four), past: 1 }],
    [{ freeRun: true, warmup: 6 }, series(four)],
    [{ warmup: 1 }, series(four)],
    [{ normalise: { kind: 'season', season: 7 } }, series(four)],
    [
      {
        carry: true,
        layers: [
          { kind: 'lstm', units: 3 },
          { kind: 'dense', units: 1 },
        ],
      },
      series(shape({ targets: 'every' })),
      'stack',
    ],
    [{ carry: true }, text(9), 'language-model'],
    [
      { carry: true, layers: [{ kind: 'gru', units: 3, bidirectional: true }] },
      text(9, shape({ targets: 'every' })),
      'language-model',
    ],
    [
      {
        skip: true,
        layers: [
          { kind: 'gru', units: 3 },
          { kind: 'dense', units: 9 },
        ],
      },
      text(9),
      'stack',
    ],
    [
      {
        lags: [1],
        layers: [
          { kind: 'gru', units: 3 },
          { kind: 'dense', units: 9 },
        ],
      },
      text(9),
      'stack',
    ],
  ];
  for (const [options, to, kind] of cases) {
    expect(refused(options, to, kind), JSON.stringify(options)).toMatch(/^E_CONFIG_CONFLICT/);
  }
  expect(MODELS['lstm-regressor']?.options.safeParse({ lags: [3, 1] }).success).toBe(false);
});

it('what is not asked for leaves no trace in a network', () => {
  const network = build('lstm-regressor', { units: 4, skip: false, freeRun: false, warmup: 0 }, series());
  expect(network).toEqual(build('lstm-regressor', { units: 4 }, series()));
  expect(Object.keys(network)).toEqual(['input', 'layers', 'loss', 'normalise', 'output']);
  expect(build('language-model', { carry: false }, text(9))).toEqual(build('language-model', {}, text(9)));
});

it('a freely running network gives one step a row, whatever the horizon', () => {
  const window = shape({ context: 18, horizon: 24 });
  const options = {
    units: 24,
    freeRun: true,
    lags: [1, 12],
    warmup: 6,
    skip: true,
    normalise: { kind: 'mean', count: 12 },
  };
  const network = build('lstm-regressor', options, { ...series(window), future: 12 });
  expect(network).toMatchObject({ freeRun: 23, warmup: 6, skip: 'zeros', input: { lags: [1, 12] } });
  const { weights, outputs } = planNetwork(network);
  expect(outputs).toBe(1);
  expect(weights.find(({ name }) => name === 'lstm/kernel')?.shape).toEqual([14, 96]);
  expect(weights.find(({ name }) => name === 'skip/kernel')).toMatchObject({ shape: [14, 1], initialiser: 'zeros' });
});

it('a weight’s first values depend on its name and the seed alone', () => {
  const small = initialWeights(
    build('language-model', { embedding: 4, layers: [{ kind: 'lstm', units: 8 }] }, text(9)),
    3,
  );
  const stacked = {
    embedding: 4,
    layers: [
      { kind: 'lstm', units: 8 },
      { kind: 'lstm', units: 5 },
    ],
  };
  const larger = initialWeights(build('language-model', stacked, text(9)), 3);
  expect(larger.get('lstm/kernel')).toEqual(small.get('lstm/kernel'));
  expect(initialWeights(build('language-model', stacked, text(9)), 4).get('lstm/kernel')).not.toEqual(
    small.get('lstm/kernel'),
  );
});

it('biases begin at 0, the forget gate’s at 1, embeddings within ±0.05', () => {
  const weights = initialWeights(
    build('language-model', { embedding: 4, layers: [{ kind: 'lstm', units: 2 }] }, text(9)),
    3,
  );
  expect([...(weights.get('lstm/bias')?.data ?? [])]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(Math.max(...(weights.get('embedding/embeddings')?.data ?? []).map(Math.abs))).toBeLessThanOrEqual(0.05);
});

it('the summary shows shapes, parameters and the cost of a window, and is JSON', () => {
  const network = build('lstm-regressor', { units: [8, 4], dropout: 0.1 }, series(shape({ context: 5, horizon: 3 })));
  const summary = summarise(network, shape({ context: 5, horizon: 3 }));
  expect(summary.layers.map(({ name, output, parameters }) => [name, output, parameters])).toEqual([
    ['lstm', [5, 8], 320],
    ['dropout', [5, 8], 0],
    ['lstm_2', [4], 208],
    ['dropout_2', [4], 0],
    ['dense', [3], 15],
  ]);
  expect(summary.parameters).toBe(543);
  expect(summary.multiplyAdds).toBe(5 * (1 + 8) * 32 + 5 * (8 + 4) * 16 + 4 * 3);
  expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
});
