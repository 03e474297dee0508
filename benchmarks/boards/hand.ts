// A process that judges one contestant after the other for crew.ts. In: messages. Out: rows, and what it is doing.

import { ForecastError } from '../../src/core/errors.ts';
import type { Answer, Job } from './crew.ts';
import { boardsOf } from './groups.ts';
import { judge } from './judge.ts';

process.on('message', (job: Job) => {
  void work(job).then((answer) => process.send?.(answer));
});

process.on('disconnect', () => process.exit());

async function work({ group, board, contestant, look }: Job): Promise<Answer> {
  try {
    const own = (await boardsOf(group)).find(({ name }) => name === board);
    const who = own?.contestants.find(({ name }) => name === contestant);
    if (!own || !who) throw new Error(`no ${contestant} on ${board}`);
    const row = await judge(own, who, { look, say: (doing) => process.send?.({ doing } satisfies Answer) });
    return { row };
  } catch (error) {
    const told = error instanceof ForecastError ? `${error.code} ${error.message}` : String((error as Error).stack);
    return { failed: told };
  }
}
