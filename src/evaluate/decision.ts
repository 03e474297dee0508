// Which forecaster to use, from scores: the smallest error on the most honest windows there are; a baseline wins ties and doubts.
// In: score rows of one split, loss differences by window. Out: the decision. Not here: its wording (report/verdict.ts), folds (backtests).

import { FORECASTERS } from '../forecasters/index.ts';
import { errorOf, PLAIN, type ScoreRow } from './score.ts';
import { dieboldMariano, hintOf, isTestable } from './significance.ts';

export interface Decision {
  /** The forecaster to use. */
  readonly ship: string;
  /** Baselines the model beats on the first metric. */
  readonly beats: readonly string[];
  readonly skill: number | null;
  /** One-sided p that the model is no better than the best baseline (Diebold–Mariano over the windows); null where it cannot be tested. */
  readonly p: number | null;
  readonly folds: number;
  readonly reason?: string;
}

/** A gain that chance gives one time in ten is not one to ship. */
export const DOUBT = 0.1;
/** Of two baselines the plainer one is taken where the other's gain is one that chance gives one time in five. */
const PLAIN_DOUBT = 0.2;
/** Where nothing can be tested the model must be better by a tenth, and not by one lucky window; a baseline than last-value by half. */
const UNTESTED_GAIN = 0.1;
const UNTESTED_DOUBT = 0.2;
const UNTESTED_BASELINE_GAIN = 0.5;

/**
 * Decides for `model` against the other rows on `metric`. `differences` are the model's window losses minus the best other's,
 * `horizon` the steps by which windows overlap, `plain` the best baseline's window losses minus last-value's – on earlier windows too, where
 * those that decide are few: a baseline that merely happened to be the best is not shipped in its place. Where too few windows leave nothing to
 * test, the model must be better by a tenth, and not by one lucky window (hintOf). Of a baseline as the model nothing more is asked than of it
 * beside another, so that whoever is told to run it is not sent on to the next.
 */
export function decide(
  rows: readonly ScoreRow[],
  model: string,
  metric: string,
  differences: Float64Array,
  horizon: number,
  plain: Float64Array = new Float64Array(0),
): Decision {
  const own = rows.find((row) => row.forecaster === model);
  const ownError = own ? errorOf(own, metric) : null;
  const known = rows
    .flatMap((row) => {
      const error = errorOf(row, metric);
      return error === null
        ? []
        : [{ name: row.forecaster, error, exact: error === 0 || row.skillReason !== undefined }];
    })
    .sort((a, b) => a.error - b.error || Number(b.name === PLAIN) - Number(a.name === PLAIN));
  const others = known.filter(({ name }) => name !== model);
  const beats = ownError === null ? [] : others.filter((other) => ownError < other.error).map((other) => other.name);
  const isBaseline = FORECASTERS[model]?.baseline === true;
  const best = (isBaseline ? known : others)[0];
  const exact = best?.exact === true; // a scored baseline has a skill, 0 at the least, unless the best of them is exact
  const p = ownError === null || exact ? null : dieboldMariano(differences, horizon);
  const testable = isTestable(differences.length, horizon);
  const doubt = exact || plain.length === 0 ? 0 : plainDoubt(rows, model, metric, plain, horizon, testable);
  const hint = hintOf(differences, horizon);
  const beaten =
    isBaseline || ownError === null || (best !== undefined && isBeaten(ownError, best.error, p, testable, hint));
  const ship = !beaten ? model : doubt > PLAIN_DOUBT ? PLAIN : (best?.name ?? model);
  return {
    ship,
    beats,
    skill: own?.skill ?? null,
    p,
    folds: 0,
    ...(own?.skillReason ? { reason: own.skillReason } : {}),
  };
}

/**
 * How likely it is by `plain` that the best baseline is no better than last-value. Where the windows that decide are too few to test it may
 * be far better on them instead: what came before a shift of level says little of what is now.
 */
function plainDoubt(
  rows: readonly ScoreRow[],
  model: string,
  metric: string,
  plain: Float64Array,
  horizon: number,
  testable: boolean,
): number {
  const p = isTestable(plain.length, horizon) ? (dieboldMariano(plain, horizon) ?? 0) : 1;
  if (p <= PLAIN_DOUBT || testable) return p;
  const errors = new Map(rows.map((row) => [row.forecaster, errorOf(row, metric) ?? Number.POSITIVE_INFINITY]));
  const last = errors.get(PLAIN) ?? Number.POSITIVE_INFINITY;
  if (!FORECASTERS[model]?.baseline) errors.delete(model);
  return Math.min(...errors.values()) <= (1 - UNTESTED_BASELINE_GAIN) * last ? 0 : 1;
}

/** Whether the best baseline is to be used instead: the model has to be better by more than chance. */
function isBeaten(own: number, best: number, p: number | null, testable: boolean, hint: number | null): boolean {
  if (best <= own) return true;
  if (p !== null && (p <= DOUBT || testable)) return p > DOUBT;
  return own > (1 - UNTESTED_GAIN) * best || (hint ?? 0) > UNTESTED_DOUBT;
}
