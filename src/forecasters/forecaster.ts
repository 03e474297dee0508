// The contract of the table of closed-form forecasters and baselines. Not here: networks (predict/network.ts), combinations.

import type { NumberForecaster, TextForecaster } from '../core/forecaster.ts';
import type { Kind } from '../core/kind.ts';

/** What a forecaster may be told of its series. */
export interface ForecasterContext {
  readonly season: number;
  /** All seasons, `season` first; absent: no other. */
  readonly seasons?: readonly number[];
}

export interface NumberForecasterKind<Options = unknown> extends Kind<Options> {
  readonly form: 'numbers';
  /** Whether a run that names no baselines is judged beside it. */
  readonly baseline: boolean;
  /** Whether the targets of a series are learned from together, so that a forecast of one depends on the others; default false. */
  readonly pooled?: boolean;
  /** Whether columns known in advance (source.future, source.calendar) are read; default false. */
  readonly ahead?: boolean;
  create(options: Options, context: ForecasterContext): NumberForecaster;
}

export interface TextForecasterKind<Options = unknown> extends Kind<Options> {
  readonly form: 'text';
  /** Whether a run that names no baselines is judged beside it. */
  readonly baseline: boolean;
  create(options: Options, context: ForecasterContext): TextForecaster;
}
