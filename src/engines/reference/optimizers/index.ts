// The reference engine's update for every optimizer; one without does not compile.

import type { OptimizerName, OptimizerOf, OptimizerSpec } from '../../../optimizers/optimizer.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import type { MakeUpdate, Update } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const UPDATES: { readonly [K in OptimizerName]: MakeUpdate<OptimizerOf<K>> } = { adam, adamw, rmsprop, sgd };

export function makeUpdate(spec: OptimizerSpec, moments: readonly Float64Array[], steps: number): Update {
  return (UPDATES[spec.kind] as MakeUpdate<OptimizerSpec>)(spec, moments, steps);
}
