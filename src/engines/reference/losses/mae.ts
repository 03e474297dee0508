// Mean absolute error: |e|, slope ±1, 0 at 0.

import type { LossOf } from '../../../losses/loss.ts';
import { elementwise } from './elementwise.ts';
import type { MakeLoss } from './loss.ts';

export const mae: MakeLoss<LossOf<'mae'>> = () => elementwise(Math.abs, Math.sign);
