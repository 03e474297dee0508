// accuracy.json and ACCURACY.md: the boards' last figures for machines, and one page rendered from them for people.
// In: boards that were run. Out: both files; boards that were not run keep what they had. Not here: judging.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AutoRatio, autoRatio, autoSummary } from './auto.ts';
import type { Board, Figures, Row } from './board.ts';
import { AUTO, GOALS, type Goal } from './goals.ts';

/** Where, when and how long a board was run. */
export interface About {
  readonly date: string;
  readonly commit: string;
  readonly seconds: number;
  readonly machine: string;
  readonly cores: number;
  readonly node: string;
}

/** A board as it is kept. */
export interface Kept {
  readonly name: string;
  readonly group: string;
  readonly protocol: string;
  readonly metrics: readonly string[];
  readonly rolling: boolean;
  readonly counts: { readonly [what: string]: number };
  readonly about: About;
  readonly rows: readonly Row[];
}

const FOLDER = join(import.meta.dirname, '..');

/** A board and its rows, ours before the peers. */
export function kept(
  { name, group, protocol, metrics, rolling, counts }: Board,
  rows: readonly Row[],
  about: About,
): Kept {
  return { name, group, protocol, metrics, rolling, counts, about, rows };
}

/**
 * Puts boards into the files. Those that were looked at before keep their figures where they were now run without a look (`look: false`);
 * gives the names of those. `some`: only a part of the box was run, whose rows take the place of those there are; a board that is not
 * there yet is left out, as a part of the box says nothing about the box.
 */
export function keep(boards: readonly Kept[], look: boolean, some = false, folder: string = FOLDER): string[] {
  const file = join(folder, 'accuracy.json');
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { boards: Kept[] }).boards : [];
  const looked = new Set(
    old.filter(({ rows }) => rows.some(({ ours, test }) => ours && test !== null)).map(({ name }) => name),
  );
  const left = look ? [] : boards.filter(({ name }) => looked.has(name)).map(({ name }) => name);
  const fresh = boards
    .filter(({ name }) => !left.includes(name))
    .flatMap((board) => {
      const before = old.find(({ name }) => name === board.name);
      return some ? (before ? [merged(before, board)] : []) : [board];
    });
  if (some && fresh.length === 0) return left;
  const all = [...old.filter(({ name }) => !fresh.some((one) => one.name === name)), ...fresh].sort(inOrder);
  writeFileSync(file, `${formatted({ boards: all }, '')}\n`);
  writeFileSync(join(folder, 'ACCURACY.md'), render(all));
  return left;
}

/** Rows of ours that were measured again in the places of those before, new ones before the peers; told of where their commit is another. */
function merged(old: Kept, now: Kept): Kept {
  const { commit, date } = now.about;
  const told = (row: Row): Row =>
    commit === old.about.commit ? row : { ...row, measured: `${date}, commit ${commit}` };
  const own = now.rows.filter(({ ours }) => ours).map(told);
  const again = (row: Row): Row | undefined => own.find(({ forecaster }) => row.ours && forecaster === row.forecaster);
  const added = own.filter(({ forecaster }) => !old.rows.some((row) => row.ours && row.forecaster === forecaster));
  const rows = old.rows.map((row) => again(row) ?? row);
  const ours = [...rows.filter((row) => row.ours), ...added];
  return { ...old, rows: [...ours, ...rows.filter((row) => !row.ours)] };
}

