// How fast the program is: commands as processes, training steps, single forecasts, a large file. Median and least of several rounds.
// In: --quick for few rounds. Out: a table, printed and written to PERFORMANCE.md beside this file. Usage: npm run bench [-- --quick]

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { random } from '../src/core/random.ts';
import type { Sequence } from '../src/core/sequence.ts';
import { START, type TrainRequest, type Windows } from '../src/engines/engine.ts';
import { reference } from '../src/engines/reference/index.ts';
import { MODELS } from '../src/models/index.ts';
import type { ModelKind } from '../src/models/model.ts';
import { initialWeights } from '../src/models/weights.ts';
import { run } from '../src/run.ts';
import { planBatches } from '../src/window/batches.ts';
import { cut, takeCuts } from '../src/window/cuts.ts';
import type { WindowShape } from '../src/window/window.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const quick = process.argv.includes('--quick');
const folder = mkdtempSync(join(tmpdir(), 'forecast-bench-'));

/** One line of the table. */
interface Row {
  readonly what: string;
  readonly median: number;
  readonly least: number;
  readonly unit: string;
  readonly rounds: number;
  readonly note?: string;
}

const rows: Row[] = [];

function add(row: Row): Row {
  const figures = [row.median, row.least].map((value) => value.toPrecision(4)).join(' / ');
  console.log(`${row.what}: ${figures} ${row.unit} (${row.rounds} rounds)${row.note ? ` ${row.note}` : ''}`);
  rows.push(row);
  return row;
}

/** Milliseconds of each round; the first, unmeasured one warms up. */
async function timed(
  rounds: number,
  work: (round: number) => unknown,
): Promise<{ median: number; least: number; rounds: number }> {
  await work(-1);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await work(round);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(times.length / 2)] as number, least: times[0] as number, rounds };
}

