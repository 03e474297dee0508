// What each board is to reach on its test part. In: nothing. Out: goals. Not here: whether they are met (accuracy.ts).

export interface Goal {
  readonly board: string;
  readonly metric: string;
  /** Whose figure it is; absent: that of the forecaster which validation chose. */
  readonly of?: string;
  /** At or under; `near`: the level it is to be within `points` of; `least`: at least. */
  readonly goal: number;
  readonly points?: number;
  readonly least?: boolean;
}

const of = 'linear';

const intervals = (board: string, msis: number): Goal[] => [
  { board, of, metric: 'cover80', goal: 80, points: 2 },
  { board, of, metric: 'cover95', goal: 95, points: 2 },
  { board, of, metric: 'near80', goal: 85, least: true },
  { board, of, metric: 'near95', goal: 85, least: true },
  { board, of, metric: 'worst80', goal: 8 },
  { board, of, metric: 'worst95', goal: 8 },
  { board, of, metric: 'msis95', goal: msis },
];

export const GOALS: readonly Goal[] = [
  { board: 'm4-weekly', of, metric: 'owa', goal: 0.75 },
  ...intervals('m4-weekly', 20.3),
  { board: 'm4-hourly', of, metric: 'owa', goal: 0.495 },
  ...intervals('m4-hourly', 9.05),
  { board: 'etth1-96', of, metric: 'mse', goal: 0.364 },
  { board: 'etth1-192', of, metric: 'mse', goal: 0.396 },
  { board: 'etth1-336', of, metric: 'mse', goal: 0.417 },
  { board: 'etth1-720', of, metric: 'mse', goal: 0.42 },
  { board: 'air-passengers-12', metric: 'rmse', goal: 14.5 },
  { board: 'air-passengers-24', metric: 'rmse', goal: 14 },
  { board: 'air-passengers-36', metric: 'rmse', goal: 23 },
  { board: 'air-passengers-6-ahead', metric: 'mape', goal: 2.9 },
  { board: 'us-retail-24', metric: 'rmse', goal: 4600 },
  { board: 'champagne-12', metric: 'rmse', goal: 366 },
  { board: 'shampoo', metric: 'rmse', goal: 80 },
  { board: 'min-temperatures', metric: 'rmse', goal: 2.2 },
  { board: 'taylor', metric: 'smape', goal: 1.56 },
  { board: 'sunspots', metric: 'rmse', goal: 38 },
  { board: 'walmart', metric: 'wape', goal: 3.2 },
  { board: 'aus-retail', metric: 'wape', goal: 2.13 },
];

/** How much worse than the best single forecaster `auto` may be, over origins that were not its own to choose by. */
export const AUTO = { mean: 1.03, worst: 1.15 };
