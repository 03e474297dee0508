// A network as data: what enters, the chain of layers, the loss, the shape of what leaves. Plain JSON.
// Not here: weights (weights.ts), arithmetic (engines/).

import type { LayerSpec } from '../layers/layer.ts';
import type { LossSpec } from '../losses/loss.ts';

/**
 * Per-window normalisation of the target channels, done by the engine's gather and undone on its output: subtract nothing,
 * the window's last value, or the mean of its last `count` values.
 */
export type Normalise =
  | { readonly kind: 'none' }
  | { readonly kind: 'last' }
  | { readonly kind: 'mean'; readonly count: number };

export type NetworkInput =
  /** F = targets + past + future · horizon features a step, in that order; future: all covariates of p+1+lead, then of p+2+lead, … */
  | { readonly kind: 'numbers'; readonly targets: number; readonly past: number; readonly future: number }
  /** One id a step; the first layer (embedding, or any layer as one-hot) looks its rows up. */
  | { readonly kind: 'tokens'; readonly vocabulary: number; readonly padding: boolean };

export type NetworkOutput =
  /** The last layer gives H · C · Q values: [(h · C + c) · Q + q]. Q = 1 without quantiles. */
  | { readonly kind: 'numbers'; readonly horizon: number; readonly targets: number; readonly quantiles: number }
  /** The last layer gives one logit per token. */
  | { readonly kind: 'tokens'; readonly vocabulary: number };

export interface Network {
  readonly input: NetworkInput;
  readonly layers: readonly LayerSpec[];
  readonly loss: LossSpec;
  readonly normalise: Normalise;
  readonly output: NetworkOutput;
}
