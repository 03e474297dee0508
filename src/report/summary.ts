// The network as a table: layers, output shapes, parameters.
// In: a ModelSummary. Out: text. Not here: the counting (models/summary.ts).

import type { ModelSummary } from '../models/summary.ts';
import { columns, count, visible } from './figures.ts';

/** One line a layer, then the totals. */
export function renderSummary(summary: ModelSummary): string {
  const rows = [
    ['layer', 'kind', 'output', 'parameters'],
    ...summary.layers.map((layer) => [
      visible(layer.name, 30),
      visible(layer.kind, 20),
      layer.output.join(' × '),
      count(layer.parameters),
    ]),
  ];
  const table = columns(rows, [0, 1]);
  const rule = '─'.repeat(Math.max(...table.map((line) => line.length)));
  const trainable =
    summary.notTrainable === 0
      ? `all trainable`
      : `${count(summary.trainable)} trainable, ${count(summary.notTrainable)} not`;
  const totals = `${count(summary.parameters)} parameters (${trainable}) · ${count(summary.multiplyAdds)} multiply-adds a window`;
  return [table[0], rule, ...table.slice(1), rule, totals].join('\n');
}
