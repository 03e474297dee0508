// Losses as data: which error training makes small. Options in, spec out. Not here: values and gradients (engines/).

import type { Kind } from '../core/kind.ts';

/** All are means: over every element of the outputs (numbers), over the predicted tokens (cross-entropy). */
export type LossSpec =
  | { readonly kind: 'mse' }
  | { readonly kind: 'mae' }
  | { readonly kind: 'huber'; readonly delta: number }
  | { readonly kind: 'pinball'; readonly quantiles: readonly number[] }
  | { readonly kind: 'cross-entropy' };

export type LossName = LossSpec['kind'];
export type LossOf<K extends LossName> = Extract<LossSpec, { readonly kind: K }>;

export interface LossKind<Spec extends LossSpec = LossSpec, Options = unknown> extends Kind<Options> {
  readonly kind: Spec['kind'];
  /** What the targets are. */
  readonly form: 'numbers' | 'text';
  spell(options: Options): Spec;
  /** Q: outputs per target value. */
  outputs(spec: Spec): number;
}
