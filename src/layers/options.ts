// Option schemas that several layers share. Not here: any layer.

import * as z from 'zod';
import type { Activation, Initialiser } from './layer.ts';

export const units: z.ZodType<number> = z.int().min(1).max(1_000_000).describe('width of the layer, values per step');

export const activation: z.ZodType<Activation> = z.enum(['linear', 'relu', 'tanh', 'sigmoid']);

export const initialiser: z.ZodType<Initialiser> = z.enum([
  'glorot-uniform',
  'glorot-normal',
  'he-uniform',
  'he-normal',
  'orthogonal',
  'identity',
  'uniform',
  'zeros',
  'ones',
]);

export interface RecurrentOptions {
  readonly units: number;
  readonly sequences?: boolean | undefined;
  readonly bidirectional: boolean;
  readonly kernel: Initialiser;
  readonly recurrent: Initialiser;
}

/** The fields every recurrent layer has. */
export const recurrentFields: {
  readonly units: z.ZodType<number>;
  readonly sequences: z.ZodOptional<z.ZodBoolean>;
  readonly bidirectional: z.ZodDefault<z.ZodBoolean>;
  readonly kernel: z.ZodDefault<z.ZodType<Initialiser>>;
  readonly recurrent: z.ZodDefault<z.ZodType<Initialiser>>;
} = {
  units,
  sequences: z
    .boolean()
    .optional()
    .describe(
      'give every step instead of the last one; default: true where another recurrent layer follows or window.targets is every',
    ),
  bidirectional: z
    .boolean()
    .default(false)
    .describe('read the window in both directions, 2 · units leave; default false'),
  kernel: initialiser.default('glorot-uniform').describe('first input weights; default glorot-uniform'),
  recurrent: initialiser.default('orthogonal').describe('first recurrent weights; default orthogonal'),
};
