import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Compiled, EpochRecord, Position, TrainRequest, Windows } from '../../src/engines/engine.ts';
import { START } from '../../src/engines/engine.ts';
import type { Network } from '../../src/models/network.ts';
import { cut, takeCuts } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { stopAfter } from '../engines/harness.ts';
import { HERE } from '../engines/here.ts';
import {
  type Array_,
  difference,
  type KerasLayer,
  type KerasLoss,
  type LayerWeights,
  layerSpec,
  lossSpec,
  optimizerSpec,
  tensorsOf,
} from './keras.ts';
import { oracle } from './shared.ts';

/** Float64 follows the outside numbers to the last digits, float32 to what the files allow it. */
const toleranceOf = (kind: string) => (kind === 'reference' ? 1e-8 : 1e-5);

interface TrainingModel {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  readonly loss: KerasLoss;
  readonly batch: number;
  readonly input: Array_;
  readonly target: Array_;
  readonly initialWeights: readonly LayerWeights[];
}

interface TrainingCase {
  readonly name: string;
  readonly model: string;
  readonly optimizer: Readonly<Record<string, number | string>>;
  readonly steps: number;
  readonly expected: {
    readonly batchLossBeforeStep: readonly number[];
    readonly gradientNorm: readonly number[];
    readonly fullLossAfterStep: readonly number[];
    readonly weightsAfterStep1: readonly LayerWeights[];
    readonly finalWeights: readonly LayerWeights[];
  };
}

interface Counting {
  readonly program: { readonly layers: readonly KerasLayer[]; readonly optimizer: Record<string, number | string> };
  readonly initialWeights: readonly LayerWeights[];
  readonly float64: {
    readonly lossBefore: number;
    readonly valLossBefore: number;
    readonly epoch: readonly number[];
    readonly loss: readonly number[];
    readonly valLoss: readonly number[];
    readonly prediction100: number;
  };
  readonly float64FinalWeights: readonly LayerWeights[];
}

const training = oracle<{ readonly models: readonly TrainingModel[]; readonly cases: readonly TrainingCase[] }>(
  'training.json',
);
const counting = oracle<Counting>('counting.json');

