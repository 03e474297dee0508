// performance.json and PERFORMANCE.md: one file for machines, one rendered from it for people, in parts that different runs fill.
// In: a part. Out: both files, the other parts kept. Not here: measuring (run.ts, peers.ts), judging (judge.ts).

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  best,
  type Check,
  figureOf,
  isAvx2,
  limitOf,
  NATIVE,
  PEERS,
  PLAIN,
  percent,
  type RowResult,
  rateOf,
  ratio,
  shareOf,
  times,
} from './judge.ts';
import { operations, ROWS, type Row } from './rows.ts';

/** Where, when and with what a part was measured. */
export interface About {
  readonly date: string;
  readonly machine: string;
  readonly cores: number;
  readonly instructions: string;
  readonly node: string;
  readonly commit: string;
  readonly quick: boolean;
  /** Load averages over a minute, at the start and at the end. */
  readonly load: readonly [number, number];
  /** Nothing else on the machine came between: see priority.ts. */
  readonly realTime?: boolean;
}

/** One line of our own figures. */
export interface Line {
  readonly what: string;
  readonly median: number;
  readonly least: number;
  readonly unit: string;
  readonly rounds: number;
  readonly note?: string;
}

export interface OursPart {
  readonly about: About;
  readonly lines: readonly Line[];
  readonly checks: readonly Check[];
}

export interface Contestant {
  readonly id: string;
  readonly what: string;
  /** Versions and settings, or why it is not there. */
  readonly detail: string;
}

/** Time of a whole process that imports it and ends. */
export interface Start {
  readonly what: string;
  readonly median: number;
  readonly least: number;
}

export interface PeersPart {
  readonly about: About;
  readonly contestants: readonly Contestant[];
  readonly rows: readonly RowResult[];
  readonly starts: readonly Start[];
  /** Environment that holds every process to an instruction set; null: each takes what it likes. */
  readonly held?: Readonly<Record<string, string>> | null;
  readonly checks: readonly Check[];
}

export interface Performance {
  readonly ours?: OursPart;
  readonly peers?: PeersPart;
  /** The same with every contestant held to AVX2. */
  readonly peersAvx2?: PeersPart;
}

/** A machine is called loaded where others had more than this to do. */
export const QUIET = 1.5;

/** Puts one part into a folder's performance.json and writes PERFORMANCE.md anew from both. */
export function writePart(folder: string, part: Performance): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'performance.json');
  const all = { ...readPerformance(file), ...part };
  writeFileSync(file, formatted(all));
  writeFileSync(join(folder, 'PERFORMANCE.md'), render(all));
}

