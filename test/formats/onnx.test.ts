// Exported ONNX models predict what our engine predicts: every layer and option, checked with the real onnxruntime.

import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import { stepsOf } from '../../src/formats/format.ts';
import { onnx } from '../../src/formats/onnx.ts';
import { LAYERS } from '../../src/layers/index.ts';
import type { Network } from '../../src/models/network.ts';
import { lengthAt } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { build, numbers, roughWeights, shape, task, tokens, windows } from '../engines/harness.ts';
import { runOnnx, runtime } from './runtime.ts';
import { rowsOf, worst } from './windows.ts';

const TOLERANCE = 1e-5;

interface Case {
  readonly what: string;
  readonly network: (sequence: Sequence, window: WindowShape) => Network;
  readonly sequence?: Sequence;
  readonly window?: Partial<WindowShape>;
  readonly kind?: 'sliding' | 'prefixes';
}

const SERIES = numbers(40);
const WIDE = numbers(40, { targets: 2, past: 1, future: 2 });
const WORDS = tokens(40, 7);
const PADDED = tokens(40, 7, true);

const stack =
  (layers: readonly object[], rest: object = {}) =>
  (sequence: Sequence, window: WindowShape) =>
    build('stack', { layers, ...rest }, task(sequence, window));
const regressor = (options: object) => (sequence: Sequence, window: WindowShape) =>
  build('lstm-regressor', options, task(sequence, window));
const language = (options: object) => (sequence: Sequence, window: WindowShape) =>
  build('language-model', options, task(sequence, window));

const CELLS: readonly object[] = [
  { kind: 'lstm', units: 3 },
  { kind: 'lstm', units: 3, activation: 'relu' },
  { kind: 'gru', units: 3 },
  { kind: 'simple-rnn', units: 3 },
  { kind: 'simple-rnn', units: 3, activation: 'relu' },
  { kind: 'simple-rnn', units: 3, activation: 'sigmoid' },
  { kind: 'simple-rnn', units: 3, activation: 'linear' },
];

const recurrentCases: Case[] = CELLS.flatMap((cell) =>
  [false, true].flatMap((bidirectional): Case[] => {
    const first = { ...cell, bidirectional };
    const name = Object.values(first).join(' ');
    const head = { kind: 'dense', units: 1 };
    return [
      { what: `${name}, its last state`, network: stack([first, head]) },
      { what: `${name}, every step, then another`, network: stack([{ ...first, sequences: true }, cell, head]) },
      { what: `${name}, every step to the head`, network: stack([{ ...first, sequences: true }, head]) },
      {
        what: `${name}, one-hot ids`,
        sequence: WORDS,
        network: stack([first, { kind: 'dense', units: 7 }]),
      },
    ];
  }),
);

const cases: readonly Case[] = [
  ...recurrentCases,
  ...['linear', 'relu', 'tanh', 'sigmoid'].map((activation) => ({
    what: `dense ${activation}, per step and at the end`,
    network: stack([
      { kind: 'dense', units: 4, activation },
      { kind: 'lstm', units: 3 },
      { kind: 'dense', units: 1, activation },
    ]),
  })),
  { what: 'dense alone reads the last step', network: stack([{ kind: 'dense', units: 1 }]) },
  {
    what: 'layer-norm per step and at the end',
    network: stack([
      { kind: 'dense', units: 4 },
      { kind: 'layer-norm', epsilon: 0.01 },
      { kind: 'gru', units: 3 },
      { kind: 'layer-norm' },
      { kind: 'dense', units: 1 },
    ]),
  },
  { what: 'dropout is left out', network: regressor({ units: [3, 2], dropout: 0.5 }) },
  {
    what: 'several targets, covariates and a horizon',
    sequence: WIDE,
    window: { horizon: 3, lead: 1 },
    network: regressor({ units: 4 }),
  },
  {
    what: 'quantiles',
    sequence: WIDE,
    window: { horizon: 2 },
    network: regressor({ units: 4, loss: { kind: 'pinball', quantiles: [0.1, 0.5, 0.9] } }),
  },
  { what: 'one quantile', network: regressor({ units: 4, loss: { kind: 'pinball', quantiles: [0.5] } }) },
  ...['last', 'mean', { kind: 'mean', count: 2 }].flatMap((normalise): Case[] => [
    { what: `normalise ${JSON.stringify(normalise)}`, network: regressor({ units: 4, normalise }) },
    {
      what: `normalise ${JSON.stringify(normalise)} beside covariates, with quantiles`,
      sequence: WIDE,
      window: { horizon: 2 },
      network: regressor({ units: 4, normalise, loss: { kind: 'pinball', quantiles: [0.2, 0.8] } }),
    },
    {
      what: `normalise ${JSON.stringify(normalise)} of prefixes`,
      kind: 'prefixes',
      network: regressor({ units: 4, normalise }),
    },
  ]),
  { what: 'embedding', sequence: WORDS, network: language({ embedding: 4, layers: [{ kind: 'lstm', units: 3 }] }) },
  { what: 'dense on ids', sequence: WORDS, network: stack([{ kind: 'dense', units: 7, activation: 'tanh' }]) },
  {
    what: 'a language model of one-hot rows',
    sequence: WORDS,
    network: language({ layers: [{ kind: 'gru', units: 3 }] }),
  },
  {
    what: 'every step a target',
    sequence: WORDS,
    window: { targets: 'every' },
    network: language({
      layers: [
        { kind: 'lstm', units: 3 },
        { kind: 'lstm', units: 3 },
      ],
      dropout: 0.2,
    }),
  },
  {
    what: 'prefixes of their own length',
    sequence: WORDS,
    kind: 'prefixes',
    network: language({ embedding: 4, layers: [{ kind: 'lstm', units: 3 }] }),
  },
  ...[false, true].flatMap((mask): Case[] => [
    {
      what: `prefixes padded on the left, mask ${mask}`,
      sequence: PADDED,
      kind: 'prefixes',
      window: { pad: 'left', mask },
      network: language({
        embedding: 4,
        layers: [
          { kind: 'lstm', units: 3, bidirectional: true },
          { kind: 'gru', units: 3 },
        ],
      }),
    },
    {
      what: `ids without padding of their own, padded, mask ${mask}`,
      sequence: WORDS,
      kind: 'prefixes',
      window: { pad: 'left', mask },
      network: language({ layers: [{ kind: 'simple-rnn', units: 3 }] }),
    },
    {
      what: `prefixes of numbers padded on the left, mask ${mask}`,
      kind: 'prefixes',
      window: { pad: 'left', mask },
      network: regressor({ units: [3, 3], bidirectional: true }),
    },
  ]),
];

