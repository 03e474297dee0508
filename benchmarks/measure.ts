// Rounds of a row by several contestants, each a long-lived process of its own: warmed up, alternating, the slow ones in fewer rounds.
// In: rows and contestants. Out: figures. Not here: which peers there are (peers.ts), what figures mean (judge.ts).

import { join } from 'node:path';
import { setTimeout as settle } from 'node:timers/promises';
import { ROOT } from './about.ts';
import { type Entry, type Figure, type Limit, median, type RowResult } from './judge.ts';
import { bareRate } from './limit.ts';
import type { Contestant } from './report.ts';
import type { Row } from './rows.ts';
import { type Answer, type Command, Worker } from './worker.ts';

/** Rounds of a row; milliseconds of a contestant in one of them and in all. */
export interface Pace {
  readonly rounds: number;
  readonly turn: number;
  readonly budget: number;
}

/** Of the counting program's 300 epochs, what a contestant called slow does. */
const SLOW_EPOCHS = 10;

/** Turns of a warm-up at least, in half of a contestant's time: what is compiled while it runs (wasm, XLA) is slow in its first ones. */
const LEAST_WARM = 5;

/**
 * Before a turn: threads of the one before it that still spin go to sleep. Linux gives the real-time class 950 ms of a second: a turn is not to
 * begin with what a long one left of them.
 */
const SETTLE_MS = 60;

export interface Player extends Contestant {
  readonly start: Command;
  /** Minutes on the counting program: some epochs of it are measured and multiplied. */
  readonly slow?: boolean;
  worker: Worker | null;
  detail: string;
}

/**
 * What of a turn is done before it, unmeasured: a processor that has slept, caches that others have filled and threads that lie down are no part
 * of anybody's speed. The bare kernels begin in the same way.
 */
const AWAKE = 1 / 6;

/** What lets a process load TypeScript. */
export const TSX: readonly string[] = ['--import', 'tsx'];

/** Our engines, on one thread and on two. */
export function ourPlayers(): Player[] {
  const ours = (id: string, what: string, kind: string, threads = 0): Player => ({
    id,
    what,
    detail: '',
    worker: null,
    start: {
      command: process.execPath,
      args: [...TSX, join(import.meta.dirname, 'ours.ts'), kind, String(threads)],
      env: threads > 0 ? { FORECAST_THREADS: String(threads) } : {},
      cwd: ROOT,
    },
  });
  return [
    ours('native-2', 'native, 2 threads', 'native', 2),
    ours('native-1', 'native, 1 thread', 'native', 1),
    ours('wasm-2', 'wasm, 2 shards', 'wasm', 2),
    ours('wasm-1', 'wasm, 1 shard', 'wasm', 1),
    ours('tensorflow', 'tensorflow (ours)', 'tensorflow'),
    ours('reference', 'reference (float64)', 'reference'),
  ];
}

/** Starts a contestant’s process; where it has none to offer, its detail says why. */
export async function startPlayer(player: Player): Promise<void> {
  if (player.start.command === '') return;
  player.worker = new Worker(player.start);
  const hello = await player.worker.hello;
  if (hello.ok) player.detail = describe(hello.about as Record<string, unknown>);
  else {
    player.worker.stop();
    player.worker = null;
    player.detail = `left out: ${hello.why}`;
  }
  console.log(`${player.what}: ${player.detail}`);
}

function describe(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (name === 'detail' ? String(value) : `${name} ${value}`))
    .join(', ');
}

/** A contestant that is ready for a row's rounds. */
interface Ready {
  readonly player: Player;
  readonly worker: Worker;
  readonly setting: string;
  readonly turns: number;
  readonly rounds: number;
  /** By what a turn's time is multiplied. */
  readonly factor: number;
  readonly times: number[];
  failed: string | null;
}

/** Bare kernels of native's instruction set and of WebAssembly, where there are. */
export interface Bare {
  readonly native: Worker | null;
  readonly wasm: Worker | null;
}

