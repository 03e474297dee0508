// What `auto` costs beside the best single forecaster of each board, known only afterwards.
// In: boards with rows. Out: ratios of errors. Not here: goals.

import type { Row } from './board.ts';

export interface AutoRatio {
  readonly board: string;
  readonly auto: number;
  readonly best: number;
  readonly forecaster: string;
  readonly ratio: number;
}

/**
 * auto's error over the least of the single forecasters', at the rolling origins where the board has five or more, else on the test part.
 * Each single forecaster stands with the setting that was best at these very origins: a bar that nobody could have known.
 */
export function autoRatio(
  board: { readonly name: string; readonly rolling: boolean; readonly metric: string },
  rows: readonly Row[],
): AutoRatio | null {
  const errorOf = (row: Row): number | null => (board.rolling ? row.validation : row.test)?.[board.metric] ?? null;
  const own = rows.find(({ forecaster, ours }) => ours && forecaster === 'auto');
  const error = own ? errorOf(own) : null;
  const [best] = rows
    .filter((row) => row.ours && !row.combination && errorOf(row) !== null)
    .sort((a, b) => (errorOf(a) as number) - (errorOf(b) as number));
  if (error === null || !best) return null;
  const least = errorOf(best) as number;
  return { board: board.name, auto: error, best: least, forecaster: best.forecaster, ratio: error / least };
}

/** Geometric mean and the worst; null of none. */
export function autoSummary(ratios: readonly AutoRatio[]): { readonly mean: number; readonly worst: AutoRatio } | null {
  if (ratios.length === 0) return null;
  const sum = ratios.reduce((all, { ratio }) => all + Math.log(ratio), 0);
  const worst = ratios.reduce((most, one) => (one.ratio > most.ratio ? one : most));
  return { mean: Math.exp(sum / ratios.length), worst };
}
