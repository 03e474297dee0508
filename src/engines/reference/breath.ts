// When a long computation lets others run: counted in multiply-adds, never by a clock, so that it is the same on every machine.
// In: work done. Out: whether it is time. Not here: the waiting.

/** Counts work, so that the event loop gets its turn without a clock: about every 40 ms on an ordinary machine. */
export interface Breath {
  /** Adds work done; whether it is time to let others run. */
  due(work: number): boolean;
  /** Whether it is time to report progress: every few turns. */
  report(): boolean;
}

const WORK_PER_TURN = 4e7;
const TURNS_PER_REPORT = 4;

export function createBreath(): Breath {
  let done = 0;
  let turns = 0;
  return {
    due(more) {
      done += more;
      if (done < WORK_PER_TURN) return false;
      done = 0;
      return true;
    },
    report() {
      turns++;
      return turns % TURNS_PER_REPORT === 1;
    },
  };
}
