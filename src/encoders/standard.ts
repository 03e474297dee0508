// Scales the training part to mean 0 and standard deviation 1.
// In: one column, the training part's end. Out: an encoder. Not here: covariates' use of it (chain.ts).

import * as z from 'zod';
import { affineEncoder, moments, restoreAffine, usableScale } from './affine.ts';
import type { NumberEncoderKind } from './encoder.ts';

/** z = (x − mean) / std, the population's std; a constant column becomes 0. */
export const standard: NumberEncoderKind<Record<string, never>> = {
  kind: 'standard',
  form: 'numbers',
  summary: 'Subtracts the mean and divides by the standard deviation of the training part.',
  options: z.strictObject({}),
  fit: (values, until, _, { column }) => {
    const { mean, std } = moments(values, until);
    return affineEncoder('standard', { center: mean, scale: usableScale(std, mean), shift: 0 }, column);
  },
  restore: restoreAffine,
};
