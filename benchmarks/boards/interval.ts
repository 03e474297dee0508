// Conformal intervals on a board: calibrated on the errors of the validation part, judged once on the test part.
// In: errors of both parts. Out: coverage, how many steps are near it, MSIS. Not here: calibration (evaluate/intervals.ts).

import type { Track } from '../../src/evaluate/backtest.ts';
import { calibrate, halfWidths } from '../../src/evaluate/intervals.ts';
import { intervalScore } from '../../src/metrics/interval-score.ts';
import { seasonalScale } from '../../src/metrics/pointwise.ts';
import type { Board, Figures, Part } from './board.ts';
import { type Answered, answered } from './score.ts';

const LEVELS = [80, 95];
const NEAR = 4; // points

/**
 * For each level: `cover80` the share inside in percent, `near80` the share of steps whose coverage is within 4 points of the level, in
 * percent, `worst80` the largest distance of a step, in points; `msis95`. Lower ends of data that are never below 0 are 0 at least.
 */
export function intervalFigures(
  board: Board,
  validation: Part,
  errors: readonly Track[],
  test: Part,
  forecasts: readonly Track[],
): Figures {
  const { horizon, season } = board;
  const known = answered(validation.walks, errors, horizon);
  const paths = known.map(({ id, origins, actual, forecast, train }) => ({
    id,
    origins,
    errors: actual.map((y, i) => y - (forecast[i] as number)),
    fold: Array.from({ length: actual.length / horizon }, (_, origin) => origin),
    train,
  }));
  const calibration = calibrate(paths, { horizon, season, levels: LEVELS, method: 'split' });
  const asked = answered(test.walks, forecasts, horizon);
  const figures: { [name: string]: number | null } = {};
  for (const level of LEVELS) {
    const found = judged(asked, level, horizon, season, (id) => halfWidths(calibration, id, level));
    figures[`cover${level}`] = found?.cover ?? null;
    figures[`near${level}`] = found?.near ?? null;
    figures[`worst${level}`] = found?.worst ?? null;
    if (level === 95) figures.msis95 = found?.msis ?? null;
  }
  return figures;
}

function judged(
  asked: readonly Answered[],
  level: number,
  horizon: number,
  season: number,
  widthsOf: (id: string) => Float64Array | null,
): { cover: number; near: number; worst: number; msis: number } | null {
  const inside = new Float64Array(horizon);
  let count = 0;
  let score = 0;
  let scored = 0;
  for (const { id, actual, forecast, train } of asked) {
    const widths = widthsOf(id);
    if (widths === null) return null;
    const floor = train.every((value) => value >= 0) ? 0 : Number.NEGATIVE_INFINITY;
    const scale = seasonalScale(train, season);
    for (let n = 0; n < actual.length; n += horizon) {
      const own = actual.subarray(n, n + horizon);
      const lower = own.map((_, h) => Math.max(floor, (forecast[n + h] as number) - (widths[h] as number)));
      const upper = own.map((_, h) => (forecast[n + h] as number) + (widths[h] as number));
      for (let h = 0; h < horizon; h++) {
        const y = own[h] as number;
        if ((lower[h] as number) <= y && y <= (upper[h] as number)) (inside[h] as number) += 1;
      }
      count++;
      if (scale === null) continue;
      score += intervalScore(own, lower, upper, level) / scale;
      scored++;
    }
  }
  const shares = inside.map((of) => (100 * of) / count);
  const distances = shares.map((share) => Math.abs(share - level));
  return {
    cover: shares.reduce((sum, share) => sum + share, 0) / horizon,
    near: (100 * distances.filter((distance) => distance <= NEAR).length) / horizon,
    worst: distances.reduce((most, distance) => Math.max(most, distance), 0),
    msis: score / scored,
  };
}
