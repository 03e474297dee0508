// Optimizers as data: how gradients become steps, and the moments they keep. Not here: the updates (engines/).

import type { Kind } from '../core/kind.ts';

/** `rate`: learning rate before the schedule. */
export type OptimizerSpec =
  | { readonly kind: 'sgd'; readonly rate: number; readonly momentum: number }
  | { readonly kind: 'rmsprop'; readonly rate: number; readonly rho: number; readonly epsilon: number }
  | {
      readonly kind: 'adam';
      readonly rate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    }
  | {
      readonly kind: 'adamw';
      readonly rate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly decay: number;
    };

export type OptimizerName = OptimizerSpec['kind'];
export type OptimizerOf<K extends OptimizerName> = Extract<OptimizerSpec, { readonly kind: K }>;

export interface OptimizerKind<Spec extends OptimizerSpec = OptimizerSpec> extends Kind<Omit<Spec, 'kind' | 'rate'>> {
  readonly kind: Spec['kind'];
  /** Names of the values kept per weight ("m" in "lstm/kernel#m"). */
  readonly moments: readonly string[];
}
