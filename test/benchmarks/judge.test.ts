// The judge of the comparison and the writer of its tables: what figures mean, on figures made up. Nothing is timed here.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  atMost,
  best,
  type Check,
  type Entry,
  judge,
  median,
  type RowResult,
  rateOf,
  ratio,
  shareOf,
} from '../../benchmarks/judge.ts';
import { type About, type OursPart, type PeersPart, render, writePart } from '../../benchmarks/report.ts';
import { operations, ROWS, type Row } from '../../benchmarks/rows.ts';

const OURS = ['native-2', 'native-1', 'wasm-2', 'wasm-1', 'tensorflow', 'reference'];
const THEIRS = ['torch-1', 'torch-2', 'keras', 'tf-layers'];

function figure(value: number, least = value * 0.9): Entry {
  return { median: value, least, most: value * 1.1, rounds: 5, setting: '', peak: 200, before: 150 };
}

function rowOf(id: string): Row {
  return ROWS.find((row) => row.id === id) as Row;
}

/** All peers take 1000 times ours, and the bare kernel is as fast as ours: every goal is met. */
function perfect(): RowResult[] {
  return ROWS.map((row) => {
    const limit = operations(row) / (row.unit === 'ms' ? 1e6 : 1e3);
    const entries = [...OURS.map((id) => [id, figure(1)]), ...THEIRS.map((id) => [id, figure(1000)])];
    return { id: row.id, limit: { one: limit, two: limit }, entries: Object.fromEntries(entries) };
  });
}

/** The perfect results with some entries of one row replaced. */
function but(id: string, entries: RowResult['entries'], limit = {}): RowResult[] {
  return perfect().map((result) =>
    result.id === id
      ? { ...result, limit: { ...result.limit, ...limit }, entries: { ...result.entries, ...entries } }
      : result,
  );
}

const judged = (results: readonly RowResult[]): Check[] => judge(ROWS, results);

function verdict(checks: readonly Check[], goal: RegExp): string {
  const found = checks.filter((check) => goal.test(check.goal));
  expect(found.map(({ goal: text }) => text)).toHaveLength(1);
  return (found[0] as Check).verdict;
}

