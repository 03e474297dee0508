// The README's own figures, rendered from what was measured last: speed beside the peers, errors beside a baseline and the best of the others.
// In: performance.json and accuracy.json. Out: the README's section between two marks. Not here: measuring, the whole tables.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, figure, type Kept } from './boards/accuracy.ts';
import { peersOf } from './boards/peers.ts';
import { best, type RowResult } from './judge.ts';
import { number, type PeersPart, type Performance } from './report.ts';
import { ROWS, type Row } from './rows.ts';

const BEGIN = '<!-- figures: begin; written by `npm run bench:peers` and `npm run boards` -->';
const END = '<!-- figures: end -->';
const README = join(import.meta.dirname, '..', 'README.md');

/** Who stands in a column: the fastest of these. */
const COLUMNS: readonly (readonly [string, readonly string[]])[] = [
  ['native', ['native-2', 'native-1']],
  ['wasm', ['wasm-2', 'wasm-1']],
  ['PyTorch', ['torch-2', 'torch-1']],
  ['Keras', ['keras']],
  ['tf.layers in Node', ['tf-layers']],
];

/** Both tables, without the marks. */
function figures({ peers }: Performance, boards: readonly Kept[]): string {
  return [...(peers ? speed(peers) : []), ...errors(boards)].join('\n');
}

/** A README with its section written anew. Errors: one without the marks. */
export function withFigures(readme: string, performance: Performance, boards: readonly Kept[]): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${figures(performance, boards)}\n${readme.slice(end)}`;
}

/** Writes the project's README anew from the files beside this one. */
export function writeReadme(): void {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
  const { boards } = read('accuracy.json') as { readonly boards: readonly Kept[] };
  writeFileSync(README, withFigures(readFileSync(README, 'utf8'), read('performance.json') as Performance, boards));
}

function speed({ about, rows }: PeersPart): string[] {
  const { date, machine, cores, instructions, commit } = about;
  return [
    'Time of a training step (forward, backward, Adam), unless another is named; U units, T steps of the window, B windows of a batch, F features.',
    `Medians of one run in which all take turns: ${date}, ${machine}, ${cores} cores, ${instructions}, commit ${commit}.`,
    'More in [benchmarks/PERFORMANCE.md](benchmarks/PERFORMANCE.md).',
    '',
    `| work | ${COLUMNS.map(([what]) => what).join(' | ')} |`,
    `|---|${COLUMNS.map(() => '---').join('|')}|`,
    ...rows.map(speedLine),
    '',
  ];
}

function speedLine(result: RowResult): string {
  const row = ROWS.find(({ id }) => id === result.id) as Row;
  const cells = COLUMNS.map(([, ids]) => {
    const found = best(result, ids);
    return found ? `${number(found.median)} ${row.unit}` : '–';
  });
  const each = row.each === 'step' ? '' : ` (${row.each})`;
  return `| ${row.what}${each} | ${cells.join(' | ')} |`;
}

function errors(boards: readonly Kept[]): string[] {
  const beside = boards.filter(({ name }) => peersOf(name).length > 0);
  return [
    'Errors on public series: of the forecaster that validation chose, on test rows looked at once, beside the seasonal naive and the best figure',
    'known of anybody else, chosen afterwards. Less is better. More, with goals missed, in [benchmarks/ACCURACY.md](benchmarks/ACCURACY.md).',
    '',
    '| series | | chosen | | seasonal-naive | best of the others | |',
    '|---|---|---|---|---|---|---|',
    ...beside.map(errorLine),
  ];
}

function errorLine(board: Kept): string {
  const metric = board.metrics[0] as string;
  const ours = answerOf(board);
  const naive = board.rows.find(({ forecaster }) => forecaster === 'seasonal-naive');
  const of = (test: { readonly [metric: string]: number | null } | null | undefined): string =>
    figure(test?.[metric] ?? null);
  const [other] = peersOf(board.name)
    .filter(({ test }) => typeof test?.[metric] === 'number')
    .sort((a, b) => (a.test?.[metric] as number) - (b.test?.[metric] as number));
  return `| ${board.name} | ${metric} | ${ours?.forecaster ?? '–'} | ${of(ours?.test)} | ${of(naive?.test)} | ${other?.forecaster ?? '–'} | ${of(other?.test)} |`;
}
