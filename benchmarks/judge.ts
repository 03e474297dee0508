// What figures mean: medians of rounds, ratios to the best peer, shares of the limit, and whether each goal is met.
// In: measured rows. Out: plain figures and checks. Not here: measuring (peers.ts), writing (report.ts).

import { operations, type Row } from './rows.ts';

/** Times of a contestant's rounds, in the row's unit. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
  /** How the work was done, where there was a choice. */
  readonly setting: string;
  /** MiB of the whole process at its peak in these rounds; what it held before the row was built. */
  readonly peak: number;
  readonly before: number;
}

export type Entry = Figure | { readonly skipped: string };

/** GFLOP/s of a bare kernel on one thread and on two, medians of a row's rounds. */
export interface Limit {
  readonly one: number | null;
  readonly two: number | null;
}

export interface RowResult {
  readonly id: string;
  /** Of native's instruction set, and of 128-bit WebAssembly. */
  readonly limit: Limit;
  readonly wasmLimit?: Limit;
  readonly entries: { readonly [contestant: string]: Entry };
}

export interface Check {
  readonly goal: string;
  readonly figure: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

export const NATIVE: readonly string[] = ['native-2', 'native-1'];
const PYTORCH: readonly string[] = ['torch-1', 'torch-2'];
export const PEERS: readonly string[] = [...PYTORCH, 'keras', 'tf-layers'];
/** The same frameworks without a trial of their ways: `Adam()`, `train_on_batch`. */
export const PLAIN: readonly string[] = ['plain-torch-1', 'plain-torch-2', 'plain-keras'];

/** Native against the best peer, by median. Rows without a figure of their own: not slower. */
const RATIOS: { readonly [id: string]: number } = { u32: 9, u128: 2.4, jena: 6, story: 1.5, counting: 100 };

/** Whether what the native engine says it computes with is AVX2. */
export function isAvx2(instructions: string): boolean {
  return /^AVX2\b/.test(instructions);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

export function figureOf(result: RowResult, contestant: string): Figure | null {
  const entry = result.entries[contestant];
  return entry && !('skipped' in entry) ? entry : null;
}

export interface Best extends Figure {
  readonly contestant: string;
}

/** The contestant of the least median. */
export function best(result: RowResult, contestants: readonly string[]): Best | null {
  let found: Best | null = null;
  for (const contestant of contestants) {
    const figure = figureOf(result, contestant);
    if (figure && (!found || figure.median < found.median)) found = { contestant, ...figure };
  }
  return found;
}

/** How many times faster the first contestants' best is than the others' best: by medians, and by least times. */
export function ratio(
  result: RowResult,
  ours: readonly string[],
  theirs: readonly string[],
): { readonly median: number; readonly least: number; readonly of: string; readonly to: string } | null {
  const [a, b] = [best(result, ours), best(result, theirs)];
  if (!a || !b) return null;
  const least = (contestants: readonly string[]): number =>
    Math.min(...contestants.map((c) => figureOf(result, c)?.least ?? Number.POSITIVE_INFINITY));
  return { median: b.median / a.median, least: least(theirs) / least(ours), of: a.contestant, to: b.contestant };
}

/** GFLOP/s of a figure's median. */
export function rateOf(row: Row, figure: Figure): number {
  return operations(row) / figure.median / (row.unit === 'ms' ? 1e6 : 1e3);
}

/** The share of the bare kernel's rate on as many threads. */
export function shareOf(
  row: Row,
  result: RowResult,
  threads: 1 | 2,
  engine: 'native' | 'wasm' = 'native',
): number | null {
  const figure = figureOf(result, `${engine}-${threads}`);
  const bare = limitOf(result, engine);
  const limit = threads === 1 ? bare?.one : bare?.two;
  return figure && limit ? rateOf(row, figure) / limit : null;
}

export function limitOf(result: RowResult, engine: 'native' | 'wasm'): Limit | undefined {
  return engine === 'native' ? result.limit : result.wasmLimit;
}

/**
 * Every goal of the comparison, in the order they are set. Rows that are not there, or lack a side, are said to be not
 * measured.
 */
export function judge(rows: readonly Row[], results: readonly RowResult[]): Check[] {
  const pairs = rows.map((row) => ({ row, result: results.find(({ id }) => id === row.id) ?? EMPTY }));
  const named = pairs.filter(({ row }) => row.id in RATIOS);
  const narrow = pairs.filter(({ row }) => row.units.every((units) => units <= 64));
  const lstm = pairs.filter(({ row }) => row.cell === 'lstm');
  const dense = pairs.filter(({ row }) => row.dense);
  const story = pairs.filter(({ row }) => row.id === 'story');
  const plain = pairs.filter(({ result }) => best(result, PLAIN));
  const inAll = (all: readonly Pair[]): Pair[] => all.filter((pair) => plain.includes(pair));
  return [
    ...named.map((pair) => fasterCheck(pair, RATIOS[pair.row.id] as number, 'the best peer', PEERS)),
    ...inAll(named).map((pair) => fasterCheck(pair, RATIOS[pair.row.id] as number, 'the best plain peer', PLAIN)),
    everyRow('native is slower than no peer on any row', pairs, NATIVE, PEERS),
    ...dense.map(shareCheck),
    everyRow('wasm with two shards ≥ the best peer at U ≤ 64', narrow, ['wasm-2'], PEERS),
    everyRow('wasm ≥ Keras on every row', pairs, ['wasm-2', 'wasm-1'], ['keras']),
    ...(plain.length > 0
      ? [everyRow('wasm ≥ plain Keras on every row', plain, ['wasm-2', 'wasm-1'], ['plain-keras'])]
      : []),
    ...story.map((pair) => oneShardCheck(pair, 'Keras’', 'keras')),
    ...inAll(story).map((pair) => oneShardCheck(pair, 'plain Keras’', 'plain-keras')),
    everyRow('tensorflow ≥ Keras on every LSTM row', lstm, ['tensorflow'], ['keras']),
    ...(plain.length > 0
      ? [everyRow('tensorflow ≥ plain Keras on every LSTM row', inAll(lstm), ['tensorflow'], ['plain-keras'])]
      : []),
  ];
}

interface Pair {
  readonly row: Row;
  readonly result: RowResult;
}

const EMPTY: RowResult = { id: '', limit: { one: null, two: null }, entries: {} };

/** PyTorch and Keras both stand behind a "best peer"; without one of them there is no verdict. */
function peersThere(result: RowResult, theirs: readonly string[]): boolean {
  if (theirs !== PEERS) return true;
  return best(result, PYTORCH) !== null && figureOf(result, 'keras') !== null;
}

function compared({ result }: Pair, ours: readonly string[], theirs: readonly string[]) {
  return peersThere(result, theirs) ? ratio(result, ours, theirs) : null;
}

function fasterCheck(pair: Pair, wanted: number, whom: string, theirs: readonly string[]): Check {
  const goal = `native ≥ ${wanted} × ${whom}, ${pair.row.what}`;
  const found = compared(pair, NATIVE, theirs);
  if (!found) return { goal, figure: '–', verdict: 'not measured' };
  const figure = `${times(found.median)} (least times ${times(found.least)}), ${found.of} to ${found.to}`;
  if (found.median >= wanted) return { goal, figure, verdict: 'met' };
  const peer = figureOf(pair.result, found.to) as Figure;
  // Where products are not what costs time, their rate says nothing.
  const asked = pair.row.dense
    ? askedOf(rateOf(pair.row, peer) * wanted, pair.result.limit.two, 'the instruction set')
    : '';
  return { goal, figure: `${figure}${asked}`, verdict: 'missed' };
}

/** What rate a missed goal asks for, beside what a bare product reaches. */
function askedOf(rate: number, limit: number | null | undefined, what: string): string {
  const beyond = limit && rate > limit ? `: beyond the limit of ${what}` : '';
  return `; ${rate.toFixed(0)} GFLOP/s are asked, a bare product reaches ${limit?.toFixed(0) ?? '–'}${beyond}`;
}

function everyRow(goal: string, pairs: readonly Pair[], ours: readonly string[], theirs: readonly string[]): Check {
  const found = pairs.map((pair) => ({ ...pair, ratio: compared(pair, ours, theirs) }));
  const slower = found.filter(({ ratio }) => ratio !== null && ratio.median < 1);
  const missing = found.filter(({ ratio }) => ratio === null);
  const measured = found.flatMap(({ row, ratio }) => (ratio ? [{ row, ratio }] : []));
  const notes = [
    ...(slower.length > 0
      ? [
          `slower: ${slower.map((one) => `${one.row.id} ${times(one.ratio?.median)}${beyond(one, ours, theirs)}`).join(', ')}`,
        ]
      : []),
    ...(missing.length > 0 ? [`not measured: ${missing.map(({ row }) => row.id).join(', ')}`] : []),
  ];
  const least = measured.toSorted((a, b) => a.ratio.median - b.ratio.median)[0];
  if (least && slower.length === 0) notes.unshift(`least ${times(least.ratio.median)} at ${least.row.id}`);
  const verdict = slower.length > 0 ? 'missed' : missing.length > 0 || !least ? 'not measured' : 'met';
  return { goal, figure: notes.join('; ') || '–', verdict };
}

/** Where the other side is faster than a bare product of this engine's instructions is. */
function beyond({ row, result }: Pair, ours: readonly string[], theirs: readonly string[]): string {
  const limit = limitOf(result, ours === NATIVE ? 'native' : 'wasm')?.two;
  const peer = best(result, theirs);
  const reached = ours[0] !== 'tensorflow' && limit && peer && rateOf(row, peer) > limit;
  return reached ? ` (${rateOf(row, peer).toFixed(0)} GFLOP/s; a bare product reaches ${limit.toFixed(0)})` : '';
}

function shareCheck({ row, result }: Pair): Check {
  const wanted = row.units.every((units) => units <= 64) ? 0.6 : 0.8;
  const goal = `native ≥ ${wanted * 100} % of the bare kernel, ${row.what}`;
  const [one, two] = [shareOf(row, result, 1), shareOf(row, result, 2)];
  const share = two ?? one;
  if (share === null) return { goal, figure: '–', verdict: 'not measured' };
  const parts = [
    ...(two === null ? [] : [`2 threads ${percent(two)}`]),
    ...(one === null ? [] : [`1 thread ${percent(one)}`]),
  ];
  if (share > 1.05) {
    // nothing is faster than its limit: other work took the processor from the bare kernel
    return { goal, figure: `${parts.join(', ')}: the bare kernel was disturbed`, verdict: 'not measured' };
  }
  return { goal, figure: parts.join(', '), verdict: share >= wanted ? 'met' : 'missed' };
}

function oneShardCheck({ row, result }: Pair, whom: string, id: string): Check {
  const goal = `wasm with one shard ≤ 1.25 × ${whom} time, ${row.what}`;
  const [wasm, keras] = [figureOf(result, 'wasm-1'), figureOf(result, id)];
  if (!wasm || !keras) return { goal, figure: '–', verdict: 'not measured' };
  const share = wasm.median / keras.median;
  if (share <= 1.25) return { goal, figure: times(share), verdict: 'met' };
  const what = '128 bits without a fused multiply-add';
  const asked = askedOf(rateOf(row, keras) / 1.25, result.wasmLimit?.one, what);
  return { goal, figure: `${times(share)}${asked}`, verdict: 'missed' };
}

export function times(value: number | undefined): string {
  if (value === undefined) return '–';
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ×`;
}

export function percent(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}

/** A limit on one figure of our own: met where the value is at most it. */
export function atMost(goal: string, value: number | null, limit: number, unit: string): Check {
  if (value === null || !Number.isFinite(value)) return { goal, figure: '–', verdict: 'not measured' };
  const figure = `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
  return { goal, figure, verdict: value <= limit ? 'met' : 'missed' };
}
