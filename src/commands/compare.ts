// Runs side by side: what each scored, cost and answered.
// In: complete run folders. Out: one table, as text and as JSON, and a page where it is asked for. Not here: the table's layout (report/compare.ts).

import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readRunFolder, type StoredRun } from '../artifact/run-folder.ts';
import { writeAtomic } from '../artifact/write.ts';
import { ForecastError } from '../core/errors.ts';
import { type JsonObject, stableJson } from '../core/json.ts';
import { checkOptions, checkRuns } from '../core/options.ts';
import { decidingRows } from '../evaluate/score.ts';
import { storedConfig, storedResult } from '../prepare/open.ts';
import { type ComparedRun, compareRuns, compareTable } from '../report/compare.ts';

export interface Comparison {
  readonly text: string;
  readonly json: object;
  /** What was no run, a sentence each. */
  readonly leftOut: readonly string[];
}

const KEYS = ['name', 'engine', 'data', 'fit', 'scores', 'decision', 'verdict', 'forecast', 'text'] as const;

export interface CompareOptions {
  /** A file for the comparison as a page. */
  readonly html?: string;
}

/**
 * Compares complete runs; what else a pattern of the shell fits (exports, notes, runs under way) is left out and named. Errors:
 * E_RUN_NOT_FOUND where something is not there, or nothing is a run; E_RUN_CORRUPT, those of writing the page.
 */
export async function compare(folders: readonly string[], options: CompareOptions = {}): Promise<Comparison> {
  checkOptions('compare', options, { html: 'text' });
  checkRuns('compare', folders);
  const runs: ComparedRun[] = [];
  const leftOut: ForecastError[] = [];
  // One after the other, so that the files of one alone are in memory.
  for (const folder of folders) {
    const stored = await runOrReason(folder);
    if (stored instanceof ForecastError) leftOut.push(stored);
    else runs.push(comparedOf(stored, folder));
  }
  if (runs.length === 0 && leftOut[0]) throw leftOut[0];
  if (options.html !== undefined) {
    const { comparePage } = await import('../report/compare-page.ts');
    const path = resolve(options.html);
    await writeAtomic(await realpath(path).catch(() => path), comparePage(runs)); // through a link, as any other program
  }
  const named = leftOut.map(({ where, message }) => `${where} ${message}: left out`);
  return { text: compareTable(runs), json: { runs: compareRuns(runs) }, leftOut: named };
}

/** A run, or why what stands there is none. Errors: as `compare`. */
async function runOrReason(folder: string): Promise<StoredRun | ForecastError> {
  try {
    return await readRunFolder(resolve(folder));
  } catch (error) {
    if (!(error instanceof ForecastError) || !/^E_RUN_(?:NOT_FOUND|INCOMPLETE)$/.test(error.code)) throw error;
    if (!existsSync(folder)) throw error;
    return error;
  }
}

function comparedOf(stored: StoredRun, folder: string): ComparedRun {
  const result = storedResult(stored, KEYS);
  const history = stored.has('history.json')
    ? (stored.json('history.json') as unknown as Record<string, { loss: number }[]>)
    : {};
  const losses = Object.values(history)[0]?.map((record) => record.loss) ?? [];
  return {
    name: result.name,
    folder: folder.replace(/(?<=.)[/\\]+$/, ''),
    result: { ...result, scores: decidingRows(result.scores) },
    seconds: typeof stored.run.seconds === 'number' ? stored.run.seconds : null,
    losses,
    ...(result.text.length > 0 ? { tokens: tokensOf(stored) } : {}),
  };
}

/** How the config of a run of text cuts and numbers tokens; how they enter a network is left out. */
function tokensOf(stored: StoredRun): string {
  const encoders = storedConfig(stored).written.encoder ?? [];
  return stableJson(encoders.map(({ form: _, ...encoder }) => encoder as JsonObject));
}