describe('judge', () => {
  it('calls every goal met where every figure is', () => {
    expect(new Set(judged(perfect()).map((check) => check.verdict))).toEqual(new Set(['met']));
  });

  it('has a goal for every figure the table must show', () => {
    const goals = judged(perfect()).map(({ goal }) => goal);
    for (const wanted of [
      '≥ 9 × the best peer, U32 T24',
      '≥ 6 × the best peer, Jena',
      '≥ 100 × the best peer, counting',
    ])
      expect(goals.filter((goal) => goal.includes(wanted))).toHaveLength(1);
    for (const wanted of ['≥ 2.4 × the best peer, U128 T24', '≥ 1.5 × the best peer, story', '1.25 × Keras'])
      expect(goals.filter((goal) => goal.includes(wanted))).toHaveLength(1);
  });

  it.each(ROWS.map(({ id }) => id))('a slower row (%s) is missed, whatever the others are', (id) => {
    const checks = judged(but(id, { 'torch-2': figure(0.99) }));
    expect(verdict(checks, /slower than no peer/)).toBe('missed');
  });

  it('a ratio one per cent below its goal is missed, one at it is met', () => {
    expect(verdict(judged(but('u32', { keras: figure(8.99) })), /9 × the best peer/)).toBe('missed');
    expect(verdict(judged(but('u32', { keras: figure(9) })), /9 × the best peer/)).toBe('met');
  });

  it('plain peers have goals of their own, and decide no other', () => {
    const plain = { 'plain-torch-1': figure(100), 'plain-torch-2': figure(8.99), 'plain-keras': figure(0.9) };
    const checks = judged(but('u32', plain));
    expect(verdict(checks, /9 × the best peer/)).toBe('met');
    expect(verdict(checks, /9 × the best plain peer/)).toBe('missed');
    expect(verdict(checks, /wasm ≥ plain Keras/)).toBe('missed');
    expect(verdict(checks, /tensorflow ≥ plain Keras/)).toBe('missed');
    expect(verdict(checks, /tensorflow ≥ Keras/)).toBe('met');
    const story = judged(but('story', { 'wasm-1': figure(126), 'plain-keras': figure(100) }));
    expect(verdict(story, /1.25 × plain Keras/)).toBe('missed');
    expect(judged(perfect()).filter(({ goal }) => /plain/.test(goal))).toEqual([]);
  });

  it('a ratio is of medians, and least times decide nothing', () => {
    const results = but('u32', { 'native-2': figure(1, 0.01), 'native-1': figure(2), 'torch-1': figure(8, 7) });
    const found = ratio(results[0] as RowResult, ['native-1', 'native-2'], THEIRS);
    expect(found).toEqual({ median: 8, least: 700, of: 'native-2', to: 'torch-1' });
    expect(verdict(judged(results), /9 × the best peer/)).toBe('missed');
  });

  it('nothing is met that was not measured: no peer, no row, no shards', () => {
    const gone = { skipped: 'not here' };
    expect(verdict(judged(but('u32', { keras: gone })), /9 × the best peer/)).toBe('not measured');
    expect(verdict(judged(but('gru32', { keras: gone })), /slower than no peer/)).toBe('not measured');
    expect(verdict(judged(but('gru32', { 'wasm-2': gone })), /two shards/)).toBe('not measured');
    expect(new Set(judged([]).map((check) => check.verdict))).toEqual(new Set(['not measured']));
  });

  it('a miss on one row stays a miss where another row was not measured', () => {
    const results = but('u32', { keras: { skipped: 'not here' } }).map((result) =>
      result.id === 'jena' ? { ...result, entries: { ...result.entries, keras: figure(0.5) } } : result,
    );
    expect(verdict(judged(results), /wasm ≥ Keras/)).toBe('missed');
  });

  it('tf.layers may be absent, and counts where it is there', () => {
    expect(verdict(judged(but('u32', { 'tf-layers': { skipped: 'not here' } })), /9 × the/)).toBe('met');
    expect(verdict(judged(but('u32', { 'tf-layers': figure(1) })), /9 × the/)).toBe('missed');
  });

  it('the share of the bare kernel is that of two threads to two threads', () => {
    const limit = operations(rowOf('u128')) / 1e6;
    const [kept, half] = [but('u128', {}, { two: 1.25 * limit }), but('u128', {}, { two: 2 * limit })];
    expect(shareOf(rowOf('u128'), half.find(({ id }) => id === 'u128') as RowResult, 2)).toBeCloseTo(0.5);
    expect(verdict(judged(half), /80 % of the bare kernel, U128/)).toBe('missed');
    expect(verdict(judged(kept), /80 % of the bare kernel, U128/)).toBe('met');
    expect(verdict(judged(but('jena', {}, { two: null, one: null })), /60 % .*Jena/)).toBe('not measured');
  });

  it('a share above the limit itself is no measurement', () => {
    const limit = operations(rowOf('u128')) / 1e6;
    expect(verdict(judged(but('u128', {}, { two: limit / 1.2 })), /80 % of the bare kernel, U128/)).toBe(
      'not measured',
    );
  });

  it('one shard may take a quarter longer than Keras on the story step, not more', () => {
    const story = (wasm: number) => judged(but('story', { 'wasm-1': figure(wasm), keras: figure(100) }));
    expect(verdict(story(125), /1.25 × Keras/)).toBe('met');
    expect(verdict(story(126), /1.25 × Keras/)).toBe('missed');
  });

  it('a goal that no product of WebAssembly reaches says so by the figures, and is missed', () => {
    const asked = operations(rowOf('story')) / 1e6 / 125; // GFLOP/s of a quarter longer than 100 ms
    const figureAt = (one: number): string => {
      const results = but('story', { 'wasm-1': figure(300), keras: figure(100) });
      const limited = results.map((result) => ({ ...result, wasmLimit: { one, two: 2 * one } }));
      return judged(limited).find(({ goal }) => /1.25 × Keras/.test(goal))?.figure ?? '';
    };
    expect(figureAt(0.9 * asked)).toMatch(/3.00 ×; 96 GFLOP\/s are asked, a bare product reaches 87: beyond the limit/);
    expect(figureAt(1.1 * asked)).not.toMatch(/beyond/);
  });

  it('a ratio that would ask for more than a bare product says so, and is missed', () => {
    const rate = operations(rowOf('u128')) / 1e6; // GFLOP/s of 1 ms
    const figureAt = (two: number): string =>
      judged(but('u128', { 'torch-2': figure(1) }, { two })).find(({ goal }) => /2.4 × the best/.test(goal))?.figure ??
      '';
    expect(figureAt(2.3 * rate)).toMatch(/beyond the limit/);
    expect(figureAt(2.5 * rate)).toMatch(/are asked/);
    expect(figureAt(2.5 * rate)).not.toMatch(/beyond/);
    const counting = judged(but('counting', { 'torch-2': figure(1) })).find(({ goal }) => /100 × the best/.test(goal));
    expect(counting?.figure).not.toMatch(/are asked/); // its time is not that of products
  });

  it('a slower row whose peer is faster than a bare product says so', () => {
    const rate = operations(rowOf('windows')) / 1e3; // GFLOP/s of 1 µs
    const figureAt = (two: number): string => {
      const results = but('windows', { 'wasm-2': figure(2), 'torch-2': figure(1) });
      const limited = results.map((result) => ({ ...result, wasmLimit: { one: two / 2, two } }));
      return judged(limited).find(({ goal }) => /two shards/.test(goal))?.figure ?? '';
    };
    expect(figureAt(0.9 * rate)).toMatch(/windows 0.500 × \(\d+ GFLOP\/s; a bare product reaches \d+\)/);
    expect(figureAt(1.1 * rate)).toMatch(/windows 0.500 ×$/);
  });

  it('the share of wasm is that of its own bare kernel', () => {
    const row = rowOf('u128');
    const result = { ...(perfect().find(({ id }) => id === 'u128') as RowResult) };
    const wasmLimit = { one: (2 * operations(row)) / 1e6, two: null };
    expect(shareOf(row, { ...result, wasmLimit }, 1, 'wasm')).toBeCloseTo(0.5);
    expect(shareOf(row, { ...result, wasmLimit }, 2, 'wasm')).toBeNull();
    expect(shareOf(row, result, 1, 'wasm')).toBeNull();
  });

  it('the best is the one of the least median, and a skipped one is none', () => {
    const result = perfect()[0] as RowResult;
    const entries = { a: figure(3), b: figure(2, 1.9), c: { skipped: 'not here' }, d: figure(2.5, 0.1) };
    expect(best({ ...result, entries }, ['a', 'b', 'c', 'd', 'e'])?.contestant).toBe('b');
    expect(best({ ...result, entries }, ['c', 'e'])).toBeNull();
  });

  it('the median of an even number of rounds is the middle of the two', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
  });

  it('a limit is met at the limit and not measured without a figure', () => {
    expect(
      [atMost('g', 12, 12, 'ms'), atMost('g', 12.1, 12, 'ms'), atMost('g', null, 12, 'ms')].map((c) => c.verdict),
    ).toEqual(['met', 'missed', 'not measured']);
    expect(atMost('g', Number.NaN, 12, 'ms').verdict).toBe('not measured');
  });
});

