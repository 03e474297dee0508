// Where too few windows were held out to test on: whether the best baseline was better than last-value on the rows before them too.
// In: series, the baseline's name, what is asked for. Out: loss differences at many origins. Not here: what follows of them (evaluate/decision.ts).

import type { Config } from '../config/config.ts';
import { rowsOf } from '../core/data.ts';
import { backtest, foldsThatFit, planFolds } from '../evaluate/backtest.ts';
import { bestOf, differencesBetween, PLAIN, type ScoreRow, scoreAnswers } from '../evaluate/score.ts';
import type { ForecasterContext } from '../forecasters/forecaster.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import type { Course } from './backtest.ts';
import { closedForm } from './forecaster.ts';
import { type Hooks, requestOf } from './outcome.ts';

/** Windows that share no step, walked through at most. */
const MOST_APART = 12;
/** Series of a panel that are walked through at most: every k-th of more. */
const MOST_SERIES = 300;

export interface Untested {
  /** Score rows of the windows that decide, and the best baseline's loss differences on them. */
  readonly rows: readonly ScoreRow[];
  readonly plain: Float64Array;
  /** Series, and the row before which all targets lie. */
  readonly courses: readonly Course[];
  readonly horizon: number;
  /** Rows between two origins. */
  readonly stride: number;
  readonly metric: string;
}

/**
 * Per window: the best baseline's loss minus that of last-value at origins from the first season on; `plain` where it is a forecaster that
 * takes more rows and time to learn. Empty where last-value is the best, or not there.
 */
export async function earlierDifferences(
  { rows, plain, courses, horizon, stride, metric }: Untested,
  { seed, model, window: { lead }, evaluate: { history } }: Config,
  known: ForecasterContext,
  hooks: Hooks,
): Promise<Float64Array> {
  const baselines = rows.filter(({ forecaster }) => forecaster !== model.kind || FORECASTERS[forecaster]?.baseline);
  const baseline = bestOf(baselines, metric)?.name;
  if (baseline === undefined || baseline === PLAIN || baselines.every(({ forecaster }) => forecaster !== PLAIN))
    return new Float64Array(0);
  if (!FORECASTERS[baseline]?.baseline) return plain;
  const plan = { step: stride, stride, horizon, lead, history };
  const least = Math.max(3, known.season + 1);
  const most = MOST_APART * Math.ceil(horizon / stride);
  const every = Math.ceil(courses.length / MOST_SERIES);
  const walks = courses.flatMap(({ series, end }, s) => {
    if (s % every > 0) return [];
    const folds = Math.min(most, foldsThatFit(end, plan, least));
    return folds < 1 ? [] : [{ series: rowsOf(series, 0, end), folds: planFolds(end, { ...plan, folds }, least) }];
  });
  const kinds = [baseline, PLAIN];
  const request = { ...requestOf(seed, '', { ...hooks, warn: () => {}, progress: () => {} }), horizon, lead };
  const tracks = await Promise.all(
    kinds.map((kind) =>
      backtest(closedForm({ kind }, known), walks, plan, {
        request: (past) => ({ ...request, until: past.length, validation: null }),
      }),
    ),
  );
  const losses = walks.map(({ series }, s) => {
    const [own, plain] = tracks.map((track) => track[s]) as [(typeof tracks)[0][0], (typeof tracks)[0][0]];
    return scoreAnswers({
      answers: [own, plain].map(({ forecaster, values }) => ({ forecaster, baseline: true, values })),
      series,
      cutoffs: own.origins,
      horizon,
      lead,
      until: series.length,
      season: known.season,
      metrics: [metric],
      split: 'backtest',
    }).losses;
  });
  return walks.length > 0 ? differencesBetween(losses, baseline, PLAIN) : plain;
}
