// The table of closed-form forecasters and baselines, for numbers and for text.
// In: a kind. Out: its entry. Not here: which ones a run is judged against (config/).

import { bigram } from './bigram.ts';
import { drift } from './drift.ts';
import type { NumberForecasterKind, TextForecasterKind } from './forecaster.ts';
import { lastValue } from './last-value.ts';
import { mean } from './mean.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { uniform } from './uniform.ts';

/** Every forecaster by kind. */
export const FORECASTERS: { readonly [kind: string]: NumberForecasterKind | TextForecasterKind } = {
  'last-value': lastValue,
  mean,
  drift,
  'seasonal-naive': seasonalNaive,
  uniform,
  bigram,
};
