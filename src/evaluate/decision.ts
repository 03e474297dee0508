// Which forecaster to use, from scores: the smallest error on the most honest windows there are; a baseline wins ties.
// In: score rows of one split. Out: the decision. Not here: its wording (report/verdict.ts), significance over folds (backtests).

import { errorOf, type ScoreRow } from './score.ts';

export interface Decision {
  /** The forecaster to use. */
  readonly ship: string;
  /** Baselines the model beats on the first metric. */
  readonly beats: readonly string[];
  readonly skill: number | null;
  /** Significance over backtest folds; null where there were none. */
  readonly p: number | null;
  readonly folds: number;
  readonly reason?: string;
}

/** Decides for `model` against the other rows on `metric`. */
export function decide(rows: readonly ScoreRow[], model: string, metric: string): Decision {
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
  const ship = ownError === null || (best && best.error <= ownError) ? (best?.name ?? model) : model;
  return {
    ship,
    beats,
    skill: own?.skill ?? null,
    p: null,
    folds: 0,
    ...(own?.skillReason ? { reason: own.skillReason } : {}),
  };
}
