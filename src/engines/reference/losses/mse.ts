// Mean squared error: e², slope 2e.

import type { LossOf } from '../../../losses/loss.ts';
import { elementwise } from './elementwise.ts';
import type { MakeLoss } from './loss.ts';

export const mse: MakeLoss<LossOf<'mse'>> = () =>
  elementwise(
    (error) => error * error,
    (error) => 2 * error,
  );
