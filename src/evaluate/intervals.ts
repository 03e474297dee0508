// Conformal intervals: how far a forecaster was off at rolling origins says how far it may be off next time.
// In: its error paths, fold by fold. Out: half widths by level and step, for steps and for sums of them, and how well they cover.
// Not here: the errors (backtest.ts), the bounds' rounding, wording.

import { intervalScore, seasonalScale } from '../metrics/distribution.ts';

/** Errors (actual − forecast) of one target of one series at N origins, in time order. */
export interface ErrorPaths {
  readonly id: string;
  readonly errors: Float64Array; // (N, H)
  /** Fold of each origin: what is judged was never calibrated on its own fold. */
  readonly fold: ArrayLike<number>;
  /** Values learned from at first, whose seasonal differences are the scale where few errors are known. */
  readonly train: ArrayLike<number>;
}

export interface IntervalOptions {
  readonly horizon: number;
  readonly season: number;
  /** Percent, each above 0 and below 100. */
  readonly levels: readonly number[];
  /** `split`: quantiles of past errors; `adaptive`: their level is moved by the misses seen on the way (Gibbs and Candès 2021). */
  readonly method: 'split' | 'adaptive';
}

export interface Calibration {
  /** Origins calibrated on, all series together. */
  readonly points: number;
  /** Whether each step has errors enough of its own; else the errors of all steps were pooled, each divided by a fitted growth. */
  readonly pooledSteps: boolean;
  readonly levels: readonly LevelCalibration[];
  /** Scale of each target's errors by its id. */
  readonly scales: ReadonlyMap<string, number>;
}

export interface LevelCalibration {
  readonly level: number;
  /** Half widths in units of the scale, by step (H); null where the errors known cannot support the level. */
  readonly steps: Float64Array | null;
  /** The same for the sum of steps 1 … h. */
  readonly sums: Float64Array | null;
  /** Errors the quantile is taken from, and how many the level needs. */
  readonly known: number;
  readonly needed: number;
  /** Share of errors inside, each judged by the other folds alone; null with a single fold. */
  readonly coverage: number | null;
  /** The same by step (H). */
  readonly coverageByStep: Float64Array | null;
  /** Mean interval score over the seasonal scale, judged likewise. */
  readonly msis: number | null;
}

/** Half widths in raw units for a target, by step (or, `of: 'sums'`, for the sum of the steps up to each); null where unsupported. */
export function halfWidths(
  calibration: Calibration,
  id: string,
  level: number,
  of: 'steps' | 'sums' = 'steps',
): Float64Array | null {
  const units = calibration.levels.find((candidate) => candidate.level === level)?.[of];
  const scale = calibration.scales.get(id);
  return units && scale !== undefined ? units.map((unit) => unit * scale) : null;
}

/**
 * Calibrates symmetric intervals, pooled over series: |error| / scale, its ⌈(n + 1)(level)⌉-th smallest per step (Lei et al. 2018). The
 * scale is a target's own mean error, drawn towards its seasonal differences where few origins are known.
 */
export function calibrate(paths: readonly ErrorPaths[], options: IntervalOptions): Calibration {
  const { horizon } = options;
  const items = paths.map((path) => itemOf(path, options));
  const prior = priorWeight(items);
  const points = items.reduce((sum, { origins }) => sum + origins, 0);
  const all = scoresOf(items, horizon, prior, () => true);
  const enough = points >= neededFor(Math.max(...options.levels));
  const judged = judge(items, options, prior, !enough);
  return {
    points,
    pooledSteps: !enough,
    scales: new Map(items.map((item) => [item.path.id, scaleOf(item, prior, null)])),
    levels: options.levels.map((level, i) => ({
      level,
      steps: quantiles(all.steps, horizon, judged.asked[i] as number, !enough),
      sums: quantiles(all.sums, horizon, judged.asked[i] as number, !enough),
      known: enough ? points : points * horizon,
      needed: neededFor(level),
      ...(judged.levels[i] as Judged),
    })),
  };
}

/** Errors a level needs: ⌈(n + 1) level⌉ ≤ n. */
export function neededFor(level: number): number {
  return Math.ceil(level / (100 - level) - 1e-9);
}

/** A target's error paths with the figures its scale is made of. */
interface Item {
  readonly path: ErrorPaths;
  readonly origins: number;
  /** Mean |error| of each origin. */
  readonly means: Float64Array;
  readonly prior: number | null;
}

