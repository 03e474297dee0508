// What a fit costs, estimated in multiply-adds, so that a budget in seconds means the same members on every machine.
// In: a member, rows, season, steps. Out: multiply-adds. Not here: any clock.

import { contextsTried, PENALTIES } from '../forecasters/linear-choice.ts';
import { sweepCost } from '../forecasters/linear-fit.ts';
import type { Member } from './combination.ts';

/** Multiply-adds that a second of budget stands for: one core of 2026 at the recursions of the closed forms. */
export const NOMINAL_RATE = 1e9;

/** Multiply-adds of a network in the time of one of a recursion: they run in vectors, so many at least on the engine that runs everywhere. */
export const NETWORK_PACE = 5;

/** What an estimate may depend on. */
export interface Workload {
  readonly rows: number;
  readonly season: number;
  /** Steps from the last known row to the last one forecast. */
  readonly reach: number;
  /** Series and targets that one solution is for, where a kind learns from several at once. */
  readonly together: number;
  /** Columns known in advance. */
  readonly ahead: number;
}

/** Multiply-adds of one fit. */
type Cost = (work: Workload, options: { readonly [option: string]: unknown }) => number;

/**
 * Per kind, measured where a search ends by itself. Smoothing: evaluations of the search × rows × terms of one step of the recursion; of ets
 * for each form, more of them the more numbers the season has.
 */
const COSTS: { readonly [kind: string]: Cost } = {
  'last-value': ({ rows }) => rows,
  mean: ({ rows }) => rows,
  drift: ({ rows }) => rows,
  'seasonal-naive': ({ rows }) => rows,
  'window-average': ({ rows }) => rows,
  naive2: ({ rows }) => 20 * rows,
  ses: ({ rows }) => 200 * 6 * rows,
  croston: ({ rows }) => 200 * 6 * rows,
  tsb: ({ rows }) => 200 * 8 * rows,
  holt: ({ rows }) => 600 * 12 * rows,
  theta: ({ rows }) => 60 * 10 * rows,
  'holt-winters': ({ rows, season }) => 600 * 20 * rows + 100 * season,
  airline: ({ rows }) => 150 * 16 * rows,
  regression: ({ rows }) => 1000 * rows,
  'trend-season': ({ rows, season }) => rows * season + season * season * season,
  mstl: ({ rows, season }) => 8000 * rows + season,
  ets: ({ rows, season }, options) => formsOf(season, options) * (50 + 12 * season) * 20 * rows,
  linear: linearCost,
};

/**
 * The normal equations of all windows at once and their solution, for each pass and each context written, and one more for each further
 * penalty; twice where penalties are judged first. What columns known in advance do is found before. Where no context is written, as linear
 * does it: those of the longest context it tries, for both ways of weighing, to judge and then to fit, and a solution for each context and
 * penalty.
 */
function linearCost(
  task: Workload,
  {
    context,
    ridge = 'auto',
    loss,
    passes = 4,
    stride = 1,
    base,
    intercept = false,
  }: { readonly [option: string]: unknown },
): number {
  const { rows, season, reach, together } = task;
  const sums = loss === 'squares' ? 1 : 1 + (passes as number);
  const able = (length: number): number => Math.min(length, Math.max(1, rows - reach));
  const sweep = (context: number): number =>
    sweepCost(rows, { context, reach, stride: stride as number, intercept: intercept as boolean });
  if (context !== undefined && context !== 'auto') {
    const penalties = ridge === 'auto' ? PENALTIES.length : [ridge].flat().length;
    const fits = [context as number | readonly number[]].flat().map(able);
    const once = fits.reduce((sum, length) => {
      const solved = 10 * length * length * length;
      return sum + sums * (sweep(length) + solved / together) + ((penalties - 1) * solved) / together;
    }, 0);
    return (ridge === 'auto' ? 2 * once : once) + aheadCost(task, Math.min(...fits));
  }
  const lengths = Array.from({ length: together }, () => rows);
  const tried = contextsTried(lengths, { season, reach, base: base === 'season' ? season : 0 }).map(able);
  const solutions = tried.reduce((sum, length) => sum + PENALTIES.length * length * length * (length / 3 + reach), 0);
  const all = 2 * (loss === 'squares' ? 1 : 2) * (sums * sweep(Math.max(...tried)) + solutions / together);
  return all + aheadCost(task, Math.min(...tried));
}

/** In each of two rounds windows that reach one step, the errors each column has in them, and their normal equations for every pass. */
function aheadCost({ rows, ahead, together }: Workload, shortest: number): number {
  if (ahead === 0) return 0;
  const context = Math.max(1, Math.min(shortest, Math.floor(rows / 3)));
  const windows = sweepCost(rows, { context, reach: 1, stride: 1, intercept: false });
  const solved = (10 * context * context * context) / together;
  return 2 * (windows + solved + rows * (100 * (ahead + 1) + 5 * ahead * ahead));
}

/** Forms of error, trend and season that ets compares. */
function formsOf(season: number, { error, trend, seasonal }: { readonly [option: string]: unknown }): number {
  const errors = error === undefined || error === 'auto' ? 2 : 1;
  const trends = trend === undefined || trend === 'auto' ? 3 : 1;
  const seasons = season < 2 || (seasonal !== undefined && seasonal !== 'auto') ? 1 : errors === 2 ? 2.5 : 2;
  return errors * trends * seasons;
}

/** A kind nobody has measured: some thirty models of smoothing, searched. */
const UNKNOWN = ({ rows }: Workload): number => 30 * 600 * 12 * rows;

/** Multiply-adds of one fit of one target; null for a network, whose maker knows (CombineContext.networkCost). */
export function costOf(member: Exclude<Member, string>, task: Workload): number {
  const { kind, ...options } = member;
  if (kind === 'log-scale') return 40 * task.rows + costOf(options.model as Exclude<Member, string>, task);
  return (COSTS[kind] ?? UNKNOWN)(task, options);
}

/** "20s", "2m" or "500ms" in nominal multiply-adds. */
export function budgetOf(written: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m)$/.exec(written) ?? [];
  const seconds = unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1;
  return Number(amount) * seconds * NOMINAL_RATE;
}

/** Multiply-adds as the seconds of a budget: "0.84s". */
export function nominalSeconds(multiplyAdds: number): string {
  return `${Number((multiplyAdds / NOMINAL_RATE).toPrecision(2))}s`;
}
