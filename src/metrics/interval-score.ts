// The score of a forecast that is more than a point: an interval.
// In: true values and bounds, arrays in raw units. Out: a number. Not here: point errors (pointwise.ts), what is scaled by what (evaluate/).

/** Mean interval score (Winkler 1972; Gneiting and Raftery 2007, eq. 43): width, plus 2 / α times the distance to a value outside. */
export function intervalScore(
  actual: ArrayLike<number>,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  level: number,
): number {
  const penalty = 2 / (1 - level / 100);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const [y, l, u] = [actual[i] as number, lower[i] as number, upper[i] as number];
    sum += u - l + penalty * (Math.max(0, l - y) + Math.max(0, y - u));
  }
  return sum / actual.length;
}
