// Series of unlike lengths: which of them the defaults go by, and which are too short to be judged.
// In: loaded data, the config as written. Out: the data with those apart, and a warning that names them. Not here: cutting, folds, their forecasts (short.ts).

import type { Config } from '../config/config.ts';
import { type Facts, firstFitRows, settle } from '../config/defaults.ts';
import type { Written } from '../config/schema.ts';
import type { Loaded, Series } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import { planFolds } from '../evaluate/backtest.ts';
import { holdOut, windowShape } from './cutting.ts';

/** Series shorter than this share of the middle one may be fragments. */
const FRAGMENT = 0.25;
/** Of so many of the shortest series none decides for all others. */
const FEW = 0.05;
/** Rows that are no fragment, where two seasons fit into them too. */
const ENOUGH = 40;

/**
 * Rows of the shortest series that is no fragment: one of the shortest twentieth, or with fewer than 40 rows or two seasons, that has not a
 * quarter of the middle one's rows either.
 */
export function usualRows(series: readonly Series[], season: number): number {
  const lengths = Float64Array.from(series, ({ length }) => length).sort();
  const at = (share: number): number => lengths[Math.floor(share * lengths.length)] as number;
  const bar = Math.min(FRAGMENT * at(0.5), Math.max(at(FEW), ENOUGH, 2 * season + 1));
  return lengths.find((length) => length >= bar) as number;
}

/**
 * Facts that leave room for a fold, which intervals are made of: where those of the usual rows leave none and nobody asked for none, those of
 * the shortest series that do, if half of all series have as many rows.
 */
function withFold(written: Written, usual: Facts, series: readonly Series[]): Facts {
  const judges = (rows: number): boolean => settle(written, { ...usual, rows }).evaluate.folds > 0;
  if (written.evaluate.folds !== undefined || judges(usual.rows)) return usual;
  const lengths = Float64Array.from(series, ({ length }) => length).sort();
  const shorterHalf = lengths.subarray(0, Math.floor(lengths.length / 2) + 1);
  const rows = [...new Set(shorterHalf)].find((length) => length > usual.rows && judges(length));
  return rows === undefined ? usual : { ...usual, rows };
}

/** Rounds of parting, each by the defaults of those that are left; it ends with the first that parts nothing. */
const ROUNDS = 8;

/**
 * Data with the series apart that have too few rows for the windows, the parts and the folds of the config, where others have enough; they
 * are named in a warning. One series alone stays: whoever cuts it says what is missing. Errors: E_DATA_TOO_SHORT, of the longest, where none
 * is long enough.
 */
export function shortApart(data: Loaded, written: Written, facts: (data: Loaded) => Facts): Loaded {
  if (data.raw.form === 'text' || data.raw.series.length < 2) return data;
  const all = data.raw.series;
  let kept = all;
  const usual = withFold(written, facts(data), all);
  let config = settle(written, usual);
  for (let round = 0; round < ROUNDS; round++) {
    const left = kept.filter((series) => lackOf(series, config, usual.season) === null);
    if (left.length === 0) {
      const longest = kept.reduce((best, series) => (series.length > best.length ? series : best));
      // What it is told is what holds once the others are apart, whose rows the defaults go by no longer.
      const own = settle(written, facts({ ...data, raw: { form: 'numbers', series: [longest] } }));
      const lack = lackOf(longest, own, usual.season) ?? lackOf(longest, config, usual.season);
      throw ofLongest(lack as ForecastError, longest, all.length);
    }
    if (left.length === kept.length) break;
    kept = left;
    config = settle(written, facts({ ...data, raw: { form: 'numbers', series: kept } }));
  }
  if (kept.length === all.length) return data;
  const judged = new Set(kept);
  const short = all.filter((series) => !judged.has(series));
  const warnings = [...data.warnings, notJudged(short, all.length)];
  return { ...data, raw: { form: 'numbers', series: kept, short }, warnings };
}

/** What the series lacks; null: nothing. */
function lackOf(series: Series, config: Config, season: number): ForecastError | null {
  const { window, predict, evaluate } = config;
  try {
    const shape = windowShape(config, series);
    const { parts } = holdOut(config, shape, series.length);
    const plan = { ...evaluate, horizon: predict.horizon, lead: window.lead };
    planFolds(parts.test ?? series.length, plan, firstFitRows(config, season));
    return null;
  } catch (error) {
    if (error instanceof ForecastError && error.code === 'E_DATA_TOO_SHORT') return error;
    throw error;
  }
}

function ofLongest({ code, message, where, hint }: ForecastError, { id }: Series, all: number): ForecastError {
  const what = `${JSON.stringify(id.slice(0, 40))}, the longest of ${all} series: ${message}`;
  return new ForecastError(code, what, { where, hint });
}

function notJudged(short: readonly Series[], all: number): Warning {
  const shortest = [...short].sort((a, b) => a.length - b.length).slice(0, 3);
  const named = shortest.map(({ id, length }) => `${JSON.stringify(id.slice(0, 40))} (${length})`);
  const more = short.length > 3 ? ` and ${short.length - 3} more` : '';
  const [has, is] = short.length === 1 ? ['has', 'it is'] : ['have', 'they are'];
  const message = `${named.join(', ')}${more} of ${all} series ${has} too few rows for the windows and folds asked for: ${is} forecast, not judged`;
  return { code: 'W_SERIES_SHORT', message };
}
