// Which levels forecasts have intervals of. In: rows of a forecast, or sums. Out: levels. Not here: the intervals (evaluate/).

import type { ForecastRow } from './result.ts';

/** The levels ("80", "95") of all rows, the lowest first; short series of a panel may have none. */
export function levelsOf(rows: readonly Pick<ForecastRow, 'lower'>[]): string[] {
  const levels = new Set<string>();
  for (const { lower } of rows) for (const level in lower) levels.add(level);
  return [...levels].sort((a, b) => Number(a) - Number(b));
}
