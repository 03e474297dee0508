// Source of generated data: series whose law is known, so that a model can be judged by what it should have found.
// In: the law's name, a length, its parameters, the seed. Out: one series of numbers, or documents of text. Not here: files.

import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Loaded, Raw } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import { type Random, random } from '../core/random.ts';
import type { SourceContext, SourceKind } from './source.ts';

export interface GeneratedOptions {
  readonly series: SeriesName;
  readonly length?: number | undefined;
  readonly start?: number | undefined;
  readonly step?: number | undefined;
  readonly level?: number | undefined;
  readonly slope?: number | undefined;
  readonly period?: number | undefined;
  readonly amplitude?: number | undefined;
  readonly phase?: number | undefined;
  readonly noise?: number | undefined;
  readonly coefficients?: readonly number[] | undefined;
  readonly r?: number | undefined;
  readonly x0?: number | undefined;
  readonly lag?: number | undefined;
  readonly symbols?: number | undefined;
  readonly count?: number | undefined;
}

export type SeriesName = 'counting' | 'sine' | 'trend-season' | 'random-walk' | 'ar' | 'logistic' | 'recall';

/** A law: the defaults of its parameters (its only parameters) and how it makes data. */
interface Law {
  readonly defaults: Partial<Record<Exclude<keyof GeneratedOptions, 'series'>, number | readonly number[]>>;
  generate(p: Parameters, draw: Random): Float64Array | string[];
}

/** Every parameter with its value; those a law does not have are never read. */
type Parameters = { readonly [name in Exclude<keyof GeneratedOptions, 'series' | 'coefficients'>]-?: number } & {
  readonly coefficients: readonly number[];
};

const LAWS: { readonly [series in SeriesName]: Law } = {
  counting: {
    defaults: { length: 100, start: 0, step: 1 },
    generate: (p) => Float64Array.from({ length: p.length }, (_, t) => p.start + p.step * t),
  },
  sine: {
    defaults: { length: 100, period: 20, amplitude: 1, phase: 0, level: 0, noise: 0 },
    generate: (p, draw) => Float64Array.from({ length: p.length }, (_, t) => p.level + wave(p, t) + noise(p, draw)),
  },
  'trend-season': {
    defaults: { length: 120, level: 10, slope: 0.1, period: 12, amplitude: 2, phase: 0, noise: 0 },
    generate: (p, draw) =>
      Float64Array.from({ length: p.length }, (_, t) => p.level + p.slope * t + wave(p, t) + noise(p, draw)),
  },
  'random-walk': {
    defaults: { length: 100, start: 0, slope: 0, noise: 1 },
    generate: (p, draw) => iterate(p.length, p.start, (y) => y + p.slope + noise(p, draw)),
  },
  ar: { defaults: { length: 200, level: 0, coefficients: [0.7], noise: 1 }, generate: autoregression },
  logistic: {
    defaults: { length: 200, r: 3.9, x0: 0.2 },
    generate: (p) => iterate(p.length, p.x0, (x) => p.r * x * (1 - x)),
  },
  recall: { defaults: { lag: 10, symbols: 8, count: 500 }, generate: recall },
};

const NAMES = Object.keys(LAWS) as SeriesName[];
const finite: z.ZodNumber = z.number();

const options: z.ZodObject & z.ZodType<GeneratedOptions> = z
  .strictObject({
    series: z
      .enum(NAMES)
      .describe(
        'the law: counting, sine, trend-season, random-walk, ar (autoregressive), logistic (chaotic) or recall (text)',
      ),
    length: z
      .int()
      .min(1)
      .max(5_000_000)
      .optional()
      .describe('rows, default 100 (120 trend-season, 200 ar and logistic)'),
    start: finite.optional().describe('counting, random-walk: first value, default 0'),
    step: finite.optional().describe('counting: increment a row, default 1'),
    level: finite.optional().describe('sine, ar: mean, default 0; trend-season: value at row 0, default 10'),
    slope: finite
      .optional()
      .describe('trend-season: increment a row, default 0.1; random-walk: drift a row, default 0'),
    period: z.number().positive().optional().describe('sine: rows per cycle, default 20; trend-season: 12'),
    amplitude: finite.optional().describe('sine: half the height of the wave, default 1; trend-season: 2'),
    phase: finite.optional().describe('sine, trend-season: shift of the wave in radians, default 0'),
    noise: z
      .number()
      .min(0)
      .optional()
      .describe('standard deviation of normal noise, default 0 (sine, trend-season) or 1 (random-walk, ar)'),
    coefficients: z
      .array(z.number())
      .min(1)
      .max(100)
      .optional()
      .describe('ar: weights of the previous values, latest first, default [0.7]'),
    r: z.number().min(0).max(4).optional().describe('logistic: growth rate 0 … 4, default 3.9'),
    x0: z.number().min(0).max(1).optional().describe('logistic: first value 0 … 1, default 0.2'),
    lag: z
      .int()
      .min(0)
      .max(100_000)
      .optional()
      .describe('recall: distractors between the symbol and its recall, default 10'),
    symbols: z
      .int()
      .min(1)
      .max(26)
      .optional()
      .describe('recall: different symbols (A …) and different distractors (a …), default 8'),
    count: z.int().min(1).max(1_000_000).optional().describe('recall: documents, default 500'),
  })
  .superRefine((given, check) => {
    const law = LAWS[given.series as SeriesName];
    for (const name of Object.keys(given)) {
      if (name === 'series' || given[name as 'length'] === undefined || Object.hasOwn(law.defaults, name)) continue;
      check.addIssue({ code: 'custom', path: [name], message: doesNotBelong(given.series as SeriesName, name) });
    }
  });

