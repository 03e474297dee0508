// The contract of the table of combinations: forecasters made of other forecasters, which come in as factories.
// In: options and how a member is made. Out: a forecaster. Not here: any member, any network.

import type { Series } from '../core/data.ts';
import type { FittedNumbers, NumberForecaster } from '../core/forecaster.ts';
import type { Kind } from '../core/kind.ts';

/** A member as a config writes it: its kind and options, or the kind alone. */
export type Member = string | { readonly kind: string; readonly [option: string]: unknown };

/** What a combination is lent by whoever makes it. */
export interface CombineContext {
  readonly season: number;
  /** The forecaster of a member; its options are already checked. Errors: those of its options. */
  create(member: Exclude<Member, string>): NumberForecaster;
  /** Multiply-adds of one fit of a member that is or holds a network, all its seeds, on the first `rows` rows; absent where no member can be one. */
  networkCost?(member: Exclude<Member, string>, series: Series, rows: number): number;
  /** What an earlier fit of a series chose among the same members: it is taken instead of judging them again; null: nothing is known. */
  chosen?(series: string): CombinationReport | null;
}

export interface CombinationKind<Options = unknown> extends Kind<Options> {
  readonly form: 'numbers';
  create(options: Options, context: CombineContext): NumberForecaster;
}

/** What became of one member. */
export interface Tried {
  readonly member: string;
  /** Its error over rolling origins: the mean absolute one, in the target's unit, or scale-free where several series or targets are judged together. */
  readonly error: number | null;
  /** Its part in the forecast; 0 where it has none. */
  readonly weight: number;
  /** Why it was left out; null where it was not. */
  readonly reason: string | null;
}

/** What a combination did, as it is told. */
export interface CombinationReport {
  /** One sentence: the rule and what it rests on. */
  readonly rule: string;
  /** What was taken of the members' forecasts; absent where the options say. */
  readonly how?: 'mean' | 'median';
  readonly members: readonly Tried[];
}

export interface FittedCombination extends FittedNumbers {
  readonly report: CombinationReport;
  /** Those that have a part in the forecast. */
  readonly members: readonly FittedNumbers[];
}

/** Gives back the first of equal reports: those of a panel's series are, and thousands of copies take more room than what was fitted. */
export function sharing(): (report: CombinationReport) => CombinationReport {
  const known = new Map<string, CombinationReport>();
  return (report) => {
    const key = JSON.stringify(report);
    const first = known.get(key);
    if (first) return first;
    known.set(key, report);
    return report;
  };
}

/** The report of what was fitted; null where it is no combination. */
export function reportOf(fitted: FittedNumbers): CombinationReport | null {
  return 'report' in fitted ? (fitted as FittedCombination).report : null;
}