/** One row by all contestants, in rounds that alternate, beside the bare kernels. */
export async function measureRow(row: Row, players: readonly Player[], bare: Bare, pace: Pace): Promise<RowResult> {
  const entries: Record<string, Entry> = {};
  const ready: Ready[] = [];
  for (const player of players) {
    const found = await makeReady(row, player, pace);
    if ('skipped' in found) entries[player.id] = found;
    else ready.push(found);
  }
  const [native, wasm] = [limitBy(bare.native), limitBy(bare.wasm)];
  for (let round = 0; round < pace.rounds; round++) {
    await native.measure();
    await wasm.measure();
    for (let i = 0; i < ready.length; i++) {
      // each round begins with another one
      const one = ready[(i + round) % ready.length] as Ready;
      if (one.failed || !takesPart(one, round, pace.rounds)) continue;
      await settle(SETTLE_MS);
      if (one.turns > 1) await one.worker.ask({ op: 'run', turns: Math.ceil(one.turns * AWAKE) });
      const answer = await one.worker.ask({ op: 'run', turns: one.turns });
      if (answer.ok) one.times.push((answer.ms as number) / one.turns);
      else one.failed = answer.why ?? 'no reason given';
    }
  }
  for (const one of ready) entries[one.player.id] = await figureOf(row, one);
  return { id: row.id, limit: native.limit(), wasmLimit: wasm.limit(), entries };
}

/** The rates of a bare kernel, round by round. */
function limitBy(worker: Worker | null): { readonly measure: () => Promise<void>; readonly limit: () => Limit } {
  const rates: { readonly one: number[]; readonly two: number[] } = { one: [], two: [] };
  const push = (list: number[], rate: number | null) => rate !== null && list.push(rate);
  const middle = (list: readonly number[]) => (list.length > 0 ? median(list) : null);
  return {
    measure: async () => {
      if (!worker) return;
      push(rates.one, await bareRate(worker, 1));
      push(rates.two, await bareRate(worker, 2));
    },
    limit: () => ({ one: middle(rates.one), two: middle(rates.two) }),
  };
}

/** The rounds of a slow contestant are spread over all of them. */
function takesPart({ rounds }: Ready, round: number, all: number): boolean {
  return Math.floor(((round + 1) * rounds) / all) > Math.floor((round * rounds) / all);
}

/** Builds the row, warms it up, and chooses how many turns make a round. */
async function makeReady(row: Row, player: Player, pace: Pace): Promise<Ready | { readonly skipped: string }> {
  const given = player.slow && row.epochs > SLOW_EPOCHS ? { ...row, epochs: SLOW_EPOCHS } : row;
  if (player.worker && !player.worker.running) await startPlayer(player); // it ended in an earlier row
  const { worker } = player;
  if (!worker) return { skipped: player.detail };
  const built = await worker.ask({ op: 'build', row: given });
  if (!built.ok) return { skipped: reason(built) };
  let spent = 0;
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 200 && spent < (run < LEAST_WARM ? pace.budget / 2 : pace.turn); run++) {
    const answer = await worker.ask({ op: 'run', turns: 1 });
    if (!answer.ok) return { skipped: reason(answer) };
    spent += answer.ms as number;
    fastest = Math.min(fastest, answer.ms as number);
  }
  const turns = Math.max(1, Math.min(100_000, Math.round(pace.turn / fastest)));
  const rounds = Math.max(1, Math.min(pace.rounds, Math.floor(pace.budget / (turns * fastest))));
  const shortened = given === row ? '' : `, ${SLOW_EPOCHS} of ${row.epochs} epochs, multiplied`;
  const factor = (row.epochs / given.epochs) * (row.unit === 'ms' ? 1 : 1000);
  return { player, worker, setting: `${built.setting}${shortened}`, turns, rounds, factor, times: [], failed: null };
}

function reason(answer: Answer): string {
  return answer.why ?? 'no reason given';
}

async function figureOf(row: Row, one: Ready): Promise<Entry> {
  const freed = await one.worker.ask({ op: 'free' });
  if (one.failed || one.times.length === 0) return { skipped: one.failed ?? 'no round' };
  const values = one.times.map((ms) => (ms * one.factor) / row.per);
  const figure: Figure = {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
    setting: one.setting,
    peak: freed.ok ? (freed.peak as number) : 0,
    before: freed.ok ? (freed.before as number) : 0,
  };
  return figure;
}
