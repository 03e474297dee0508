// Networks that between them use every layer, option and cutting: what each format has to express.

import type { Sequence } from '../../src/core/sequence.ts';
import type { Network } from '../../src/models/network.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { build, numbers, task, tokens } from '../engines/harness.ts';

export interface Case {
  readonly what: string;
  readonly network: (sequence: Sequence, window: WindowShape) => Network;
  readonly sequence?: Sequence;
  readonly window?: Partial<WindowShape>;
  readonly kind?: 'sliding' | 'prefixes';
}

export const SERIES = numbers(40);
const WIDE = numbers(40, { targets: 2, past: 1, future: 2 });
export const WORDS = tokens(40, 7);
const PADDED = tokens(40, 7, true);

export const stack =
  (layers: readonly object[], rest: object = {}) =>
  (sequence: Sequence, window: WindowShape) =>
    build('stack', { layers, ...rest }, task(sequence, window));
export const regressor = (options: object) => (sequence: Sequence, window: WindowShape) =>
  build('lstm-regressor', options, task(sequence, window));
export const language = (options: object) => (sequence: Sequence, window: WindowShape) =>
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

export const CASES: readonly Case[] = [
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
