// Forecasts that look right on a plot and say nothing: a flat line, and the last known value handed on one step late.
// In: forecasts and true values at many origins. Out: which of the two it is, if any. Not here: errors (score.ts), wording (report/).

export type Shape = 'flat-line' | 'shifted-copy';

/** What share of the truth's own movement still counts as none. */
const NOTHING = 0.1;

/**
 * `flat-line`: over three steps or more, forecasts move less than a tenth of what the truth does. `shifted-copy`: forecasts lie nearer to
 * the last known value than a tenth of the distance from there to the truth. Null for neither. `forecast` and `actual` are (N, H),
 * `last` (N) the value before each origin.
 */
export function shapeOf(
  forecast: ArrayLike<number>,
  actual: ArrayLike<number>,
  last: ArrayLike<number>,
  horizon: number,
): Shape | null {
  let copied = 0;
  let moved = 0;
  let range = 0;
  let trueRange = 0;
  for (let n = 0; n < last.length; n++) {
    const before = last[n] as number;
    for (let h = 0; h < horizon; h++) {
      const [f, y] = [forecast[n * horizon + h] as number, actual[n * horizon + h] as number];
      copied += Math.abs(f - before);
      moved += Math.abs(y - before);
    }
    range += spread(forecast, n * horizon, horizon);
    trueRange += spread(actual, n * horizon, horizon);
  }
  if (moved > 0 && copied < NOTHING * moved) return 'shifted-copy';
  return horizon >= 3 && trueRange > 0 && range < NOTHING * trueRange ? 'flat-line' : null;
}

function spread(values: ArrayLike<number>, from: number, count: number): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = from; i < from + count; i++) {
    least = Math.min(least, values[i] as number);
    most = Math.max(most, values[i] as number);
  }
  return most - least;
}
