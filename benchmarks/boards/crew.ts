// Contestants shared out among processes, the long ones first. In: boards. Out: their rows, in the contestants' order.
// Not here: judging (judge.ts).

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Board, Contestant, Row } from './board.ts';
import { judge } from './judge.ts';

export interface Job {
  readonly group: string;
  readonly board: string;
  readonly contestant: string;
  readonly look: boolean;
}

export type Answer = { readonly row: Row } | { readonly failed: string } | { readonly doing: string };

export interface Ended {
  readonly board: Board;
  readonly rows: readonly Row[];
}

export interface Crew {
  /** Processes; 0: everything in this one. */
  readonly hands: number;
  readonly look: boolean;
  /** Names of contestants to take; null: all. */
  readonly only: ReadonlySet<string> | null;
  /** Contestants that take minutes, too. */
  readonly full: boolean;
  readonly say?: (doing: string, done: number, all: number) => void;
  /** What is known of a contestant already; null: it has to be judged. */
  readonly known?: (board: string, contestant: string) => Row | null;
  /** Each row that was judged, as it comes. */
  readonly judged?: (board: string, row: Row) => void;
}

interface Task {
  readonly board: Board;
  readonly contestant: Contestant;
}

/** Names that no contestant of any board has. */
export function strangers(boards: readonly Board[], only: ReadonlySet<string> | null): string[] {
  const known = new Set(boards.flatMap(({ contestants }) => contestants.map(({ name }) => name)));
  return [...(only ?? [])].filter((name) => !known.has(name));
}

/** Who takes part. */
function tasksOf(boards: readonly Board[], { full, only }: Pick<Crew, 'full' | 'only'>): Task[] {
  return boards.flatMap((board) =>
    board.contestants
      .filter(({ name, long }) => (full || !long) && (only === null || only.has(name)))
      .map((contestant) => ({ board, contestant })),
  );
}

/** Who of a board has yet to be judged. */
export function missing(board: Board, crew: Pick<Crew, 'full' | 'only' | 'known'>): string[] {
  const names = tasksOf([board], crew).map(({ contestant }) => contestant.name);
  return names.filter((name) => !crew.known?.(board.name, name));
}

/** Judges every contestant of every board that is not known already. */
export async function judgeAll(boards: readonly Board[], crew: Crew): Promise<Ended[]> {
  const jobs = tasksOf(boards, crew);
  const rows = new Map<string, Row>();
  const key = (board: string, contestant: string): string => `${board} ${contestant}`;
  for (const { board, contestant } of jobs) {
    const row = crew.known?.(board.name, contestant.name);
    if (row) rows.set(key(board.name, contestant.name), row);
  }
  const left = jobs.filter(({ board, contestant }) => !rows.has(key(board.name, contestant.name)));
  const queue = left.sort((a, b) => b.contestant.weight - a.contestant.weight);
  let done = rows.size;
  const say = (doing: string): void => crew.say?.(doing, done, jobs.length);
  const take = async (run: (job: Task) => Promise<Row>): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const row = await run(job);
      rows.set(key(job.board.name, job.contestant.name), row);
      crew.judged?.(job.board.name, row);
      done++;
      say(`${job.board.name} ${job.contestant.name}: done`);
    }
  };
  if (crew.hands === 0) await take(({ board, contestant }) => judge(board, contestant, { look: crew.look, say }));
  else {
    const hands = Array.from({ length: crew.hands }, () => handOf(crew.look, say));
    await Promise.all(hands.map(({ run }) => take(run)));
    for (const { rest } of hands) rest();
  }
  return boards.map((board) => ({
    board,
    rows: board.contestants.flatMap(({ name }) => rows.get(key(board.name, name)) ?? []),
  }));
}

/** A process that is begun when there is work, and anew where it ended. What fails is a row with the reason: others' figures are not lost. */
function handOf(look: boolean, say: (doing: string) => void): { run(job: Task): Promise<Row>; rest(): void } {
  let hand: ChildProcess | null = null;
  return {
    run: async ({ board, contestant }) => {
      if (!hand?.connected) hand = fork(join(import.meta.dirname, 'hand.ts'));
      const { name: forecaster } = contestant;
      try {
        return await asked(hand, { group: board.group, board: board.name, contestant: forecaster, look }, say);
      } catch (error) {
        const reason = `failed: ${(error as Error).message}`;
        return { forecaster, ours: true, validation: null, test: null, seconds: null, reason };
      }
    },
    rest: () => hand?.kill(),
  };
}

function asked(hand: ChildProcess, job: Job, say: (doing: string) => void): Promise<Row> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      hand.off('message', hear);
      hand.off('exit', gone);
    };
    const gone = (code: number | null): void => {
      end();
      reject(new Error(`its process ended with ${code}`));
    };
    const hear = (answer: Answer): void => {
      if ('doing' in answer) {
        say(answer.doing);
        return;
      }
      end();
      if ('row' in answer) resolve(answer.row);
      else reject(new Error(answer.failed));
    };
    hand.on('message', hear);
    hand.on('exit', gone);
    hand.send(job);
  });
}
