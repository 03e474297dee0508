// The threads that do the long work: started when first needed, shared by all networks, ended when nobody needed them for a while.
// In: jobs over a network's memory. Out: what came of them. Not here: what a thread does (worker.js), which work is long (kernel.ts).

import { ForecastError } from '../../core/errors.ts';
import { createMemory, type Form, SIZE, wasmModule } from './module.ts';
import { startThread, type Thread, threadsHere, whyNotShared } from './thread.ts';
import type { WasmMemory } from './webassembly.ts';

/** What threads need to work on a network. */
export interface Room {
  readonly form: Form;
  /** Null where it cannot be shared: its content goes to a thread and comes back. */
  readonly memory: WasmMemory | null;
  /** Where each thread's stack begins (it grows downwards); 0: where the module says. */
  readonly stacks: readonly number[];
  /** The words by which threads hear of each other. */
  readonly control: number;
  /** Where the memory's content begins. */
  readonly data: number;
}

/** Steps or windows to compute, as plain values: worker.js reads them. */
export interface Job {
  readonly kind: 'train' | 'evaluate' | 'predict';
  readonly [argument: string]: number | string;
}

export interface Outcome {
  readonly made: number;
  /** The memory's content afterwards, where it is not shared. */
  readonly bytes: ArrayBuffer | null;
}

export interface Crew {
  /** `refused`: threads do not start here, and will not. */
  readonly state: 'none' | 'starting' | 'ready' | 'refused';
  /** At work side by side on one network. */
  readonly threads: number;
  /** Whether they work in the network's own memory. */
  readonly shares: boolean;
  /** Whether there are threads; starts them where there are none yet. Never throws. */
  start(): Promise<boolean>;
  /**
   * Jobs are done one after the other. `content` is asked for when the job's turn has come. Errors: E_BUG where a thread breaks; the
   * memory may then be in any state.
   */
  work(room: Room, job: Job, content: () => ArrayBuffer | null): Promise<Outcome>;
  /** The room's job at work ends before its next step, where the memory is not shared. */
  stop(room: Room): void;
  /** A memory threads can share, with the content of any other before; it may be asked back. */
  lend(tenant: Tenant): WasmMemory;
  /** Drops what threads hold of a room; its memory is another's from then on. */
  leave(room: Room): void;
  /** Ends the threads; the next long work starts new ones. */
  end(): void;
}

/** Who has borrowed a memory. The platform lets go of shared ones late, so there are few, whatever the number of networks. */
export interface Tenant {
  /** Moves to a memory of its own and leaves the room; false while at work. */
  moveOut(): boolean;
}

export interface CrewOptions {
  readonly threads: number;
  readonly shares: boolean;
  /** Of the threads' program; null: nobody knows, and there are no threads. */
  readonly address: URL | null;
}

/** Nobody needed them for so long, ms: they end, and what they hold (some 15 MB) is free. To start them costs 30 to 50 ms, which no pause is to cost. */
const IDLE = 30_000;
/** A thread that is not up after so long never will be, ms. */
const PATIENCE = 10_000;
/** Memories lent before one is asked back; those kept for the next, and the largest worth keeping. */
const MOST_LENT = 16;
const MOST_KEPT = 2;
const KEPT_BYTES = 0x4000000;

/** A tenant nobody holds any more cannot be asked: what it has borrowed is free. */
interface Loan {
  readonly memory: WasmMemory;
  readonly tenant: WeakRef<Tenant>;
}

interface Hand {
  readonly thread: Thread;
  /** Whose memory it holds. */
  room: Room | null;
}

interface Answer {
  readonly ready?: true;
  readonly ticket?: number;
  readonly made?: number;
  readonly bytes?: ArrayBuffer | null;
  readonly failed?: string;
}

/** What is listened for: threads coming up, or a job's answers. */
interface Listener {
  heard(hand: number, answer: Answer): void;
  broke(why: string): void;
}

