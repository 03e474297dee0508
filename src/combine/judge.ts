// Members judged by rolling origins inside the past that a fit was given: the ground of every choice and weight.
// In: members in order, a panel, a budget. Out: an error for each member, or why it has none. Not here: what is made of them.

import { type Column, rowsOf, type Series } from '../core/data.ts';
import type { FitRequest, NumberForecaster } from '../core/forecaster.ts';
import { joined } from '../core/joined.ts';
import { backtest, type Fold, type Track, type Walk } from '../evaluate/backtest.ts';
import { errorsAt } from '../evaluate/score.ts';
import { seasonalScale } from '../metrics/pointwise.ts';
import { attempt } from './blend.ts';
import type { CombineContext, Member } from './combination.ts';
import { costOf, NETWORK_PACE, NOMINAL_RATE, nominalSeconds } from './cost.ts';
import { hasNetwork, labelOf } from './member.ts';
import { MANY_ROWS } from './pool.ts';

type Choice = Exclude<Member, string>;

const LEAST_ORIGINS = 5;
const MOST_ORIGINS = 16;
/** The part of a budget, and the most multiply-adds, that judging by more than LEAST_ORIGINS may come to. */
const ROOM = 1 / 8;
const MOST_ROOM = 2.5 * NOMINAL_RATE;
const JUDGED_SERIES = 100;
const LEAST_ROWS = 20;
const LEAST_SEASONS = 2;

export interface Judged {
  readonly member: Choice;
  readonly label: string;
  /** Mean absolute error over all origins; null where it was not judged. */
  readonly error: number | null;
  /** What came less what it forecast, in the unit of `error`: steps, origins, targets, series; NaN of a series it cannot be fitted to. Null where it was not judged. */
  readonly misses: Float64Array | null;
  /** Why it was left out; null: it was not. */
  readonly reason: string | null;
}

export interface PoolJudgement {
  readonly members: readonly Judged[];
  /** Origins of the longest series, and steps of each forecast. */
  readonly origins: number;
  readonly horizon: number;
  /** Forecasts judged that do not overlap, over all series. */
  readonly apart: number;
  /** Those of the series that has the most. */
  readonly longest: number;
  /** Rows of `misses` that come from one fit, in order. */
  readonly blocks: readonly number[];
  readonly spent: number;
}

/**
 * Origins lie H, H + m/2, … rows before the end (m the season; six rows where it is less; of MANY_ROWS spread over the newest half), five at
 * most, up to sixteen where all members judged by so many take an eighth of the budget (of 20s at most), where two seasons, and 20 rows,
 * remain before them; where H is less than the way to the next one, several forecasts are asked of each fit. Members are taken in order while
 * the budget lasts, the first of them always; one that fails costs nothing.
 */
export async function judge(
  members: readonly Choice[],
  panel: readonly Series[],
  requests: readonly FitRequest[],
  budget: number,
  context: CombineContext,
): Promise<PoolJudgement> {
  const pasts = panel.map((series, s) => pastOf(series, requests[s] as FitRequest));
  const { horizon = 1, lead = 0, seed = 0, signal } = requests[0] ?? {};
  const { walks, walked } = walksOf(pasts, horizon, lead, members, budget, context);
  const judged: Judged[] = [];
  let spent = 0;
  for (const member of members) {
    const cost = panelCost(member, walks, walked, horizon + lead, context);
    const label = labelOf(member);
    const leftOut = (reason: string): Judged => ({ member, label, error: null, misses: null, reason });
    if (judged.length > 0 && spent + cost > budget) {
      const reason = `over the budget: it would take ${nominalSeconds(cost)}, ${nominalSeconds(Math.max(0, budget - spent))} are left`;
      judged.push(leftOut(reason));
      continue;
    }
    const found = await errorOf(() => context.create(member), walked, horizon, lead, seed, signal);
    if ('reason' in found) judged.push(leftOut(found.reason));
    else if (found.error === null || Number.isFinite(found.error)) {
      spent += cost;
      judged.push({ member, label, ...found, reason: null });
    } else judged.push(leftOut('its forecasts are not finite'));
  }
  return {
    members: judged,
    origins: walks.reduce((most, { folds }) => Math.max(most, folds.length), 0),
    horizon,
    apart: walked.reduce((sum, { folds }) => sum + apartOf(folds, horizon), 0),
    longest: Math.max(0, ...walked.map(({ folds }) => apartOf(folds, horizon))),
    blocks: walked.flatMap((walk) => blocksOf(walk, horizon)),
    spent,
  };
}