describe.skipIf(runtime === null)('onnx', () => {
  it.each(cases)(
    '$what: the same predictions as here',
    async ({ network, sequence = SERIES, window, kind = 'sliding' }) => {
      const own = shape(window);
      const built = network(sequence, own);
      const weights = roughWeights(built);
      const all = windows(sequence, own, kind);
      const expected = await compileReference(built, weights).predict(all);
      const width = expected.length / all.cuts.count;
      const text = sequence.tokens !== null;
      const steps = stepsOf(own, kind, text);
      const { files, input } = onnx.write({ network: built, weights, shape: own, steps });
      const model = files.get('model.onnx') as Uint8Array;
      // A batch holds windows of one length.
      for (let i = 0; i < all.cuts.count; ) {
        const length = steps ?? lengthAt(all.cuts, own, i);
        let end = i;
        const rows: number[][][] = [];
        while (end < all.cuts.count && (steps ?? lengthAt(all.cuts, own, end)) === length)
          rows.push(rowsOf(built, all, end++, steps));
        const found = await runOnnx(runtime!, model, input, rows);
        expect(found.dims[0]).toBe(rows.length);
        expect(worst(found.data, expected.subarray(i * width, end * width))).toBeLessThan(TOLERANCE);
        i = end;
      }
    },
  );

  it('covers every layer', () => {
    const built = cases.flatMap(({ network, sequence = SERIES, window }) => network(sequence, shape(window)).layers);
    expect(new Set(built.map(({ kind }) => kind))).toEqual(new Set(Object.keys(LAYERS)));
  });

  it('unknown tokens read as nothing, embedded or one-hot', async () => {
    const strange: Sequence = { ...WORDS, targets: [WORDS.targets[0]!.map((id, i) => (i % 3 === 0 ? -1 : id))] };
    for (const options of [{ embedding: 4 }, {}]) {
      const network = language({ ...options, layers: [{ kind: 'lstm', units: 3 }] })(strange, shape());
      const weights = roughWeights(network);
      const all = windows(strange, shape());
      const { files, input } = onnx.write({ network, weights, shape: shape(), steps: null });
      const rows = Array.from({ length: all.cuts.count }, (_, i) => rowsOf(network, all, i, null));
      const { data } = await runOnnx(runtime!, files.get('model.onnx') as Uint8Array, input, rows);
      expect(worst(data, await compileReference(network, weights).predict(all))).toBeLessThan(TOLERANCE);
    }
  });

  it('a level of 1e12 costs the normalised forecast no digits', async () => {
    const high: Sequence = { ...SERIES, targets: [SERIES.targets[0]!.map((value) => value + 1e12)] };
    const network = regressor({ units: 3, normalise: 'mean' })(high, shape());
    const weights = roughWeights(network);
    const all = windows(high, shape());
    const expected = await compileReference(network, weights).predict(all);
    const { files, input } = onnx.write({ network, weights, shape: shape(), steps: 5 });
    const rows = Array.from({ length: all.cuts.count }, (_, i) => rowsOf(network, all, i, null));
    const { data } = await runOnnx(runtime!, files.get('model.onnx') as Uint8Array, input, rows);
    const level = (values: ArrayLike<number>) => Array.from(values, (value) => value - 1e12);
    expect(worst(level(data), level(expected))).toBeLessThan(1e-3); // a float64 at 1e12 holds steps of 1.2e-4
  });
});
