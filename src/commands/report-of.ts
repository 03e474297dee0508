// The report of a finished run, found again.
// In: a run folder. Out: its text, its result, and where its page stands. Not here: making either (report/, reporting.ts).

import { join, resolve } from 'node:path';
import { readRunFolder } from '../artifact/run-folder.ts';
import { ForecastError } from '../core/errors.ts';

export interface StoredReport {
  readonly text: string;
  /** Path of report.html. */
  readonly page: string;
  /** What result.json holds, read when it is asked for. */
  result(): unknown;
}

/** Errors: E_RUN_NOT_FOUND, E_RUN_INCOMPLETE, E_RUN_CORRUPT, E_USAGE where a run of an older version left no page. */
export async function reportOf(folder: string): Promise<StoredReport> {
  const path = resolve(folder);
  const stored = await readRunFolder(path);
  if (!stored.has('report.html')) {
    throw new ForecastError('E_USAGE', 'this run was made before there was a report.html', {
      where: folder,
      hint: `forecast run ${folder} --force`,
    });
  }
  return {
    text: stored.text('report.txt'),
    page: join(path, 'report.html'),
    result: () => stored.json('result.json'),
  };
}
