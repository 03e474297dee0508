import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/index.ts';
import { intervalScore } from '../../src/metrics/interval-score.ts';
import type { LanguageMetric, PointMetric } from '../../src/metrics/metric.ts';
import { seasonalScale } from '../../src/metrics/pointwise.ts';
import { oracle } from './shared.ts';

interface Metrics {
  readonly point: readonly {
    readonly name: string;
    readonly y: readonly number[];
    readonly forecast: readonly number[];
    readonly train: readonly number[];
    readonly seasonality: number;
    readonly expected: Readonly<Record<string, number | null>>;
  }[];
  readonly interval: readonly {
    readonly name: string;
    readonly y: readonly number[];
    readonly lower: readonly number[];
    readonly upper: readonly number[];
    readonly level: number;
    readonly train: readonly number[];
    readonly seasonality: number;
    readonly expected: Readonly<Record<string, number>>;
  }[];
  readonly language: readonly {
    readonly name: string;
    readonly logits: readonly (readonly number[])[];
    readonly target: readonly number[];
    readonly expected: Readonly<Record<string, number | null>>;
  }[];
}

const outside = oracle<Metrics>('metrics.json');
const POINT = ['mae', 'mse', 'rmse', 'bias', 'mape', 'smape', 'wape', 'mase', 'rmsse', 'r2'];
const LANGUAGE = {
  'cross-entropy': 'nll',
  perplexity: 'perplexity',
  'bits-per-character': 'bitsPerCharacter',
  accuracy: 'accuracy',
};

/** Equal to the 9 digits an oracle carries. */
function expectClose(actual: number | null, expected: number | null): void {
  if (expected === null || actual === null) expect(actual).toBe(expected);
  else
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
      1e-8 * Math.max(Math.abs(expected), Math.abs(expected) > 1e-6 ? 1 : 0) + 1e-24,
    );
}

describe.skipIf(outside === null)('metrics equal the outside numbers', () => {
  for (const { name, y, forecast, train, seasonality, expected } of outside?.point ?? []) {
    it.each(POINT)(`${name}: %s`, (kind) => {
      const score = (METRICS[kind] as PointMetric).score({ actual: y, forecast, train, season: seasonality });
      expectClose(score.value, expected[kind] as number | null);
      if (score.value === null) expect(score.reason.length).toBeGreaterThan(10);
    });
  }

  for (const { name, logits, target, expected } of outside?.language ?? []) {
    it.each(Object.entries(LANGUAGE))(`${name}: %s`, (kind, theirs) => {
      const logProbability = logits.map((row, i) => (row[target[i] as number] as number) - logSumExp(row));
      const correct = logits.map((row, i) => Number(row.indexOf(Math.max(...row)) === target[i]));
      const score = (METRICS[kind] as LanguageMetric).score({ logProbability, correct });
      expectClose(score.value, expected[theirs] as number);
    });
  }

  for (const { name, y, lower, upper, level, train, seasonality, expected } of outside?.interval ?? []) {
    it(`${name}: intervals`, () => {
      const score = intervalScore(y, lower, upper, level);
      const scale = seasonalScale(train, seasonality);
      expectClose(score, expected.intervalScore as number);
      expectClose(scale && score / scale, expected.msis as number);
    });
  }

  it('covers every case', () => {
    expect(outside?.interval.length).toBe(5);
    expect(outside?.point.length).toBe(16);
    expect(outside?.language.length).toBeGreaterThanOrEqual(4);
  });
});

function logSumExp(row: readonly number[]): number {
  const top = Math.max(...row);
  return top + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
}