describe('operations', () => {
  it('are those of the published table', () => {
    // 19.4, 301 and 879 MFLOP with one-hot inputs of 40 in the story counted as looked up
    expect(operations(rowOf('u32')) / 1e6).toBeCloseTo(19.4, 0);
    expect(operations(rowOf('u128')) / 1e6).toBeCloseTo(301, 0);
    expect(operations(rowOf('jena')) / 1e6).toBeCloseTo(879, 0);
    expect(operations(rowOf('story')) / 1e6).toBeCloseTo(12_457 - (2 * 2 * 40 * 64 * 4 * 256 * 40) / 1e6, 0);
  });

  it('a GRU has three quarters of an LSTM’s, and a rate is operations by time', () => {
    const head = 6 * 32 * 32;
    expect(operations(rowOf('gru32')) - head).toBeCloseTo(0.75 * (operations(rowOf('u32')) - head), 6);
    const [inMs, inUs] = [rowOf('u32'), rowOf('window')];
    expect(rateOf(inMs, figure(1) as never)).toBeCloseTo(operations(inMs) / 1e6, 9);
    expect(rateOf(inUs, figure(1) as never)).toBeCloseTo(operations(inUs) / 1e3, 9);
  });
});

describe('report', () => {
  const about: About = {
    date: '2026-01-01',
    machine: 'a machine',
    cores: 2,
    instructions: 'AVX2',
    node: 'v20',
    commit: 'abc',
    quick: false,
    load: [0.1, 0.2],
  };
  const ours: OursPart = {
    about,
    lines: [{ what: 'a line', median: 2, least: 1, unit: 'ms', rounds: 3 }],
    checks: [{ goal: 'a goal', figure: '2 ms', verdict: 'missed' }],
  };
  const rows = but('u32', { 'torch-1': figure(123.4), 'tf-layers': { skipped: 'its reason' } });
  const contestants = [...OURS, ...THEIRS].map((id) => ({ id, what: `the ${id}`, detail: 'version 1' }));
  const peers: PeersPart = { about, contestants, rows, starts: [], checks: judged(rows) };

  it('either part is written without touching the other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'forecast-report-'));
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    try {
      writePart(folder, { ours });
      expect(read('PERFORMANCE.md')).toContain('Not measured yet: `npm run bench:peers`');
      writePart(folder, { peers });
      expect(JSON.parse(read('performance.json'))).toEqual(JSON.parse(JSON.stringify({ ours, peers })));
      writePart(folder, { ours: { ...ours, lines: [] } });
      expect(read('PERFORMANCE.md')).toContain('Not measured yet: `npm run bench:peers -- --instructions avx2`');
      writePart(folder, { peersAvx2: { ...peers, held: { ONE_CAP: 'AVX2' } } });
      expect(read('PERFORMANCE.md')).toContain('ran with `ONE_CAP=AVX2`');
      expect(JSON.parse(read('performance.json')).peers).toEqual(JSON.parse(JSON.stringify(peers)));
      expect(read('PERFORMANCE.md')).not.toContain('a line');
      expect(read('PERFORMANCE.md')).toContain('123 (111)');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('plain peers stand in a table of their own', () => {
    const beside = but('u32', { 'plain-torch-1': figure(7), 'plain-keras': { skipped: 'not here' } });
    const plain = { id: 'plain-torch-1', what: 'the plain one', detail: '' };
    const text = render({ peers: { ...peers, rows: beside, contestants: [...contestants, plain] } });
    expect(text.split('\n').filter((line) => line.startsWith('|') && line.includes('the plain one'))).toHaveLength(1);
    expect(text).toContain('| 7.00 (6.30) | **7.00 ×** | 7.00 × | – |');
    expect(render({ peers })).not.toContain('Plain peers');
  });

  it('every table row has as many cells as its head', () => {
    const lines = render({ ours, peers }).split('\n');
    let cells = 0;
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith('|')) continue;
      const count = line.split('|').length;
      if (!lines[i - 1]?.startsWith('|')) cells = count;
      expect(`${line}: ${count}`).toBe(`${line}: ${cells}`);
    }
  });

  it('says what was missed, what was left out and why, and when the machine was loaded', () => {
    const text = render({ ours, peers });
    expect(text).toContain('**missed**');
    expect(text).toContain('the tf-layers, u32 left out: its reason');
    expect(text).not.toContain('loaded machine');
    expect(render({ ours: { ...ours, about: { ...about, load: [4, 4] } } })).toContain('loaded machine');
  });
});
