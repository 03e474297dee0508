// Options that several combinations share.
// In: nothing. Out: zod fields. Not here: the combinations.

import * as z from 'zod';
import type { Kind } from '../core/kind.ts';
import type { Member } from './combination.ts';
import { logScale } from './log-scale.ts';
import { memberWith, spelled } from './member.ts';
import { seeds } from './seeds.ts';

/** Combinations of one forecaster, which may be members themselves. */
const WRAPPERS: { readonly [kind: string]: Kind } = {
  'log-scale': logScale as Kind,
  seeds: seeds as Kind,
};

const member: z.ZodType<Member> = memberWith(WRAPPERS);

/** At least `least` members. */
export function members(least: number): z.ZodType<readonly Member[]> {
  return z
    .array(member)
    .min(least)
    .max(100)
    .describe(`Forecasters by kind and options, a list of ${least} or more`) as unknown as z.ZodType<readonly Member[]>;
}

/** A member with all its options. */
export function spelledMember(written: Member): Exclude<Member, string> {
  return spelled(written, WRAPPERS);
}
