// What intervals stand on is said wherever they are shown: forecasts, folds, errors, and the level these can support.

import { expect, test } from 'vitest';
import { renderBacktest } from '../../src/report/backtest.ts';
import { widthOf } from '../../src/report/figures.ts';
import type { BacktestReport, IntervalReport, Result } from '../../src/report/result.ts';
import { runPage } from '../../src/report/run-page.ts';
import { renderTerminal, standing } from '../../src/report/terminal.ts';
import { input, walked } from './sample.ts';

const STANDING = '15 forecasts in 5 folds: 180 errors of all steps together, enough for levels up to 99.4 %';

test('the terminal tells how often they held, of how many errors, what is not supported, and what they stand on', () => {
  const page = renderTerminal(walked, null);
  expect(page).toContain('intervals 80 % held 78 % of 117 errors, 95 % needs 19 errors, 15 known');
  expect(page.replaceAll('\n', ' ')).toContain(`from ${STANDING}`);
});

test('the page of the run says the same', () => {
  expect(runPage(walked, input)).toContain(`Intervals stand on ${STANDING}`);
});

test('the backtest has a column for sums beside each level', () => {
  const page = renderBacktest(walked as Result & { backtest: BacktestReport });
  expect(page).toMatch(/forecasts +80 % +of sums +95 % +of sums/);
  expect(page).toMatch(/lstm-regressor +15 +78 % \(5\.5\) +75 % +needs 19 errors, has 15 +–/);
});

test('errors of a step by itself are counted by step', () => {
  const own = (walked.backtest as BacktestReport).intervals[0] as IntervalReport;
  const levels = own.levels.map((level) => ({ ...level, known: 400 }));
  expect(standing({ ...own, points: 400, pooledSteps: false, supports: 99.7, levels }, 4)).toBe(
    '400 forecasts in 4 folds: 400 errors a step, enough for levels up to 99.7 %',
  );
});

test('of many forecasters the folds stand in a column each, so that the table fits a terminal, and the verdict is wrapped', () => {
  const names = Array.from({ length: 13 }, (_, i) => `forecaster-${i}`);
  const backtest = walked.backtest as BacktestReport;
  const folds = backtest.folds.map((fold) => ({
    ...fold,
    scores: Object.fromEntries(names.map((name, i) => [name, 10 + i + fold.fold / 8])),
  }));
  const page = renderBacktest({ ...walked, backtest: { ...backtest, folds, intervals: [] } });
  expect(page).toContain('forecaster-12    22.13    22.25    22.38     22.5    22.63');
  expect(page).toMatch(/^known until +1952-01 +1952-03 /m);
  for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(80);
});

test('errors by step have one number of decimals a column', () => {
  const backtest = walked.backtest as BacktestReport;
  const steps = [
    { forecaster: 'a', values: [11.572, 9.53] },
    { forecaster: 'b', values: [18.4, 51.4] },
  ];
  const page = renderBacktest({ ...walked, backtest: { ...backtest, steps } });
  expect(page).toContain('a            11.57   9.53\nb            18.40  51.40');
});