/** Each sample is a segment of its inputs and, one step later, its target; a second feature is a past channel. */
function windowsOf(model: TrainingModel): { network: Network; all: Windows } {
  const ids = model.layers[0]?.type === 'Embedding';
  const [N, T] = model.input.shape as [number, number];
  const F = ids ? 1 : (model.input.shape[2] as number);
  const size = T + 1;
  const channels = Array.from({ length: F }, () => new Float64Array(N * size));
  for (let n = 0; n < N; n++) {
    for (let t = 0; t < T; t++) {
      for (let f = 0; f < F; f++) {
        (channels[f] as Float64Array)[n * size + t] = model.input.data[(n * T + t) * F + f] as number;
      }
    }
    (channels[0] as Float64Array)[n * size + T] = model.target.data[n] as number;
  }
  const vocabulary = model.layers[0]?.input_dim as number;
  const sequence: Sequence = {
    length: N * size,
    segments: Array.from({ length: N }, (_, n) => ({ start: n * size, end: (n + 1) * size })),
    targets: channels.slice(0, 1),
    past: channels.slice(1),
    future: [],
    tokens: ids ? { vocabulary, padding: false } : null,
  };
  const shape: WindowShape = { context: T, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
  const network: Network = {
    input: ids
      ? { kind: 'tokens', vocabulary, padding: false }
      : { kind: 'numbers', targets: 1, past: F - 1, future: 0 },
    layers: model.layers.map(layerSpec),
    loss: lossSpec(model.loss),
    normalise: { kind: 'none' },
    output: ids ? { kind: 'tokens', vocabulary } : { kind: 'numbers', horizon: 1, targets: 1, quantiles: 1 },
  };
  return { network, all: { sequence, shape, cuts: cut(sequence.segments, shape, { kind: 'sliding', stride: 1 }) } };
}

async function oneStep(
  compiled: Compiled,
  request: Omit<TrainRequest, 'from'>,
  from: Position,
): Promise<{ position: Position; loss: number; record: EpochRecord | undefined }> {
  const report = await compiled.train({ ...request, from, signal: stopAfter(1) });
  const record = report.records[0];
  const { position } = report;
  // A finished epoch's position starts anew: its last batch is what the epoch's mean says beyond the batches before.
  const lossSum = record ? record.loss * 20 - from.lossSum : position.lossSum - from.lossSum;
  const weight = record ? 20 - from.weight : position.weight - from.weight;
  return { position, loss: lossSum / weight, record };
}

describe.skipIf(!training).each(HERE)('training on %s', (kind, engine) => {
  const tolerance = toleranceOf(kind);
  it.each((training?.cases ?? []).map((c) => [c.name, c] as const))('%s follows the outside steps', async (_, c) => {
    const model = training?.models.find(({ name }) => name === c.model) as TrainingModel;
    const { network, all } = windowsOf(model);
    const names = network.layers.map(({ name }) => name);
    const compiled = await engine.compile(network, tensorsOf(names, model.initialWeights));
    const request: Omit<TrainRequest, 'from'> = {
      training: all,
      validation: null,
      seed: 1,
      batch: model.batch,
      shuffle: false,
      optimizer: optimizerSpec(c.optimizer),
      schedule: { kind: 'constant' },
      clip: (c.optimizer.clipNorm as number | undefined) ?? null,
      epochs: 7,
      until: 7,
    };
    let position = START;
    for (let step = 0; step < c.steps; step++) {
      const taken = await oneStep(compiled, request, position);
      position = taken.position;
      expect(difference([taken.loss], [c.expected.batchLossBeforeStep[step] as number])).toBeLessThan(tolerance);
      if (taken.record) {
        expect(difference([taken.record.gradientNorm], [c.expected.gradientNorm[step] as number])).toBeLessThan(
          tolerance,
        );
      }
      const full = await compiled.evaluate(all, 20);
      expect(difference([full.loss], [c.expected.fullLossAfterStep[step] as number])).toBeLessThan(tolerance);
      if (step === 0) sameWeights(compiled, names, c.expected.weightsAfterStep1, tolerance);
    }
    sameWeights(compiled, names, c.expected.finalWeights, tolerance);
    compiled.dispose();
  });
});

function sameWeights(
  compiled: Compiled,
  names: readonly string[],
  expected: readonly LayerWeights[],
  tolerance: number,
): void {
  const found = compiled.weights();
  for (const [name, tensor] of tensorsOf(names, expected)) {
    expect(difference(found.get(name)?.data ?? [], tensor.data), name).toBeLessThan(tolerance);
  }
}

describe.skipIf(!counting).each(HERE)('counting on %s', (kind, engine) => {
  const tolerance = kind === 'reference' ? 1e-8 : 1e-4; // 900 steps
  it('follows the outside losses over 300 epochs, and counts on', async () => {
    const oracleOf = counting as Counting;
    const sequence: Sequence = {
      length: 101,
      segments: [{ start: 0, end: 101 }],
      targets: [Float64Array.from({ length: 101 }, (_, i) => i)],
      past: [],
      future: [],
      tokens: null,
    };
    const shape: WindowShape = { context: 1, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
    const cuts = cut(sequence.segments, shape, { kind: 'sliding', stride: 1 });
    const network: Network = {
      input: { kind: 'numbers', targets: 1, past: 0, future: 0 },
      layers: oracleOf.program.layers.map(layerSpec),
      loss: { kind: 'mse' },
      normalise: { kind: 'none' },
      output: { kind: 'numbers', horizon: 1, targets: 1, quantiles: 1 },
    };
    const names = network.layers.map(({ name }) => name);
    const compiled = await engine.compile(network, tensorsOf(names, oracleOf.initialWeights));
    const all = { sequence, shape, cuts: takeCuts(cuts, 0, 80) };
    const validation = takeCuts(cuts, 80, 20);
    const { float64 } = oracleOf;
    const relative = (found: number, expected: number) => Math.abs(found / expected - 1);
    expect(relative((await compiled.evaluate(all, 32)).loss, float64.lossBefore)).toBeLessThan(tolerance);
    expect(
      relative((await compiled.evaluate({ ...all, cuts: validation }, 32)).loss, float64.valLossBefore),
    ).toBeLessThan(tolerance);
    const { records } = await compiled.train({
      training: all,
      validation,
      seed: 1,
      batch: 32,
      shuffle: false,
      optimizer: optimizerSpec(oracleOf.program.optimizer),
      schedule: { kind: 'constant' },
      clip: null,
      epochs: 300,
      from: START,
      until: 300,
    });
    float64.epoch.forEach((epoch, i) => {
      const record = records[epoch - 1] as EpochRecord;
      expect(relative(record.loss, float64.loss[i] as number)).toBeLessThan(tolerance);
      expect(relative(record.validationLoss as number, float64.valLoss[i] as number)).toBeLessThan(tolerance);
    });
    const last = { ranges: [{ from: 0, first: 101, count: 1, stride: 1 }], count: 1 };
    const [next] = await compiled.predict({ sequence, shape, cuts: last });
    expect(relative(next as number, float64.prediction100)).toBeLessThan(tolerance);
    sameWeights(compiled, names, oracleOf.float64FinalWeights, tolerance);
  });
});
