// Intervals of series that were never judged: as wide as those of others hold that are cut as short.
// In: errors of series cut short, the widths of a panel's intervals. Out: a scale. Not here: cutting them (lenders.ts), half widths.

import { seasonalScale } from '../metrics/pointwise.ts';
import type { Calibration } from './intervals.ts';

/** A target cut short: what was left of it, and how far its forecast was off (actual − forecast, by step). */
export interface Lender {
  readonly values: ArrayLike<number>;
  readonly errors: Float64Array; // (H)
}

/** Lenders from which on intervals are borrowed, and differences from which on a series can be compared with them. */
export const LENDERS = 10;
const DIFFERENCES = 3;
/** Rows of a series that have so many. */
export const LEAST_ROWS: number = DIFFERENCES + 1;

/**
 * By level: what the mean difference of a target without errors is to be multiplied with to scale its intervals, so that as large a share of the
 * lenders' errors lies inside theirs as the level says. Null where lenders are too few.
 */
export function borrowedRatios(
  lenders: readonly Lender[],
  { levels }: Pick<Calibration, 'levels'>,
  season: number,
): ReadonlyMap<number, number> | null {
  const units = lenders.map(({ values }) => differenceOf(values, values.length, season));
  if (units.filter((unit) => unit !== null).length < LENDERS) return null;
  const ratios = new Map<number, number>();
  for (const { level, steps } of levels) {
    if (steps === null) continue;
    const ratio = ratioAt(level, steps, lenders, units);
    if (ratio === null) return null;
    ratios.set(level, ratio);
  }
  return ratios;
}

/**
 * Mean difference of values, over a season where `rows` of them (those of the lenders, no more than there are) have enough; null where they are
 * too few, or the values all the same.
 */
export function differenceOf(values: ArrayLike<number>, rows: number, season: number): number | null {
  const lag = [season, 1].find((apart) => rows - apart >= DIFFERENCES);
  return lag === undefined ? null : seasonalScale(values, lag);
}

/** The ⌈(n + 1) level⌉-th smallest of |error| over difference and half width; null where there are too few, or it is of no size. */
function ratioAt(
  level: number,
  widths: Float64Array,
  lenders: readonly Lender[],
  units: readonly (number | null)[],
): number | null {
  const scores: number[] = [];
  for (const [i, { errors }] of lenders.entries()) {
    const unit = units[i] as number | null;
    if (unit === null) continue;
    for (const [h, error] of errors.entries()) {
      const width = widths[h] as number;
      if (width > 0) scores.push(Math.abs(error) / (unit * width));
    }
  }
  const sorted = Float64Array.from(scores).sort();
  const ratio = sorted[Math.ceil(((sorted.length + 1) * level) / 100 - 1e-9) - 1];
  return ratio !== undefined && ratio > 0 ? ratio : null;
}
