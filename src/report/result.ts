// The run's result: the JSON a program reads, and the one value every picture and table is made from.
// Not here: rendering (terminal.ts), files (artifact/).

import type { Warning } from '../core/errors.ts';
import type { Decision } from '../evaluate/decision.ts';
import type { ScoreRow } from '../evaluate/score.ts';

export type { Decision, ScoreRow };

export interface Result {
  readonly name: string;
  readonly seed: number;
  readonly engine: { readonly kind: string; readonly reason: string };
  readonly data: {
    /** Rows (numbers) or tokens (text) of all series together. */
    readonly rows: number;
    readonly series: number;
    readonly start: string | null;
    readonly end: string | null;
    readonly frequency: string | null;
    readonly season: number | null;
    readonly sha256: string;
    /** Targets, inputs or the vocabulary: plain facts. */
    readonly notes: readonly string[];
  };
  /** One per fitted network; several where each series is fitted by itself (then `fit` is their sum or mean and `fits` lists them). */
  readonly fit: Fit;
  readonly fits?: readonly (Fit & { readonly series: string })[];
  readonly scores: readonly ScoreRow[];
  readonly decision: Decision;
  readonly verdict: string;
  readonly forecast: readonly ForecastRow[];
  readonly text: readonly TextAnswer[];
  readonly warnings: readonly Warning[];
}

export interface Fit {
  readonly model: string;
  readonly parameters: number;
  /** Training windows. */
  readonly samples: number;
  readonly epochs: number;
  readonly loss: number | null;
  readonly validationLoss: number | null;
  readonly accuracy: number | null;
  readonly stoppedEarly: boolean;
}

export interface ForecastRow {
  readonly series: string;
  readonly target: string;
  readonly step: number;
  readonly time: string;
  readonly value: number;
  readonly lower?: { readonly [level: string]: number };
  readonly upper?: { readonly [level: string]: number };
}

export interface TextAnswer {
  readonly prompt: string;
  /** The prompt and what was generated after it. */
  readonly text: string;
  /** The likeliest tokens at the first generated step. */
  readonly next: readonly { readonly token: string; readonly probability: number }[];
}
