// Losses that are a function of each error by itself. In: the function and its slope. Out: a loss cell.

import type { LossCell } from './loss.ts';

/** error = output − target. */
export function elementwise(value: (error: number) => number, slope: (error: number) => number): LossCell {
  return ({ output, offset, rows, width, targets, kept, count, gradient }, tally) => {
    const scale = 1 / (count * width);
    for (let row = 0; row < rows; row++) {
      const at = offset + row * width;
      if (kept !== null && kept[row] === 0) {
        gradient?.fill(0, at, at + width);
        continue;
      }
      let sum = 0;
      for (let j = 0; j < width; j++) {
        const error = output[at + j]! - targets[row * width + j]!;
        sum += value(error);
        if (gradient !== null) gradient[at + j] = slope(error) * scale;
      }
      tally.loss += sum / width;
      tally.weight++;
    }
  };
}
