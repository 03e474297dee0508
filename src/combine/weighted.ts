// Forecasters weighted by how they did: the smaller the error over rolling origins, the more say.
// In: members. Out: their weighted mean. Not here: the origins (judge.ts), equal weights (average.ts).

import * as z from 'zod';
import type { NumberForecaster } from '../core/forecaster.ts';
import { bestOf, fitChosen, groundOf, type Rule } from './chosen.ts';
import type { CombinationKind, FittedCombination, Member } from './combination.ts';
import type { PoolJudgement } from './judge.ts';
import { members, spelledMember } from './members.ts';

export interface WeightedOptions {
  readonly members: readonly Member[];
  readonly best: number;
  readonly power: number;
}

const KIND = 'weighted';

/** Weights error⁻⁴ (or another power) of the best, scaled to sum to 1; equal ones where there are no rows to judge by. Errors: E_DATA_TOO_SHORT where nothing can be fitted. */
export const weighted: CombinationKind<WeightedOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'The mean of several forecasters, weighted by their errors over rolling origins inside the past.',
  options: z.strictObject({
    members: members(2),
    best: z.int().min(1).max(100).default(8).describe('Members that get a weight, the best ones, a count, default 8'),
    power: z
      .int()
      .min(1)
      .max(16)
      .default(4)
      .describe('How fast weights fall with the error: error to the power of minus this, default 4'),
  }),
  create: (options, context): NumberForecaster => {
    const rule = ruleOf(options);
    return {
      name: KIND,
      fit: async (series, request) => (await fitChosen([series], [request], rule, context))[0] as FittedCombination,
      fitPanel: (panel, requests) => fitChosen(panel, requests, rule, context),
    };
  },
};

function ruleOf({ members, best, power }: WeightedOptions): Rule {
  return {
    kind: KIND,
    members: members.map(spelledMember),
    budget: Number.POSITIVE_INFINITY,
    how: 'mean',
    weigh: (judgement) => ({
      weights: weightsOf(judgement, best, power),
      how: 'mean',
      tell: (count) =>
        `weights 1 / error${power === 1 ? '' : `^${power}`} of the best ${count} of ${members.length} members, ${groundOf(judgement)}`,
    }),
  };
}

/** (least error / error)^power, which neither overflows nor divides by 0: who has no error shares with nobody else. */
function weightsOf(judgement: PoolJudgement, best: number, power: number): number[] {
  const { members, origins } = judgement;
  if (origins === 0) return members.map(() => 1);
  const taken = new Set(bestOf(judgement, best));
  const least = Math.min(...[...taken].map((i) => members[i]?.error as number));
  return members.map(({ error }, i) => {
    if (!taken.has(i)) return 0;
    const ratio = error === least ? 1 : least / (error as number);
    let weight = 1;
    for (let k = 0; k < power; k++) weight *= ratio;
    return weight;
  });
}
