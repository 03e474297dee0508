// The `normalise:` key of a model: what a person writes, and the Normalise it means. Not here: the subtraction (engines/).

import * as z from 'zod';
import type { Normalise, Scale } from './network.ts';

interface Extras {
  readonly scale?: 'deviation' | 'standard' | undefined;
  readonly clip?: number | undefined;
}

export type NormaliseChoice =
  | 'none'
  | 'last'
  | 'mean'
  | 'revin'
  | ({ readonly kind: 'none' | 'last' | 'revin' } & Extras)
  | ({ readonly kind: 'mean'; readonly count?: number | undefined } & Extras)
  | ({ readonly kind: 'season'; readonly season: number } & Extras);

const clip = z
  .number()
  .positive()
  .optional()
  .describe('hold inputs and targets within ± this many scales; absent: not held');
const extras = {
  scale: z
    .enum(['deviation', 'standard'])
    .optional()
    .describe('divide by the window’s mean absolute deviation or standard deviation; absent: not divided'),
  clip,
};

export const normaliseChoice: z.ZodType<NormaliseChoice> = z.union([
  z.enum(['none', 'last', 'mean', 'revin']),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none'), ...extras }).describe('relative to zero'),
    z.strictObject({ kind: z.literal('last'), ...extras }).describe('relative to the last value'),
    z
      .strictObject({
        kind: z.literal('mean'),
        count: z.int().min(1).optional().describe('how many of the last values, steps; absent: the whole context'),
        ...extras,
      })
      .describe('relative to the mean of the last values'),
    z
      .strictObject({
        kind: z.literal('season'),
        season: z.int().min(1).describe('length of a season, steps'),
        ...extras,
      })
      .describe('targets relative to the season before, inputs to the last value'),
    z
      .strictObject({
        kind: z.literal('revin'),
        clip,
      })
      .describe('mean and standard deviation of the window, with a learnable affine'),
  ]),
]);

/** What the deviation is at least, of the mean size of the values; and what is added to a variance. */
const FLOOR = 1e-3;
const EPSILON = 1e-5;

/** A bare `mean` is the mean of the whole context. */
export function spellNormalise(choice: NormaliseChoice, context: number): Normalise {
  const spelled = typeof choice === 'string' ? { kind: choice } : choice;
  const held = 'clip' in spelled && spelled.clip !== undefined ? { clip: spelled.clip } : {};
  if (spelled.kind === 'revin') {
    return { kind: 'mean', count: context, scale: { kind: 'standard', epsilon: EPSILON }, affine: true, ...held };
  }
  const scale = 'scale' in spelled ? scaleOf(spelled.scale) : {};
  switch (spelled.kind) {
    case 'mean':
      return { kind: 'mean', count: ('count' in spelled ? spelled.count : undefined) ?? context, ...scale, ...held };
    case 'season':
      return { kind: 'season', season: spelled.season, ...scale, ...held };
    default:
      return { kind: spelled.kind, ...scale, ...held };
  }
}

function scaleOf(scale: Extras['scale']): { readonly scale?: Scale } {
  if (scale === undefined) return {};
  return { scale: scale === 'deviation' ? { kind: scale, floor: FLOOR } : { kind: scale, epsilon: EPSILON } };
}

/** Whether windows are left as they are. */
export function isPlain(choice: NormaliseChoice): boolean {
  return choice === 'none' || (typeof choice === 'object' && choice.kind === 'none' && !choice.scale && !choice.clip);
}
