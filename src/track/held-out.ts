// What the model said of rows it did not know, as the report shows it.
// In: forecasts at many origins. Out: those of them that do not overlap, with what came. Not here: scores (evaluate/score.ts).

import type { Series } from '../core/data.ts';
import { actualsAt, type Split } from '../evaluate/score.ts';
import type { HeldPath } from '../report/picture.ts';

/** Forecasts at `origins` in ascending order: `values` (N, H, C). */
export interface HeldForecasts {
  readonly split: Split;
  readonly origins: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly horizon: number;
  readonly lead: number;
}

/** Paths of one target. */
export interface HeldPaths {
  readonly series: string;
  readonly target: string;
  readonly paths: readonly HeldPath[];
}

/** Series whose forecasts of held-out rows are drawn: of the others nobody reads them. */
export const DRAWN = 6;
/** Values kept of a target at most, the newest. */
const MOST_VALUES = 1000;

/** One path after the other, by target: the newest origin, and before it each whose last step comes before the next one's first. */
export function heldOutOf(series: Series, forecasts: HeldForecasts): HeldPaths[] {
  const { split, origins, values, horizon, lead } = forecasts;
  const chosen = apart(origins, horizon);
  const cutoffs = chosen.map((n) => origins[n] as number);
  const actuals = actualsAt(series, cutoffs, horizon, lead);
  const channels = series.targets.length;
  return series.targets.map((target, c) => ({
    series: series.id,
    target: target.name,
    paths: chosen.map((n, i) => ({
      split,
      start: (cutoffs[i] as number) + lead,
      values: Array.from({ length: horizon }, (_, h) => values[(n * horizon + h) * channels + c] as number),
      actual: [...(actuals[c] as Float64Array).subarray(i * horizon, (i + 1) * horizon)],
    })),
  }));
}

/** Indexes of origins at least `horizon` rows apart, counted from the newest. */
function apart(origins: ArrayLike<number>, horizon: number): number[] {
  const chosen: number[] = [];
  const most = Math.max(1, Math.floor(MOST_VALUES / horizon));
  let next = Number.POSITIVE_INFINITY;
  for (let n = origins.length - 1; n >= 0 && chosen.length < most; n--) {
    if ((origins[n] as number) + horizon > next) continue;
    chosen.push(n);
    next = origins[n] as number;
  }
  return chosen.reverse();
}

/** The same targets' paths together, in time order. */
export function joinedPaths(parts: readonly (readonly HeldPaths[])[]): HeldPaths[] {
  const [first = [], ...others] = parts.filter((part) => part.length > 0);
  return first.map((own, c) => ({
    ...own,
    paths: [...own.paths, ...others.flatMap((part) => part[c]?.paths ?? [])].sort((a, b) => a.start - b.start),
  }));
}
