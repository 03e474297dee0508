// Activations, and their slopes as functions of what they gave. Not here: softmax, which stands in the cross-entropy.

import type { Activation } from '../../layers/layer.ts';

/** The logistic function. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** max(0, x); NaN stays NaN. */
export function relu(x: number): number {
  return x > 0 ? x : x < 0 ? 0 : x;
}

export const ACTIVATE: { readonly [K in Activation]: (x: number) => number } = {
  linear: (x) => x,
  relu,
  tanh: Math.tanh,
  sigmoid,
};

/** dy/dx from y = activation(x). */
export const SLOPE: { readonly [K in Activation]: (y: number) => number } = {
  linear: () => 1,
  relu: (y) => (y > 0 ? 1 : 0),
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
};