/** What a fit may learn from. */
function pastOf(series: Series, { until, validation }: FitRequest): Series {
  return rowsOf(series, 0, validation ?? until);
}

function leastOf(season: number): number {
  return Math.max(LEAST_ROWS, season >= 2 ? LEAST_SEASONS * season : 0);
}

/** Forecasts of `horizon` steps that lie side by side between the first and the last origin. */
function apartOf(folds: readonly Fold[], horizon: number): number {
  const first = folds[0]?.origins[0] as number;
  const last = folds.at(-1)?.origins.at(-1) as number;
  return Math.floor((last - first) / horizon) + 1;
}

/** Where all members are judged: by as many origins as there is room for. `walked`: the series that are. */
function walksOf(
  pasts: readonly Series[],
  horizon: number,
  lead: number,
  members: readonly Choice[],
  budget: number,
  context: CombineContext,
): { readonly walks: readonly Walk[]; readonly walked: readonly Walk[] } {
  const room = Math.min(ROOM * budget, MOST_ROOM);
  for (let most = MOST_ORIGINS; ; most--) {
    const planned = new Map<number, Fold[]>(); // series of one length share their folds
    const walks = pasts.map((series): Walk => {
      const folds = planned.get(series.length) ?? foldsOf(series.length, horizon, lead, context.season, most);
      planned.set(series.length, folds);
      return { series, folds };
    });
    const walked = sampled(walks.filter(({ folds }) => folds.length > 0));
    if (most <= LEAST_ORIGINS) return { walks, walked };
    let cost = 0;
    for (const member of members) {
      cost += panelCost(member, walks, walked, horizon + lead, context);
      if (cost > room) break;
    }
    if (cost <= room) return { walks, walked };
  }
}

/** Rows of a fold's forecasts, fold by fold, target by target. */
function blocksOf({ series, folds }: Walk, horizon: number): number[] {
  return series.targets.flatMap(() => folds.map(({ origins }) => origins.length * horizon));
}

function foldsOf(length: number, horizon: number, lead: number, season: number, most: number): Fold[] {
  const near = season >= 2 ? Math.max(1, Math.floor(season / 2)) : Math.max(6, Math.ceil(horizon / 2));
  // Where there are rows enough the newest half of them is judged: forecasts that overlap are one sight of the series, not several.
  const step = length < MANY_ROWS ? near : Math.max(near, Math.floor(length / (2 * most)));
  const newest = length - lead - horizon;
  const folds: Fold[] = [];
  for (let k = most - 1; k >= 0; k--) {
    const first = newest - k * step;
    if (first < leastOf(season)) continue;
    const origins: number[] = [];
    for (let origin = first; origin < first + step && origin <= newest; origin += horizon) origins.push(origin);
    folds.push({ from: 0, origins });
  }
  return folds;
}

/** Every k-th series, so that at most JUDGED_SERIES are left: past a hundred chance no longer chooses, and what is saved pays for better members. */
function sampled(walks: readonly Walk[]): readonly Walk[] {
  const stride = Math.ceil(walks.length / JUDGED_SERIES);
  return stride > 1 ? walks.filter((_, s) => s % stride === 0) : walks;
}

