// Results for the report tests.

import type { Picture, ReportInput } from '../../src/report/picture.ts';
import type { Result, ScoreRow } from '../../src/report/result.ts';

const score = (forecaster: string, mase: number, skill: number | null): ScoreRow => ({
  forecaster,
  split: 'validation',
  metrics: { mae: mase * 20, rmse: mase * 25, mape: null, mase },
  reasons: { mape: 'an actual value is 0' },
  skill,
  windows: 28,
});

const values = Array.from({ length: 60 }, (_, i) => 100 + i + 40 * ((i % 12) / 11));

export const numbers: Result = {
  name: 'airline',
  seed: 7,
  engine: { kind: 'native', reason: 'the fastest here' },
  data: {
    rows: 60,
    series: 1,
    start: '1949-01',
    end: '1953-12',
    frequency: 'month',
    season: 12,
    sha256: 'ab'.repeat(32),
    notes: ['target passengers', '3 missing cells filled by previous'],
  },
  fit: {
    model: 'lstm-regressor',
    parameters: 10451,
    samples: 80,
    epochs: 300,
    loss: 0.000123,
    validationLoss: 0.00045,
    accuracy: null,
    stoppedEarly: true,
  },
  scores: [
    score('lstm-regressor', 0.71, 0.31),
    score('last-value', 1.8, -0.75),
    score('seasonal-naive', 1.03, 0),
    score('drift', 1.9, -0.84),
  ],
  decision: { ship: 'lstm-regressor', beats: ['seasonal-naive'], skill: 0.31, p: null, folds: 0 },
  backtest: null,
  totals: [],
  verdict: 'The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 28 held-out windows): ship it.',
  forecast: Array.from({ length: 12 }, (_, i) => ({
    series: 'airline',
    target: 'passengers',
    step: i + 1,
    time: `1954-${String(i + 1).padStart(2, '0')}`,
    value: 160 + i + 40 * ((i % 12) / 11),
    lower: { '80': 150 + i },
    upper: { '80': 230.5 + i },
  })),
  text: [],
  warnings: [{ code: 'W_CONSTANT_SERIES', message: 'x' }],
};

export const picture: Picture = {
  target: 'passengers',
  history: {
    values,
    times: values.map((_, i) => `${1949 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`),
  },
  known: 180,
  forecast: numbers.forecast.map((row) => row.value),
};

const START = Date.UTC(1949, 0, 1);

export const input: ReportInput = {
  panels: [
    {
      series: 'airline',
      target: 'passengers',
      length: 60,
      from: 0,
      values,
      stamps: Array.from({ length: 72 }, (_, i) => START + i * 30.4375 * 86_400_000),
      whole: null,
      forecastFrom: 60,
      paths: [24, 36, 48].map((start) => ({
        split: start === 48 ? ('test' as const) : ('backtest' as const),
        start,
        values: values.slice(start, start + 12).map((value, h) => value + h - 4),
        actual: values.slice(start, start + 12),
      })),
    },
  ],
  losses: [
    {
      series: 'airline',
      records: Array.from({ length: 5000 }, (_, i) => ({
        epoch: i + 1,
        loss: 10 / (i + 1),
        validationLoss: 12 / (i + 1),
      })),
    },
  ],
  config: 'name: airline\nseed: 7\n',
  folder: 'runs/airline-1a2b3c4d',
};

/** `numbers` with a backtest of five folds and three forecasters. */
export const walked: Result = {
  ...numbers,
  backtest: {
    metric: 'mae',
    step: 3,
    history: null,
    folds: Array.from({ length: 5 }, (_, k) => ({
      fold: k + 1,
      until: `1952-${String(2 * k + 1).padStart(2, '0')}`,
      origins: 3,
      scores: { 'lstm-regressor': 10 + k, 'seasonal-naive': 20 - k, drift: k === 2 ? null : 30 },
    })),
    steps: [
      { forecaster: 'lstm-regressor', values: Array.from({ length: 12 }, (_, h) => 5 + h) },
      { forecaster: 'seasonal-naive', values: Array.from({ length: 12 }, () => 18) },
      { forecaster: 'drift', values: Array.from({ length: 12 }, (_, h) => (h === 3 ? null : 4 * h)) },
    ],
    intervals: [
      {
        forecaster: 'lstm-regressor',
        points: 15,
        pooledSteps: true,
        supports: 99.4,
        levels: [
          {
            level: 80,
            supported: true,
            known: 180,
            needed: 4,
            coverage: 0.78,
            judged: 117,
            coverageOfSums: 0.75,
            coverageByStep: Array.from({ length: 12 }, (_, h) => 0.7 + h / 60),
            msis: 5.5,
          },
          {
            level: 95,
            supported: false,
            known: 15,
            needed: 19,
            coverage: null,
            judged: 0,
            coverageByStep: null,
            coverageOfSums: null,
            msis: null,
          },
        ],
      },
    ],
    shape: 'flat-line',
  },
  totals: [
    { series: 'airline', target: 'passengers', steps: 12, value: 2000, lower: { '80': 1900 }, upper: { '80': 2100 } },
  ],
};

export const text: Result = {
  ...numbers,
  name: 'rhymes',
  data: { ...numbers.data, start: null, end: null, frequency: null, season: null, notes: ['vocabulary of 66 ids'] },
  fit: { ...numbers.fit, model: 'language-model', accuracy: 0.875, stoppedEarly: false, validationLoss: null },
  scores: ['language-model', 'unigram', 'bigram'].map((forecaster, i) => ({
    forecaster,
    split: 'train' as const,
    metrics: { 'cross-entropy': 0.5 + i / 3, perplexity: 1.65 + i, accuracy: 0.9 - i / 4 },
    skill: i === 0 ? 0.4 : null,
    windows: 1234,
  })),
  decision: { ship: 'language-model', beats: ['unigram'], skill: 0.4, p: null, folds: 0 },
  forecast: [],
  text: [
    {
      prompt: 'the cat',
      text: 'the cat sat on the mat,\nthe dog sat on the log.',
      next: [
        { token: ' sat', probability: 0.5 },
        { token: '\n', probability: 0.004 },
      ],
    },
  ],
  warnings: [],
};

/** Cursor movements, line breaks, reading directions, markup. */
export const HOSTILE = '\u001b[2J\u009b31m\r\n\u2028\u202e<script>alert(1)</script>\u0000\u0007';

/** Every string of a value made hostile. */
export function poisoned<T>(value: T): T {
  if (typeof value === 'string') return `${value}${HOSTILE}` as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'split' ? item : poisoned(item)]),
  ) as T;
}
