// Cross-entropy on logits: log Σ exp(logit) − logit of the true id, the largest logit taken out first, so nothing overflows.
// The likeliest id (the lowest where several tie) is counted as right or wrong on the way.

import type { LossOf } from '../../../losses/loss.ts';
import type { MakeLoss } from './loss.ts';

export const crossEntropy: MakeLoss<LossOf<'cross-entropy'>> =
  () =>
  ({ output, offset, rows, width, targets, kept, count, gradient }, tally) => {
    const scale = 1 / count;
    for (let row = 0; row < rows; row++) {
      const at = offset + row * width;
      if (kept !== null && kept[row] === 0) {
        gradient?.fill(0, at, at + width);
        continue;
      }
      const truth = targets[row]!;
      let largest = output[at]!;
      let likeliest = 0;
      for (let j = 1; j < width; j++) {
        if (output[at + j]! > largest) {
          largest = output[at + j]!;
          likeliest = j;
        }
      }
      let sum = 0;
      for (let j = 0; j < width; j++) sum += Math.exp(output[at + j]! - largest);
      tally.loss += Math.log(sum) + largest - output[at + truth]!;
      tally.weight++;
      if (likeliest === truth) tally.correct++;
      if (gradient === null) continue;
      for (let j = 0; j < width; j++) gradient[at + j] = (Math.exp(output[at + j]! - largest) / sum) * scale;
      gradient[at + truth]! -= scale;
    }
  };
