// The backtest as a page of the terminal: folds, error by step and intervals of every forecaster.
// In: a Result with a backtest. Out: text. Not here: the run's own page (terminal.ts), colours.

import { columns, counted, figure, figures, percent, visible, widthOf, wrapped } from './figures.ts';
import { WIDTH } from './paint.ts';
import type { BacktestReport, Result } from './result.ts';
import { metricLabel } from './verdict.ts';

/** Steps shown side by side at most; of more, some from first to last. */
const STEPS = 8;

/** The page, without a newline at the end. */
export function renderBacktest(result: Result & { readonly backtest: BacktestReport }): string {
  const { backtest, verdict } = result;
  const blocks = [foldTable(backtest), stepTable(backtest), intervalTable(backtest), wrapped(verdict, WIDTH)];
  return blocks.map((block) => block.join('\n')).join('\n\n');
}

function foldTable({ folds, metric, step, history }: BacktestReport): string[] {
  const names = forecasters(folds[0]?.scores ?? {});
  const learned = history === null ? 'all rows before it' : `the ${counted(history, 'newest row')}`;
  const shown = names.map((name) => visible(name, 28));
  const times = folds.map(({ until }) => visible(until));
  const origins = folds.map((fold) => String(fold.origins));
  const scores = names.map((name) => folds.map((fold) => fold.scores[name] ?? null));
  // A column has one number of decimals, whichever way the table stands.
  const byFold = scores.map((row) => figures(row));
  const byForecaster = turned(turned(scores).map((row) => figures(row)));
  return [
    `${metricLabel(metric)} by fold (${counted(step, 'row')} each, fitted on ${learned})`,
    ...narrower(
      columns(turned([['known until', ...times], ['forecasts', ...origins], ...labelled(shown, byFold)])),
      columns([['known until', ...times], ['forecasts', ...origins], ...labelled(shown, byForecaster)]),
    ),
  ];
}

function labelled(names: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  return names.map((name, i) => [name, ...(rows[i] ?? [])]);
}

/** A fold a line; where that is too wide, and the other way is not as wide, a forecaster a line. */
function narrower(lines: string[], others: string[]): string[] {
  const widest = (table: readonly string[]): number => Math.max(...table.map(widthOf));
  return widest(lines) <= Math.max(WIDTH, widest(others)) ? lines : others;
}

function turned<T>(rows: readonly (readonly T[])[]): T[][] {
  return (rows[0] ?? []).map((_, c) => rows.map((row) => row[c] as T));
}

function forecasters(scores: { readonly [forecaster: string]: number | null }): string[] {
  return Object.keys(scores);
}

function stepTable({ steps, metric }: BacktestReport): string[] {
  const horizon = steps[0]?.values.length ?? 0;
  const shown = spread(horizon);
  const values = shown.map((h) => figures(steps.map((row) => row.values[h] ?? null)));
  return [
    `${metricLabel(metric)} by step`,
    ...columns([
      ['steps ahead', ...shown.map((h) => String(h + 1))],
      ...steps.map(({ forecaster }, i) => [visible(forecaster, 28), ...values.map((column) => column[i] as string)]),
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
    ...wrapped(
      'intervals: share that held, each fold judged by what was known before it (mean scaled interval score)',
      WIDTH,
    ),
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