/** JSON as the project's formatter has it: lists of plain values on one line where they fit. */
function formatted(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item) => formatted(item, deeper))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}: ${formatted(item, deeper)}`);
  if (parts.length === 0) return list ? '[]' : '{}';
  const plain = list && value.every((item) => typeof item !== 'object' || item === null);
  const line = `[${parts.join(', ')}]`;
  if (plain && indent.length + line.length < 100) return line;
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

const ORDER = ['m4-weekly', 'm4-hourly', 'etth1', 'classics', 'panels', 'text'];

function inOrder(a: Kept, b: Kept): number {
  return ORDER.indexOf(a.group) - ORDER.indexOf(b.group);
}

function render(boards: readonly Kept[]): string {
  return [
    '# Accuracy',
    '',
    'How well the forecasters in the box do on public series, beside what others reach on the same rows. Written by `npm run boards`;',
    'nothing here is copied by hand. Errors: less is better.',
    '',
    '- **validation** is measured before everything held out. Settings are chosen there and nowhere else; where a board has one test origin',
    '  only, it asks at five or more rolling origins, each fitted anew.',
    '- **test** is looked at once a run, with the setting that validation chose; every look is a line in [looks.jsonl](looks.jsonl).',
    '- The line marked ◀ is the answer of the box: the least error on validation. Goals are held against what was chosen before, never against the best test figure.',
    '- Seconds are of processor time, over all settings tried and both parts.',
    '',
    ...goalTable(boards),
    ...autoTable(boards),
    ...boards.flatMap(boardPart),
  ].join('\n');
}

/** The forecaster that validation chose. */
export function answerOf(board: Pick<Kept, 'metrics' | 'rows'>): Row | null {
  const metric = board.metrics[0] as string;
  const errorOf = (row: Row): number => row.validation?.[metric] ?? Number.POSITIVE_INFINITY;
  const [best] = board.rows
    .filter((row) => row.ours && errorOf(row) < Number.POSITIVE_INFINITY)
    .sort((a, b) => errorOf(a) - errorOf(b));
  return best ?? null;
}

/** Whether a figure reaches its goal, and how far it is from it in percent of the goal (above 0: missed). */
export function missedBy({ goal, points, least }: Goal, value: number): number {
  if (points !== undefined) return Math.max(0, Math.abs(value - goal) - points);
  return least ? Math.max(0, goal - value) : Math.max(0, (100 * (value - goal)) / goal);
}

function goalTable(boards: readonly Kept[]): string[] {
  const lines = GOALS.flatMap((goal) => {
    const board = boards.find(({ name }) => name === goal.board);
    const answer =
      board && (goal.of ? board.rows.find((row) => row.ours && row.forecaster === goal.of) : answerOf(board));
    if (!board || !answer) return [];
    const value = answer.test?.[goal.metric] ?? null;
    const best = board.rows
      .filter((row) => row.ours && typeof row.test?.[goal.metric] === 'number')
      .sort(
        (a, b) =>
          missedBy(goal, a.test?.[goal.metric] as number) - missedBy(goal, b.test?.[goal.metric] as number) ||
          (a.test?.[goal.metric] as number) - (b.test?.[goal.metric] as number),
      )[0];
    const auto = board.rows.find(({ ours, forecaster }) => ours && forecaster === 'auto')?.test?.[goal.metric] ?? null;
    return [
      `| ${goal.board} | ${goal.metric} | ${wanted(goal)} | ${answer.forecaster} ${figure(value)} | ${value === null ? 'not looked at' : verdict(goal, value)} | ${figure(auto)} | ${best ? `${best.forecaster} ${figure(best.test?.[goal.metric] ?? null)}` : '–'} |`,
    ];
  });
  if (lines.length === 0) return [];
  return [
    '## Goals',
    '',
    'Ours: on M4 and ETTh1 linear, on all others the forecaster that validation chose.',
    '',
    '| board | figure | goal | ours | met | auto | best on test, known afterwards |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ];
}

function wanted({ goal, points, least }: Goal): string {
  if (points !== undefined) return `${goal} ± ${points}`;
  return least ? `≥ ${goal}` : `≤ ${goal}`;
}

function verdict(goal: Goal, value: number): string {
  const missed = missedBy(goal, value);
  if (missed === 0) return 'yes';
  return goal.points !== undefined || goal.least
    ? `no, by ${missed.toFixed(1)} points`
    : `no, by ${missed.toFixed(1)} %`;
}

/** What auto comes to over boards, in one line; null where it was not judged. */
export function autoLine(boards: readonly Kept[]): string | null {
  const summary = autoSummary(autoRatios(boards));
  if (!summary) return null;
  const { mean, worst } = summary;
  const met = (ratio: number, goal: number): string => `goal ${goal}: ${ratio <= goal ? 'met' : 'missed'}`;
  return `Geometric mean ${mean.toFixed(3)} (${met(mean, AUTO.mean)}); worst ${worst.ratio.toFixed(3)}, ${worst.board} (${met(worst.ratio, AUTO.worst)}).`;
}

function autoRatios(boards: readonly Kept[]): AutoRatio[] {
  return boards.flatMap((board): AutoRatio[] => {
    const ratio = autoRatio({ ...board, metric: board.metrics[0] as string }, board.rows);
    return ratio ? [ratio] : [];
  });
}

function autoTable(boards: readonly Kept[]): string[] {
  const ratios = autoRatios(boards);
  const line = autoLine(boards);
  if (line === null) return [];
  return [
    '## auto beside the best single forecaster',
    '',
    'At the rolling origins of each board (panels, M4 and ETTh1: the test part). The single forecaster is the one that turned out best there, with the',
    'setting that turned out best: nobody could have known it.',
    '',
    '| board | auto | best single | | auto ÷ best |',
    '|---|---|---|---|---|',
    ...ratios.map(
      ({ board, auto, best, forecaster, ratio }) =>
        `| ${board} | ${figure(auto)} | ${figure(best)} | ${forecaster} | ${ratio.toFixed(3)} |`,
    ),
    '',
    line,
    '',
  ];
}

function boardPart(board: Kept): string[] {
  const { name, protocol, metrics, rows, about, counts } = board;
  const answer = answerOf(board);
  const shown = [
    ...new Set([...metrics, ...rows.flatMap(({ ours, test }) => (ours && test ? Object.keys(test) : []))]),
  ];
  const known = metrics.filter((metric) => rows.some(({ validation }) => validation && metric in validation));
  const error = (row: Row): number => row.validation?.[metrics[0] as string] ?? Number.POSITIVE_INFINITY;
  const own = rows.filter(({ ours }) => ours).sort((a, b) => error(a) - error(b));
  const counted = Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
  const cells = (figures: Figures | null, of: readonly string[]): string =>
    of.map((metric) => figure(figures?.[metric] ?? null)).join(' | ');
  return [
    `## ${name}`,
    '',
    `${protocol}.${counted ? ` ${counted}.` : ''}`,
    '',
    `${about.date}, commit ${about.commit}, ${Math.round(about.seconds)} s for the run it was part of; ${about.machine}, ${about.cores} cores, Node ${about.node}.`,
    '',
    `| forecaster | ${known.map((metric) => `validation ${metric}`).join(' | ')} | ${shown.map((metric) => `test ${metric}`).join(' | ')} | s | setting |`,
    `|---|${known.map(() => '---').join('|')}|${shown.map(() => '---').join('|')}|---|---|`,
    ...own.map((row) => {
      const setting =
        row.reason ??
        (row.tried && row.tried.length > 1 ? `${row.setting} (of ${row.tried.length})` : (row.setting ?? ''));
      return `| ${row.forecaster}${row === answer ? ' ◀' : ''} | ${cells(row.validation, known)} | ${cells(row.test, shown)} | ${row.seconds === null ? '' : row.seconds.toFixed(1)} | ${setting} |`;
    }),
    '',
    ...measuredLines(own),
    ...seedLines(own, metrics[0] as string),
    ...triedLines(own, metrics[0] as string),
    ...peerLines(rows.filter(({ ours }) => !ours)),
    ...(NOTES[name] ? [NOTES[name] as string, ''] : []),
  ];
}

