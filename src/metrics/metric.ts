// The contract of a metric: actual and forecast in raw units to one number, or null with its reason.
// Not here: which forecasts are compared (evaluate/).

/** A number, or null and why it is undefined (never a silent null). */
export type Score =
  | { readonly value: number; readonly reason?: undefined }
  | { readonly value: null; readonly reason: string };

export interface PointInput {
  readonly actual: ArrayLike<number>;
  readonly forecast: ArrayLike<number>;
  /** The values learned from, for scaled errors. */
  readonly train: ArrayLike<number>;
  /** Steps per season of the scaled errors. */
  readonly season: number;
}

export interface LanguageInput {
  /** ln p of each true token. */
  readonly logProbability: ArrayLike<number>;
  /** 1 where the likeliest token was the true one. */
  readonly correct: ArrayLike<number>;
}

interface MetricBase {
  readonly kind: string;
  readonly summary: string;
  readonly unit: string;
  /** Which values are better; `zero`: the nearer to 0, from either side. */
  readonly better: 'lower' | 'higher' | 'zero';
}

export interface PointMetric extends MetricBase {
  readonly form: 'numbers';
  score(input: PointInput): Score;
}

export interface LanguageMetric extends MetricBase {
  readonly form: 'text';
  score(input: LanguageInput): Score;
}
