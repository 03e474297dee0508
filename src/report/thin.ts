// Fewer points that draw the same picture.
// In: values over rows. Out: the rows to draw. Not here: drawing (svg.ts).

/** Points above which a line is thinned: more than a chart has pixels. */
export const MOST_POINTS = 2000;

/**
 * Rows [from, until) to draw so that no peak is lost: all of them up to `most`, else the lowest and the highest of each of `most` / 2
 * stretches of equal length, and both ends. A stretch without a number keeps its first row, so that a gap stays a gap.
 */
export function thinnedRows(
  values: ArrayLike<number>,
  from: number,
  until: number,
  most: number = MOST_POINTS,
): number[] {
  const length = until - from;
  if (length <= most) return Array.from({ length: Math.max(0, length) }, (_, i) => from + i);
  const stretches = Math.max(1, Math.floor(most / 2) - 1);
  const rows = [from];
  for (let s = 0; s < stretches; s++) {
    const start = from + Math.floor((s * length) / stretches);
    const end = from + Math.floor(((s + 1) * length) / stretches);
    for (const row of extremes(values, start, end)) if (row > (rows.at(-1) as number)) rows.push(row);
  }
  if ((rows.at(-1) as number) < until - 1) rows.push(until - 1);
  return rows;
}

/** Rows of the lowest and the highest value in [start, end), in order. */
function extremes(values: ArrayLike<number>, start: number, end: number): number[] {
  let low = -1;
  let high = -1;
  for (let row = start; row < end; row++) {
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    if (low < 0 || value < (values[low] as number)) low = row;
    if (high < 0 || value > (values[high] as number)) high = row;
  }
  if (low < 0) return [start];
  return low < high ? [low, high] : low > high ? [high, low] : [low];
}
