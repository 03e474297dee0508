// The outside files' spelling of layers, losses and optimizers, in ours.

import type { Tensor, Tensors } from '../../src/core/tensor.ts';
import type { LayerSpec } from '../../src/layers/layer.ts';
import type { LossSpec } from '../../src/losses/loss.ts';
import type { OptimizerSpec } from '../../src/optimizers/optimizer.ts';

export interface Array_ {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface KerasLayer {
  readonly type: string;
  readonly units?: number;
  readonly activation?: string;
  readonly return_sequences?: boolean;
  readonly input_dim?: number;
  readonly output_dim?: number;
  readonly epsilon?: number;
  readonly layer?: KerasLayer;
}

export interface KerasLoss {
  readonly name: string;
  readonly delta?: number;
  readonly quantiles?: readonly number[];
}

export type LayerWeights = Readonly<Record<string, Array_>>;

export function layerSpec(layer: KerasLayer, i: number): LayerSpec {
  const name = `layer_${i}`;
  const recurrent = {
    name,
    units: layer.units ?? 0,
    sequences: layer.return_sequences ?? false,
    bidirectional: false,
    kernel: 'glorot-uniform',
    recurrent: 'orthogonal',
  } as const;
  switch (layer.type) {
    case 'Bidirectional':
      return { ...layerSpec(layer.layer as KerasLayer, i), bidirectional: true } as LayerSpec;
    case 'LSTM':
      return { kind: 'lstm', ...recurrent, activation: layer.activation as 'tanh' | 'relu', forgetBias: 1 };
    case 'GRU':
      return { kind: 'gru', ...recurrent };
    case 'SimpleRNN':
      return { kind: 'simple-rnn', ...recurrent, activation: 'tanh' };
    case 'Embedding':
      return { kind: 'embedding', name, units: layer.output_dim as number, kernel: 'uniform' };
    case 'LayerNormalization':
      return { kind: 'layer-norm', name, epsilon: layer.epsilon as number };
    default: {
      // A last softmax stands in the cross-entropy.
      const activation = layer.activation === 'softmax' ? 'linear' : (layer.activation as 'linear' | 'relu');
      return { kind: 'dense', name, units: layer.units as number, activation, kernel: 'glorot-uniform' };
    }
  }
}

export function lossSpec(loss: KerasLoss): LossSpec {
  if (loss.name === 'sparseCategoricalCrossentropy') return { kind: 'cross-entropy' };
  const { name, ...options } = loss;
  return { kind: name, ...options } as LossSpec;
}

export function optimizerSpec(o: Readonly<Record<string, number | string>>): OptimizerSpec {
  const { name, lr, weightDecay, clipNorm: _, ...options } = o;
  return {
    kind: name,
    rate: lr,
    ...(weightDecay === undefined ? {} : { decay: weightDecay }),
    ...(name === 'adam' || name === 'adamw' ? { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } : {}),
    ...options,
  } as unknown as OptimizerSpec;
}

/** Weights by our names. */
export function tensorsOf(names: readonly string[], layers: readonly LayerWeights[]): Tensors {
  const tensors = new Map<string, Tensor>();
  layers.forEach((layer, i) => {
    for (const [name, array] of Object.entries(layer)) {
      tensors.set(`${names[i]}/${name}`, { shape: array.shape, data: Float64Array.from(array.data) });
    }
  });
  return tensors;
}

/** Largest |a − b| / max(1, max |b|), as the files measure differences. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 1;
  let worst = found.length < expected.length ? Number.POSITIVE_INFINITY : 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number));
    worst = Math.max(worst, Math.abs((found[i] as number) - (expected[i] as number)));
  }
  return worst / largest;
}

/** (B, T, F) to time-major (T, B, F); a matrix stays as it is. */
export function timeMajor(array: Array_): Float64Array {
  const [B, T, F] = array.shape.length === 3 ? (array.shape as [number, number, number]) : [1, 1, array.data.length];
  const out = new Float64Array(array.data.length);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let f = 0; f < F; f++) out[(t * B + b) * F + f] = array.data[(b * T + t) * F + f] as number;
    }
  }
  return out;
}