/** As the project's formatter has it: lists of plain values on one line. */
function formatted(all: Performance): string {
  const list = /\[\s+([^[\]{}"]*?)\s+\]/g;
  return `${JSON.stringify(all, null, 2).replace(list, (_, values: string) => `[${values.replace(/\s+/g, ' ')}]`)}\n`;
}

function readPerformance(file: string): Performance {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Performance;
  } catch {
    return {};
  }
}

export function render({ ours, peers, peersAvx2 }: Performance): string {
  const parts = [
    '# Performance',
    '',
    'Figures of one machine on one day, to compare with the same machine on another, and ratios, which carry over better.',
    'Written by `npm run bench:peers`, the same with `-- --instructions avx2`, and `npm run bench`; performance.json holds it for machines.',
    'U: units, T: steps of the window, B: windows of a batch, F: features of a step. Median (least) of the rounds.',
    '',
    '## Beside the peers',
    '',
    ...(peers ? renderPeers(peers) : ['Not measured yet: `npm run bench:peers`.', '']),
    '## Beside the peers, held to AVX2',
    '',
    ...(peersAvx2 ? renderPeers(peersAvx2) : ['Not measured yet: `npm run bench:peers -- --instructions avx2`.', '']),
    '## Ours alone',
    '',
    ...(ours ? renderOurs(ours) : ['Not measured yet: `npm run bench`.', '']),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

function aboutLine(about: About): string[] {
  const { date, machine, cores, instructions, node, commit, quick, load, realTime } = about;
  const flags = `${quick ? ', --quick' : ''}${realTime ? ', --real-time' : ''}`;
  const line = `${date}, ${machine} (${cores} cores), ${instructions}, node ${node}, commit ${commit}${flags}; load average ${load[0].toFixed(1)} at the start, ${load[1].toFixed(1)} at the end.`;
  if (load[0] <= QUIET) return [line, ''];
  return [line, '', '**Measured on a loaded machine: not figures to go by.**', ''];
}

function renderOurs({ about, lines, checks }: OursPart): string[] {
  const rows = lines.map(
    ({ what, median, least, unit, rounds, note }) =>
      `| ${what} | ${number(median)} ${unit} | ${number(least)} ${unit} | ${rounds} | ${note ?? ''} |`,
  );
  return [
    ...aboutLine(about),
    '| what | median | least | rounds | |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...renderChecks(checks),
  ];
}

function renderPeers(part: PeersPart): string[] {
  const tuned = { ...part, contestants: part.contestants.filter(({ id }) => !PLAIN.includes(id)) };
  return [
    ...aboutLine(part.about),
    'All columns come from one run: rounds alternate between the contestants, each in a long-lived process of its own, warmed up first and before each turn.',
    'Same layers, batch, context, loss and Adam (float32; the reference engine in float64). Ours gather and shuffle windows of a series;',
    'the peers’ batches stand ready as tensors. Where a peer knows several ways (Adam fused or not; `train_on_batch`, a `tf.function`, one',
    `compiled by XLA${part.about.quick ? ': not with --quick' : ''}) a short trial takes its fastest.`,
    ...instructionsNote(part),
    ...(part.about.realTime
      ? ['All of them, and the bare kernels, ran in the real-time class: nothing else on the machine came between.']
      : []),
    '',
    ...part.contestants.map(({ what, detail }) => `- ${what}: ${detail}`),
    '',
    ...timesTable(tuned),
    ...plainTable(part),
    ...limitTable(part),
    ...memoryTable(tuned),
    ...startsTable(part),
    ...renderChecks(part.checks),
  ];
}

function instructionsNote({ about: { instructions }, held }: PeersPart): string[] {
  const settings = Object.entries(held ?? {}).map(([name, value]) => `${name}=${value}`);
  if (settings.length > 0) return [`Nobody took wider instructions: every process ran with \`${settings.join(' ')}\`.`];
  if (isAvx2(instructions)) return [];
  return [
    'Everybody takes the widest instructions there are. How many times faster native has to be was set on AVX2: the next part holds everybody to it.',
  ];
}

function known(part: PeersPart): { readonly row: Row; readonly result: RowResult }[] {
  return part.rows.flatMap((result) => {
    const row = ROWS.find(({ id }) => id === result.id);
    return row ? [{ row, result }] : [];
  });
}

/** Who has a figure in any row. */
function measured({ contestants, rows }: PeersPart): Contestant[] {
  return contestants.filter(({ id }) => rows.some((row) => figureOf(row, id)));
}

function timeCell(result: RowResult, id: string): string {
  const figure = figureOf(result, id);
  return figure ? `${number(figure.median)} (${number(figure.least)})` : '–';
}

function timesTable(part: PeersPart): string[] {
  const shown = measured(part);
  const ids = shown.map(({ id }) => id);
  const notes: string[] = [];
  const lines = known(part).map(({ row, result }) => {
    const found = ratio(result, NATIVE, PEERS);
    const cells = ids.map((id) => timeCell(result, id));
    if (row.note) notes.push(`- ${row.id}: ${row.note}.`);
    const ratios = found ? `**${times(found.median)}** (${times(found.least)})` : '–';
    return `| ${row.what}; ${row.unit} per ${row.each} | ${cells.join(' | ')} | ${ratios} | ${spread(result, ids)} |`;
  });
  return [
    '### Time',
    '',
    `| work | ${shown.map(({ what }) => what).join(' | ')} | native ÷ best peer | spread |`,
    `|---|${ids.map(() => '---|').join('')}---|---|`,
    ...lines,
    '',
    'Native ÷ best peer: how many times faster the better of native’s columns is than the best peer, by medians (by least times).',
    'Spread: (most − least) ÷ median, the middle one of the columns and the largest.',
    '',
    ...notes,
    ...settings(part),
    ...skipped(part),
    '',
  ];
}

/** Peers whose ways were not tried against each other, and who is how much faster than they are. */
function plainTable(part: PeersPart): string[] {
  const shown = measured(part).filter(({ id }) => PLAIN.includes(id));
  if (shown.length === 0) return [];
  const faster = (result: RowResult, ours: readonly string[], theirs: readonly string[]): string =>
    times(ratio(result, ours, theirs)?.median);
  const lines = known(part)
    .filter(({ result }) => best(result, PLAIN))
    .map(({ row, result }) => {
      const cells = [
        ...shown.map(({ id }) => timeCell(result, id)),
        `**${faster(result, NATIVE, PLAIN)}**`,
        faster(result, ['wasm-2', 'wasm-1'], PLAIN),
        faster(result, ['tensorflow'], ['plain-keras']),
      ];
      return `| ${row.what}; ${row.unit} per ${row.each} | ${cells.join(' | ')} |`;
    });
  return [
    '### Plain peers',
    '',
    'The same frameworks, in the same rounds, as their own first examples have them: `torch.optim.Adam(parameters)`, `train_on_batch` of a',
    'compiled Keras model. Nobody looked for the fastest way.',
    '',
    `| work | ${shown.map(({ what }) => what).join(' | ')} | native ÷ best | wasm ÷ best | tensorflow (ours) ÷ Keras |`,
    `|---|${shown.map(() => '---|').join('')}---|---|---|`,
    ...lines,
    '',
  ];
}

function spread(result: RowResult, ids: readonly string[]): string {
  const all = ids.flatMap((id) => {
    const figure = figureOf(result, id);
    return figure && figure.rounds > 1 ? [(figure.most - figure.least) / figure.median] : [];
  });
  if (all.length === 0) return '–';
  const sorted = all.toSorted((a, b) => a - b);
  return `${percent(sorted[sorted.length >> 1] as number)}, ${percent(sorted.at(-1) as number)}`;
}

/** What each peer's trials took, row by row. */
function settings({ contestants, rows }: PeersPart): string[] {
  return contestants.flatMap(({ id, what }) => {
    const taken = rows.flatMap((row) => {
      const setting = figureOf(row, id)?.setting;
      return setting ? [{ row: row.id, setting }] : [];
    });
    const kinds = [...new Set(taken.map(({ setting }) => setting))];
    if (kinds.length === 0) return [];
    const told = kinds.map(
      (kind) =>
        `${kind} (${taken
          .filter(({ setting }) => setting === kind)
          .map(({ row }) => row)
          .join(', ')})`,
    );
    return [`- ${what}, what was used: ${told.join('; ')}.`];
  });
}

function skipped({ contestants, rows }: PeersPart): string[] {
  return contestants.flatMap(({ id, what }) => {
    const reasons = rows.flatMap((row) => {
      const entry = row.entries[id];
      return entry && 'skipped' in entry ? [{ row: row.id, why: entry.skipped }] : [];
    });
    if (reasons.length === 0 || reasons.length === rows.length) return [];
    return reasons.map(({ row, why }) => `- ${what}, ${row} left out: ${why}.`);
  });
}

function limitTable(part: PeersPart): string[] {
  const share = (value: number | null): string => (value === null ? '–' : percent(value));
  const rate = (row: Row, result: RowResult, id: string): string => {
    const figure = figureOf(result, id);
    return figure ? number(rateOf(row, figure)) : '–';
  };
  const lines = known(part).map(({ row, result }) => {
    const peer = best(result, PEERS);
    const ours = (engine: 'native' | 'wasm', threads: 1 | 2): string[] => {
      const limit = limitOf(result, engine)?.[threads === 1 ? 'one' : 'two'];
      const reached = `${rate(row, result, `${engine}-${threads}`)} of ${limit ? number(limit) : '–'}`;
      return [reached, share(shareOf(row, result, threads, engine))];
    };
    const cells = [
      number(operations(row) / 1e6),
      ...[...ours('native', 1), ...ours('native', 2), ...ours('wasm', 1), ...ours('wasm', 2)],
      peer ? `${number(rateOf(row, peer))} (${peer.contestant})` : '–',
    ];
    return `| ${row.what} | ${cells.join(' | ')} |`;
  });
  return [
    '### Distance to the limit',
    '',
    'GFLOP/s of useful products (activations, Adam and the gather cost time and count for nothing) beside those of a bare',
    'register-blocked product in the first cache, measured in the same rounds: of limit.cpp with the addon’s flags beside native, and of',
    'limit-wasm.ts beside wasm, whose lanes are four and whose products are multiplied and added apart.',
    '',
    '| work | MFLOP | native, 1 thread | share | native, 2 threads | share | wasm, 1 shard | share | wasm, 2 shards | share | best peer |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ];
}

function memoryTable(part: PeersPart): string[] {
  const shown = measured(part);
  const lines = known(part).map(({ row, result }) => {
    const cells = shown.map(({ id }) => {
      const figure = figureOf(result, id);
      return figure ? `${figure.peak.toFixed(0)} (${Math.max(0, figure.peak - figure.before).toFixed(0)})` : '–';
    });
    return `| ${row.what} | ${cells.join(' | ')} |`;
  });
  return [
    '### Memory',
    '',
    'MiB of the whole process at its peak in the rounds (and what that is above what it held before the row).',
    '',
    `| work | ${shown.map(({ what }) => what).join(' | ')} |`,
    `|---|${shown.map(() => '---|').join('')}`,
    ...lines,
    '',
  ];
}

function startsTable({ starts }: PeersPart): string[] {
  if (starts.length === 0) return [];
  return [
    '### Start',
    '',
    'A whole process that imports it and ends, files in the system’s cache.',
    '',
    '| process | median | least |',
    '|---|---|---|',
    ...starts.map((start) => `| ${start.what} | ${start.median.toFixed(0)} ms | ${start.least.toFixed(0)} ms |`),
    '',
  ];
}

function renderChecks(checks: readonly Check[]): string[] {
  if (checks.length === 0) return [];
  return [
    '### Goals',
    '',
    '| goal | figure | |',
    '|---|---|---|',
    ...checks.map(
      ({ goal, figure, verdict }) => `| ${goal} | ${figure} | ${verdict === 'missed' ? '**missed**' : verdict} |`,
    ),
    '',
  ];
}

/** Three digits, never an exponent. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
