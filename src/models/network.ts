// A network as data: what enters, the chain of layers, the loss, the shape of what leaves. Plain JSON.
// Not here: weights (weights.ts), arithmetic (engines/).

import type { Initialiser, LayerSpec } from '../layers/layer.ts';
import type { LossSpec } from '../losses/loss.ts';

/**
 * What stands for 0 in a window's target channels: 0 itself, the last known value, the mean of the last `count` known values, or, for
 * each target, the value `season` steps before it (the least multiple of `season` steps that is known at the target's step; inputs are
 * then relative to the last known value).
 */
export type Base =
  | { readonly kind: 'none' }
  | { readonly kind: 'last' }
  | { readonly kind: 'mean'; readonly count: number }
  | { readonly kind: 'season'; readonly season: number };

/**
 * What stands for 1: `deviation` is max(mean |x − mean x|, floor · mean |x|), `standard` is √(mean (x − mean x)² + epsilon), both over
 * the window's known values. A scale of 0 counts as 1, so nothing is ever divided by zero.
 */
export type Scale =
  | { readonly kind: 'deviation'; readonly floor: number }
  | { readonly kind: 'standard'; readonly epsilon: number };

/**
 * Per-window normalisation of the target channels, done by the engine's gather in float64 and undone on its output: (x − base) / scale,
 * held within ± `clip`. Losses are in these units. `affine`: inputs are times gamma plus beta afterwards and outputs minus beta over
 * gamma before, two trainable values a channel ("normalise/gamma", "normalise/beta"; RevIN: Kim et al. 2022).
 */
export type Normalise = Base & { readonly scale?: Scale; readonly clip?: number; readonly affine?: true };

export type NetworkInput =
  /**
   * Features a step, in this order: for each of `lags` (absent: [1]) the target channels' values at p + 1 − lag, the past channels', the future
   * channels' of p+1+lead, then of p+2+lead, …: of the whole horizon, or of p+1 alone where the network runs free. Lags reach back before
   * the window as far as its segment does; beyond, and in padding, a feature is 0.
   */
  | {
      readonly kind: 'numbers';
      readonly targets: number;
      readonly past: number;
      readonly future: number;
      readonly lags?: readonly number[];
    }
  /** One id a step; the first layer (embedding, or any layer as one-hot) looks its rows up. */
  | { readonly kind: 'tokens'; readonly vocabulary: number; readonly padding: boolean };

export type NetworkOutput =
  /** H · C · Q values a window: [(h · C + c) · Q + q]. Q = 1 without quantiles. The last layer gives them at once, or C · Q a step where the network runs free. */
  | { readonly kind: 'numbers'; readonly horizon: number; readonly targets: number; readonly quantiles: number }
  /** The last layer gives one logit per token. */
  | { readonly kind: 'tokens'; readonly vocabulary: number };

export interface Network {
  readonly input: NetworkInput;
  readonly layers: readonly LayerSpec[];
  readonly loss: LossSpec;
  readonly normalise: Normalise;
  readonly output: NetworkOutput;
  /** output += features of the same step · "skip/kernel" (F, width of the output), drawn as this says; absent: no skip. */
  readonly skip?: Initialiser;
  /**
   * Steps on own outputs after the known ones, in training as in use: each step's output (of quantiles the one nearest the median) is the next
   * step's value, through lags too, and gradients flow back through it. H = freeRun + 1: the step after the last known value is the first.
   * Training measures every step but the first `warmup` ones, evaluating only the H that are forecast. 0: no own step, every step measured.
   */
  readonly freeRun?: number;
  /** Known steps at a window's start that training does not measure, where every step is a target or the network runs free; absent: 0. */
  readonly warmup?: number;
  /** Recurrent state goes on from a batch to the next: batches are parallel streams (window/batches.ts), gradients end where a batch begins. */
  readonly carry?: true;
}
