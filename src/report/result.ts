// The run's result: the JSON a program reads, and the one value every picture and table is made from.
// Not here: rendering (terminal.ts), files (artifact/).

import type { Warning } from '../core/errors.ts';

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
  readonly decision: {
    /** The forecaster to use. */
    readonly ship: string;
    readonly beats: readonly string[];
    readonly skill: number | null;
    readonly p: number | null;
    readonly folds: number;
    readonly reason?: string;
  };
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

export interface ScoreRow {
  readonly forecaster: string;
  /** Present where there are several series. */
  readonly series?: string;
  readonly split: 'train' | 'validation' | 'test' | 'backtest';
  /** null where undefined; `reasons` says why. */
  readonly metrics: { readonly [metric: string]: number | null };
  readonly reasons?: { readonly [metric: string]: string };
  /** 1 − error / best baseline's error on the first metric; null with a reason where that error is 0. */
  readonly skill: number | null;
  readonly skillReason?: string;
  /** Windows scored. */
  readonly windows: number;
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