/** All fits of the origins that are judged, and the one of every series on everything known. */
function panelCost(
  member: Choice,
  walks: readonly Walk[],
  judged: readonly Walk[],
  reach: number,
  context: CombineContext,
): number {
  const { season } = context;
  const taken = new Set(judged);
  const known = new Map<string, number>(); // series are alike in what a cost depends on
  const closed = ({ targets, future }: Series, rows: number): number => {
    const key = `${rows} ${targets.length} ${future.length}`;
    const task = { rows, season, reach, together: walks.length * targets.length, ahead: future.length };
    const cost = known.get(key) ?? targets.length * costOf(member, task);
    known.set(key, cost);
    return cost;
  };
  const network = hasNetwork(member);
  let sum = 0;
  for (const walk of walks) {
    const { series } = walk;
    const folds = taken.has(walk) ? walk.folds : [];
    for (const rows of [series.length, ...folds.map(({ origins }) => origins[0] as number)])
      sum += network ? (context.networkCost?.(member, series, rows) ?? 0) / NETWORK_PACE : closed(series, rows);
  }
  return sum;
}

/**
 * Mean absolute error over all origins and steps: of one target in its own unit; of several each is first divided by the mean absolute
 * change from row to row before the first origin. A series of a panel that the forecaster cannot be fitted to does not count, as long as it
 * can be to half of them. Null where there is no origin.
 */
async function errorOf(
  create: () => NumberForecaster,
  walks: readonly Walk[],
  horizon: number,
  lead: number,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Pick<Judged, 'error' | 'misses'> | { readonly reason: string }> {
  const tracks = await tracksOf(create, walks, { horizon, lead }, seed, signal);
  const failed = tracks.filter((track) => typeof track === 'string');
  if (failed[0] !== undefined && 2 * failed.length > walks.length) return { reason: failed[0] };
  if (walks.length === 0) return { error: null, misses: null };
  const alone = walks.length === 1 && walks[0]?.series.targets.length === 1;
  let sum = 0;
  let count = 0;
  const missed: Float64Array[] = [];
  for (const [s, walk] of walks.entries()) {
    const track = tracks[s] as Track | string;
    if (typeof track === 'string') {
      missed.push(...blocksOf(walk, horizon).map((rows) => new Float64Array(rows).fill(Number.NaN)));
      continue;
    }
    for (const [c, misses] of errorsAt(walk.series, track, horizon, lead).entries()) {
      const { values } = walk.series.targets[c] as Column;
      const scale = alone ? 1 : (seasonalScale(values.subarray(0, walk.folds[0]?.origins[0]), 1) ?? 0);
      missed.push(scale > 0 ? misses.map((miss) => miss / scale) : misses);
      if (scale === 0) continue;
      sum += meanSize(misses) / scale;
      count++;
    }
  }
  return { error: count > 0 ? sum / count : 0, misses: joined(missed) };
}

/** The forecasts of each series, or why there are none: of all together where the forecaster learns from several, else of each by itself. */
async function tracksOf(
  create: () => NumberForecaster,
  walks: readonly Walk[],
  plan: { readonly horizon: number; readonly lead: number },
  seed: number,
  signal: AbortSignal | undefined,
): Promise<(Track | string)[]> {
  const made = await attempt(async () => create());
  if ('reason' in made) return walks.map(() => made.reason);
  const forecaster = made.value;
  const walked = (some: readonly Walk[]): ReturnType<typeof attempt<Track[]>> =>
    attempt(() =>
      backtest(forecaster, some, plan, {
        request: (past) => ({ until: past.length, validation: null, ...plan, seed, ...(signal ? { signal } : {}) }),
      }),
    );
  if (forecaster.fitPanel && walks.length > 1) {
    const all = await walked(walks);
    return 'reason' in all ? walks.map(() => all.reason) : all.value;
  }
  const tracks: (Track | string)[] = [];
  for (const walk of walks) {
    const one = await walked([walk]);
    tracks.push('reason' in one ? one.reason : (one.value[0] as Track));
  }
  return tracks;
}

function meanSize(misses: Float64Array): number {
  let sum = 0;
  for (const miss of misses) sum += Math.abs(miss);
  return sum / misses.length;
}
