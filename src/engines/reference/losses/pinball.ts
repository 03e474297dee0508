// Pinball loss: max(q e, (q − 1) e) with e = target − output, for each quantile q of each target.

import type { LossOf } from '../../../losses/loss.ts';
import type { MakeLoss } from './loss.ts';

export const pinball: MakeLoss<LossOf<'pinball'>> = ({ quantiles }) => {
  const Q = quantiles.length;
  const levels = Float64Array.from(quantiles);
  return ({ output, offset, rows, width, targets, kept, count, gradient }, tally) => {
    const scale = 1 / (count * width);
    const values = width / Q; // target values in a row
    for (let row = 0; row < rows; row++) {
      const at = offset + row * width;
      if (kept !== null && kept[row] === 0) {
        gradient?.fill(0, at, at + width);
        continue;
      }
      let sum = 0;
      for (let j = 0; j < width; j++) {
        const q = levels[j % Q]!;
        const error = targets[row * values + Math.floor(j / Q)]! - output[at + j]!;
        sum += error > 0 ? q * error : (q - 1) * error;
        if (gradient !== null) gradient[at + j] = (error > 0 ? -q : error < 0 ? 1 - q : 0) * scale;
      }
      tally.loss += sum / width;
      tally.weight++;
    }
  };
};
