// The reference engine's cell for every loss; a loss without one does not compile.

import type { LossName, LossOf, LossSpec } from '../../../losses/loss.ts';
import { crossEntropy } from './cross-entropy.ts';
import { huber } from './huber.ts';
import type { LossCell, MakeLoss } from './loss.ts';
import { mae } from './mae.ts';
import { mse } from './mse.ts';
import { pinball } from './pinball.ts';

const LOSS_CELLS: { readonly [K in LossName]: MakeLoss<LossOf<K>> } = {
  mse,
  mae,
  huber,
  pinball,
  'cross-entropy': crossEntropy,
};

export function makeLoss(spec: LossSpec): LossCell {
  return (LOSS_CELLS[spec.kind] as MakeLoss<LossSpec>)(spec);
}
