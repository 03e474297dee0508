// How fast the program is: commands as processes, every engine on every row, whole programs, memory, a large file. Median and least of rounds.
// In: --quick for few rounds, --force on a loaded machine, --real-time (priority.ts), --out FOLDER. Out: a table, printed, and the second
// part of PERFORMANCE.md and performance.json. Usage: npm run bench [-- --quick]

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { run } from '../src/run.ts';
import { planBatches } from '../src/window/batches.ts';
import { cut } from '../src/window/cuts.ts';
import type { WindowShape } from '../src/window/window.ts';
import { about, ROOT, startQuiet } from './about.ts';
import { closedFits } from './closed.ts';
import { atMost, best, type Check, figureOf, median, NATIVE, type RowResult } from './judge.ts';
import { measureRow, ourPlayers, type Pace, type Player, startPlayer, TSX } from './measure.ts';
import { takePriority } from './priority.ts';
import { type Line, number, writePart } from './report.ts';
import { ROWS } from './rows.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    'real-time': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const { quick } = flags;
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
/** Engines that need nothing but this repository. */
const EMBEDDED = ['native', 'wasm'];
const PACE: Pace = { rounds: quick ? 3 : 7, turn: quick ? 60 : 150, budget: quick ? 1500 : 5000 };

const load = startQuiet(flags.force);
if (flags['real-time']) takePriority();
const folder = mkdtempSync(join(tmpdir(), 'forecast-bench-'));
const lines: Line[] = [];
const checks: Check[] = [];

function add(line: Line): Line {
  const note = line.note ? ` ${line.note}` : '';
  console.log(
    `${line.what}: ${number(line.median)} / ${number(line.least)} ${line.unit} (${line.rounds} rounds)${note}`,
  );
  lines.push(line);
  return line;
}

function check(found: Check): void {
  console.log(`  ${found.verdict}: ${found.goal}: ${found.figure}`);
  checks.push(found);
}

type Timed = Pick<Line, 'median' | 'least' | 'rounds'>;

function timedOf(times: readonly number[]): Timed {
  return { median: median(times), least: Math.min(...times), rounds: times.length };
}

/** Milliseconds of each round; the first, unmeasured one warms up. */
function timed(rounds: number, work: (round: number) => unknown): Timed {
  work(-1);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    work(round);
    times.push(performance.now() - started);
  }
  return timedOf(times);
}

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** Null, and a line that says why, where something cannot be measured here. */
function attempt<T>(what: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    console.log(`${what}: not measured: ${(error as Error).message}`);
    return null;
  }
}

function benchCommands(): void {
  const rounds = quick ? 3 : 9;
  const bare = add({ what: 'node -e 0', unit: 'ms', ...timed(rounds, () => node('-e', '0')) });
  const help = timed(rounds, () => node(MAIN, '--help'));
  const note = `${(help.least / bare.least).toFixed(2)} × node -e 0 (least)`;
  add({ what: 'forecast --help', unit: 'ms', ...help, note });
  for (const engine of EMBEDDED) {
    const what = `forecast run configs/counting.yaml --engine ${engine}`;
    const cold = attempt(what, () =>
      timed(quick ? 2 : 7, (round) =>
        node(
          MAIN,
          'run',
          'configs/counting.yaml',
          '--engine',
          engine,
          '--out',
          join(folder, `cold-${engine}-${round}`),
        ),
      ),
    );
    if (cold) add({ what, unit: 'ms', ...cold, note: 'a whole process, from nothing to the report' });
    check(atMost(`forecast run configs/counting.yaml, cold, ${engine}, ≤ 600 ms`, cold?.median ?? null, 600, 'ms'));
  }
}

