// Our engines beside PyTorch, Keras and tf.layers on the same work: one run, rounds alternating, each contestant in a process of its own.
// In: flags (--help). Out: tables, printed, and the first part of PERFORMANCE.md and performance.json. Usage: npm run bench:peers [-- --quick]

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { about, instructions, ROOT, startQuiet } from './about.ts';
import { hold, SETS } from './held.ts';
import { isAvx2, judge, median, NATIVE, PEERS, type RowResult, ratio, times } from './judge.ts';
import { startLimit, startWasmLimit } from './limit.ts';
import { measureRow, ourPlayers, type Pace, type Player, startPlayer, TSX } from './measure.ts';
import { takePriority } from './priority.ts';
import { writeReadme } from './readme.ts';
import { number, type Start, writePart } from './report.ts';
import { ROWS, type Row } from './rows.ts';
import { Worker } from './worker.ts';

const HELP = `npm run bench:peers [-- FLAGS]
  --quick          fewer and shorter rounds, no XLA trial
  --rounds N       rounds of a row (default 7, with --quick 3)
  --rows A,B       these rows only: ${ROWS.map(({ id }) => id).join(', ')}
  --only A,B       these contestants only
  --instructions S no wider instruction set for anybody than ${SETS.join(', ')}: a table of its own
  --real-time      everybody in the real-time class, so that nothing else comes between (Linux, and the right to it)
  --python PATH    a Python that has torch and tensorflow-cpu, in place of an environment made for it
  --setup          make that environment and end
  --resume         go on with a run that was interrupted
  --force          measure on a loaded machine
  --out FOLDER     where PERFORMANCE.md and performance.json are written (default benchmarks/)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    rows: { type: 'string' },
    only: { type: 'string' },
    instructions: { type: 'string' },
    'real-time': { type: 'boolean', default: false },
    python: { type: 'string' },
    setup: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const PACKAGES = ['torch==2.13.0', 'tensorflow-cpu==2.21.0'];
const CACHE = join(ROOT, 'node_modules', '.cache');
const PARTIAL = join(CACHE, 'peers-partial.json');
const ROUNDS = Number(flags.rounds ?? (flags.quick ? 3 : 7));
const PACE: Pace = { rounds: ROUNDS, turn: flags.quick ? 60 : 120, budget: flags.quick ? 1500 : 5000 };

/** What the whole run should take at most; compiling a row can take longer. */
const MINUTES = flags.quick ? 4 : 12;

async function main(): Promise<void> {
  if (flags.help) return console.log(HELP);
  const held = hold(flags.instructions);
  const python = flags.setup || wanted('torch') || wanted('keras') ? findPython() : null;
  if (flags.setup) return;
  const load = startQuiet(flags.force);
  if (flags['real-time']) takePriority();
  const rows = ROWS.filter(({ id }) => !flags.rows || flags.rows.split(',').includes(id));
  const key = JSON.stringify([
    (await about(load, flags.quick)).commit,
    ROUNDS,
    flags.rows ?? '',
    flags.only ?? '',
    flags.instructions,
  ]);
  const done = flags.resume ? readPartial(key) : new Map<string, RowResult>();
  const began = performance.now();
  const starts = flags.rows || flags.only ? [] : startTimes(python);
  const players = playersOf(python);
  const set = await instructions();
  if (held && !isAvx2(set)) throw new Error(`the native engine works with ${set}, not with AVX2`);
  const limit = await startLimit(set, ROOT);
  const wasmLimit = await startWasmLimit(ROOT);
  const found = (one: typeof limit): Worker | null => {
    if (one instanceof Worker) return one;
    console.log(`no bare kernel: ${one.why}`);
    return null;
  };
  const bare = { native: found(limit), wasm: found(wasmLimit) };
  for (const player of players) await startPlayer(player);
  try {
    for (const row of rows) {
      const pace = paceOf(began, rows.length - rows.indexOf(row), players.length);
      const result = done.get(row.id) ?? (await measureRow(row, players, bare, pace));
      done.set(row.id, result);
      writePartial(key, done);
      say(row, result);
    }
  } finally {
    for (const { worker } of players) worker?.stop();
    for (const kernel of Object.values(bare)) kernel?.stop();
  }
  const results = rows.map(({ id }) => done.get(id) as RowResult);
  const checks = judge(ROWS, results);
  const contestants = players.map(({ id, what, detail }) => ({ id, what, detail }));
  const part = {
    about: await about(load, flags.quick, flags['real-time']),
    contestants,
    rows: results,
    starts,
    checks,
    held,
  };
  writePart(flags.out ?? import.meta.dirname, held ? { peersAvx2: part } : { peers: part });
  if (!flags.out) writeReadme();
  for (const { goal, figure, verdict } of checks) console.log(`${verdict.padEnd(12)} ${goal}: ${figure}`);
  console.log(`${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
  rmSync(PARTIAL, { force: true });
}

/** A contestant's share of what is left of the time: rounds get fewer where the machine is slow, the run does not get longer. */
function paceOf(began: number, rows: number, players: number): Pace {
  const left = MINUTES * 60_000 - (performance.now() - began);
  return { ...PACE, budget: Math.min(PACE.budget, Math.max(PACE.turn, (0.6 * left) / rows / players)) };
}

function wanted(id: string): boolean {
  return !flags.only || flags.only.split(',').some((only) => only.startsWith(id) || id.startsWith(only));
}

