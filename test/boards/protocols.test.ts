// The boards' protocols against figures that others published or measured on the same rows: plain baselines leave no room for choice.

import { beforeAll, describe, expect, it } from 'vitest';
import type { Board, Figures } from '../../benchmarks/boards/board.ts';
import { present } from '../../benchmarks/boards/data.ts';
import { boardsOf } from '../../benchmarks/boards/groups.ts';
import { judge } from '../../benchmarks/boards/judge.ts';

const here = present();
if (!here && process.env.CI) throw new Error('the data of the boards are not here: set FORECAST_SHARED');
if (!here)
  console.warn('skipped: the data of the boards are not here: set FORECAST_SHARED to the folder of outside data');

async function testOf(
  board: Board,
  model: { kind: string; [option: string]: unknown },
  season?: number,
): Promise<Figures> {
  const setting = season === undefined ? { model } : { model, season };
  const row = await judge(board, { name: model.kind, settings: [setting], weight: 1 }, { look: true });
  return row.test as Figures;
}

const within = (share: number, value: number | null | undefined, published: number): void => {
  expect(Math.abs((value as number) / published - 1)).toBeLessThan(share);
};

describe.skipIf(!here)('the boards of M4', () => {
  const published = {
    'm4-weekly': { naive: [9.161, 2.777], seasonal: [9.161, 2.777], naive2: [9.161, 2.777], ses: [9.012, 2.685] },
    'm4-hourly': { naive: [43.003, 11.608], seasonal: [13.912, 1.193], naive2: [18.383, 2.395], ses: [18.094, 2.385] },
  } as const;

  describe.each(['m4-weekly', 'm4-hourly'] as const)('%s', (group) => {
    let board: Board;
    beforeAll(async () => {
      [board] = (await boardsOf(group)) as [Board];
    });

    it.each([
      ['naive', 'last-value'],
      ['seasonal', 'seasonal-naive'],
    ] as const)('%s has the published sMAPE and MASE to the last digit', async (name, kind) => {
      const { smape, mase } = await testOf(board, { kind });
      expect([smape?.toFixed(3), mase?.toFixed(3)]).toEqual(published[group][name].map((figure) => figure.toFixed(3)));
    });

    it.each([
      ['naive2', { kind: 'naive2' }],
      ['ses', { kind: 'ses', deseasonalise: 'auto' }],
    ] as const)('%s is within 0.5 % of the published figures', async (name, model) => {
      const { smape, mase } = await testOf(board, model);
      within(0.005, smape, published[group][name][0]);
      within(0.005, mase, published[group][name][1]);
    });

    it('OWA is 1 for Naive2, and the mean of both ratios for all', async () => {
      const { owa } = await testOf(board, { kind: 'naive2' });
      within(0.005, owa, 1);
    });
  });
});

describe.skipIf(!here)('the boards of ETTh1', () => {
  it.each([
    [96, 2785, 0.512],
    [192, 2689, 0.581],
    [336, 2545, 0.65],
    [720, 2161, 0.655],
  ])('horizon %i has %i windows, and the last day repeated has MSE %f', async (horizon, windows, mse) => {
    const board = (await boardsOf('etth1')).find(({ name }) => name === `etth1-${horizon}`) as Board;
    expect(board.counts.windows).toBe(windows);
    expect(board.test().walks[0]?.folds[0]?.origins.length).toBe(windows);
    expect((await testOf(board, { kind: 'seasonal-naive' })).mse?.toFixed(3)).toBe(mse.toFixed(3));
  });
});

describe.skipIf(!here)('the boards of one series and of panels', () => {
  it.each([
    ['air-passengers-12', { kind: 'seasonal-naive' }, { rmse: 50.7 }],
    ['air-passengers-24', { kind: 'seasonal-naive' }, { rmse: 77.0 }],
    ['air-passengers-36', { kind: 'seasonal-naive' }, { rmse: 73.6, mape: 13.2 }],
    ['air-passengers-6-ahead', { kind: 'seasonal-naive' }, { mape: 10.7 }],
    ['us-retail-24', { kind: 'seasonal-naive' }, { rmse: 23298 }],
    ['champagne-12', { kind: 'seasonal-naive' }, { rmse: 345 }],
    ['champagne-12', { kind: 'last-value' }, { rmse: 2864 }],
    ['shampoo', { kind: 'last-value' }, { rmse: 136.8 }],
    ['min-temperatures', { kind: 'last-value' }, { rmse: 2.58 }],
    ['taylor', { kind: 'seasonal-naive' }, { smape: 1.23 }],
    ['taylor', { kind: 'last-value' }, { smape: 23.4 }],
    ['sunspots', { kind: 'seasonal-naive' }, { rmse: 34.9 }],
    ['sunspots', { kind: 'last-value' }, { rmse: 65.2 }],
    ['walmart', { kind: 'seasonal-naive' }, { wape: 5.24, mase: 0.845 }],
    ['aus-retail', { kind: 'seasonal-naive' }, { wape: 4.53, mase: 1.33 }],
  ] as const)('%s: %o has the figures measured elsewhere', async (name, model, figures) => {
    const boards = [...(await boardsOf('classics')), ...(await boardsOf('panels'))];
    const found = await testOf(boards.find((board) => board.name === name) as Board, model);
    for (const [metric, figure] of Object.entries(figures)) within(0.004, found[metric], figure);
  });

  it('every board asks at five rolling origins or more, panels at two or more, all of them before the test part', async () => {
    for (const board of [...(await boardsOf('classics')), ...(await boardsOf('panels'))]) {
      const [validation, test] = [board.validation().walks, board.test().walks];
      for (const [s, { series, folds }] of validation.entries()) {
        const first = test[s]?.folds[0]?.origins[0] as number;
        const origins = folds.flatMap(({ origins }) => origins);
        expect(origins.length).toBeGreaterThanOrEqual(board.group === 'panels' ? 2 : 5);
        expect(series.length).toBe(first);
        for (const origin of origins) expect(origin + board.horizon).toBeLessThanOrEqual(first);
      }
    }
  });
});
