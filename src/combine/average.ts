// The mean or median of chosen forecasters, all with the same say.
// In: members. Out: one forecast. Not here: weights (weighted.ts), choosing them (auto.ts).

import * as z from 'zod';
import type { Series } from '../core/data.ts';
import type { FitRequest, NumberForecaster } from '../core/forecaster.ts';
import { type Attempt, attemptPanel, blend, type How, noneLeft, type Part } from './blend.ts';
import {
  type CombinationKind,
  type CombinationReport,
  type CombineContext,
  type FittedCombination,
  type Member,
  sharing,
  type Tried,
} from './combination.ts';
import { how } from './how.ts';
import { labelOf } from './member.ts';
import { members, spelledMember } from './members.ts';

export interface AverageOptions {
  readonly members: readonly Member[];
  readonly how: How;
}

const KIND = 'average';

/** Errors: E_DATA_TOO_SHORT where no member can be fitted; one that cannot is left out and told of. */
export const average: CombinationKind<AverageOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'The mean or median of several forecasters.',
  options: z.strictObject({ members: members(2), how }),
  create: (options, context): NumberForecaster => ({
    name: KIND,
    fit: async (series, request) => (await fitAverage([series], [request], options, context))[0] as FittedCombination,
    fitPanel: (panel, requests) => fitAverage(panel, requests, options, context),
  }),
};

async function fitAverage(
  panel: readonly Series[],
  requests: readonly FitRequest[],
  { members, how }: AverageOptions,
  context: CombineContext,
): Promise<FittedCombination[]> {
  const attempts: Attempt[][] = [];
  for (const member of members) {
    attempts.push(await attemptPanel(() => context.create(spelledMember(member)), panel, requests));
  }
  const labels = members.map(labelOf);
  const share = sharing();
  return panel.map((_, s) => {
    const own = attempts.map((of) => of[s] as Attempt);
    const weights = own.map((one) => ('fitted' in one ? 1 : 0));
    const rule = (count: number): string => `${how} of ${count} members`;
    return assembled(KIND, labels, own, weights, { how, rule, share });
  });
}

/** How far a sum of weights that were scaled to 1 may be from it: rounding alone. */
const ROUNDING = 1e-12;

interface Assembly {
  readonly how: How;
  /** What was done, told of as many members as have a part. */
  readonly rule: (count: number) => string;
  /** What each member was judged by; absent: by nothing. */
  readonly errors?: readonly (number | null)[];
  /** That of the panel (`sharing`). */
  readonly share: (report: CombinationReport) => CombinationReport;
}

/**
 * The combination of what could be fitted and has a weight; weights are scaled to sum to 1, those that do already stay to the last bit. Errors: E_DATA_TOO_SHORT where nothing is left.
 */
export function assembled(
  kind: string,
  labels: readonly string[],
  attempts: readonly Attempt[],
  weights: readonly number[],
  { how, rule, share, errors = [] }: Assembly,
): FittedCombination {
  const taken = attempts.map((one, i) => ('fitted' in one ? (weights[i] as number) : 0));
  const total = taken.reduce((sum, weight) => sum + weight, 0);
  const sum = Math.abs(total - 1) < ROUNDING ? 1 : total;
  const parts: Part[] = [];
  const tried = attempts.map((one, i): Tried => {
    const weight = sum > 0 ? (taken[i] as number) / sum : 0;
    if ('fitted' in one && weight > 0) parts.push({ fitted: one.fitted, weight });
    const reason = 'reason' in one ? one.reason : null;
    return { member: labels[i] as string, error: errors[i] ?? null, weight, reason };
  });
  if (parts.length === 0)
    throw noneLeft(
      kind,
      tried.flatMap(({ reason }) => reason ?? []),
    );
  return blend(kind, parts, how, share({ rule: rule(parts.length), members: tried }));
}
