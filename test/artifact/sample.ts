// Identities and training states for the artifact tests.

import { hashIdentity, type Identity } from '../../src/artifact/run-folder.ts';
import type { ForecastError } from '../../src/core/errors.ts';
import type { TrainState } from '../../src/train/state.ts';

export function identity(config = 'train:\n  epochs: 32\n', data = 'd'.repeat(64), engine = 'reference'): Identity {
  const parts = { config, data, engine };
  return { hash: hashIdentity(parts), ...parts };
}

/** A state with values that only exact storage keeps: −0, the smallest number, thirds, float32. */
export function stateAt(epoch: number, size = 2): TrainState {
  const record = { loss: 1 / epoch, accuracy: null, validationLoss: 0.1 + 0.2, validationAccuracy: 0.5, rate: 1e-3 };
  return {
    position: { epoch: epoch + 1, step: 3, lossSum: 0.1 + 0.2, correct: 0, weight: 3 },
    weights: new Map([
      ['lstm/kernel', { shape: [size], data: Float64Array.from({ length: size }, (_, i) => (epoch + i) / 3) }],
      ['dense/bias', { shape: [], data: Float32Array.of(epoch / 7) }],
    ]),
    optimizer: {
      steps: epoch * 4,
      moments: new Map([['lstm/kernel#m', { shape: [2, 1], data: Float64Array.of(-0, 5e-324) }]]),
    },
    history: Array.from({ length: epoch }, (_, i) => ({ ...record, epoch: i + 1, gradientNorm: 1e-300 })),
    best: { epoch, loss: 0.3, weights: new Map([['dense/bias', { shape: [1], data: Float64Array.of(Math.PI) }]]) },
    firstLoss: 0.7,
  };
}

/** The failure of work that must fail. */
export async function fault(work: Promise<unknown>): Promise<ForecastError> {
  try {
    await work;
  } catch (error) {
    return error as ForecastError;
  }
  throw new Error('nothing was thrown');
}
