// Rows that were measured at this very commit: a run that was stopped goes on with what it had not come to.
// In: a commit, rows as they come. Out: those rows again. Not here: figures that are published (accuracy.ts).

import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Row } from './board.ts';

interface Line {
  readonly board: string;
  readonly look: boolean;
  /** Since the first run began, pauses left out. */
  readonly seconds: number;
  readonly row: Row;
}

export interface Measured {
  /** The row of a contestant; null: it has to be measured. */
  row(board: string, forecaster: string, look: boolean): Row | null;
  /** What the runs before took, in seconds. */
  readonly seconds: number;
  add(line: Line): void;
}

/** The memory in a file; null: none is kept, as what is measured has no name. */
export function measuredIn(file: string | null): Measured {
  const lines = file !== null && existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parsed) : [];
  return {
    row: (board, forecaster, look) =>
      lines.findLast((line) => line.board === board && line.look === look && line.row.forecaster === forecaster)?.row ??
      null,
    seconds: Math.max(0, ...lines.map(({ seconds }) => seconds)),
    add: (line) => {
      if (file === null || line.row.reason?.startsWith('failed')) return;
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
  };
}

/** A line that was cut off is none. */
function parsed(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    return [];
  }
}