export function createCrew({ threads, shares, address }: CrewOptions): Crew {
  const nobody: Listener = { heard: () => undefined, broke: () => end() };
  const kept: WasmMemory[] = [];
  const loans: Loan[] = [];
  let state: Crew['state'] = 'none';
  let hands: Hand[] = [];
  let listener = nobody;
  let starting: Promise<boolean> = Promise.resolve(false);
  let line: Promise<unknown> = Promise.resolve();
  let inLine = 0;
  let atWork: Room | null = null;
  let tickets = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const end = (): void => {
    clearTimeout(idle);
    listener = nobody;
    for (const { thread } of hands) thread.end();
    hands = [];
    state = 'none';
  };

  /** Nobody waits for the threads now. */
  const rest = (): void => {
    for (const { thread } of hands) thread.needed(false);
    listener = nobody;
    clearTimeout(idle);
    idle = setTimeout(end, IDLE);
    (idle as { unref?: () => void }).unref?.();
  };

  const start = (): Promise<boolean> => {
    if (state !== 'none') return starting;
    state = 'starting';
    starting = comeUp().then(
      () => {
        state = 'ready';
        rest();
        return true;
      },
      () => {
        end();
        state = 'refused';
        return false;
      },
    );
    return starting;
  };

  const comeUp = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let up = 0;
      const late = setTimeout(() => reject(new Error('no answer')), PATIENCE);
      listener = {
        heard: (_, { ready }) => {
          if (!ready || ++up < threads) return;
          clearTimeout(late);
          resolve();
        },
        broke: (why) => {
          clearTimeout(late);
          reject(new Error(why));
        },
      };
      try {
        for (let i = 0; i < threads; i++) hands.push(hire(i));
      } catch (error) {
        listener.broke(String(error));
      }
    });

  const hire = (i: number): Hand => {
    if (!address) throw new Error('nobody knows where their program is');
    const thread: Thread = startThread(address, {
      heard: (message) => listener.heard(i, message as Answer),
      broke: (why) => {
        if (hands[i]?.thread === thread) listener.broke(why); // else it was told to end
      },
    });
    thread.needed(true);
    return { thread, room: null };
  };

  const give = (room: Room, job: Job, bytes: ArrayBuffer | null): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const ticket = ++tickets;
      let answers = 0;
      let outcome: Outcome = { made: -1, bytes: null };
      const broke = (why: string): void => {
        end(); // those that live may wait for the one that broke
        reject(new ForecastError('E_BUG', `a thread of the wasm engine broke: ${why}`));
      };
      listener = {
        heard: (hand, answer) => {
          if (answer.ticket !== ticket) return;
          if (answer.failed !== undefined) return broke(answer.failed);
          if (hand === 0) outcome = { made: answer.made ?? -1, bytes: answer.bytes ?? null };
          if (++answers === threads) resolve(outcome);
        },
        broke,
      };
      hands.forEach((hand, i) => {
        hand.thread.needed(true);
        if (hand.room !== room) open(hand, room, i);
        hand.thread.say({ ticket, job, leads: i === 0, bytes }, bytes ? [bytes] : []);
      });
    });

  const open = (hand: Hand, room: Room, i: number): void => {
    const { form, memory, control } = room;
    hand.room = room;
    hand.thread.say({ open: { module: wasmModule(form), size: SIZE, memory, control, stack: room.stacks[i] } });
  };

  /** The oldest memory that can be had. */
  const takeBack = (): void => {
    for (const loan of loans) {
      const tenant = loan.tenant.deref();
      if (tenant?.moveOut() === false) continue;
      if (!tenant) keep(loan); // else it has left
      return;
    }
  };

  const keep = (loan: Loan): void => {
    loans.splice(loans.indexOf(loan), 1);
    if (kept.length < MOST_KEPT && loan.memory.buffer.byteLength <= KEPT_BYTES) kept.push(loan.memory);
  };

  return {
    get state() {
      return state;
    },
    threads,
    shares,
    start,
    end,
    work(room, job, content) {
      inLine++;
      const done = line.then(async () => {
        clearTimeout(idle);
        if (!(await start())) throw new ForecastError('E_BUG', 'threads of the wasm engine do not start any more');
        clearTimeout(idle);
        atWork = room;
        return give(room, job, content());
      });
      line = done
        .catch(() => undefined)
        .then(() => {
          atWork = null;
          if (--inLine === 0) rest();
        });
      return done;
    },
    stop(room) {
      if (atWork === room && !room.memory) for (const { thread } of hands) thread.say({ stop: true });
    },
    lend(tenant) {
      if (loans.length >= MOST_LENT) takeBack();
      const memory = kept.pop() ?? createMemory('shared');
      loans.push({ memory, tenant: new WeakRef(tenant) });
      return memory;
    },
    leave(room) {
      for (const hand of hands) {
        if (hand.room !== room) continue;
        hand.room = null;
        hand.thread.say({ close: true });
      }
      const loan = loans.find(({ memory }) => memory === room.memory);
      if (loan) keep(loan);
    },
  };
}

/** The crew of all networks, of as many threads as this platform lets work side by side. */
export const crew: Crew = createCrew({
  threads: threadsHere().threads,
  shares: whyNotShared() === null,
  address: addressOfWorker(),
});

/** Bundlers look for this very expression. A classic script, or a module of CommonJS made of it, has no address to go from: null. */
function addressOfWorker(): URL | null {
  try {
    return new URL('./worker.js', import.meta.url);
  } catch {
    return null;
  }
}
