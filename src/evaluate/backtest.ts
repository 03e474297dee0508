// Rolling origins: a forecaster is fitted anew at each fold, from what was known then, and asked at every origin of the fold.
// In: a forecaster, series, where the folds lie. Out: its forecasts, fold by fold. Not here: scores (score.ts), intervals, which folds are wise.

import { rowsOf, type Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../core/forecaster.ts';
import { joined } from '../core/joined.ts';
import { pause } from '../core/turn.ts';
import { sideBySide } from '../engines/together.ts';

/** How a series is walked through. */
export interface BacktestPlan {
  /** Times the forecaster is fitted. */
  readonly folds: number;
  /** Rows between two fits. */
  readonly step: number;
  /** Rows between two origins. */
  readonly stride: number;
  readonly horizon: number;
  readonly lead: number;
  /** Rows a fit learns from, the newest ones; null: all there are before the fold. */
  readonly history: number | null;
}

/** Fitted on rows [from, origins[0]), asked at every origin. */
export interface Fold {
  readonly from: number;
  readonly origins: readonly number[];
}

/** Most folds of `plan` whose first leaves `least` rows to learn from. */
export function foldsThatFit(length: number, plan: Omit<BacktestPlan, 'folds'>, least: number): number {
  const origins = length - plan.lead - plan.horizon - least + 1;
  return Math.max(0, Math.floor(origins / plan.step));
}

/**
 * The folds that end with the last origin whose targets are all known; each holds the origins of `step` rows. Errors:
 * E_DATA_TOO_SHORT where fewer folds are possible than asked.
 */
export function planFolds(length: number, plan: BacktestPlan, least: number): Fold[] {
  const possible = foldsThatFit(length, plan, least);
  if (plan.folds > possible) throw tooManyFolds(length, plan, least, possible);
  const end = length - plan.lead - plan.horizon + 1; // one past the last origin
  return Array.from({ length: plan.folds }, (_, k) => {
    const first = end - (plan.folds - k) * plan.step;
    const origins = [];
    for (let origin = first; origin < first + plan.step; origin += plan.stride) origins.push(origin);
    return { from: plan.history === null ? 0 : Math.max(0, first - plan.history), origins };
  });
}

function tooManyFolds(length: number, plan: BacktestPlan, least: number, possible: number): ForecastError {
  const { folds, step, horizon } = plan;
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `${folds} folds of ${step} rows and horizon ${horizon} need ${least + folds * step + plan.lead + horizon - 1} rows, there are ${length}`,
    {
      where: 'evaluate.folds',
      hint: possible > 0 ? `folds: ${possible}, or a smaller evaluate.step` : 'evaluate: { folds: 0 }, or more rows',
    },
  );
}

/** A series and its folds. */
export interface Walk {
  readonly series: Series;
  readonly folds: readonly Fold[];
}

/** What one forecaster said of one series: `values` (N, H, C) at `origins`, each made by the fit of `fold[n]`. */
export interface Track {
  readonly forecaster: string;
  readonly origins: Float64Array;
  readonly fold: Int32Array;
  readonly values: Float64Array;
  /** What each network of an ensemble said by itself; absent for everything else. */
  readonly parts?: readonly Float64Array[];
}

export interface BacktestHooks {
  /** The request of the fit of series `s` at fold `k`, whose past (rows before its first origin, positions from 0) is `past`. */
  readonly request: (past: Series, s: number, k: number) => FitRequest;
  /** Series of fold `k` that have been fitted. */
  readonly counted?: (k: number, done: number, of: number) => void;
  /** Folds fitted at the same time; absent: one after the other. */
  readonly together?: number;
  /** Stored forecasts of a fold, in the order of the walks that have it, each before those of its parts; null: it has to be computed. */
  readonly stored?: (k: number) => Promise<readonly Float64Array[] | null>;
  readonly done?: (k: number, values: readonly Float64Array[]) => void | Promise<void>;
}

