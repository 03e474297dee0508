// No future in the past: what stands at or after a cutoff changes nothing that was learned or forecast before it. Every forecaster, network
// and combination is held to it, with past and future columns present; and planted leaks show that the suite can see one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readsAhead } from '../../src/combine/member.ts';
import type { Choice, Config } from '../../src/config/config.ts';
import { settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { MODEL_KINDS } from '../../src/config/schema.ts';
import type { Column, Series } from '../../src/core/data.ts';
import type { FittedNumbers, NumberForecaster } from '../../src/core/forecaster.ts';
import { random } from '../../src/core/random.ts';
import type { Frequency } from '../../src/core/time.ts';
import { fitNumbers } from '../../src/encoders/chain.ts';
import { ENCODERS } from '../../src/encoders/index.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { backtest } from '../../src/evaluate/backtest.ts';
import { windowShape } from '../../src/prepare/cutting.ts';
import { modelForecaster } from '../../src/track/forecaster.ts';
import { trainOptions } from '../../src/track/outcome.ts';
import { cut, cutoffAt, targetSpan, targetsBetween } from '../../src/window/cuts.ts';
import { splitPositions } from '../../src/window/split.ts';

const ROWS = 64;
const SEASON = 4;
const H = 4;
const AHEAD = 2 * H; // rows that future columns go on for

interface Variant {
  readonly model: Choice;
  readonly encoder?: readonly object[];
  /** Whether there is a past column: a network that runs free cannot have one. */
  readonly past: boolean;
}

const network = { kind: 'lstm-regressor', units: [3] };
const WRITTEN: { readonly [kind: string]: readonly (Omit<Partial<Variant>, 'model'> & { readonly model: object })[] } =
  {
    'lstm-regressor': [
      { model: { units: [3] } },
      { model: {}, past: false },
      { model: {} },
      {
        model: { units: [3], normalise: 'last' },
        encoder: [{ kind: 'log' }, { kind: 'difference', lag: SEASON }, { kind: 'standard' }],
      },
      {
        model: { units: [3], normalise: { kind: 'mean', count: SEASON }, lags: [1, SEASON], freeRun: true, skip: true },
        past: false,
      },
      { model: { units: [3], normalise: 'revin', bidirectional: true }, encoder: [{ kind: 'min-max' }] },
    ],
    stack: [
      {
        model: {
          layers: [
            { kind: 'gru', units: 3 },
            { kind: 'dense', units: H },
          ],
        },
        encoder: [{ kind: 'robust' }],
      },
    ],
    linear: [
      { model: {} },
      {
        model: { log: false, base: 'season', scale: 'series', context: [4, 8], ridge: [0.1, 1], choose: 'validation' },
      },
    ],
    average: [{ model: { members: ['theta', 'regression', network] } }],
    weighted: [{ model: { members: ['theta', 'drift', 'regression'] } }],
    auto: [{ model: {} }, { model: { members: ['regression', 'theta', 'drift', 'mean', 'ses', 'holt'] } }],
    seeds: [{ model: { model: network, count: 2 } }],
    'log-scale': [{ model: { model: 'theta' } }, { model: { model: network } }],
  };

const variants = Object.entries(MODEL_KINDS)
  .filter(([, entry]) => (entry as { form?: string }).form !== 'text')
  .flatMap(([kind]): [string, Variant][] =>
    (WRITTEN[kind] ?? [{ model: {} }]).map((written, i) => [
      `${kind} #${i + 1}`,
      { past: true, ...written, model: { kind, ...written.model } },
    ]),
  );

function configOf({ model, encoder, past }: Variant): Config {
  const { written } = parseConfig({
    name: 'leaks',
    source: { kind: 'csv', file: 'x.csv', target: 'y', past: past ? ['p'] : [], future: ['f'], season: SEASON },
    split: { validation: 0 },
    encoder: encoder ?? [{ kind: 'standard' }],
    window: { context: 8, horizon: H },
    model,
    train: { epochs: 2, batch: 16 },
    predict: { horizon: H },
    evaluate: { folds: 0 },
  });
  return settle(written, { form: 'numbers', season: SEASON, rows: ROWS } as Parameters<typeof settle>[1]);
}

function forecasterOf(variant: Variant): NumberForecaster {
  const config = configOf(variant);
  const shape = windowShape(config, seriesOf(variant));
  return modelForecaster({ config, shape, season: SEASON, engine: reference, train: trainOptions(config) });
}

const drawn = new Map<number, Float64Array>();
/** Uniform in [0, 1): the same for the same seed and row. */
function noise(seed: number, t: number): number {
  if (!drawn.has(seed)) {
    const stream = random(seed, 'leaks');
    drawn.set(
      seed,
      Float64Array.from({ length: 2 * ROWS }, () => stream.next()),
    );
  }
  return drawn.get(seed)![t] as number;
}

/** A season, a slope, an effect of what is known in advance, and one of the past column a row later. */
function seriesOf({ past }: Pick<Variant, 'past'>): Series {
  const column = (name: string, rows: number, at: (t: number) => number): Column => ({
    name,
    values: Float64Array.from({ length: rows }, (_, t) => at(t)),
  });
  const f = (t: number): number => (t % 7 === 3 || t % 11 === 5 ? 1 : 0);
  const p = (t: number): number => 5 + 3 * noise(1, t);
  const y = (t: number): number =>
    100 + t + 9 * Math.sin((Math.PI * t) / 2) + 20 * f(t) + p(Math.max(0, t - 1)) + noise(2, t);
  return {
    id: 'x',
    length: ROWS,
    time: { stamps, frequency: QUARTERLY, format: 'iso-date', name: 'day' },
    targets: [column('y', ROWS, y)],
    past: past ? [column('p', ROWS, p)] : [],
    future: [column('f', ROWS + AHEAD, f)],
  };
}

const QUARTERLY: Frequency = { unit: 'quarter', count: 1 };
const stamps = Float64Array.from({ length: ROWS }, (_, t) => Date.UTC(2000, 3 * t, 1));

type Role = 'targets' | 'past' | 'future';

/** The same series with other values at rows `from` and later in the columns of some roles. */
function changed(series: Series, roles: readonly Role[], from: number, seed: number): Series {
  const other = (columns: readonly Column[]): Column[] =>
    columns.map((column) => ({
      ...column,
      values: column.values.map((value, t) => (t < from ? value : 50 + 900 * noise(seed, t))),
    }));
  const { targets, past, future } = series;
  return {
    ...series,
    targets: roles.includes('targets') ? other(targets) : targets,
    past: roles.includes('past') ? other(past) : past,
    future: roles.includes('future') ? other(future) : future,
  };
}

const bytes = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

async function fittedOn(
  make: () => NumberForecaster,
  series: Series,
  until: number,
  validation: number | null = null,
): Promise<FittedNumbers> {
  return await make().fit(series, { until, validation, seed: 7, horizon: H, lead: 0 });
}

async function saidBy(fitted: FittedNumbers, series: Series, cutoffs: readonly number[]): Promise<string> {
  return bytes((await fitted.forecast(series, { cutoffs, horizon: H, lead: 0 })).values);
}

/** Fitted on rows before `until`, whatever stands after it: the same state, and the same forecasts at cutoffs up to it. */
async function checkFit(make: () => NumberForecaster, series: Series, until: number, seed: number): Promise<void> {
  const later = changed(series, ['targets', 'past'], until, seed);
  const [one, two] = [await fittedOn(make, series, until), await fittedOn(make, later, until)];
  expect(JSON.stringify(two.state())).toBe(JSON.stringify(one.state()));
  const cutoffs = [until - 3, until];
  expect(await saidBy(two, later, cutoffs)).toBe(await saidBy(one, series, cutoffs));
  one.dispose();
  two.dispose();
}

/** A forecast at a cutoff, whatever targets and past columns stand at it and later, and what is known in advance beyond its last step. */
async function checkForecast(make: () => NumberForecaster, series: Series, until: number, seed: number): Promise<void> {
  const fitted = await fittedOn(make, series, until);
  const cutoff = until + 3;
  const later = changed(changed(series, ['targets', 'past'], cutoff, seed), ['future'], cutoff + H, seed);
  expect(await saidBy(fitted, later, [cutoff])).toBe(await saidBy(fitted, series, [cutoff]));
  fitted.dispose();
}

/** Folds walked through: what stands after the last origin of a fold changes nothing of it or of those before. */
async function checkBacktest(make: () => NumberForecaster, series: Series, seed: number): Promise<void> {
  const folds = [40, 46, 52].map((first) => ({ from: 0, origins: [first, first + 2] }));
  const walked = async (given: Series): Promise<Float64Array> => {
    const tracks = await backtest(
      make(),
      [{ series: given, folds }],
      { horizon: H, lead: 0 },
      {
        request: (past) => ({ until: past.length, validation: null, seed: 7, horizon: H, lead: 0 }),
      },
    );
    return tracks[0]!.values;
  };
  const all = await walked(series);
  const later = await walked(changed(series, ['targets', 'past'], 48, seed));
  expect(bytes(later.slice(0, 4 * H))).toBe(bytes(all.slice(0, 4 * H)));
}

const seeds = fc.integer({ min: 3, max: 1_000_000 });
const untils = fc.integer({ min: 44, max: 52 });
const RUNS = { numRuns: 3 };

describe.each(variants)('%s', (_, variant) => {
  const make = (): NumberForecaster => forecasterOf(variant);
  const series = seriesOf(variant);

  it('what it learns, and what it forecasts up to the end of that, knows no later row', async () => {
    await fc.assert(
      fc.asyncProperty(untils, seeds, async (until, seed) => await checkFit(make, series, until, seed)),
      RUNS,
    );
  });

  it('rows held out inside the fit change no forecast where nothing stops early', async () => {
    const later = changed(series, ['targets', 'past'], 48, 11);
    const [one, two] = [await fittedOn(make, series, 56, 48), await fittedOn(make, later, 56, 48)];
    expect(await saidBy(two, later, [48])).toBe(await saidBy(one, series, [48]));
  });

  it('a forecast knows nothing at or after its cutoff but what is known in advance of its steps', async () => {
    await fc.assert(
      fc.asyncProperty(untils, seeds, async (until, seed) => await checkForecast(make, series, until, seed)),
      RUNS,
    );
  });

  it('a fold knows nothing of the rows after it', async () => {
    await checkBacktest(make, series, 5);
  });

  it('the probe can see: an earlier row, and a holiday ahead where such are read, change a forecast', async () => {
    const fitted = await fittedOn(make, series, 50);
    const before = await saidBy(fitted, series, [50]);
    expect(await saidBy(fitted, changed(series, ['targets'], 42, 5), [50])).not.toBe(before);
    const holiday = await saidBy(fitted, changed(series, ['future'], 50, 5), [50]);
    expect(holiday !== before).toBe(readsAhead(variant.model as Parameters<typeof readsAhead>[0]));
  });
});

describe('planted leaks are seen', () => {
  const series = seriesOf({ past: true });
  /** The mean of what a cheat looks at, forecast for every step. */
  const cheat =
    (learned: (given: Series, until: number) => number, told: (given: Series, cutoff: number) => number) =>
    (): NumberForecaster => ({
      name: 'cheat',
      fit: async (given, { until, validation }) => {
        const own = learned(given, validation ?? until);
        return {
          name: 'cheat',
          forecast: async (now, { cutoffs, horizon }) => ({
            values: Float64Array.from(
              { length: cutoffs.length * horizon },
              (_, i) => own + told(now, cutoffs[Math.floor(i / horizon)] as number),
            ),
          }),
          state: () => ({ own }),
          dispose: () => {},
        };
      },
    });
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const y = (given: Series): Float64Array => given.targets[0]!.values;
  const nothing = (): number => 0;

  it('an honest one passes', async () => {
    const honest = cheat(
      (given, until) => mean(y(given).subarray(0, until)),
      (given, cutoff) => y(given)[cutoff - 1] as number,
    );
    await checkFit(honest, series, 48, 5);
    await checkForecast(honest, series, 48, 5);
    await checkBacktest(honest, series, 5);
  });

  it.each([
    ['a scaler on all rows', cheat((given) => mean(y(given)), nothing), checkFit],
    ['a window over the split', cheat((given, until) => y(given)[until] as number, nothing), checkFit],
    ['a past column on all rows', cheat((given) => mean(given.past[0]!.values), nothing), checkFit],
    [
      'the target of the step among its features',
      cheat(nothing, (given, cutoff) => y(given)[cutoff] as number),
      checkForecast,
    ],
    [
      'a covariate nobody knows at the cutoff',
      cheat(nothing, (given, cutoff) => given.past[0]!.values[cutoff] as number),
      checkForecast,
    ],
    [
      'a column known in advance beyond the horizon',
      cheat(nothing, (given) => mean(given.future[0]!.values)),
      checkForecast,
    ],
  ] as const)('%s', async (_, leaky, check) => {
    await expect(check(leaky, series, 48, 5)).rejects.toThrow();
  });

  it('a fold cannot be told of later rows even by a forecaster that looks at all it is given', async () => {
    await checkBacktest(
      cheat(
        (given) => mean(y(given)),
        (given) => mean(given.past[0]!.values),
      ),
      series,
      5,
    );
  });
});

describe('encoders', () => {
  const chains = Object.entries(ENCODERS)
    .filter(([, { form }]) => form === 'numbers')
    .map(([kind]) => [{ kind }]);

  it.each(
    [...chains, [{ kind: 'log' }, { kind: 'difference', lag: SEASON }, { kind: 'robust' }]].map(
      (chain) => [chain.map(({ kind }) => kind).join(', '), chain] as const,
    ),
  )('%s are fitted on rows before the cutoff, covariates too', (_, chain) => {
    const series = seriesOf({ past: true });
    const spelled = chain.map(({ kind, ...rest }) => ({ kind, ...(ENCODERS[kind]!.options.parse(rest) as object) }));
    const all: readonly Role[] = ['targets', 'past', 'future'];
    const [one, two] = [series, changed(series, all, 40, 9)].map(
      (given) => fitNumbers(given, 40, spelled, SEASON).state,
    );
    expect(two).toEqual(one);
    if (chain.some(({ kind }) => !['none', 'log', 'difference'].includes(kind)))
      expect(fitNumbers(changed(series, all, 39, 9), 40, spelled, SEASON).state).not.toEqual(one);
  });

  it('columns of a calendar stay as they are under every chain', () => {
    const series = seriesOf({ past: false });
    const flags: Series = { ...series, future: series.future.map((column) => ({ ...column, asIs: true })) };
    for (const chain of [
      [{ kind: 'standard' }],
      [{ kind: 'log' }],
      [{ kind: 'difference', lag: 1 }, { kind: 'standard' }],
    ]) {
      const spelled = chain.map(({ kind, ...rest }) => ({ kind, ...(ENCODERS[kind]!.options.parse(rest) as object) }));
      const { future } = fitNumbers(flags, 40, spelled, SEASON).encode(flags);
      expect(future[0]).toEqual(flags.future[0]!.values);
    }
  });
});

describe('windows', () => {
  it('none of the training part has a target at or after the split, none of a held-out part one before it', () => {
    const parts = fc.record({
      length: fc.integer({ min: 80, max: 140 }),
      context: fc.integer({ min: 1, max: 8 }),
      horizon: fc.integer({ min: 1, max: 6 }),
      lead: fc.integer({ min: 0, max: 3 }),
      validation: fc.integer({ min: 10, max: 20 }),
      test: fc.integer({ min: 10, max: 20 }),
    });
    fc.assert(
      fc.property(parts, ({ length, context, horizon, lead, validation, test }) => {
        const shape = { context, horizon, lead, targets: 'last', pad: 'none', mask: false } as const;
        const segments = [{ start: 0, end: length }];
        const cuts = cut(segments, shape, { kind: 'sliding', stride: 1 });
        const split = splitPositions(cuts, shape, { validation, test }, segments);
        const [held, tested] = [split.validation as number, split.test as number];
        for (const [from, until] of [
          [0, held],
          [held, tested],
          [tested, length],
        ] as const) {
          const own = targetsBetween(cuts, shape, from, until);
          expect(own.count).toBeGreaterThan(0);
          for (let i = 0; i < own.count; i++) {
            const { start, end } = targetSpan(shape, cutoffAt(own, i) - context, cutoffAt(own, i));
            expect(start).toBeGreaterThanOrEqual(from);
            expect(end).toBeLessThanOrEqual(until);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