function itemOf(path: ErrorPaths, { horizon, season }: IntervalOptions): Item {
  const origins = path.errors.length / horizon;
  const means = new Float64Array(origins);
  for (let n = 0; n < origins; n++) {
    let sum = 0;
    for (let h = 0; h < horizon; h++) sum += Math.abs(path.errors[n * horizon + h] as number);
    means[n] = sum / horizon;
  }
  return { path, origins, means, prior: seasonalScale(path.train, season) ?? seasonalScale(path.train, 1) };
}

/** Ratio of a target's own error to its seasonal differences: the median over the panel. */
function priorWeight(items: readonly Item[]): number {
  const ratios = items.flatMap(({ means, prior }) =>
    prior === null || means.length === 0 ? [] : [meanOf(means) / prior],
  );
  return ratios.length > 0 ? middle(ratios) : 1;
}

/**
 * (n v + k q) / (n + 1): v the mean error of n blocks of origins, q the seasonal scale, k the panel's usual ratio. Of one series alone any
 * constant does. `without`: a fold left out, so that no error is measured by itself.
 */
function scaleOf({ path, means, prior }: Item, k: number, without: number | null): number {
  let sum = 0;
  let count = 0;
  const folds = new Set<number>();
  for (let n = 0; n < means.length; n++) {
    if (path.fold[n] === without) continue;
    sum += means[n] as number;
    count++;
    folds.add(path.fold[n] as number);
  }
  const own = count > 0 ? sum / count : 0;
  const guess = prior === null ? own : k * prior;
  const scale = count > 0 ? (folds.size * own + guess) / (folds.size + 1) : guess;
  return scale > 0 ? scale : Number.MIN_VALUE; // no error at all: intervals of no width
}

/** |error| / scale by step, and |sum of errors up to the step| / scale: H arrays each. */
interface Scores {
  readonly steps: Float64Array[];
  readonly sums: Float64Array[];
}

function scoresOf(items: readonly Item[], horizon: number, k: number, taken: (fold: number) => boolean): Scores {
  const steps: number[][] = Array.from({ length: horizon }, () => []);
  const sums: number[][] = Array.from({ length: horizon }, () => []);
  for (const item of items) {
    const { errors, fold } = item.path;
    const panel = items.length > 1;
    const scales = new Map<number, number>();
    for (let n = 0; n < item.origins; n++) {
      const own = fold[n] as number;
      if (!taken(own)) continue;
      if (!scales.has(own)) scales.set(own, scaleOf(item, k, panel ? own : null));
      const scale = scales.get(own) as number;
      let sum = 0;
      for (let h = 0; h < horizon; h++) {
        const error = errors[n * horizon + h] as number;
        sum += error;
        (steps[h] as number[]).push(Math.abs(error) / scale);
        (sums[h] as number[]).push(Math.abs(sum) / scale);
      }
    }
  }
  const sorted = (scores: number[]): Float64Array => Float64Array.from(scores).sort();
  return { steps: steps.map(sorted), sums: sums.map(sorted) };
}

/** Steps smoothed over, where the horizon is long enough to have neighbours alike. */
const SMOOTH = 5;
const LONG = 20;

/**
 * The half width of each step, in units of the scale, for `level` percent; null where the errors are too few. Per step, smoothed over
 * 5 steps of a long horizon or made non-decreasing of a short one; `pooled`: one quantile for all steps, along their growth.
 */
function quantiles(
  scores: readonly Float64Array[],
  horizon: number,
  level: number,
  pooled: boolean,
): Float64Array | null {
  if (pooled) {
    const growth = growthOf(scores);
    const all = Float64Array.from(
      scores.flatMap((step, h) => Array.from(step, (score) => score / (growth[h] as number))),
    ).sort();
    const quantile = conformal(all, level);
    return quantile === null ? null : growth.map((g) => g * quantile);
  }
  const raw = scores.map((step) => conformal(step, level));
  if (raw.includes(null)) return null;
  const widths = Float64Array.from(raw as number[]);
  return horizon > LONG ? smoothed(widths) : nonDecreasing(widths);
}

function conformal(sorted: Float64Array, level: number): number | null {
  const rank = Math.ceil(((sorted.length + 1) * level) / 100 - 1e-9);
  return rank > sorted.length ? null : (sorted[Math.max(0, rank - 1)] as number);
}

