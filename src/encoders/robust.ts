// Scales by figures that a few outliers cannot move: median and interquartile range of the training part.
// In: one column, the training part's end. Out: an encoder. Not here: removing the outliers.

import * as z from 'zod';
import { affineEncoder, restoreAffine, usableScale } from './affine.ts';
import type { NumberEncoderKind } from './encoder.ts';

/** z = (x − median) / (q75 − q25), quantiles interpolated linearly between order statistics (R's type 7). */
export const robust: NumberEncoderKind<Record<string, never>> = {
  kind: 'robust',
  form: 'numbers',
  summary: 'Subtracts the median and divides by the interquartile range of the training part; outliers hardly matter.',
  options: z.strictObject({}),
  fit: (values, until, _, { column }) => {
    const sorted = values.slice(0, until).sort();
    const median = quantile(sorted, 0.5);
    const scale = usableScale(quantile(sorted, 0.75) - quantile(sorted, 0.25), median);
    return affineEncoder('robust', { center: median, scale, shift: 0 }, column);
  },
  restore: restoreAffine,
};

function quantile(sorted: Float64Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const left = sorted[below] as number;
  const right = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return left + (right - left) * (at - below);
}
