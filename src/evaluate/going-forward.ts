// How intervals cover, judged going forward: each fold by what was known before it, as they would have been made then.
// In: the errors of all targets, fold by fold. Out: shares inside and scores by level, and the level to ask for next. Not here: widths (half-widths.ts).

import { intervalScore } from '../metrics/interval-score.ts';
import { type Learned, learn, quantiles, reachOf } from './half-widths.ts';
import { type IntervalOptions, type Item, sumOf } from './known-errors.ts';

/** How one level's intervals cover. */
export interface Verdict {
  /** Share of errors inside, those of each fold judged by what was known before it; null where nothing could be judged. */
  readonly coverage: number | null;
  /** Errors judged that way. */
  readonly judged: number;
  /** The share by step (H); null for a step that could not be judged, and for all where none could. */
  readonly coverageByStep: readonly (number | null)[] | null;
  /** Share of sums of steps 1 … h inside theirs, all h together, judged likewise. */
  readonly coverageOfSums: number | null;
  /** Mean interval score over the seasonal scale, judged likewise. */
  readonly msis: number | null;
}

/** What one level's intervals came to on the way. */
export interface JudgedLevel {
  readonly steps: Track;
  readonly sums: Track;
  score: number;
  scored: number;
}

interface Track {
  /** The level to ask for next: what is wanted, moved by the misses where the method is adaptive. */
  asked: number;
  /** By item: of each error (N, H) whether it lay inside, 1 or 0; −1 where it was not judged. */
  readonly inside: readonly Int8Array[];
}

/** Step of the adaptive method's level, per fold: the published 0.005 per observation, for folds of some ten. */
const ADAPTATION = 0.05;
/** Times intervals are calibrated anew while they are judged, at most. */
const RECALIBRATIONS = 100;

/** Every fold judged by what was known before it, in time order. */
export function judge(items: readonly Item[], options: IntervalOptions): JudgedLevel[] {
  const { horizon } = options;
  const track = (level: number): Track => ({
    asked: level,
    inside: items.map(({ origins }) => new Int8Array(origins.length * horizon).fill(-1)),
  });
  const judged = options.levels.map((level) => ({ steps: track(level), sums: track(level), score: 0, scored: 0 }));
  const folds = [...new Set(items.flatMap(({ path }) => Array.from(path.fold)))].sort((a, b) => a - b);
  const every = Math.ceil(folds.length / RECALIBRATIONS);
  let before = items.map(() => Number.NEGATIVE_INFINITY);
  for (let k = 0; k < folds.length; k += every) {
    const limits = items.map((item) => startOf(item, folds[k] as number));
    const learned = learn(items, limits, options);
    for (const [i, level] of judged.entries()) {
      adapt(level, items, [before, limits], options.levels[i] as number, options);
      judgeFolds(level, learned, folds.slice(k, k + every), options.levels[i] as number);
    }
    before = limits;
  }
  const end = items.map(() => Number.POSITIVE_INFINITY);
  for (const [i, level] of judged.entries()) adapt(level, items, [before, end], options.levels[i] as number, options);
  return judged;
}

/** The row a target's fold begins at; of a target that lacks the fold, the next one's. */
function startOf({ path, origins }: Item, fold: number): number {
  for (let n = 0; n < origins.length; n++) if ((path.fold[n] as number) >= fold) return origins[n] as number;
  return Number.POSITIVE_INFINITY;
}

/** Moves the level asked for by the misses that became known between two times. */
function adapt(
  judged: JudgedLevel,
  items: readonly Item[],
  [before, now]: readonly [readonly number[], readonly number[]],
  level: number,
  options: IntervalOptions,
): void {
  if (options.method !== 'adaptive') return;
  const { horizon, lead = 0 } = options;
  for (const track of [judged.steps, judged.sums]) {
    let inside = 0;
    let count = 0;
    for (const [i, { origins }] of items.entries()) {
      for (let at = 0; at < origins.length * horizon; at++) {
        const held = track.inside[i]?.[at] as number;
        const row = (origins[Math.floor(at / horizon)] as number) + lead + (at % horizon);
        if (held < 0 || row < (before[i] as number) || row >= (now[i] as number)) continue;
        inside += held;
        count++;
      }
    }
    if (count > 0) track.asked = heldLevel(track.asked + ADAPTATION * (level - (100 * inside) / count));
  }
}

function heldLevel(level: number): number {
  return Math.min(99.9, Math.max(1, level));
}

/** Judges some folds by what was learned before the first of them. */
function judgeFolds(judged: JudgedLevel, learned: Learned, folds: readonly number[], level: number): void {
  const units = (['steps', 'sums'] as const).map((of) => quantiles(learned, of, { level, asked: judged[of].asked }));
  for (const [i, view] of learned.views.entries()) {
    const { path, origins, prior } = view.item;
    const horizon = learned.steps.length;
    const scale = learned.scales[i] as number;
    const [steps, sums] = units.map((unit) => unit?.map((width) => width * scale) ?? null);
    for (let n = 0; n < origins.length; n++) {
      if (!folds.includes(path.fold[n] as number)) continue;
      const errors = path.errors.subarray(n * horizon, (n + 1) * horizon);
      if (sums) mark(judged.sums.inside[i] as Int8Array, n, runningSums(errors), sums);
      if (!steps) continue;
      mark(judged.steps.inside[i] as Int8Array, n, errors, steps);
      const reach = reachOf(steps);
      if (prior === null || reach === 0) continue;
      const upper = steps.subarray(0, reach);
      judged.score +=
        intervalScore(
          errors.subarray(0, reach),
          upper.map((width) => -width),
          upper,
          level,
        ) / prior;
      judged.scored++;
    }
  }
}

/** Notes which of an origin's errors lie inside; a step without a width is not judged. */
function mark(inside: Int8Array, n: number, errors: Float64Array, widths: Float64Array): void {
  for (const [h, width] of widths.entries()) {
    if (!Number.isNaN(width)) inside[n * widths.length + h] = Math.abs(errors[h] as number) <= width ? 1 : 0;
  }
}

function runningSums(errors: Float64Array): Float64Array {
  let sum = 0;
  return errors.map((error) => {
    sum += error;
    return sum;
  });
}

export function verdictOf({ steps, sums, score, scored }: JudgedLevel, horizon: number): Verdict {
  const held = new Float64Array(horizon);
  const count = new Float64Array(horizon);
  countInside(steps.inside, held, count);
  const judged = sumOf(count);
  const share = judged > 0 ? sumOf(held) / judged : null;
  return {
    coverage: share,
    judged,
    coverageByStep: share === null ? null : Array.from(held, (inside, h) => shareOf(inside, count[h] as number)),
    coverageOfSums: shareOfAll(sums.inside),
    msis: scored > 0 ? score / scored : null,
  };
}

/** How much of what was judged lay inside, and how much was judged, by step (H). */
function countInside(inside: readonly Int8Array[], held: Float64Array, count: Float64Array): void {
  for (const marks of inside) {
    for (let at = 0; at < marks.length; at++) {
      const mark = marks[at] as number;
      if (mark < 0) continue;
      held[at % held.length]! += mark;
      count[at % held.length]! += 1;
    }
  }
}

function shareOfAll(inside: readonly Int8Array[]): number | null {
  const [held, count] = [new Float64Array(1), new Float64Array(1)];
  countInside(inside, held, count);
  return shareOf(held[0] as number, count[0] as number);
}

function shareOf(held: number, count: number): number | null {
  return count > 0 ? held / count : null;
}
