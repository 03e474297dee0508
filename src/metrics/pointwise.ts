// What point metrics share: sums over pairs of actual and forecast, the scale of scaled errors, and numbers that may be undefined.
// In: arrays in raw units. Out: a mean, a scale or a Score. Not here: any metric.

import type { PointInput, Score } from './metric.ts';

/** A value as a Score; null where the arithmetic left float64. */
export function scoreOf(value: number): Score {
  if (Number.isFinite(value)) return { value };
  return { value: null, reason: 'the errors are too large for float64' };
}

/** Undefined, and why. */
export function undefinedScore(reason: string): Score {
  return { value: null, reason };
}

/** Mean of a term over all pairs, in their order; undefined where there are none. */
export function meanOver(input: PointInput, term: (actual: number, forecast: number) => number): Score {
  const { actual, forecast } = input;
  if (actual.length === 0) return undefinedScore('there is nothing to score');
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += term(actual[i] as number, forecast[i] as number);
  return scoreOf(sum / actual.length);
}

/** A function of a Score's value; undefined stays undefined. */
export function mapScore(score: Score, map: (value: number) => number): Score {
  return score.value === null ? score : scoreOf(map(score.value));
}

/** Mean |x| of `count` numbers, in their order. */
export function meanSize(count: number, at: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.abs(at(i));
  return sum / count;
}

/** Sizes whose squares neither vanish nor overflow, nor do sums of them. */
const SMALL = 1e-140;
const LARGE = 1e140;

/** √mean x² of `count` numbers, in their order; of very small or large ones in units of the largest. */
export function rootMeanSquare(count: number, at: (i: number) => number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(at(i)));
  const unit = largest > SMALL && largest < LARGE ? 1 : largest || 1;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const x = at(i) / unit;
    sum += x * x;
  }
  return unit * Math.sqrt(sum / count);
}

/** An error divided by the same of the training values' seasonal differences (their naive forecast's error). */
export function scaledBy(
  input: PointInput,
  error: Score,
  sizeOf: (count: number, difference: (i: number) => number) => number,
): Score {
  const { train, season } = input;
  if (error.value === null) return error;
  const count = train.length - season;
  if (count < 1) {
    return undefinedScore(`${train.length} training values are too few for a seasonal difference of lag ${season}`);
  }
  const naive = sizeOf(count, (i) => (train[i + season] as number) - (train[i] as number));
  if (naive === 0) return undefinedScore(`the training values repeat exactly every ${season}: the naive error is 0`);
  return scoreOf(error.value / naive);
}

/** Mean |x[t] − x[t − season]|; null where the values are too few or repeat exactly. */
export function seasonalScale(values: ArrayLike<number>, season: number): number | null {
  if (values.length <= season) return null;
  let sum = 0;
  for (let t = season; t < values.length; t++) sum += Math.abs((values[t] as number) - (values[t - season] as number));
  return sum === 0 ? null : sum / (values.length - season);
}

/** What an error of a target is measured by: its mean seasonal difference, or that of its rows where the season tells nothing. */
export function naiveScale(values: ArrayLike<number>, season: number): number | null {
  return seasonalScale(values, season) ?? seasonalScale(values, 1);
}
