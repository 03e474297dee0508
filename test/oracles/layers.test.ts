import { describe, expect, it } from 'vitest';
import { makeLoss } from '../../src/engines/reference/losses/index.ts';
import { createProgram } from '../../src/engines/reference/program.ts';
import { createStore } from '../../src/engines/reference/store.ts';
import type { Flow } from '../../src/layers/layer.ts';
import { planLayers } from '../../src/layers/plan.ts';
import {
  type Array_,
  difference,
  type KerasLayer,
  type KerasLoss,
  type LayerWeights,
  layerSpec,
  lossSpec,
  tensorsOf,
  timeMajor,
} from './keras.ts';
import { oracle } from './shared.ts';

const TOLERANCE = 1e-8;

interface LayerCase {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  readonly loss: KerasLoss;
  readonly input: Array_;
  readonly target: Array_;
  readonly weights: readonly LayerWeights[];
  readonly expected: {
    readonly output: Array_;
    readonly logits?: Array_;
    readonly loss: number;
    readonly gradients: readonly LayerWeights[];
    readonly inputGradient?: Array_;
  };
}

interface LossCase {
  readonly name: string;
  readonly loss: KerasLoss;
  readonly target: Array_;
  readonly output: Array_;
  readonly expected: { readonly loss: number; readonly outputGradient: Array_ };
}

const layers = oracle<{ readonly cases: readonly LayerCase[] }>('layers.json');
const losses = oracle<{ readonly cases: readonly LossCase[] }>('losses.json');

/** One forward and backward pass of a chain that need not be a window's network: any input, any target. */
function run(c: LayerCase) {
  const ids = c.layers[0]?.type === 'Embedding';
  const sequence = ids || c.input.shape.length === 3;
  const features = ids ? (c.layers[0]?.input_dim as number) : (c.input.shape.at(-1) as number);
  const input: Flow = { sequence, features, ids };
  const specs = c.layers.map(layerSpec);
  const planned = planLayers(input, specs);
  const output = planned.at(-1)?.output as Flow;
  const plan = {
    input,
    layers: planned,
    output,
    weights: planned.flatMap((layer) => layer.weights),
    outputs: output.features,
  };
  const names = specs.map((spec) => spec.name);
  const store = createStore(plan.weights, tensorsOf(names, c.weights));
  const program = createProgram(plan, store, makeLoss(lossSpec(c.loss)));
  const [B, T] = [c.input.shape[0] as number, sequence ? (c.input.shape[1] as number) : 1];
  const rows = ids ? timeMajor({ shape: [B, T, 1], data: c.input.data }) : timeMajor(c.input);
  Object.assign(program.batch, {
    steps: T,
    known: T,
    windows: B,
    training: true,
    ids: ids ? Int32Array.from(rows) : null,
  });
  program.size();
  const found = program.forward(rows).slice();
  const tally = { loss: 0, correct: 0, weight: 0 };
  const targets =
    output.sequence && c.target.shape.length === 2
      ? timeMajor({ shape: [B, T, 1], data: c.target.data })
      : timeMajor(c.target);
  program.measure(targets, null, output.sequence ? T * B : B, output.sequence, tally);
  const inputGradient = ids ? null : new Float64Array(rows.length);
  program.backward(rows, inputGradient);
  return { found, loss: tally.loss / tally.weight, store, names, inputGradient };
}

describe.skipIf(!layers)('layers', () => {
  it.each((layers?.cases ?? []).map((c) => [c.name, c] as const))(
    '%s gives the outside values, loss and gradients',
    (_, c) => {
      const { found, loss, store, names, inputGradient } = run(c);
      expect(difference(found, timeMajor(c.expected.logits ?? c.expected.output))).toBeLessThan(TOLERANCE);
      expect(difference([loss], [c.expected.loss])).toBeLessThan(TOLERANCE);
      for (const [name, tensor] of tensorsOf(names, c.expected.gradients)) {
        expect(difference(store.slots.get(name)?.gradient ?? [], tensor.data), name).toBeLessThan(TOLERANCE);
      }
      if (!inputGradient) return;
      expect(difference(inputGradient, timeMajor(c.expected.inputGradient as Array_))).toBeLessThan(TOLERANCE);
    },
  );
});

describe.skipIf(!losses)('losses', () => {
  it.each((losses?.cases ?? []).map((c) => [c.name, c] as const))('%s gives the outside value and gradient', (_, c) => {
    const gradient = new Float64Array(c.output.data.length);
    const tally = { loss: 0, correct: 0, weight: 0 };
    const [rows, width] = c.output.shape as [number, number];
    makeLoss(lossSpec(c.loss))(
      {
        output: Float64Array.from(c.output.data),
        offset: 0,
        rows,
        width,
        targets: Float64Array.from(c.target.data),
        kept: null,
        count: rows,
        gradient,
      },
      tally,
    );
    expect(difference([tally.loss / tally.weight], [c.expected.loss])).toBeLessThan(TOLERANCE);
    expect(difference(gradient, c.expected.outputGradient.data)).toBeLessThan(TOLERANCE);
  });
});
