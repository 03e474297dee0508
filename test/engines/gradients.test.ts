import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Cell } from '../../src/engines/reference/cell.ts';
import { makeCell } from '../../src/engines/reference/layers/index.ts';
import { LAYERS } from '../../src/layers/index.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { build, gradientError, numbers, oneBatch, roughWeights, shape, task, tokens, windows } from './harness.ts';

const TOLERANCE = 1e-6;

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly options: object;
  readonly sequence: Sequence;
  readonly window: WindowShape;
  readonly cutting?: 'sliding' | 'prefixes';
}

const head = (units: number) => ({ kind: 'dense', units });
const series = numbers(14, { targets: 2, past: 1, future: 2 });
const single = numbers(12);
const text = tokens(12, 5);
const padded = tokens(12, 5, true);

const LAYER_OPTIONS: Record<string, readonly object[]> = {
  lstm: [{ units: 3 }, { units: 3, activation: 'relu' }, { units: 3, bidirectional: true }],
  gru: [{ units: 3 }, { units: 3, bidirectional: true }],
  'simple-rnn': [
    { units: 3 },
    { units: 3, activation: 'relu' },
    { units: 3, activation: 'sigmoid' },
    { units: 3, activation: 'linear', bidirectional: true },
  ],
  dense: ['linear', 'relu', 'tanh', 'sigmoid'].map((activation) => ({ units: 3, activation })),
  dropout: [{ rate: 0.4 }],
  embedding: [{ units: 3 }],
  'layer-norm': [{}, { epsilon: 1e-5 }],
};

/** A layer where it reads a sequence and one follows; alone; with every step a target; over ids; masked. */
function casesOf(kind: string, options: object): Case[] {
  const layer = { kind, ...options };
  const label = `${kind} ${JSON.stringify(options)}`;
  if (kind === 'embedding') {
    return [
      stackCase(`${label} ids`, [layer, { kind: 'lstm', units: 3 }, head(5)], text, shape()),
      stackCase(
        `${label} padded`,
        [layer, { kind: 'gru', units: 3 }, head(5)],
        padded,
        shape({ pad: 'left' }),
        'prefixes',
      ),
    ];
  }
  const readsIds = kind !== 'dropout' && kind !== 'layer-norm';
  const first = { kind: 'simple-rnn', units: 3, sequences: true };
  const last = { kind: 'simple-rnn', units: 2 };
  return [
    stackCase(
      `${label} between`,
      [first, layer, { ...last, sequences: false }, head(4)],
      series,
      shape({ horizon: 2 }),
    ),
    stackCase(`${label} last`, [first, layer, head(1)], single, shape()),
    stackCase(`${label} every step`, [first, layer, head(1)], single, shape({ targets: 'every' })),
    stackCase(`${label} masked`, [first, layer, last, head(1)], single, shape({ pad: 'left', mask: true }), 'prefixes'),
    stackCase(
      `${label} every step, masked`,
      [first, layer, head(1)],
      single,
      shape({ pad: 'left', mask: true, targets: 'every' }),
      'prefixes',
    ),
    ...(readsIds
      ? [
          stackCase(`${label} one-hot`, [layer, head(5)], text, shape()),
          stackCase(`${label} one-hot padded`, [layer, head(5)], padded, shape({ pad: 'left' }), 'prefixes'),
        ]
      : []),
  ];
}

function stackCase(
  name: string,
  layers: readonly object[],
  sequence: Sequence,
  window: WindowShape,
  cutting: 'sliding' | 'prefixes' = 'sliding',
): Case {
  return { name, kind: 'stack', options: { layers }, sequence, window, cutting };
}

function batchOf(c: Case, make?: Parameters<typeof oneBatch>[3]) {
  const network = build(c.kind, c.options, task(c.sequence, c.window));
  return oneBatch(network, roughWeights(network), windows(c.sequence, c.window, c.cutting), make);
}

it('every registered layer has its options here', () => {
  expect(Object.keys(LAYER_OPTIONS).sort()).toEqual(Object.keys(LAYERS).sort());
});

const layerCases = Object.entries(LAYER_OPTIONS).flatMap(([kind, list]) =>
  list.flatMap((options) => casesOf(kind, options)),
);

it.each(layerCases.map((c) => [c.name, c] as const))('the gradient is the slope of the loss: %s', (_, c) => {
  expect(gradientError(batchOf(c))).toBeLessThan(TOLERANCE);
});

describe('losses and normalisation', () => {
  const regressor = (options: object): Case => ({
    name: JSON.stringify(options),
    kind: 'lstm-regressor',
    options: { units: 3, ...options },
    sequence: series,
    window: shape({ horizon: 2, lead: 1 }),
  });
  const cases = [
    regressor({ loss: 'mae' }),
    regressor({ loss: { kind: 'huber', delta: 0.3 } }),
    regressor({ loss: { kind: 'pinball', quantiles: [0.1, 0.5, 0.9] } }),
    regressor({ normalise: 'last' }),
    regressor({ normalise: { kind: 'mean', count: 3 } }),
    regressor({ units: [3, 2], dropout: 0.3, bidirectional: true }),
  ];
  it.each(cases.map((c) => [c.name, c] as const))('the gradient is the slope of the loss: %s', (_, c) => {
    expect(gradientError(batchOf(c))).toBeLessThan(TOLERANCE);
  });
});

it('unknown tokens give no loss and no gradient as targets, and a row of zeros as inputs', () => {
  const holes = {
    ...text,
    targets: [Float64Array.from(text.targets[0] as Float64Array, (id, i) => (i % 3 ? id : -1))],
  };
  const c = stackCase('holes', [{ kind: 'lstm', units: 3 }, head(5)], holes, shape({ targets: 'every' }));
  expect(gradientError(batchOf(c))).toBeLessThan(TOLERANCE);
});

it('a planted sign error is caught', () => {
  const c = layerCases.find(({ name }) => name === 'lstm {"units":3} between') as Case;
  const wrong = batchOf(c, (layer, store) => {
    const cell = makeCell(layer, store);
    if (layer.spec.kind !== 'lstm') return cell;
    const faulty: Cell = Object.create(cell, {
      backward: {
        value: (...given: Parameters<Cell['backward']>) => {
          cell.backward(...given);
          const bias = store.slots.get('lstm/bias')?.gradient as Float64Array;
          bias[3] = -(bias[3] as number); // the first unit's forget gate
        },
      },
    });
    return faulty;
  });
  expect(gradientError(wrong)).toBeGreaterThan(1e-3);
});
