// Runs side by side: what each scored, cost and answered.
// In: complete run folders. Out: one table, as text and as JSON, and a page where it is asked for. Not here: the table's layout (report/compare.ts).

import { resolve } from 'node:path';
import { readRunFolder } from './artifact/run-folder.ts';
import { writeAtomic } from './artifact/write.ts';
import { compareRuns, compareTable } from './report/compare.ts';
import type { Result } from './report/result.ts';

export interface Comparison {
  readonly text: string;
  readonly json: object;
}

export interface CompareOptions {
  /** A file for the comparison as a page. */
  readonly html?: string;
}

/** Compares complete runs. Errors: E_RUN_NOT_FOUND, E_RUN_INCOMPLETE, E_RUN_CORRUPT, those of writing the page. */
export async function compare(folders: readonly string[], options: CompareOptions = {}): Promise<Comparison> {
  const runs = await Promise.all(
    folders.map(async (folder) => {
      const stored = await readRunFolder(resolve(folder));
      const result = stored.json('result.json') as unknown as Result;
      const history = stored.has('history.json')
        ? (stored.json('history.json') as unknown as Record<string, { loss: number }[]>)
        : {};
      const losses = Object.values(history)[0]?.map((record) => record.loss) ?? [];
      return {
        name: result.name,
        folder: folder.replace(/(?<=.)[/\\]+$/, ''),
        result,
        seconds: typeof stored.run.seconds === 'number' ? stored.run.seconds : null,
        losses,
      };
    }),
  );
  if (options.html !== undefined) {
    const { comparePage } = await import('./report/compare-page.ts');
    await writeAtomic(resolve(options.html), comparePage(runs));
  }
  return { text: compareTable(runs), json: { runs: compareRuns(runs) } };
}
