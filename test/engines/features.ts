// Networks with what goes beyond layers: window scales, lags, running free, skips, carried state; and windows they fit.

import type { Sequence } from '../../src/core/sequence.ts';
import type { Windows } from '../../src/engines/engine.ts';
import type { Network } from '../../src/models/network.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { build, numbers, shape, task, tokens, windows } from './harness.ts';

export interface Subject {
  readonly name: string;
  readonly network: Network;
  readonly all: Windows;
}

const wide = numbers(26, { targets: 2, past: 1, future: 2 });
const plain = numbers(24, { targets: 2, future: 1 });
const single = numbers(24);

function subject(
  kind: string,
  options: object,
  sequence: Sequence,
  window: WindowShape,
  cutting: 'sliding' | 'prefixes' = 'sliding',
): Subject {
  const units = kind === 'stack' ? {} : { units: 3 };
  const network = build(kind, { ...units, ...options }, task(sequence, window));
  const label = `${JSON.stringify(options)} ${cutting === 'prefixes' ? 'prefixes ' : ''}h${window.horizon} ${window.targets}`;
  return { name: label, network, all: windows(sequence, window, cutting) };
}

const regressor = (options: object, sequence = wide, window = shape({ horizon: 2, lead: 1, context: 6 })) =>
  subject('lstm-regressor', options, sequence, window);
const free = (options: object, sequence = plain, changes: Partial<WindowShape> = {}) =>
  subject('lstm-regressor', { freeRun: true, ...options }, sequence, shape({ horizon: 4, context: 6, ...changes }));

/** Numbers, in every combination that is asked for somewhere. */
export const NUMBERS: readonly Subject[] = [
  regressor({ normalise: { kind: 'last', scale: 'deviation' } }),
  regressor({ normalise: { kind: 'mean', count: 4, scale: 'standard', clip: 1.2 } }),
  regressor({ normalise: { kind: 'none', scale: 'deviation', clip: 20 } }),
  regressor({ normalise: { kind: 'season', season: 3, scale: 'deviation' } }),
  regressor({ normalise: 'revin' }),
  regressor({ normalise: 'revin', loss: { kind: 'pinball', quantiles: [0.1, 0.5, 0.9] }, skip: true }),
  regressor({ normalise: { kind: 'season', season: 5 }, loss: 'pinball', lags: [1, 3, 9] }),
  regressor({ skip: 'glorot-uniform' }),
  regressor({ skip: true, units: [3, 2], cell: 'gru', dropout: 0.3 }),
  regressor({ lags: [1, 2, 8] }),
  subject('lstm-regressor', { skip: true, warmup: 2, lags: [2, 4] }, wide, shape({ targets: 'every', horizon: 2 })),
  free({}),
  free({ cell: 'gru', units: [3, 2], dropout: 0.3 }),
  free({ cell: 'simple-rnn', lags: [1, 3] }),
  free({ lags: [1, 4], warmup: 3, skip: true, normalise: { kind: 'mean', count: 4 } }),
  free({ lags: [2], normalise: { kind: 'season', season: 3, scale: 'deviation' } }),
  free({ lags: [1, 2], normalise: { kind: 'season', season: 4 }, skip: 'glorot-uniform' }, single),
  free({ normalise: 'revin', skip: true, warmup: 5, loss: 'huber' }),
  free({ normalise: { kind: 'season', season: 2, scale: 'standard', clip: 0.8 }, lags: [1, 3], loss: 'mae' }),
  free({ loss: { kind: 'pinball', quantiles: [0.1, 0.5, 0.9] }, normalise: { kind: 'last', scale: 'deviation' } }),
  free({ freeRun: 0 }, wide, { horizon: 1 }),
  subject(
    'lstm-regressor',
    { freeRun: true, lags: [1, 3], normalise: 'last', skip: true },
    plain,
    shape({ horizon: 3, context: 5, pad: 'left', mask: true }),
    'prefixes',
  ),
  subject(
    'lstm-regressor',
    { freeRun: true, lags: [1, 3], cell: 'gru' },
    single,
    shape({ horizon: 3, context: 5, pad: 'none' }),
    'prefixes',
  ),
  subject(
    'stack',
    {
      layers: [
        { kind: 'dense', units: 4, activation: 'tanh' },
        { kind: 'simple-rnn', units: 3 },
        { kind: 'layer-norm' },
        { kind: 'dropout', rate: 0.2 },
        { kind: 'dense', units: 2 },
      ],
      freeRun: 3,
      skip: true,
      lags: [1, 2],
    },
    plain,
    shape({ horizon: 4, context: 4 }),
  ),
];

const text = tokens(40, 6);
const model = (layers: readonly object[], options: object = {}): Subject => ({
  name: `carry ${JSON.stringify([layers, options])}`,
  network: build('language-model', { layers, carry: true, ...options }, task(text, shape({ targets: 'every' }))),
  all: windows(text, shape({ targets: 'every' })),
});

/** Texts whose state is carried. */
export const CARRIED: readonly Subject[] = [
  model([{ kind: 'lstm', units: 5 }], { embedding: 3 }),
  model([{ kind: 'gru', units: 4 }]),
  model(
    [
      { kind: 'simple-rnn', units: 4 },
      { kind: 'lstm', units: 3, activation: 'relu' },
    ],
    { embedding: 4, dropout: 0.3 },
  ),
];