/** The same run inside a process that is warm, its folder included. */
async function benchRuns(): Promise<void> {
  for (const engine of [...EMBEDDED, 'reference']) {
    const out = (round: number): string => join(folder, `counting-${engine}-${round}`);
    const times: number[] = [];
    for (let round = -1; round < (quick ? 2 : 5); round++) {
      const started = performance.now();
      await run(join(ROOT, 'configs', 'counting.yaml'), { out: out(round), engine });
      if (round >= 0) times.push(performance.now() - started);
    }
    add({
      what: `run('configs/counting.yaml'), ${engine}`,
      unit: 'ms',
      ...timedOf(times),
      note: 'warm, run folder included',
    });
  }
}

/** The story program as it stands in configs/: the fit's own seconds, and those of the whole process. */
function benchStory(): void {
  const limits: { readonly [engine: string]: number } = { native: 1.5, wasm: 7 };
  for (const engine of EMBEDDED) {
    const what = `configs/story.yaml, 20 epochs, ${engine}`;
    const fits: number[] = [];
    const whole = attempt(what, () =>
      timed(quick ? 1 : 3, (round) => {
        const out = join(folder, `story-${engine}-${round}`);
        const json = node(MAIN, 'run', 'configs/story.yaml', '--engine', engine, '--json', '--out', out);
        fits.push((JSON.parse(json) as { readonly fit: { readonly seconds: number } }).fit.seconds);
      }),
    );
    const measured = whole && timedOf(fits.slice(1));
    if (measured)
      add({ what, unit: 's', ...measured, note: `the fit; the whole process ${number(whole.median / 1000)} s` });
    check(
      atMost(
        `the story program’s 20 epochs, ${engine}, ≤ ${limits[engine]} s`,
        measured?.median ?? null,
        limits[engine] as number,
        's',
      ),
    );
  }
}

async function benchEngines(): Promise<RowResult[]> {
  const players: Player[] = ourPlayers();
  for (const player of players) {
    await startPlayer(player);
    console.log(`${player.what}: ${player.detail}`);
  }
  const results: RowResult[] = [];
  for (const row of ROWS) {
    const result = await measureRow(row, players, { native: null, wasm: null }, PACE);
    for (const { id, what } of players) {
      const figure = figureOf(result, id);
      if (!figure) continue;
      const note = `per ${row.kind === 'train' && row.each === 'step' ? 'training step' : row.each}, peak RSS ${figure.peak.toFixed(0)} MiB`;
      add({
        what: `${row.what}, ${what}`,
        unit: row.unit,
        median: figure.median,
        least: figure.least,
        rounds: figure.rounds,
        note,
      });
    }
    results.push(result);
  }
  for (const { worker } of players) worker?.stop();
  return results;
}

function checkEngines(results: readonly RowResult[]): void {
  const of = (id: string, contestants: readonly string[]): number | null => {
    const result = results.find((one) => one.id === id);
    return (result && best(result, contestants)?.median) ?? null;
  };
  check(atMost('counting, 300 epochs inside the process, native, ≤ 12 ms', of('counting', NATIVE), 12, 'ms'));
  check(
    atMost('counting, 300 epochs inside the process, wasm, ≤ 25 ms', of('counting', ['wasm-2', 'wasm-1']), 25, 'ms'),
  );
  check(atMost('one window predicted, native, ≤ 10 µs', of('window', NATIVE), 10, 'µs'));
}

async function benchClosed(): Promise<void> {
  for (const { what, solve } of closedFits()) {
    const times: number[] = [];
    for (let round = -1; round < (quick ? 1 : 5); round++) {
      const started = performance.now();
      await solve();
      if (round >= 0) times.push((performance.now() - started) / 1000);
    }
    add({ what: `linear, ${what}`, unit: 's', ...timedOf(times), note: 'the fit alone, one thread' });
  }
}

