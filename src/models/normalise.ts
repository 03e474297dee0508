// The `normalise:` key of a model: what a person writes, and the Normalise it means. Not here: the subtraction (engines/).

import { z } from 'zod';
import type { Normalise } from './network.ts';

export type NormaliseChoice = 'none' | 'last' | 'mean' | { readonly kind: 'mean'; readonly count: number };

export const normaliseChoice: z.ZodType<NormaliseChoice> = z.union([
  z.enum(['none', 'last', 'mean']),
  z.strictObject({
    kind: z.literal('mean'),
    count: z.int().min(1).describe('how many of the last values, steps'),
  }),
]);

/** A bare `mean` is the mean of the whole context. */
export function spellNormalise(choice: NormaliseChoice, context: number): Normalise {
  if (typeof choice === 'object') return choice;
  return choice === 'mean' ? { kind: 'mean', count: context } : { kind: choice };
}
