import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import { reference } from '../../src/engines/reference/index.ts';
import type { Network } from '../../src/models/network.ts';
import { cutsAt } from '../../src/window/cuts.ts';
import { build, oneBatch, shape, task } from '../engines/harness.ts';

interface Case {
  readonly base: 'mean' | 'season';
  readonly scale: 'deviation' | 'standard';
  readonly affine: boolean;
  readonly lags: readonly number[];
  readonly warmup: number;
  readonly weights: { readonly [name: string]: { readonly shape: number[]; readonly data: number[] } };
  readonly outputs: readonly number[];
  readonly loss: number;
  readonly gradients: { readonly [name: string]: readonly number[] };
}

/** Made by generate_free_run.py with PyTorch. */
const oracle = JSON.parse(readFileSync(new URL('free-run.json', import.meta.url), 'utf8')) as {
  readonly context: number;
  readonly own: number;
  readonly units: number;
  readonly series: number[];
  readonly future: number[][];
  readonly cutoffs: number[];
  readonly cases: Case[];
};

const sequence: Sequence = {
  length: oracle.series.length,
  segments: [{ start: 0, end: oracle.series.length }],
  targets: [Float64Array.from(oracle.series)],
  past: [],
  future: oracle.future.map((channel) => Float64Array.from(channel)),
  tokens: null,
};
const window = shape({ context: oracle.context, horizon: oracle.own + 1 });
const all = { sequence, shape: window, cuts: cutsAt(oracle.cutoffs, [0, 0]) };

function networkOf(c: Case): Network {
  const base = c.base === 'mean' ? { kind: 'mean', count: 4 } : { kind: 'season', season: 4 };
  const network = build(
    'lstm-regressor',
    {
      units: oracle.units,
      freeRun: true,
      lags: c.lags,
      warmup: c.warmup,
      skip: true,
      normalise: { ...base, scale: c.scale },
    },
    task(sequence, window),
  );
  return c.affine ? { ...network, normalise: { ...network.normalise, affine: true } } : network;
}

const weightsOf = (c: Case): Tensors =>
  new Map(Object.entries(c.weights).map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));

it.each(oracle.cases.map((c) => [`${c.base}, ${c.scale}`, c] as const))('what PyTorch gives: %s', async (_, c) => {
  const network = networkOf(c);
  const compiled = await reference.compile(network, weightsOf(c));
  const outputs = await compiled.predict(all);
  for (const [i, value] of c.outputs.entries()) expect(outputs[i]).toBeCloseTo(value, 12);

  const batch = oneBatch(network, weightsOf(c), all);
  expect(batch.loss()).toBeCloseTo(c.loss, 12);
  batch.backward();
  for (const [name, expected] of Object.entries(c.gradients)) {
    const found = batch.store.slots.get(name)?.gradient ?? [];
    for (const [i, value] of expected.entries()) expect(found[i], `${name}[${i}]`).toBeCloseTo(value, 11);
  }
});
