// A board as text, ours before the peers. In: rows. Out: lines. Not here: ACCURACY.md.

import { answerOf, figure } from './accuracy.ts';
import type { Board, Row } from './board.ts';

export function table(board: Board, rows: readonly Row[]): string {
  const answer = answerOf({ metrics: board.metrics, rows });
  const metrics = [...new Set([...board.metrics, ...rows.flatMap(({ test }) => Object.keys(test ?? {}))])];
  const cells = (row: Row): string[] => [
    row.ours ? row.forecaster : `(${row.forecaster})`,
    ...board.metrics.map((metric) => figure(row.validation?.[metric] ?? null)),
    ...metrics.map((metric) => figure(row.test?.[metric] ?? null)),
    row.seconds === null ? '' : row.seconds.toFixed(1),
    `${row === answer ? '◀ ' : ''}${row.reason ?? row.setting ?? row.source ?? ''}`,
  ];
  const head = [
    board.name,
    ...board.metrics.map((metric) => `val ${metric}`),
    ...metrics.map((metric) => `test ${metric}`),
    's',
    '',
  ];
  const error = (row: Row): number => row.validation?.[board.metrics[0] as string] ?? Number.POSITIVE_INFINITY;
  const sorted = [...rows].sort((a, b) => Number(b.ours) - Number(a.ours) || error(a) - error(b) || 0);
  const lines = [head, ...sorted.map(cells)];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => (line[i] as string).length)));
  return `${lines
    .map((line) =>
      line
        .map((cell, i) =>
          i === 0 || i === line.length - 1 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}
