// The table of closed-form forecasters and baselines, for numbers and for text.
// In: a kind. Out: its entry. Not here: which ones a run is judged against (config/).

import { airline } from './airline.ts';
import { bigram } from './bigram.ts';
import { croston } from './croston.ts';
import { drift } from './drift.ts';
import { ets } from './ets.ts';
import type { NumberForecasterKind, TextForecasterKind } from './forecaster.ts';
import { holt } from './holt.ts';
import { holtWinters } from './holt-winters.ts';
import { lastValue } from './last-value.ts';
import { linear } from './linear.ts';
import { mean } from './mean.ts';
import { mstl } from './mstl.ts';
import { naive2 } from './naive2.ts';
import { ngram } from './ngram.ts';
import { regression } from './regression.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { ses } from './ses.ts';
import { theta } from './theta.ts';
import { trendSeason } from './trend-season.ts';
import { tsb } from './tsb.ts';
import { uniform } from './uniform.ts';
import { windowAverage } from './window-average.ts';

/** Every forecaster by kind. */
export const FORECASTERS: { readonly [kind: string]: NumberForecasterKind | TextForecasterKind } = {
  'last-value': lastValue,
  mean,
  drift,
  'seasonal-naive': seasonalNaive,
  'window-average': windowAverage,
  naive2,
  ses,
  holt,
  'holt-winters': holtWinters,
  ets,
  theta,
  mstl,
  airline,
  linear,
  regression,
  'trend-season': trendSeason,
  croston,
  tsb,
  uniform,
  bigram,
  ngram,
};
