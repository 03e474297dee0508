// So many at a time of what holds a whole run in memory: all at once they would take gigabytes and every open file there may be.
// In: work. Out: what it gives, when its turn has come. Not here: the work (stored.ts).

/** They share one thread: more at a time make none faster. */
const AT_ONCE = 8;

let atWork = 0;
const waiting: (() => void)[] = [];

/** Does the work once fewer than eight others are under way, in the order of the calls. */
export async function inTurn<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
  if (atWork < AT_ONCE) atWork++;
  else await new Promise<void>((begin) => waiting.push(begin));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else atWork--;
  }
}
