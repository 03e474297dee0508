// Exponential smoothing, Theta and ridge against statsmodels and scikit-learn, parameters fixed, to 1e-8.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { smooth } from '../../src/forecasters/smoothing.ts';
import { seriesOf } from '../encoders/data.ts';
import { oracle, SHARED } from './shared.ts';

interface Case {
  readonly name: string;
  readonly data: string;
  readonly method: 'exponentialSmoothing' | 'theta' | 'ridge';
  readonly trend?: 'add' | null;
  readonly seasonal?: 'additive' | 'multiplicative' | null;
  readonly period?: number | null;
  readonly lags?: number;
  readonly lambda?: number;
  readonly mode?: 'recursive' | 'direct';
  readonly parameters?: {
    readonly alpha: number;
    readonly beta?: number;
    readonly gamma?: number;
    readonly phi?: number;
    readonly level?: number;
    readonly trend?: number;
    readonly drift?: number;
    readonly seasonal?: readonly number[];
  };
  readonly expected: {
    readonly fitted?: readonly number[];
    readonly forecast: readonly number[];
    readonly sse?: number;
    readonly final?: { readonly level: number; readonly trend: number; readonly seasonal: readonly number[] };
  };
}

const classical = oracle<{ readonly horizon: number; readonly cases: readonly Case[] }>('classical.json');
const TOLERANCE = 1e-8;

/** The last column of a file of the classics. */
function valuesOf(data: string): Float64Array {
  const path = join(SHARED, 'data', data);
  if (!existsSync(path)) throw new Error(`${data} not found beside the oracles`);
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/).slice(1);
  return Float64Array.from(lines, (line) => Number(line.split(',').at(-1)));
}

/** The kind and the options that mean a case. */
function choiceOf(example: Case): [string, Record<string, unknown>] {
  const { alpha, beta, gamma, phi, level, trend, drift, seasonal } = example.parameters ?? { alpha: 0 };
  if (example.method === 'theta') {
    const factors = example.period ? { factors: seasonal, deseasonalise: 'multiplicative' } : { deseasonalise: 'none' };
    return ['theta', { alpha, drift, ...factors }];
  }
  const damped = phi === undefined ? {} : { damped: true, phi };
  if (!example.seasonal)
    return example.trend ? ['holt', { alpha, beta, level, trend, ...damped }] : ['ses', { alpha, level }];
  const form = { seasonal: example.seasonal, trend: example.trend ? 'additive' : 'none' };
  return ['holt-winters', { ...form, ...damped, alpha, beta, gamma, start: { level, trend, seasonals: seasonal } }];
}

/** max |a − b| / max(1, max |b|). */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let scale = 1;
  let most = 0;
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(b[i] as number));
    most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
    if (Number.isNaN(a[i])) return Number.NaN;
  }
  return most / scale;
}

async function fitCase(example: Case) {
  const [kind, written] = choiceOf(example);
  const entry = FORECASTERS[kind] as NumberForecasterKind;
  const series = seriesOf({ y: valuesOf(example.data) });
  const fitted = await entry
    .create(entry.options.parse(written), { season: example.period ?? 1 })
    .fit(series, { until: series.length, validation: null, seed: 1 });
  return { fitted, series };
}

describe.skipIf(classical === null)('classical forecasters', () => {
  const cases = (classical?.cases ?? []).filter(({ method }) => method !== 'ridge');
  const horizon = classical?.horizon ?? 0;

  it.each(cases.map((example) => [example.name, example] as const))(
    '%s forecasts as the oracle',
    async (_, example) => {
      const { fitted, series } = await fitCase(example);
      const { values } = await fitted.forecast(series, { cutoffs: [series.length], horizon, lead: 0 });
      expect(difference(values, example.expected.forecast)).toBeLessThan(TOLERANCE);
    },
  );

  it.each(cases.map((example) => [example.name, example] as const))('%s fits as the oracle', async (_, example) => {
    const { fitted, series } = await fitCase(example);
    const cutoffs = Array.from({ length: series.length - 1 }, (_step, t) => t + 1);
    const { values } = await fitted.forecast(series, { cutoffs, horizon: 1, lead: 0 });
    const expected = example.expected.fitted as readonly number[]; // the first stands before any value is known
    expect(difference(values, expected.slice(1))).toBeLessThan(TOLERANCE);
  });

  const smoothings = cases.filter(({ method }) => method === 'exponentialSmoothing');
  it.each(smoothings.map((example) => [example.name, example] as const))('%s ends as the oracle', (_, example) => {
    const values = valuesOf(example.data);
    const season = example.period ?? 1;
    const given = example.parameters as NonNullable<Case['parameters']>;
    const form = {
      trend: example.trend === 'add',
      damped: given.phi !== undefined,
      seasonal: example.seasonal ?? null,
      season,
    };
    const states = smooth(values, values.length, form, {
      alpha: given.alpha,
      beta: given.beta ?? 0,
      gamma: given.gamma ?? 0,
      phi: given.phi ?? 1,
      level: given.level as number,
      trend: given.trend ?? 0,
      seasonals: Float64Array.from(given.seasonal ?? []),
    });
    const { sse, final } = example.expected as Required<Case['expected']>;
    expect(difference([states.squares], [sse])).toBeLessThan(TOLERANCE);
    expect(difference([states.level[values.length] as number], [final.level])).toBeLessThan(TOLERANCE);
    expect(difference([states.trend[values.length] as number], [final.trend])).toBeLessThan(TOLERANCE);
    const newest = states.seasonals.slice(values.length);
    expect(difference(newest, final.seasonal)).toBeLessThan(TOLERANCE);
  });
});

describe.skipIf(classical === null)('linear as plain ridge regression', () => {
  const cases = (classical?.cases ?? []).filter(({ method }) => method === 'ridge');
  const horizon = classical?.horizon ?? 0;

  it.each(cases.map((example) => [example.name, example] as const))('%s is the oracle', async (_, example) => {
    const lags = example.lags as number;
    const kind = FORECASTERS.linear as NumberForecasterKind;
    const plain = { log: false, subtract: 'none', scale: 'none', intercept: true, loss: 'squares', context: lags };
    const series = seriesOf({ y: valuesOf(example.data) });
    const reach = example.mode === 'direct' ? horizon : 1;
    const fitted = await kind
      .create(kind.options.parse({ ...plain, ridge: { absolute: example.lambda } }), { season: 1 })
      .fit(series, { until: series.length, validation: null, horizon: reach, lead: 0, seed: 1 });
    const { values } = await fitted.forecast(series, { cutoffs: [series.length], horizon, lead: 0 });
    expect(difference(values, example.expected.forecast)).toBeLessThan(TOLERANCE);
    if (example.expected.fitted === undefined) return;
    const cutoffs = Array.from({ length: series.length - lags }, (_step, t) => lags + t);
    const steps = await fitted.forecast(series, { cutoffs, horizon: 1, lead: 0 });
    expect(difference(steps.values, example.expected.fitted)).toBeLessThan(TOLERANCE);
  });
});
