// Adam (Kingma and Ba 2015) as Keras computes it, described:
// m += (1 − b1)(g − m); v += (1 − b2)(g² − v); w −= rate · √(1 − b2^t) / (1 − b1^t) · m / (√v + epsilon).

import * as z from 'zod';
import type { OptimizerKind, OptimizerOf } from './optimizer.ts';

/** The fields adam and adamw share. */
export const adamFields: {
  readonly beta1: z.ZodDefault<z.ZodNumber>;
  readonly beta2: z.ZodDefault<z.ZodNumber>;
  readonly epsilon: z.ZodDefault<z.ZodNumber>;
} = {
  beta1: z.number().min(0).lt(1).default(0.9).describe('memory of the running mean of the gradient; default 0.9'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('memory of the running mean square; default 0.999'),
  epsilon: z.number().positive().default(1e-7).describe('added beside the uncorrected root; default 1e-7'),
};

export const adam: OptimizerKind<OptimizerOf<'adam'>> = {
  kind: 'adam',
  summary: 'Adaptive steps from running moments of the gradient.',
  moments: ['m', 'v'],
  options: z.strictObject({ ...adamFields }),
};
