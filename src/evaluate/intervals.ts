// Conformal intervals: how far a forecaster was off at rolling origins says how far it may be off next time.
// In: its error paths, fold by fold. Out: half widths by level and step, for steps and for sums of them, and how well they cover.
// Not here: the errors (backtest.ts), the bounds' rounding, wording.

import { type JudgedLevel, judge, type Verdict, verdictOf } from './going-forward.ts';
import { learn, neededFor, type Of, quantiles, supportedBy } from './half-widths.ts';
import { type ErrorPaths, type IntervalOptions, itemOf } from './known-errors.ts';

export type { ErrorPaths, IntervalOptions };
export { neededFor, supportedBy };

export interface Calibration {
  /** Origins calibrated on, all series together. */
  readonly points: number;
  /** Whether each step has errors enough of its own; else the errors of all steps were pooled, each divided by a fitted growth. */
  readonly pooledSteps: boolean;
  readonly levels: readonly LevelCalibration[];
  /** Scale of each target's errors by its id. */
  readonly scales: ReadonlyMap<string, number>;
}

export interface LevelCalibration extends Verdict {
  readonly level: number;
  /** Half widths in units of the scale, by step (H); null where the errors known cannot support the level. */
  readonly steps: Float64Array | null;
  /** The same for the sum of steps 1 … h. */
  readonly sums: Float64Array | null;
  /** Times as wide, by target: of those that borrow their intervals; absent: none does. */
  readonly times?: ReadonlyMap<string, number>;
  /** Errors the quantile is taken from, and how many the level needs. */
  readonly known: number;
  readonly needed: number;
}

/** Half widths in raw units for a target, by step (or, `of: 'sums'`, for the sum of the steps up to each); null where unsupported. */
export function halfWidths(calibration: Calibration, id: string, level: number, of: Of = 'steps'): Float64Array | null {
  const own = calibration.levels.find((candidate) => candidate.level === level);
  const units = own?.[of];
  const scale = calibration.scales.get(id);
  const borrowed = own?.times?.get(id);
  if (!units || scale === undefined || (borrowed !== undefined && of === 'sums')) return null; // lenders were held to their steps
  const wide = scale * (borrowed ?? 1);
  return units.map((unit) => unit * wide);
}

/**
 * Calibrates symmetric intervals, pooled over series: |error| / scale, its ⌈(n + 1)(level)⌉-th smallest per step (Lei et al. 2018). The
 * scale is a target's own mean error, drawn towards its seasonal differences where few origins are known. How they cover is judged going
 * forward: what is known before a fold makes the intervals of that fold.
 */
export function calibrate(paths: readonly ErrorPaths[], options: IntervalOptions): Calibration {
  const { horizon, levels } = options;
  const items = paths.map((path) => itemOf(path, options));
  const judged = judge(items, options);
  const all = learn(
    items,
    items.map(() => Number.POSITIVE_INFINITY),
    options,
  );
  const points = items.reduce((sum, { origins }) => sum + origins.length, 0);
  return {
    points,
    pooledSteps: all.pooled,
    scales: new Map(items.map(({ path }, i) => [path.id, all.scales[i] as number])),
    levels: levels.map((level, i) => {
      const own = judged[i] as JudgedLevel;
      return {
        level,
        steps: whole(quantiles(all, 'steps', { level, asked: own.steps.asked })),
        sums: whole(quantiles(all, 'sums', { level, asked: own.sums.asked })),
        known: all.pooled ? points * horizon : points,
        needed: neededFor(level),
        ...verdictOf(own, horizon),
      };
    }),
  };
}

/** Widths of every step, or none. */
function whole(widths: Float64Array | null): Float64Array | null {
  return widths?.some(Number.isNaN) ? null : widths;
}
