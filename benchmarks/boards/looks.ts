// The log of looks at test figures: one line for each board of each run that printed them. In: a look. Out: a line in looks.jsonl.

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Look {
  readonly date: string;
  readonly commit: string;
  readonly board: string;
  readonly forecasters: readonly string[];
  /** What it was for. */
  readonly why: string;
  /** Figures, where they were written down by hand before there was a log. */
  readonly figures?: string;
}

const FILE = join(import.meta.dirname, '..', 'looks.jsonl');

export function appendLooks(looks: readonly Look[], file: string = FILE): void {
  appendFileSync(file, looks.map((look) => `${JSON.stringify(look)}\n`).join(''));
}

export function readLooks(file: string = FILE): Look[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Look);
}
