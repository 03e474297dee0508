// The table of optimizers. Adding one: its description here, one cell in each engine (the compiler lists the missing ones).

import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import type { OptimizerKind, OptimizerName, OptimizerOf, OptimizerSpec } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own options type, checked by its own schema
type AnyOptions = any;

/** Options do not hold the rate: it stands at `train.rate`. */
export const OPTIMIZERS: { readonly [K in OptimizerName]: OptimizerKind<OptimizerOf<K>, AnyOptions> } = {
  adam,
  adamw,
  rmsprop,
  sgd,
};

/** The spec of a choice and a rate; missing options take their defaults. */
export function spellOptimizer(
  choice: { readonly kind: string; readonly [option: string]: unknown },
  rate: number,
): OptimizerSpec {
  const { kind, ...options } = choice;
  const optimizer = OPTIMIZERS[kind as OptimizerName];
  return optimizer.spell(optimizer.options.parse(options), rate);
}