/** Long work in processes of their own, so that memory is their own. */
function benchMemory(): void {
  const footprint = (what: string, engine: string): Record<string, number> | null =>
    attempt(`${what}, ${engine}`, () => {
      const script = join(import.meta.dirname, 'footprint.ts');
      return JSON.parse(node('--expose-gc', ...TSX, script, what, engine)) as Record<string, number>;
    });
  const once = (value: number): Timed => ({ median: value, least: value, rounds: 1 });
  for (const engine of EMBEDDED) {
    const long = footprint('series', engine);
    const above = long && (long.growth as number) - (long.own as number);
    if (long) {
      const note = `the series itself is ${long.own?.toFixed(0)} MiB; ${long.steps} steps of the first epoch`;
      add({
        what: `training on 5,000,000 rows, U32, context 168, ${engine}: RSS grows by`,
        unit: 'MiB',
        ...once(long.growth as number),
        note,
      });
    }
    check(
      atMost(
        `5,000,000 rows × context 168 train in series size + 64 MiB, ${engine}`,
        above,
        64,
        'MiB above the series',
      ),
    );
    const fits = footprint('fits', engine);
    if (fits)
      add({ what: `1,000 fits, ${engine}: RSS grows after the 200th by`, unit: 'MiB', ...once(fits.growth as number) });
    check(atMost(`1,000 fits in one process leave RSS flat (≤ 16 MiB), ${engine}`, fits?.growth ?? null, 16, 'MiB'));
    const many = footprint('windows', engine);
    if (many) {
      const note = `${Math.round(1000 / (many.seconds as number))} thousand a second, RSS grows by ${many.growth?.toFixed(0)} MiB`;
      add({
        what: `1,000,000 windows predicted in one call, U32 T24, ${engine}`,
        unit: 's',
        ...once(many.seconds as number),
        note,
      });
    }
  }
}

/** The large file in a process of its own, so that its peak memory is its own; the line is what csv.ts prints. */
function benchCsv(count: number): void {
  const script = join(import.meta.dirname, 'csv.ts');
  const seconds: number[] = [];
  let peak = 0;
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const out = execFileSync(process.execPath, [...TSX, script, String(count)], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    seconds.push(Number(/in ([\d.]+) s/.exec(out)?.[1]));
    peak = Math.max(peak, Number(/peak RSS (\d+)/.exec(out)?.[1]));
  }
  const found = timedOf(seconds);
  const note = `${Math.round(count / found.median / 1000)} thousand rows/s, peak RSS ${peak} MiB`;
  const what = `csv of ${count.toLocaleString('en')} rows`;
  add({ what, unit: 's', ...found, note });
}

/** Cutting is arithmetic: it must cost no memory, however long the series. Planning an epoch costs four bytes a window. */
function benchWindows(count: number): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const shape: WindowShape = { context: 168, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
  const segments = [{ start: 0, end: count }];
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const cuts = cut(segments, shape, { kind: 'sliding', stride: 1 });
  const bytes = Math.max(0, used() - before);
  const what = `${cuts.count.toLocaleString('en')} windows`;
  const cutting = timed(5, () => cut(segments, shape, { kind: 'sliding', stride: 1 }));
  add({ what: `cutting ${what} of 168`, unit: 'ms', ...cutting, note: `${bytes} bytes` });
  const held = used();
  const plan = planBatches(cuts, shape, 32, { seed: 7, epoch: 1 });
  const mebibytes = ((used() - held) / 2 ** 20).toFixed(1);
  const planning = timed(quick ? 1 : 5, (round) => planBatches(cuts, shape, 32, { seed: 7, epoch: round + 2 }));
  const note = `${plan.bounds.length - 1} batches, ${mebibytes} MiB`;
  add({ what: `shuffling ${what} into batches`, unit: 'ms', ...planning, note });
}

try {
  benchCommands();
  await benchRuns();
  checkEngines(await benchEngines());
  benchStory();
  await benchClosed();
  benchMemory();
  benchCsv(quick ? 500_000 : 5_000_000);
  benchWindows(5_000_000);
  writePart(flags.out ?? import.meta.dirname, {
    ours: { about: await about(load, quick, flags['real-time']), lines, checks },
  });
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