/** Mean score by step as a power of the step, c · h^p with p ≥ 0, by least squares on logarithms. */
function growthOf(scores: readonly Float64Array[]): Float64Array {
  const means = scores.map((step) => meanOf(step));
  const points = means.flatMap((mean, h) => (mean > 0 ? [{ x: Math.log(h + 1), y: Math.log(mean) }] : []));
  if (points.length === 0) return new Float64Array(scores.length).fill(1);
  const x = meanOf(points.map((point) => point.x));
  const y = meanOf(points.map((point) => point.y));
  const spread = points.reduce((sum, point) => sum + (point.x - x) * (point.x - x), 0);
  const slope = spread > 0 ? points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread : 0;
  const power = Math.max(0, slope);
  return Float64Array.from(scores, (_, h) => Math.exp(y + power * (Math.log(h + 1) - x)));
}

function smoothed(widths: Float64Array): Float64Array {
  const half = Math.floor(SMOOTH / 2);
  return widths.map((_, h) => meanOf(widths.subarray(Math.max(0, h - half), h + half + 1)));
}

function nonDecreasing(widths: Float64Array): Float64Array {
  let most = 0;
  return widths.map((width) => {
    most = Math.max(most, width);
    return most;
  });
}

type Judged = Pick<LevelCalibration, 'coverage' | 'coverageByStep' | 'msis'>;

/** Step of the adaptive method's level, per fold: the published 0.005 per observation, for folds of some ten. */
const ADAPTATION = 0.05;

/** Every fold judged by the others, and the level that the adaptive method would ask for after the last of them. */
function judge(
  items: readonly Item[],
  options: IntervalOptions,
  k: number,
  pooled: boolean,
): { readonly asked: readonly number[]; readonly levels: readonly Judged[] } {
  const { levels, horizon, method } = options;
  const folds = [...new Set(items.flatMap(({ path }) => Array.from(path.fold)))].sort((a, b) => a - b);
  const unjudged = { coverage: null, coverageByStep: null, msis: null };
  if (folds.length < 2) return { asked: levels, levels: levels.map(() => unjudged) };
  const others = folds.map((fold) => scoresOf(items, horizon, k, (own) => own !== fold).steps);
  const results = levels.map((level) => {
    let asked = level;
    const tally = tallyOf(horizon);
    for (const [i, fold] of folds.entries()) {
      const widths = quantiles(others[i] as Float64Array[], horizon, asked, pooled);
      if (widths === null) continue;
      const covered = addFold(tally, items, fold, widths, k, level);
      if (method === 'adaptive' && covered !== null) asked = heldLevel(asked + ADAPTATION * (level - 100 * covered));
    }
    return { asked, judged: judgedOf(tally) };
  });
  return { asked: results.map(({ asked }) => asked), levels: results.map(({ judged }) => judged) };
}

function heldLevel(level: number): number {
  return Math.min(99.9, Math.max(1, level));
}

interface Tally {
  readonly inside: Float64Array; // (H)
  readonly count: Float64Array; // (H)
  score: number;
  scored: number;
}

function tallyOf(horizon: number): Tally {
  return { inside: new Float64Array(horizon), count: new Float64Array(horizon), score: 0, scored: 0 };
}

/** Adds what one fold's errors say of the widths; gives the share inside. */
function addFold(
  tally: Tally,
  items: readonly Item[],
  fold: number,
  widths: Float64Array,
  k: number,
  level: number,
): number | null {
  const horizon = widths.length;
  let inside = 0;
  let count = 0;
  for (const item of items) {
    const scale = scaleOf(item, k, items.length > 1 ? fold : null);
    const upper = widths.map((width) => width * scale);
    const lower = upper.map((width) => -width);
    for (let n = 0; n < item.origins; n++) {
      if (item.path.fold[n] !== fold) continue;
      const errors = item.path.errors.subarray(n * horizon, (n + 1) * horizon);
      for (let h = 0; h < horizon; h++) {
        const within = Math.abs(errors[h] as number) <= (upper[h] as number) ? 1 : 0;
        tally.inside[h]! += within;
        tally.count[h]! += 1;
        inside += within;
        count++;
      }
      if (item.prior === null) continue;
      tally.score += intervalScore(errors, lower, upper, level) / item.prior;
      tally.scored++;
    }
  }
  return count > 0 ? inside / count : null;
}

function judgedOf({ inside, count, score, scored }: Tally): Judged {
  const total = sumOf(count);
  return {
    coverage: total > 0 ? sumOf(inside) / total : null,
    coverageByStep: total > 0 ? inside.map((share, h) => share / (count[h] as number)) : null,
    msis: scored > 0 ? score / scored : null,
  };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

function meanOf(values: ArrayLike<number>): number {
  return values.length > 0 ? sumOf(values) / values.length : 0;
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half) - 1] as number)) / 2;
}
