// The table of losses. Adding one: its description here, one cell in each engine (the compiler lists the missing ones).

import * as z from 'zod';
import { crossEntropy } from './cross-entropy.ts';
import { huber } from './huber.ts';
import type { LossKind, LossName, LossOf, LossSpec } from './loss.ts';
import { mae } from './mae.ts';
import { mse } from './mse.ts';
import { pinball } from './pinball.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own options type, checked by its own schema
type AnyOptions = any;

export const LOSSES: { readonly [K in LossName]: LossKind<LossOf<K>, AnyOptions> } = {
  mse,
  mae,
  huber,
  pinball,
  'cross-entropy': crossEntropy,
};

/** A loss as a person writes it: `huber`, or `{ kind: huber, delta: 2 }`. */
export type LossChoice = LossName | { readonly kind: LossName; readonly [option: string]: unknown };

/** Schema of a `loss:` key. */
export const lossChoice: z.ZodType<LossChoice> = z.union([
  z.enum(Object.keys(LOSSES) as LossName[]),
  z.discriminatedUnion(
    'kind',
    Object.values(LOSSES).map((loss) =>
      z.strictObject({ kind: z.literal(loss.kind), ...loss.options.shape }),
    ) as unknown as [z.ZodObject<{ kind: z.ZodLiteral<LossName> }>],
  ),
]) as unknown as z.ZodType<LossChoice>;

/** The spec of a choice; a bare name takes the kind's defaults. */
export function spellLoss(choice: LossChoice): LossSpec {
  const { kind, ...options } = typeof choice === 'string' ? { kind: choice } : choice;
  const loss = LOSSES[kind];
  return loss.spell(loss.options.parse(options));
}
