// The straight line through values at 0, 1, 2 … by least squares.
// In: values. Out: intercept and slope. Not here: other regressions (ridge).

/** `intercept + slope · t`; exact for a constant, since distances from the first value are what is fitted. */
export function fitLine(values: ArrayLike<number>): { readonly intercept: number; readonly slope: number } {
  const first = values[0] as number;
  const middle = (values.length - 1) / 2;
  let sum = 0;
  let product = 0;
  let square = 0;
  for (let t = 0; t < values.length; t++) {
    const distance = (values[t] as number) - first;
    sum += distance;
    product += (t - middle) * distance;
    square += (t - middle) * (t - middle);
  }
  const slope = square === 0 ? 0 : product / square;
  return { intercept: first + (sum / values.length - slope * middle), slope };
}
