// Several forecasts made into one, step by step: a weighted mean or the median. And members fitted, failures told.
// In: fitted members. Out: one fitted combination. Not here: who is a member, where weights come from.

import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, ForecastRequest, Forecasts, NumberForecaster } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import { pause } from '../core/turn.ts';
import type { CombinationReport, FittedCombination } from './combination.ts';

export type How = 'mean' | 'median';

/** A fitted member and its part in the mean; the parts sum to 1. */
export interface Part {
  readonly fitted: FittedNumbers;
  readonly weight: number;
}

/** The combination of members that were fitted; it owns them. */
export function blend(
  kind: string,
  parts: readonly Part[],
  how: How,
  report: CombinationReport,
  settings: JsonObject = {},
): FittedCombination {
  const members = parts.map(({ fitted }) => fitted);
  return {
    name: kind,
    report,
    members,
    firstCutoff: Math.max(1, ...members.map((fitted) => fitted.firstCutoff ?? 1)),
    forecast: async (series, request) => await blended(parts, how, series, request),
    state: () => ({
      kind,
      ...settings,
      rule: report.rule,
      members: report.members.map((tried) => ({ ...tried })),
      fitted: members.map((fitted) => fitted.state()),
    }),
    dispose: () => {
      for (const fitted of members) fitted.dispose();
    },
  };
}

async function blended(parts: readonly Part[], how: How, series: Series, request: ForecastRequest): Promise<Forecasts> {
  return { values: mixed(parts, how, await saidBy(parts, series, request)) };
}

/** What each part forecasts, (N, H, C) each. */
export async function saidBy(
  parts: readonly Part[],
  series: Series,
  request: ForecastRequest,
): Promise<Float64Array[]> {
  const all: Float64Array[] = [];
  for (const { fitted } of parts) all.push((await fitted.forecast(series, request)).values);
  return all;
}

/** One forecast of what all parts said. */
export function mixed(parts: readonly Part[], how: How, all: readonly Float64Array[]): Float64Array {
  const first = all[0] as Float64Array;
  if (all.length === 1) return first;
  const values = new Float64Array(first.length);
  if (how === 'median') {
    const column = new Float64Array(all.length);
    for (let i = 0; i < values.length; i++) values[i] = medianAt(all, i, column);
    return values;
  }
  // Around the first, so that members that agree are given back to the last bit.
  for (let k = 1; k < all.length; k++) {
    const own = all[k] as Float64Array;
    const { weight } = parts[k] as Part;
    for (let i = 0; i < values.length; i++)
      (values[i] as number) += weight * ((own[i] as number) - (first[i] as number));
  }
  for (let i = 0; i < values.length; i++) (values[i] as number) += first[i] as number;
  return values;
}

function medianAt(all: readonly Float64Array[], i: number, column: Float64Array): number {
  for (let k = 0; k < all.length; k++) column[k] = (all[k] as Float64Array)[i] as number;
  sortFew(column);
  const half = column.length >> 1;
  const high = column[half] as number;
  if (column.length % 2 === 1) return high;
  const low = column[half - 1] as number;
  return low + (high - low) / 2;
}

/** In place, by insertion: few members need no more, and a call of the library's sort for every step costs more than all else. */
function sortFew(column: Float64Array): void {
  for (let k = 1; k < column.length; k++) {
    const value = column[k] as number;
    let at = k;
    for (; at > 0; at--) {
      const before = column[at - 1] as number;
      if (!(before > value || Number.isNaN(before))) break; // what is no number goes behind all others
      column[at] = before;
    }
    column[at] = value;
  }
}

/** A member that could be fitted, or why it could not; null: nothing is wrong with it, others were taken. */
export type Attempt = { readonly fitted: FittedNumbers } | { readonly reason: string | null };

/** What `work` gives, or what a person would be told of why it did not; only failures of data and options are one. */
export async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { reason: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof ForecastError && error.code !== 'E_BUG') return { reason: error.message };
    throw error;
  }
}

/** Fits a member on each series of a panel: together where it learns from several, else each by itself with a failure of its own. */
export async function attemptPanel(
  make: () => NumberForecaster,
  panel: readonly Series[],
  requests: readonly FitRequest[],
): Promise<Attempt[]> {
  const made = await attempt(async () => make());
  if ('reason' in made) return panel.map(() => made);
  const forecaster = made.value;
  if (forecaster.fitPanel && panel.length > 1) {
    const { fitPanel } = forecaster;
    const fits = await attempt(() => fitPanel(panel, requests));
    return panel.map((_, s) => ('reason' in fits ? fits : { fitted: fits.value[s] as FittedNumbers }));
  }
  const attempts: Attempt[] = [];
  for (const [s, series] of panel.entries()) {
    const request = requests[s] as FitRequest;
    await pause(request.signal);
    const fit = await attempt(() => forecaster.fit(series, request));
    attempts.push('reason' in fit ? fit : { fitted: fit.value });
  }
  return attempts;
}

/** Errors: E_DATA_TOO_SHORT where no member is left, with the reason of the first. */
export function noneLeft(kind: string, reasons: readonly string[]): ForecastError {
  const why = reasons[0] === undefined ? '' : `: ${reasons[0]}`;
  return new ForecastError('E_DATA_TOO_SHORT', `no member of ${kind} could be fitted${why}`, {
    where: 'model.members',
    hint: 'mend the reason, which is that of the first member, or add members that ask for less (last-value, drift)',
  });
}
