// The table of optimizers. Adding one: its description here, one cell in each engine (the compiler lists the missing ones).

import { kindIn } from '../core/kind.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import type { OptimizerKind, OptimizerName, OptimizerOf, OptimizerSpec } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

/** Options do not hold the rate: it stands at `train.rate`. */
export const OPTIMIZERS: { readonly [K in OptimizerName]: OptimizerKind<OptimizerOf<K>> } = {
  adam,
  adamw,
  rmsprop,
  sgd,
};

/** The spec of a choice and a rate; missing options take their defaults. Errors: E_CONFIG_UNKNOWN_KIND; ZodError of wrong options. */
export function spellOptimizer(
  choice: { readonly kind: string; readonly [option: string]: unknown },
  rate: number,
): OptimizerSpec {
  const { kind, ...options } = choice;
  return { kind, ...kindIn(OPTIMIZERS, kind, 'optimizer').options.parse(options), rate } as OptimizerSpec;
}
