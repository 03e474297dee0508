// The backtest as a page of the terminal: folds, error by step and intervals of every forecaster.
// In: a Result with a backtest. Out: text. Not here: the run's own page (terminal.ts), colours.

import { columns, counted, figure, figures, percent, visible } from './figures.ts';
import type { BacktestReport, Result } from './result.ts';
import { metricLabel } from './verdict.ts';

/** Steps shown side by side at most; of more, some from first to last. */
const STEPS = 8;

/** The page, without a newline at the end. */
export function renderBacktest(result: Result & { readonly backtest: BacktestReport }): string {
  const { backtest, verdict } = result;
  const blocks = [foldTable(backtest), stepTable(backtest), intervalTable(backtest), [verdict]];
  return blocks.map((block) => block.join('\n')).join('\n\n');
}

function foldTable({ folds, metric, step, history }: BacktestReport): string[] {
  const names = forecasters(folds[0]?.scores ?? {});
  const learned = history === null ? 'all rows before it' : `the ${counted(history, 'newest row')}`;
  const values = names.map((name) => figures(folds.map(({ scores }) => scores[name] ?? null)));
  return [
    `${metricLabel(metric)} by fold (${counted(step, 'row')} each, fitted on ${learned})`,
    ...columns([
      ['known until', 'forecasts', ...names.map((name) => visible(name, 20))],
      ...folds.map(({ until, origins }, k) => [
        visible(until),
        String(origins),
        ...values.map((column) => column[k] as string),
      ]),
    ]),
  ];
}

function forecasters(scores: { readonly [forecaster: string]: number | null }): string[] {
  return Object.keys(scores);
}

function stepTable({ steps, metric }: BacktestReport): string[] {
  const horizon = steps[0]?.values.length ?? 0;
  const shown = spread(horizon);
  return [
    `${metricLabel(metric)} by step`,
    ...columns([
      ['steps ahead', ...shown.map((h) => String(h + 1))],
      ...steps.map(({ forecaster, values }) => [
        visible(forecaster, 28),
        ...figures(shown.map((h) => values[h] ?? null)),
      ]),
    ]),
  ];
}

/** Up to eight of the steps, the first and the last among them. */
function spread(horizon: number): number[] {
  if (horizon <= STEPS) return Array.from({ length: horizon }, (_, h) => h);
  return Array.from({ length: STEPS }, (_, i) => Math.round((i * (horizon - 1)) / (STEPS - 1)));
}

function intervalTable({ intervals }: BacktestReport): string[] {
  const levels = intervals[0]?.levels ?? [];
  return [
    'intervals: share that held, each fold judged by what was known before it (mean scaled interval score)',
    ...columns([
      ['', 'forecasts', ...levels.flatMap(({ level }) => [`${level} %`, 'of sums'])],
      ...intervals.map(({ forecaster, points, levels: own }) => [
        visible(forecaster, 28),
        String(points),
        ...own.flatMap(({ supported, coverage, coverageOfSums, msis, needed, known }) => {
          if (!supported) return [`needs ${needed} errors, has ${known}`, '–'];
          if (coverage === null) return ['too few to judge', '–'];
          const held = msis === null ? percent(coverage) : `${percent(coverage)} (${figure(msis, 3)})`;
          return [held, coverageOfSums === null ? '–' : percent(coverageOfSums)];
        }),
      ]),
    ]),
  ];
}
