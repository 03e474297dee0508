// Combinations of many series: what their choosing costs, that it can be stopped, and what they keep.

import { expect, test, vi } from 'vitest';
import type { CombineContext, FittedCombination } from '../../src/combine/combination.ts';
import { COMBINATIONS } from '../../src/combine/index.ts';
import { Interrupted } from '../../src/core/errors.ts';
import type { FitRequest, NumberForecaster } from '../../src/core/forecaster.ts';
import { nextTurn } from '../../src/core/turn.ts';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { contextsTried } from '../../src/forecasters/linear-choice.ts';
import { seriesOf } from '../encoders/data.ts';

vi.mock('../../src/forecasters/linear-choice.ts', async (original) => {
  const real = await original<typeof import('../../src/forecasters/linear-choice.ts')>();
  return { ...real, contextsTried: vi.fn(real.contextsTried) };
});

const SEASON = 4;
const context: CombineContext = {
  season: SEASON,
  create: ({ kind, ...options }): NumberForecaster => {
    const entry = FORECASTERS[kind] as NumberForecasterKind;
    return entry.create(entry.options.parse(options), { season: SEASON });
  },
};
const made = (kind: string, options: object): NumberForecaster => {
  const entry = COMBINATIONS[kind] as (typeof COMBINATIONS)[string];
  return entry.create(entry.options.parse(options), context);
};
const panel = Array.from({ length: 60 }, (_, s) =>
  seriesOf({ y: Array.from({ length: 40 }, (_, t) => 50 + s + 9 * Math.sin((Math.PI * t) / 2) + ((t * 7 + s) % 5)) }),
);
const requests = (own: Partial<FitRequest> = {}): FitRequest[] =>
  panel.map(() => ({ until: 40, validation: null, seed: 7, horizon: 3, lead: 0, ...own }));
const fitted = async (forecaster: NumberForecaster, asked: FitRequest[]): Promise<readonly FittedCombination[]> =>
  (await forecaster.fitPanel?.(panel, asked)) as readonly FittedCombination[];

test('what a member costs is estimated once of series that are alike: an estimate of linear looks at all of them', async () => {
  await fitted(made('auto', { members: ['last-value', 'linear'], budget: '1ms' }), requests());
  // By as many origins as there may be down to five, and then for the budget, each by the rows before its origins and by all.
  expect(vi.mocked(contextsTried).mock.calls.length).toBeLessThan(13 * 17 + 20);
});

test.each(['average', 'auto'])('%s of many series stops between two of them when it is told to', async (kind) => {
  const stop = new AbortController();
  const fits = fitted(made(kind, { members: ['drift', 'theta'] }), requests({ signal: stop.signal }));
  void nextTurn().then(() => stop.abort());
  await expect(fits).rejects.toBeInstanceOf(Interrupted);
});

test.each(['average', 'auto'])('%s keeps one account of what it did with its members for all series', async (kind) => {
  const all = await fitted(made(kind, { members: ['drift', 'theta'] }), requests());
  expect(new Set(all.map(({ report }) => report.members)).size).toBe(1);
});

test('auto takes the mean of a panel, and the median of one series, where fewer than four forecasts lie side by side', async () => {
  const asked = requests({ horizon: 10 });
  const [first] = await fitted(made('auto', { members: ['drift', 'theta', 'ses'] }), asked);
  expect(first?.report).toMatchObject({
    how: 'mean',
    rule: expect.stringMatching(/^mean of \d of 3 within \d % of the best/),
  });
  const alone = await made('auto', { members: ['drift', 'theta', 'ses'] }).fit(panel[0]!, asked[0]!);
  expect((alone as FittedCombination).report.how).toBe('median');
});