function doesNotBelong(series: SeriesName, name: string): string {
  return `"${name}" does not belong to series "${series}", which takes ${Object.keys(LAWS[series].defaults).join(', ')}`;
}

export const generated: SourceKind<GeneratedOptions> = {
  kind: 'generated',
  summary:
    'Data made by a known law: counting, waves, trends, random walks, autoregression, chaos, or recall of a symbol.',
  options,
  load: async (given, context) => load(given, context),
};

/** Same options and seed: the same data. Throws E_CONFIG_CONFLICT for a parameter the law does not have, E_DATA_RANGE where it diverges. */
function load(given: GeneratedOptions, context: SourceContext): Loaded {
  const law = LAWS[given.series];
  const parameters = withDefaults(given, law);
  const made = law.generate(parameters as unknown as Parameters, random(context.seed, 'source'));
  const canonical = JSON.stringify({ series: given.series, ...parameters, seed: context.seed });
  const sha256 = createHash('sha256').update(canonical).digest('hex');
  const { period } = parameters as unknown as Partial<Parameters>;
  const season = period !== undefined && Number.isInteger(period) ? { season: period } : {};
  return { raw: asRaw(given.series, made), ...season, sha256, warnings: [], notes: [] };
}

/** The law's parameters in the law's own order, so that their JSON is canonical. */
function withDefaults(given: GeneratedOptions, law: Law): Law['defaults'] {
  for (const name of Object.keys(given)) {
    if (name === 'series' || given[name as 'length'] === undefined || Object.hasOwn(law.defaults, name)) continue;
    throw new ForecastError('E_CONFIG_CONFLICT', doesNotBelong(given.series, name), {
      where: `source.${name}`,
      hint: 'remove it',
    });
  }
  const entries = Object.entries(law.defaults).map(([name, value]) => [name, given[name as 'length'] ?? value]);
  return Object.fromEntries(entries) as Law['defaults'];
}

function asRaw(series: SeriesName, made: Float64Array | string[]): Raw {
  if (Array.isArray(made)) return { form: 'text', id: series, documents: made };
  const wild = made.findIndex((value) => !(Math.abs(value) <= 1e300));
  if (wild >= 0) {
    throw new ForecastError('E_DATA_RANGE', `series "${series}" leaves ±1e300 at row ${wild}`, {
      where: 'source',
      hint: 'choose smaller coefficients, steps or a shorter length',
    });
  }
  const time = { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'row' } as const;
  const targets = [{ name: 'value', values: made }];
  return { form: 'numbers', series: [{ id: series, length: made.length, time, targets, past: [], future: [] }] };
}

function wave(p: Parameters, t: number): number {
  return p.amplitude * Math.sin((2 * Math.PI * t) / p.period + p.phase);
}

/** No draw without noise, so that a noiseless series is the same for every seed. */
function noise(p: Parameters, draw: Random): number {
  return p.noise === 0 ? 0 : p.noise * draw.normal();
}

/** A first value and its successors. */
function iterate(length: number, first: number, next: (value: number) => number): Float64Array {
  const values = new Float64Array(length);
  values[0] = first;
  for (let t = 1; t < length; t++) values[t] = next(values[t - 1] as number);
  return values;
}

/** y(t) = level + Σ φᵢ (y(t − i) − level) + noise, started at the level. */
function autoregression(p: Parameters, draw: Random): Float64Array {
  const y = new Float64Array(p.length);
  for (let t = 0; t < p.length; t++) {
    let sum = 0;
    for (let i = 1; i <= p.coefficients.length && i <= t; i++) {
      sum += (p.coefficients[i - 1] as number) * ((y[t - i] as number) - p.level);
    }
    y[t] = p.level + sum + noise(p, draw);
  }
  return y;
}

/** A symbol, `lag` distractors, the symbol again: with context lag + 1 each document is one window. */
function recall(p: Parameters, draw: Random): string[] {
  return Array.from({ length: p.count }, () => {
    const symbol = String.fromCharCode(65 + draw.integer(p.symbols));
    const distractors = Array.from({ length: p.lag }, () => String.fromCharCode(97 + draw.integer(p.symbols)));
    return symbol + distractors.join('') + symbol;
  });
}
