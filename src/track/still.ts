// Series that stood still in all rows their intervals are made of, and not before: intervals of no width are no promise there.
// In: series and their folds, the model's intervals. Out: a warning. Not here: intervals (evaluate/intervals.ts).

import type { Warning } from '../core/errors.ts';
import type { Walk } from '../evaluate/backtest.ts';
import { type Calibration, halfWidths } from '../evaluate/intervals.ts';
import { counted, figure } from '../report/figures.ts';
import { pathId } from './forecast-rows.ts';

/** A width that is less than this share of the largest change is rounding. */
const ROUNDING = 1e-9;

/** One warning for all targets; the first three are named. A target that never changed at all is another warning's. */
export function stillWarnings(walks: readonly Walk[], calibration: Calibration | undefined): Warning[] {
  if (!calibration) return [];
  const still = walks.flatMap(({ series, folds }) => {
    const first = folds[0]?.origins[0] ?? series.length;
    return series.targets.flatMap(({ name, values }) => {
      const before = largestChange(values.subarray(0, first));
      if (before === 0 || largestChange(values.subarray(first - 1)) > 0) return [];
      if (!isFlat(calibration, pathId(series.id, name), before)) return [];
      const rows = counted(values.length - first, 'row');
      return [`${JSON.stringify(name)} of ${JSON.stringify(series.id)} (${rows}; before, by up to ${figure(before)})`];
    });
  });
  if (still.length === 0) return [];
  const more = still.length > 3 ? `, and ${still.length - 3} more targets` : '';
  const message = `no change in the rows intervals are made of, though there was before: ${still.slice(0, 3).join(', ')}${more}: intervals have no width, and know nothing of the next change`;
  return [{ code: 'W_STOOD_STILL', message }];
}

/** The largest difference between two rows that follow each other. */
function largestChange(values: Float64Array): number {
  let largest = 0;
  for (let t = 1; t < values.length; t++)
    largest = Math.max(largest, Math.abs((values[t] as number) - (values[t - 1] as number)));
  return largest;
}

/** Whether there are intervals, and none of them has a width beside a change. */
function isFlat(calibration: Calibration, id: string, change: number): boolean {
  const widths = calibration.levels.flatMap(({ level }) => halfWidths(calibration, id, level) ?? []);
  return widths.length > 0 && widths.every((own) => own.every((width) => width <= ROUNDING * change));
}