/** Walks a forecaster through every fold of every series; series k-th folds are fitted together where it learns from several at once. */
export async function backtest(
  forecaster: NumberForecaster,
  walks: readonly Walk[],
  plan: Pick<BacktestPlan, 'horizon' | 'lead'>,
  hooks: BacktestHooks,
): Promise<Track[]> {
  const most = walks.reduce((longest, { folds }) => Math.max(longest, folds.length), 0);
  const numbers = Array.from({ length: most }, (_, k) => k);
  const byFold = await sideBySide(hooks.together ?? 1, numbers, async (k) => {
    const members = walks.flatMap((walk, s) => (walk.folds[k] ? [{ ...walk, s, fold: walk.folds[k] as Fold }] : []));
    const said = (await hooks.stored?.(k)) ?? (await runFold(forecaster, members, k, plan, hooks));
    await hooks.done?.(k, said);
    const each = said.length / members.length;
    return new Map(members.map(({ s }, i) => [s, said.slice(i * each, (i + 1) * each)] as const));
  });
  const marks = new Map<readonly Fold[], Pick<Track, 'origins' | 'fold'>>();
  return walks.map(({ folds }, s) => {
    if (!marks.has(folds)) marks.set(folds, marksOf(folds));
    const own = byFold.flatMap((said) => (said.has(s) ? [said.get(s) as Float64Array[]] : []));
    const [values = new Float64Array(0), ...parts] = (own[0] ?? []).map((_, i) =>
      joined(own.map((said) => said[i] ?? new Float64Array(0))),
    );
    return {
      forecaster: forecaster.name,
      ...(marks.get(folds) as Pick<Track, 'origins' | 'fold'>),
      values,
      ...(parts.length > 0 && parts.every(({ length }) => length === values.length) ? { parts } : {}),
    };
  });
}

function marksOf(folds: readonly Fold[]): Pick<Track, 'origins' | 'fold'> {
  return {
    origins: Float64Array.from(folds.flatMap(({ origins }) => origins)),
    fold: Int32Array.from(folds.flatMap(({ origins }, k) => origins.map(() => k))),
  };
}

interface Member {
  readonly series: Series;
  readonly s: number;
  readonly fold: Fold;
}

async function runFold(
  forecaster: NumberForecaster,
  members: readonly Member[],
  k: number,
  { horizon, lead }: Pick<BacktestPlan, 'horizon' | 'lead'>,
  hooks: BacktestHooks,
): Promise<Float64Array[]> {
  // What is fitted is shown the past alone, so that no mistake of a forecaster can let the future in.
  const pastOf = ({ series, fold }: Member): Series => rowsOf(series, fold.from, fold.origins[0] as number);
  const counted = (done: number): void => hooks.counted?.(k, done, members.length);
  const values: Float64Array[] = [];
  const ask = async ({ series, fold }: Member, fitted: FittedNumbers, { signal }: FitRequest): Promise<void> => {
    const shown = rowsOf(series, fold.from, fold.origins.at(-1) as number);
    const cutoffs = fold.origins.map((origin) => origin - fold.from);
    await pause(signal);
    const forecasts = await fitted.forecast(shown, { cutoffs, horizon, lead, signal });
    values.push(forecasts.values, ...(forecasts.parts ?? []));
  };
  if (forecaster.fitPanel && members.length > 1) {
    const pasts = members.map(pastOf);
    const requests = members.map(({ s }, i) => hooks.request(pasts[i] as Series, s, k));
    const fits = await forecaster.fitPanel(pasts, requests);
    for (const [i, member] of members.entries()) await ask(member, fits[i] as FittedNumbers, requests[i] as FitRequest);
    for (const fitted of new Set(fits)) fitted.dispose();
    return values;
  }
  // One after the other, so that no more than one fit is held at a time.
  for (const [i, member] of members.entries()) {
    const past = pastOf(member);
    const request = hooks.request(past, member.s, k);
    const fitted = await forecaster.fit(past, request);
    await ask(member, fitted, request);
    fitted.dispose();
    counted(i + 1);
  }
  return values;
}

/** Every series fitted: together where the forecaster learns from several, else one after the other; `counted` is told how many there are. */
export async function fitAll(
  forecaster: NumberForecaster,
  panel: readonly Series[],
  requests: readonly FitRequest[],
  counted?: (done: number) => void,
): Promise<readonly FittedNumbers[]> {
  if (forecaster.fitPanel && panel.length > 1) return forecaster.fitPanel(panel, requests);
  const fits: FittedNumbers[] = [];
  for (const [i, series] of panel.entries()) {
    const request = requests[i] as FitRequest;
    await pause(request.signal);
    fits.push(await forecaster.fit(series, request));
    counted?.(i + 1);
  }
  return fits;
}
