// A number forecaster that learns a few numbers of each target and then runs a recursion over what is known.
// In: how to learn them from one column. Out: the forecaster. Not here: any recursion.

import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FittedNumbers, ForecastRequest, NumberForecaster } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import { checkKnownAhead } from '../core/known-ahead.ts';
import type { ForecasterContext } from './forecaster.ts';
import { checkCutoffs } from './from-past.ts';

/** Fills path[0 … its length) with the forecasts 1, 2 … steps after the last known value, values[cutoff − 1]. */
export type Follow = (cutoff: number, path: Float64Array) => void;

/** What was learned of one target. */
export interface Learned {
  readonly parameters: JsonObject;
  /**
   * One pass over values[0, last); then forecasts at any cutoff 1 … last, each from the state that the values before it leave, and from
   * the columns known in advance, which reach as far as any path.
   */
  run(values: Float64Array, last: number, ahead?: readonly Column[]): Follow;
}

/**
 * The forecaster of a recursion. `learn` is given the values of [0, validation ?? until) of one target and can read no others; and the
 * columns known in advance, where `readsAhead` says that it reads them.
 * Errors: those of `learn`, named by target; E_DATA_TOO_SHORT for a cutoff with nothing known before it.
 */
export function fromFit(
  kind: string,
  settings: JsonObject,
  learn: (known: Float64Array, ahead: readonly Column[]) => Learned,
  readsAhead = false,
): NumberForecaster {
  return {
    name: kind,
    fit: async (series, request): Promise<FittedNumbers> => {
      const until = request.validation ?? request.until; // what is held out inside the fit chooses no parameters either
      checkCutoffs(series, [until]);
      const ahead = readsAhead ? series.future : [];
      const learned = series.targets.map(({ name, values }) => named(name, () => learn(values.slice(0, until), ahead)));
      return {
        name: kind,
        forecast: async (given, request) => {
          const last = checkCutoffs(given, request.cutoffs);
          if (readsAhead) checkAhead(given, ahead, last, request);
          return { values: forecastAll(given, last, request, learned) };
        },
        state: () => ({ kind, ...settings, targets: learned.map(({ parameters }) => parameters) }),
        dispose: () => {},
      };
    },
  };
}

function forecastAll(
  { targets, future }: Pick<Series, 'targets' | 'future'>,
  last: number,
  { cutoffs, horizon, lead }: ForecastRequest,
  learned: readonly Learned[],
): Float64Array {
  const values = new Float64Array(cutoffs.length * horizon * targets.length); // (N, H, C)
  const path = new Float64Array(lead + horizon);
  const follows = targets.map(({ name, values: known }, c) =>
    named(name, () => (learned[c] as Learned).run(known, last, future)),
  );
  // Cutoff by cutoff, so that what is written stays near while all targets write between each other.
  for (let n = 0; n < cutoffs.length; n++) {
    for (let c = 0; c < follows.length; c++) {
      (follows[c] as Follow)(cutoffs[n] as number, path);
      for (let h = 0, at = n * horizon * targets.length + c; h < horizon; h++, at += targets.length)
        values[at] = path[lead + h] as number;
    }
  }
  return values;
}

/** Errors: E_DATA_COLUMN where other columns are known in advance than were learned from, E_DATA_FUTURE where they end too early. */
export function checkAhead(
  given: Series,
  learned: readonly Column[],
  last: number,
  { horizon, lead }: Pick<ForecastRequest, 'horizon' | 'lead'>,
): void {
  const [own, now] = [learned, given.future].map((columns) => columns.map(({ name }) => name).join(', '));
  if (own !== now) {
    throw new ForecastError('E_DATA_COLUMN', `future columns are [${now}], fitted on [${own}]`, {
      hint: 'give the columns the model was fitted on, in the same order',
    });
  }
  checkKnownAhead(given, last + lead + horizon);
}

/** What `work` gives; an error of it says which target it is about. */
function named<T>(target: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ForecastError) || error.where !== undefined) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new ForecastError(error.code, error.message, { where: target, ...hint });
  }
}

/** The season a forecaster uses. Errors: E_CONFIG_CONFLICT where it needs one and there is none. */
export function seasonOf(kind: string, written: number | undefined, context: ForecasterContext): number {
  const season = written ?? context.season;
  if (season >= 2) return season;
  throw new ForecastError('E_CONFIG_CONFLICT', `${kind} needs a season of at least 2 rows, it is ${season}`, {
    where: 'model.season',
    hint: 'season: 12 (rows per season), or a kind without a season: holt, ses, theta',
  });
}

/** Errors: E_DATA_TOO_SHORT where fewer than two seasons are known. */
export function checkTwoSeasons(kind: string, known: number, season: number): void {
  if (known >= 2 * season) return;
  throw new ForecastError(
    'E_DATA_TOO_SHORT',
    `${kind} needs two seasons of ${season} rows to start from, ${known} rows are known`,
    { hint: 'a shorter season, a longer training part, or a kind without a season: holt, ses, theta' },
  );
}

/** Errors: E_DATA_RANGE where a value of [0, last) is zero or below. */
export function checkPositive(what: string, values: Float64Array, last: number, hint: string): void {
  for (let t = 0; t < last; t++) {
    if ((values[t] as number) > 0) continue;
    throw new ForecastError('E_DATA_RANGE', `${what} needs values above 0, row ${t + 1} has ${values[t]}`, { hint });
  }
}