/** Rows of other runs than the board's. */
function measuredLines(rows: readonly Row[]): string[] {
  const others = rows.filter(({ measured }) => measured !== undefined);
  if (others.length === 0) return [];
  return [
    `Measured by themselves: ${others.map(({ forecaster, measured }) => `${forecaster} (${measured})`).join(', ')}.`,
    '',
  ];
}

function seedLines(rows: readonly Row[], metric: string): string[] {
  return rows.flatMap(({ forecaster, seeds }) => {
    if (!seeds || seeds.length === 0) return [];
    const told = seeds.map(
      ({ seed, validation, test }) =>
        `seed ${seed}: ${figure(validation?.[metric] ?? null)}${test ? ` / ${figure(test[metric] ?? null)}` : ''}`,
    );
    return [`${forecaster}, ${metric} of each seed alone (validation / test): ${told.join(', ')}.`, ''];
  });
}

/** What was tried besides. */
function triedLines(rows: readonly Row[], metric: string): string[] {
  const lines = rows.flatMap(({ forecaster, tried }) => {
    if (!tried || tried.length < 2) return [];
    const told = [...tried].sort((a, b) => (a.error ?? Infinity) - (b.error ?? Infinity));
    return [`- ${forecaster}: ${told.map(({ setting, error }) => `${setting} ${figure(error)}`).join('; ')}`];
  });
  if (lines.length === 0) return [];
  return [`<details><summary>Settings tried, validation ${metric}</summary>`, '', ...lines, '', '</details>', ''];
}

function peerLines(peers: readonly Row[]): string[] {
  if (peers.length === 0) return [];
  const metrics = [...new Set(peers.flatMap(({ test }) => Object.keys(test ?? {})))];
  return [
    `| not ours | ${metrics.join(' | ')} | source |`,
    `|---|${metrics.map(() => '---').join('|')}|---|`,
    ...peers.map(
      ({ forecaster, test, source }) =>
        `| ${forecaster} | ${metrics.map((metric) => figure(test?.[metric] ?? null)).join(' | ')} | ${source} |`,
    ),
    '',
  ];
}

/** What has to be said beside the figures. */
const NOTES: { readonly [board: string]: string } = {
  'm4-weekly':
    'M4 overlaps itself: the first six test values stand, value for value, in the training part of another series for 5 of the weekly series. Pooled forecasters could gain from it; nothing here looks for it.',
  'm4-hourly':
    'M4 overlaps itself: the first six test values stand, value for value, in the training part of another series for 20 of the hourly series. Pooled forecasters could gain from it; nothing here looks for it.',
};

/** Four digits that count. */
export function figure(value: number | null): string {
  if (value === null) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}
