// Members judged, then those with a weight fitted on all that is known: what auto and weighted share.
// In: members, how errors become weights. Out: one combination per series. Not here: the rules themselves.

import type { Series } from '../core/data.ts';
import type { FitRequest } from '../core/forecaster.ts';
import { assembled } from './average.ts';
import { type Attempt, attemptPanel, type How } from './blend.ts';
import {
  type CombinationReport,
  type CombineContext,
  type FittedCombination,
  type Member,
  sharing,
} from './combination.ts';
import { judge, type PoolJudgement } from './judge.ts';
import { labelOf } from './member.ts';

type Choice = Exclude<Member, string>;

export interface Rule {
  readonly kind: string;
  readonly members: readonly Choice[];
  /** Multiply-adds that judging and fitting may take. */
  readonly budget: number;
  /** What is taken of those with a weight where an earlier fit does not say. */
  readonly how: How;
  weigh(judgement: PoolJudgement): Weighed;
}

export interface Weighed {
  /** Of each judged member, 0 for none; those left out have none whatever it says. */
  readonly weights: readonly number[];
  /** What is taken of them; the median asks for no weights but 0. */
  readonly how: How;
  /** What was done, told of as many members as could be fitted. */
  tell(count: number): string;
}

/** The choice is one for all series of the panel, that of an earlier fit where there was one. Errors: E_DATA_TOO_SHORT where nothing can be fitted. */
export async function fitChosen(
  panel: readonly Series[],
  requests: readonly FitRequest[],
  rule: Rule,
  context: CombineContext,
): Promise<FittedCombination[]> {
  const before = choicesBefore(panel, rule, context);
  return before
    ? await fitAgain(panel, requests, rule, before, context)
    : await fitJudged(panel, requests, rule, context);
}

/** What an earlier fit chose for each series; null where one is not known, or was chosen among others. */
function choicesBefore(
  panel: readonly Series[],
  { members }: Rule,
  { chosen }: CombineContext,
): readonly CombinationReport[] | null {
  const labels = members.map(labelOf);
  const reports = panel.flatMap(({ id }) => chosen?.(id) ?? []);
  const same = reports.every(
    (report) =>
      report.members.length === labels.length && report.members.every(({ member }, i) => member === labels[i]),
  );
  return reports.length === panel.length && same ? reports : null;
}

/** Those that were chosen, fitted as they were then: nothing is judged. */
async function fitAgain(
  panel: readonly Series[],
  requests: readonly FitRequest[],
  { kind, how, members }: Rule,
  reports: readonly CombinationReport[],
  context: CombineContext,
): Promise<FittedCombination[]> {
  const weightOf = (s: number, i: number): number => reports[s]?.members[i]?.weight ?? 0;
  const attempts: Attempt[][] = [];
  for (const [i, member] of members.entries()) {
    const fits = panel.some((_, s) => weightOf(s, i) > 0);
    attempts.push(
      fits ? await attemptPanel(() => context.create(member), panel, requests) : panel.map(() => NOT_TAKEN),
    );
  }
  const share = sharing();
  return panel.map((_, s) => {
    const report = reports[s] as CombinationReport;
    const own = attempts.map((of) => of[s] as Attempt);
    const [labels, weights] = [report.members.map(({ member }) => member), report.members.map(({ weight }) => weight)];
    return Object.assign(
      assembled(kind, labels, own, weights, { how: report.how ?? how, rule: () => report.rule, share }),
      { report },
    );
  });
}

const NOT_TAKEN: Attempt = { reason: null };

async function fitJudged(
  panel: readonly Series[],
  requests: readonly FitRequest[],
  rule: Rule,
  context: CombineContext,
): Promise<FittedCombination[]> {
  const judgement = await judge(rule.members, panel, requests, rule.budget, context);
  const { members } = judgement;
  const { weights: given, how, tell } = rule.weigh(judgement);
  const weights = given.map((weight, i) => (members[i]?.reason === null ? weight : 0));
  const attempts: Attempt[][] = [];
  for (const [i, { member, reason }] of members.entries()) {
    const idle: Attempt = { reason };
    const fits = (weights[i] as number) > 0;
    attempts.push(fits ? await attemptPanel(() => context.create(member), panel, requests) : panel.map(() => idle));
  }
  const labels = members.map(({ label }) => label);
  const errors = members.map(({ error }) => error);
  const share = sharing();
  return panel.map((_, s) => {
    const own = attempts.map((of) => of[s] as Attempt);
    const fitted = assembled(rule.kind, labels, own, weights, { how, rule: tell, errors, share });
    return Object.assign(fitted, { report: { ...fitted.report, how } });
  });
}

/** "judged by 5 rolling origins of 12 steps", or why they were not. */
export function groundOf({ origins, horizon }: PoolJudgement): string {
  if (origins === 0) return 'none judged: too few rows for a rolling origin';
  const steps = horizon === 1 ? '1 step' : `${horizon} steps`;
  return `judged by ${origins} rolling origin${origins === 1 ? '' : 's'} of ${steps}`;
}

/**
 * Positions of the members whose error is at most `times` the least one, and of the `least` best ones, ties in the members' order.
 */
export function nearest(judgement: PoolJudgement, times: number, least: number): number[] {
  const ranked = bestOf(judgement, judgement.members.length);
  const errors = ranked.map((i) => judgement.members[i]?.error as number);
  const far = errors.findIndex((error, rank) => rank >= least && error > times * (errors[0] as number));
  return far < 0 ? ranked : ranked.slice(0, far);
}

/** Positions of the `count` members with the least errors, ties in the members' order. */
export function bestOf({ members }: PoolJudgement, count: number): number[] {
  return members
    .flatMap(({ error, reason }, i) => (error !== null && reason === null ? [{ error, i }] : []))
    .sort((a, b) => a.error - b.error || a.i - b.i)
    .slice(0, count)
    .map(({ i }) => i);
}