function node(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stderr}`);
}

async function benchCommands(): Promise<void> {
  const rounds = quick ? 3 : 9;
  const bare = add({ what: 'node -e 0', unit: 'ms', ...(await timed(rounds, () => node('-e', '0'))) });
  const help = await timed(rounds, () => node(MAIN, '--help'));
  add({
    what: 'forecast --help',
    unit: 'ms',
    ...help,
    note: `${(help.least / bare.least).toFixed(2)} × node -e 0 (least)`,
  });
  const cold = await timed(quick ? 1 : 5, (round) =>
    node(MAIN, 'run', 'configs/counting.yaml', '--out', join(folder, `cold-${round}`)),
  );
  add({
    what: 'forecast run configs/counting.yaml',
    unit: 'ms',
    ...cold,
    note: 'a process, from nothing to the report',
  });
}

async function benchCounting(): Promise<void> {
  const times = await timed(quick ? 1 : 5, (round) =>
    run(join(ROOT, 'configs', 'counting.yaml'), { out: join(folder, `counting-${round}`) }),
  );
  add({ what: 'counting, 300 epochs', unit: 'ms', ...times, note: 'in this process, run folder included' });
}

const WINDOW: WindowShape = { context: 24, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };

/** `count` windows of seeded noise, or of seeded ids where there is a vocabulary. */
function windowsOf(shape: WindowShape, count: number, vocabulary: number | null): Windows {
  const length = count + shape.context;
  const draws = random(7, 'benchmark');
  const values = Float64Array.from({ length }, () => (vocabulary ? draws.integer(vocabulary) : draws.normal()));
  const segments = [{ start: 0, end: length }];
  const tokens = vocabulary ? { vocabulary, padding: false } : null;
  const sequence: Sequence = { length, segments, targets: [values], past: [], future: [], tokens };
  return { sequence, shape, cuts: cut(segments, shape, { kind: 'sliding', stride: 1 }) };
}

async function compile(kind: string, options: object, windows: Windows) {
  const model = MODELS[kind] as ModelKind;
  const { shape, sequence } = windows;
  const task = { window: shape, targets: 1, past: 0, future: 0, tokens: sequence.tokens };
  const network = model.build(model.options.parse(options), task);
  return await reference.compile(network, initialWeights(network, 7));
}

const STORY = {
  layers: [
    { kind: 'lstm', units: 256, sequences: true },
    { kind: 'dropout', rate: 0.2 },
    { kind: 'lstm', units: 256 },
  ],
};

/** One forward, backward and update over one batch: an epoch of exactly one batch. */
async function benchStep(what: string, kind: string, options: object, windows: Windows, steps: number): Promise<void> {
  const compiled = await compile(kind, options, windows);
  const request: TrainRequest = {
    training: windows,
    validation: null,
    seed: 7,
    batch: windows.cuts.count,
    shuffle: true,
    optimizer: { kind: 'adam', rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    schedule: { kind: 'constant' },
    clip: null,
    epochs: 1_000_000,
    from: START,
    until: 1,
  };
  let epoch = 1;
  const times = await timed(quick ? 3 : 15, async () => {
    await compiled.train({ ...request, from: { ...START, epoch }, until: epoch + steps - 1 });
    epoch += steps;
  });
  const each = { ...times, median: times.median / steps, least: times.least / steps };
  add({ what: `training step, ${what}`, unit: 'ms', ...each });
  compiled.dispose();
}

async function benchPrediction(
  what: string,
  kind: string,
  options: object,
  windows: Windows,
  calls: number,
): Promise<void> {
  const compiled = await compile(kind, options, windows);
  const one = { ...windows, cuts: takeCuts(windows.cuts, 0, 1) };
  const times = await timed(quick ? 3 : 15, async () => {
    for (let call = 0; call < calls; call++) await compiled.predict(one);
  });
  const scale = 1000 / calls;
  add({ what: `one window, ${what}`, unit: 'µs', ...times, median: times.median * scale, least: times.least * scale });
  compiled.dispose();
}

/** The large file in a process of its own, so that its peak memory is its own; the line is what csv.ts prints. */
function benchCsv(count: number): void {
  const script = join(import.meta.dirname, 'csv.ts');
  const seconds: number[] = [];
  let peak = 0;
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const out = execFileSync(process.execPath, ['--import', 'tsx', script, String(count)], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    seconds.push(Number(/in ([\d.]+) s/.exec(out)?.[1]));
    peak = Math.max(peak, Number(/peak RSS (\d+)/.exec(out)?.[1]));
  }
  seconds.sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)] as number;
  const note = `${Math.round(count / median / 1000)} thousand rows/s, peak RSS ${peak} MiB`;
  const what = `csv of ${count.toLocaleString('en')} rows`;
  add({ what, unit: 's', median, least: seconds[0] as number, rounds: seconds.length, note });
}

/** Cutting is arithmetic: it must cost no memory, however long the series. Planning an epoch costs four bytes a window. */
async function benchWindows(count: number): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const shape = { ...WINDOW, context: 168 };
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
  const cutting = await timed(5, () => cut(segments, shape, { kind: 'sliding', stride: 1 }));
  add({ what: `cutting ${what} of 168`, unit: 'ms', ...cutting, note: `${bytes} bytes` });
  const held = used();
  const plan = planBatches(cuts, shape, 32, { seed: 7, epoch: 1 });
  const mebibytes = ((used() - held) / 2 ** 20).toFixed(1);
  const planning = await timed(quick ? 1 : 5, (round) => planBatches(cuts, shape, 32, { seed: 7, epoch: round + 2 }));
  const note = `${plan.bounds.length - 1} batches, ${mebibytes} MiB`;
  add({ what: `shuffling ${what} into batches`, unit: 'ms', ...planning, note });
}

function report(): string {
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
  const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const lines = rows.map(
    ({ what, median, least, unit, rounds, note }) =>
      `| ${what} | ${figure(median)} ${unit} | ${figure(least)} ${unit} | ${rounds} | ${note ?? ''} |`,
  );
  return [
    '# Performance',
    '',
    'Written by `npm run bench`: figures of one machine on one day, to compare with the same machine on another.',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim() ?? 'unknown CPU'} (${cpus().length} cores), node ${process.version}, commit ${commit || 'unknown'}${quick ? ', --quick' : ''}.`,
    'U: units, T: steps of the window, B: windows of a batch, F: features of a step. The engine is the reference one, in float64.',
    '',
    '| what | median | least | rounds | |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

try {
  await benchCommands();
  await benchCounting();
  const numbers = windowsOf(WINDOW, 32, null);
  const story = windowsOf({ ...WINDOW, context: 40 }, 42, 25);
  await benchStep('U32 T24 B32 F1', 'lstm-regressor', { units: 32 }, numbers, 20);
  await benchStep('U128 T24 B32 F1', 'lstm-regressor', { units: 128 }, numbers, 5);
  await benchStep('story: 2 × LSTM 256, T40 B42, 25 one-hot', 'language-model', STORY, story, 1);
  await benchPrediction('U32 T24 F1', 'lstm-regressor', { units: 32 }, numbers, 200);
  await benchPrediction('U128 T24 F1', 'lstm-regressor', { units: 128 }, numbers, 50);
  await benchPrediction('story', 'language-model', STORY, story, 5);
  benchCsv(quick ? 500_000 : 5_000_000);
  await benchWindows(5_000_000);
  writeFileSync(join(import.meta.dirname, 'PERFORMANCE.md'), report());
} finally {
  rmSync(folder, { recursive: true });
}
