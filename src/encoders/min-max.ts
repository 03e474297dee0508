// Scales the training part's smallest … largest value to low … high.
// In: one column, the training part's end. Out: an encoder. Not here: clipping; later values may fall outside [low, high].

import * as z from 'zod';
import { affineEncoder, restoreAffine, usableScale } from './affine.ts';
import type { NumberEncoderKind } from './encoder.ts';

export interface MinMaxOptions {
  readonly low: number;
  readonly high: number;
}

const options = z
  .strictObject({
    low: z.number().default(0).describe('Encoded value of the smallest training value, a number, default 0'),
    high: z.number().default(1).describe('Encoded value of the largest training value, a number above low, default 1'),
  })
  .refine(({ low, high }) => high > low, { message: 'high must be above low', path: ['high'] });

/** z = low + (high − low) · (x − min) / (max − min); a constant column becomes low. */
export const minMax: NumberEncoderKind<MinMaxOptions> = {
  kind: 'min-max',
  form: 'numbers',
  summary: 'Scales the smallest and largest training value to 0 and 1 (or low and high).',
  options,
  fit: (values, until, { low, high }, { column }) => {
    let min = values[0] as number;
    let max = min;
    for (let i = 1; i < until; i++) {
      min = Math.min(min, values[i] as number);
      max = Math.max(max, values[i] as number);
    }
    const range = usableScale(max - min, min);
    return affineEncoder('min-max', { center: min, scale: range / (high - low), shift: low }, column);
  },
  restore: restoreAffine,
};
