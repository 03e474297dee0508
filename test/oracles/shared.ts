// Where the outside numbers live: FORECAST_SHARED, or the folder `shared` beside the repository.
// In: a path inside it. Out: the parsed JSON, or null where the folder is absent. Not here: the numbers.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of outside numbers and data. */
export const SHARED: string = process.env.FORECAST_SHARED ?? join(import.meta.dirname, '..', '..', '..', 'shared');

/** An oracle file; null (and a line saying so) where it is absent. With CI set an absent file is an error. */
export function oracle<T>(file: string): T | null {
  const path = join(SHARED, 'oracles', file);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  const message = `${file} not found: set FORECAST_SHARED to the folder of outside numbers`;
  if (process.env.CI) throw new Error(message);
  console.warn(`skipped: ${message}`);
  return null;
}
