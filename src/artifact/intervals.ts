// A run's calibrated intervals as a file and back, so that later forecasts have them too.
// In: a calibration. Out: the file's text; a calibration. Not here: calibrating (evaluate/intervals.ts).

import { stableJson } from '../core/json.ts';
import type { Calibration } from '../evaluate/intervals.ts';

export const INTERVALS = 'intervals.json';

/** What of a calibration forecasts need. */
interface File {
  readonly points: number;
  readonly pooledSteps: boolean;
  readonly scales: { readonly [id: string]: number };
  readonly levels: readonly {
    readonly level: number;
    readonly steps: readonly number[] | null;
    readonly sums: readonly number[] | null;
    /** Absent: no target borrows its intervals. */
    readonly times?: { readonly [id: string]: number };
    readonly known: number;
    readonly needed: number;
  }[];
}

export function intervalsFile({ points, pooledSteps, scales, levels }: Calibration): string {
  const listed = levels.map(({ level, steps, sums, times, known, needed }) => ({
    level,
    steps: steps && [...steps],
    sums: sums && [...sums],
    ...(times?.size ? { times: Object.fromEntries(times) } : {}),
    known,
    needed,
  }));
  return stableJson({ points, pooledSteps, scales: Object.fromEntries(scales), levels: listed });
}

/** The intervals a run folder holds; null where it has none. */
export function readIntervals(stored: { has(name: string): boolean; json(name: string): unknown }): Calibration | null {
  if (!stored.has(INTERVALS)) return null;
  const { points, pooledSteps, scales, levels } = stored.json(INTERVALS) as File;
  return {
    points,
    pooledSteps,
    scales: new Map(Object.entries(scales)),
    levels: levels.map(({ steps, sums, times, ...rest }) => ({
      ...rest,
      steps: steps && Float64Array.from(steps),
      sums: sums && Float64Array.from(sums),
      ...(times ? { times: new Map(Object.entries(times)) } : {}),
      coverage: null,
      judged: 0,
      coverageByStep: null,
      coverageOfSums: null,
      msis: null,
    })),
  };
}
