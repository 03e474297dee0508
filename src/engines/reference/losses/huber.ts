// Huber's loss: e² / 2 up to delta, delta · |e| − delta² / 2 beyond; the slope is the error held within ±delta.

import type { LossOf } from '../../../losses/loss.ts';
import { elementwise } from './elementwise.ts';
import type { MakeLoss } from './loss.ts';

export const huber: MakeLoss<LossOf<'huber'>> = ({ delta }) =>
  elementwise(
    (error) => {
      const size = Math.abs(error);
      return size <= delta ? (error * error) / 2 : delta * size - (delta * delta) / 2;
    },
    (error) => (Math.abs(error) <= delta ? error : delta * Math.sign(error)),
  );
