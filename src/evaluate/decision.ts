// Which forecaster to use, from scores: the smallest error on the most honest windows there are; a baseline wins ties and doubts.
// In: score rows of one split, loss differences by window. Out: the decision. Not here: its wording (report/verdict.ts), folds (backtests).

import { errorOf, isExact, type ScoreRow } from './score.ts';
import { dieboldMariano } from './significance.ts';

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
const DOUBT = 0.1;

/**
 * Decides for `model` against the other rows on `metric`. `differences` are the model's window losses minus the best baseline's,
 * `horizon` the steps by which windows overlap.
 */
export function decide(
  rows: readonly ScoreRow[],
  model: string,
  metric: string,
  differences: Float64Array,
  horizon: number,
): Decision {
  const own = rows.find((row) => row.forecaster === model);
  const ownError = own ? errorOf(own, metric) : null;
  const others = rows
    .filter((row) => row.forecaster !== model)
    .flatMap((row) => {
      const error = errorOf(row, metric);
      return error === null ? [] : [{ name: row.forecaster, error }];
    })
    .sort((a, b) => a.error - b.error);
  const beats = ownError === null ? [] : others.filter((other) => ownError < other.error).map((other) => other.name);
  const best = others[0];
  const exact = best !== undefined && isExact(best.error, rows, metric);
  const p = ownError === null || exact ? null : dieboldMariano(differences, horizon);
  const beaten = ownError === null || (best !== undefined && (best.error <= ownError || (p !== null && p > DOUBT)));
  const ship = beaten ? (best?.name ?? model) : model;
  return {
    ship,
    beats,
    skill: own?.skill ?? null,
    p,
    folds: 0,
    ...(own?.skillReason ? { reason: own.skillReason } : {}),
  };
}