/** A Python with both frameworks: the one given, or an environment in node_modules/.cache, made where it is not there. */
function findPython(): string | null {
  const works = (path: string): boolean =>
    spawnSync(path, [
      '-c',
      'import importlib.util as u; exit(not (u.find_spec("torch") and u.find_spec("tensorflow")))',
    ]).status === 0;
  if (flags.python) return flags.python;
  const folder = join(CACHE, 'peers');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python) && works(python)) return python;
  mkdirSync(CACHE, { recursive: true });
  console.log(`making ${folder} with ${PACKAGES.join(' and ')}: a few minutes, once`);
  const run = (command: string, args: readonly string[]): boolean =>
    spawnSync(command, args, { cwd: CACHE, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  for (const base of ['python3.12', 'python3.11', 'python3.13', 'python3', 'python']) {
    if (!run(base, ['-m', 'venv', '--clear', folder])) continue;
    if (run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]) && works(python)) return python;
  }
  console.log(`no Python with ${PACKAGES.join(' and ')}: PyTorch and Keras are left out (--python PATH names one)`);
  return null;
}

function playersOf(python: string | null): Player[] {
  const script = join(import.meta.dirname, 'peers.py');
  const peer = (id: string, what: string, threads: number, ...args: string[]): Player => ({
    id,
    what,
    detail: python ? '' : 'there is no Python with it',
    worker: null,
    start: {
      command: python ?? '',
      args: [script, ...args],
      env: threads > 0 ? { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) } : {},
      cwd: ROOT,
    },
  });
  const layers = [...TSX, join(import.meta.dirname, 'tf-layers.ts')];
  const players: Player[] = [
    ...ourPlayers(),
    peer('torch-1', 'PyTorch, 1 thread', 1, 'torch', '1'),
    peer('torch-2', 'PyTorch, 2 threads', 2, 'torch', '2'),
    peer('keras', 'Keras', 0, 'keras', ...(flags.quick ? [] : ['xla'])),
    peer('plain-torch-1', 'plain PyTorch, 1 thread', 1, 'torch', '1', 'plain'),
    peer('plain-torch-2', 'plain PyTorch, 2 threads', 2, 'torch', '2', 'plain'),
    peer('plain-keras', 'plain Keras', 0, 'keras', 'plain'),
    {
      id: 'tf-layers',
      what: 'tf.layers (tfjs-node)',
      detail: '',
      slow: true,
      worker: null,
      start: { command: process.execPath, args: layers, cwd: ROOT },
    },
  ];
  return players.filter(({ id }) => wanted(id));
}

function say(row: Row, result: RowResult): void {
  const cells = Object.entries(result.entries).map(([id, entry]) =>
    'skipped' in entry ? `${id} –` : `${id} ${number(entry.median)} (${number(entry.least)})`,
  );
  const found = ratio(result, NATIVE, PEERS);
  const ratios = found ? `; native ÷ ${found.to}: ${times(found.median)} (${times(found.least)})` : '';
  console.log(`${row.what}, ${row.unit} per ${row.each}: ${cells.join(', ')}${ratios}`);
}

/** Whole processes that import something and end, alternating. */
function startTimes(python: string | null): Start[] {
  const dist = (kind: string): readonly string[] => [
    '--input-type=module',
    '-e',
    `await (await import('./dist/engines/index.js')).openEngine('${kind}')`,
  ];
  const has = existsSync(join(ROOT, 'dist', 'engines', 'index.js'));
  const processes: [string, string, readonly string[]][] = [
    ['node -e 0', process.execPath, ['-e', '0']],
    ...(has ? [['native engine', process.execPath, dist('native')] as [string, string, readonly string[]]] : []),
    ...(has ? [['wasm engine', process.execPath, dist('wasm')] as [string, string, readonly string[]]] : []),
    ['import @tensorflow/tfjs-node', process.execPath, ['-e', "require('@tensorflow/tfjs-node')"]],
    ...(python ? ([['python -c 0', python, ['-c', '0']]] as [string, string, readonly string[]][]) : []),
    ...(python ? ([['import torch', python, ['-c', 'import torch']]] as [string, string, readonly string[]][]) : []),
    ...(python ? ([['import keras', python, ['-c', 'import keras']]] as [string, string, readonly string[]][]) : []),
  ];
  const taken = new Map<string, number[]>(processes.map(([what]) => [what, []]));
  for (let round = 0; round < (flags.quick ? 2 : 4); round++) {
    for (const [what, command, args] of processes) {
      const started = performance.now();
      const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'ignore' });
      if (status !== 0) taken.delete(what);
      else if (round > 0) taken.get(what)?.push(performance.now() - started); // the first one fills the system's cache
    }
  }
  return [...taken].map(([what, all]) => ({ what, median: median(all), least: Math.min(...all) }));
}

function readPartial(key: string): Map<string, RowResult> {
  try {
    const kept = JSON.parse(readFileSync(PARTIAL, 'utf8')) as { readonly key: string; readonly rows: RowResult[] };
    if (kept.key === key) return new Map(kept.rows.map((row) => [row.id, row]));
    console.log('the interrupted run was of another commit or other flags: starting anew');
  } catch {} // there is none
  return new Map();
}

function writePartial(key: string, rows: ReadonlyMap<string, RowResult>): void {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(`${PARTIAL}.new`, JSON.stringify({ key, rows: [...rows.values()] }));
  renameSync(`${PARTIAL}.new`, PARTIAL);
}

await main();
