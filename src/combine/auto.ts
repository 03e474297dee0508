// The automatic choice: many unlike forecasters judged by rolling origins, and the mean of the best five. Never the single best.
// In: a budget, members where a person names them. Out: their mean, and what was tried. Not here: the pool (pool.ts), the origins (judge.ts).

import { z } from 'zod';
import type { NumberForecaster } from '../core/forecaster.ts';
import { bestOf, fitChosen, groundOf, type Rule } from './chosen.ts';
import type { CombinationKind, CombineContext, FittedCombination, Member } from './combination.ts';
import { budgetOf, nominalSeconds } from './cost.ts';
import type { Judgement } from './judge.ts';
import { spelled } from './member.ts';
import { members, spelledMember } from './members.ts';
import { poolOf } from './pool.ts';
import { transformed } from './transformed.ts';

export interface AutoOptions {
  readonly budget: string;
  readonly best: number;
  readonly members?: readonly Member[] | undefined;
}

const KIND = 'auto';
/** Forecasts that must fit side by side into the past for errors to choose by: over fewer nobody can see a trend change. */
const LEAST_BLOCKS = 3;

/** Errors: E_DATA_TOO_SHORT where no member can be fitted. */
export const auto: CombinationKind<AutoOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'Tries many forecasters on rolling origins inside the past and takes the mean of the best five.',
  options: z.strictObject({
    budget: z
      .string()
      .regex(/^(?:\d+(?:\.\d+)?|\.\d+)(?:ms|s|m)$/, { error: 'a time, as 500ms, 20s or 2m' })
      .default('20s')
      .describe(
        'What one fit may cost, as 20s or 2m, default 20s: estimated multiply-adds at a fixed rate (10⁹ a second), never the clock, so that every machine tries the same members',
      ),
    best: z
      .int()
      .min(2)
      .max(100)
      .default(5)
      .describe('Members whose mean is taken, the best ones, a count of 2 or more, default 5'),
    members: members(1).optional().describe('Forecasters to try, in this order, default a pool of unlike ones'),
  }) as unknown as CombinationKind<AutoOptions>['options'],
  create: (options, context): NumberForecaster => {
    const rule = ruleOf(options, context);
    return {
      name: KIND,
      fit: async (series, request) => (await fitChosen([series], [request], rule, context))[0] as FittedCombination,
      fitPanel: (panel, requests) => fitChosen(panel, requests, rule, context),
    };
  },
};

function ruleOf({ budget, best, members }: AutoOptions, { season }: CombineContext): Rule {
  const pool = members?.map(spelledMember) ?? poolOf(season).map((member) => spelled(member, { transformed }));
  return {
    kind: KIND,
    members: pool,
    budget: budgetOf(budget),
    weigh: (judgement) => {
      const taken = new Set(isWhole(judgement) ? pool.keys() : bestOf(judgement, best));
      return pool.map((_, i) => (taken.has(i) ? 1 : 0));
    },
    tell: (judgement, count) => {
      const tried = judgement.members.filter(({ reason }) => reason === null).length;
      const which = isWhole(judgement)
        ? `mean of all ${count} (${judgement.blocks} blocks of ${judgement.horizon} rows are too few to choose by)`
        : `mean of the best ${count} of ${tried}`;
      return `${which}, ${groundOf(judgement)}, ${nominalSeconds(judgement.spent)} of ${budget}`;
    },
  };
}

function isWhole({ blocks, origins }: Judgement): boolean {
  return origins === 0 || blocks < LEAST_BLOCKS;
}
