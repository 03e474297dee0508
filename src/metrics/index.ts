// The table of metrics, for numbers and for text. In: a kind. Out: its entry. Not here: which ones a run shows (config/).

import { accuracy } from './accuracy.ts';
import { bias } from './bias.ts';
import { bitsPerCharacter } from './bits-per-character.ts';
import { crossEntropy } from './cross-entropy.ts';
import { mae } from './mae.ts';
import { mape } from './mape.ts';
import { mase } from './mase.ts';
import type { LanguageMetric, PointMetric } from './metric.ts';
import { mse } from './mse.ts';
import { perplexity } from './perplexity.ts';
import { r2 } from './r2.ts';
import { rmse } from './rmse.ts';
import { rmsse } from './rmsse.ts';
import { smape } from './smape.ts';
import { wape } from './wape.ts';

/** Every metric by kind. */
export const METRICS: { readonly [kind: string]: PointMetric | LanguageMetric } = {
  mae,
  rmse,
  mse,
  mape,
  smape,
  wape,
  mase,
  rmsse,
  r2,
  bias,
  'cross-entropy': crossEntropy,
  perplexity,
  'bits-per-character': bitsPerCharacter,
  accuracy,
};
