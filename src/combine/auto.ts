// The automatic choice: many unlike forecasters judged by rolling origins, and a mixture of those that err least together. Never the single best.
// In: a budget, members where a person names them. Out: one forecast of theirs, and what was tried. Not here: the pool (pool.ts), the origins (judge.ts), the weights (least-error.ts).

import * as z from 'zod';
import type { Series } from '../core/data.ts';
import type { FitRequest, NumberForecaster } from '../core/forecaster.ts';
import type { How } from './blend.ts';
import { bestOf, fitChosen, groundOf, nearest, type Rule } from './chosen.ts';
import type { CombinationKind, CombineContext, FittedCombination, Member } from './combination.ts';
import { budgetOf, nominalSeconds } from './cost.ts';
import type { PoolJudgement } from './judge.ts';
import { leastErrorWeights } from './least-error.ts';
import { logScale } from './log-scale.ts';
import { spelled } from './member.ts';
import { members, spelledMember } from './members.ts';
import { poolOf } from './pool.ts';

export interface AutoOptions {
  readonly budget: string;
  readonly best?: number | undefined;
  readonly how: 'auto' | How;
  readonly members?: readonly Member[] | undefined;
}

const KIND = 'auto';
/** However few are near the best, so many have a part, where fewer than MANY forecasts side by side were judged. */
const LEAST_MEMBERS = 3;
const MANY = 100;
/** Over few forecasts errors differ by chance as much as by merit: no member is left out for less than this. */
const MOST_APART = 1.5;
/** Forecasts side by side from which on it can be told who errs unlike the others: with fewer, weights follow chance. */
const ENOUGH = 4;

/** Errors: E_DATA_TOO_SHORT where no member can be fitted. */
export const auto: CombinationKind<AutoOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'Tries many forecasters on rolling origins inside the past and mixes those that err least together.',
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
      .optional()
      .describe(
        'Members that have a part, the best ones, all with the same say, a count of 2 or more; default as many as it takes',
      ),
    how: z
      .enum(['auto', 'mean', 'median'])
      .default('auto')
      .describe(
        'What is taken of the forecasts, step by step: mean or median of those near the best, or auto (default): weights with which they err least together; where fewer than four forecasts lie side by side the median of one series, the mean of a panel',
      ),
    members: members(1).optional().describe('Forecasters to try, in this order, default a pool of unlike ones'),
  }) as unknown as CombinationKind<AutoOptions>['options'],
  create: (options, context): NumberForecaster => {
    const fitPanel = (panel: readonly Series[], requests: readonly FitRequest[]): Promise<FittedCombination[]> =>
      fitChosen(panel, requests, ruleOf(options, context, panel, requests), context);
    return {
      name: KIND,
      fit: async (series, request) => (await fitPanel([series], [request]))[0] as FittedCombination,
      fitPanel,
    };
  },
};

function ruleOf(
  { budget, best, how, members }: AutoOptions,
  { season }: CombineContext,
  panel: readonly Series[],
  requests: readonly FitRequest[],
): Rule {
  const { horizon = 1, lead = 0 } = requests[0] ?? {};
  const ground = { season, series: panel.length, rows: usualRows(requests), reach: horizon + lead };
  const pool =
    members?.map(spelledMember) ?? poolOf(ground).map((member) => spelled(member, { 'log-scale': logScale }));
  const taken = how === 'auto' ? (panel.length > 1 ? 'mean' : 'median') : how;
  const free = best === undefined && how === 'auto';
  return {
    kind: KIND,
    members: pool,
    budget: budgetOf(budget),
    how: taken,
    weigh: (judgement) => {
      const tried = judgement.members.filter(({ reason }) => reason === null).length;
      const spent = `${groundOf(judgement)}, ${nominalSeconds(judgement.spent)} of ${budget}`;
      const weights = free && judgement.origins > 0 ? together(judgement) : null;
      if (weights) {
        const tell = (count: number): string =>
          `mean of ${count} of ${tried}, weighted for the least error together, ${spent}`;
        return { weights, how: 'mean', tell };
      }
      const tell = (count: number): string => `${taken} of ${whichOf(judgement, count, tried, best)}, ${spent}`;
      if (judgement.origins === 0) return { weights: pool.map(() => 1), how: taken, tell };
      const chosen =
        best === undefined
          ? nearest(judgement, reachOf(judgement), judgement.apart < MANY ? LEAST_MEMBERS : 1)
          : bestOf(judgement, best);
      return { weights: pool.map((_, i) => (chosen.includes(i) ? 1 : 0)), how: taken, tell };
    },
  };
}

/**
 * The weights with which all members that were judged err least together; null where too few forecasts lie side by side in every series:
 * what is shared by all at a time is no second sight of it.
 */
function together({ members, blocks, longest }: PoolJudgement): number[] | null {
  if (longest < ENOUGH) return null;
  const judged = members.flatMap(({ misses }, i) => (misses === null ? [] : [{ misses, i }]));
  if (judged.length === 0) return null;
  const weights = leastErrorWeights(
    judged.map(({ misses }) => misses),
    blocks,
  );
  return members.map((_, i) => weights[judged.findIndex((one) => one.i === i)] ?? 0);
}

/** The middle one of the rows known of each series. */
function usualRows(requests: readonly FitRequest[]): number {
  const rows = requests.map(({ until, validation }) => validation ?? until).sort((a, b) => a - b);
  return rows[rows.length >> 1] as number;
}

/** How many times the least error a member's may be: of n forecasts side by side, chance alone moves a mean by some 1/√n of itself. */
function reachOf({ apart }: PoolJudgement): number {
  return Math.min(MOST_APART, 1 + 1 / Math.sqrt(Math.max(1, apart)));
}

function whichOf(judgement: PoolJudgement, count: number, tried: number, best: number | undefined): string {
  if (judgement.origins === 0) return `all ${count}`;
  if (best !== undefined) return `the best ${count} of ${tried}`;
  return `${count} of ${tried} within ${Math.round(100 * (reachOf(judgement) - 1))} % of the best`;
}
