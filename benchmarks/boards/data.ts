// The data of the boards, read by the product's own sources from the folder of outside data: FORECAST_SHARED, or `shared` beside the repository.
// In: a path inside it and what its columns are. Out: series. Not here: which rows are held out.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../../src/core/data.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { SOURCES } from '../../src/sources/index.ts';

/** Where the data lie. */
export const SHARED: string = process.env.FORECAST_SHARED ?? join(import.meta.dirname, '..', '..', '..', 'shared');

/** Whether the data of the boards are there. */
export function present(): boolean {
  return existsSync(join(SHARED, 'data', 'benchmarks'));
}

/** Errors: E_DATA_NOT_FOUND where the folder is absent. */
export function checkPresent(): void {
  if (present()) return;
  throw new ForecastError('E_DATA_NOT_FOUND', 'the data of the boards are not here', {
    where: 'FORECAST_SHARED',
    hint: 'put the folder `shared` beside this repository, or name it in FORECAST_SHARED',
  });
}

export type Written = { readonly kind: string; readonly file: string } & { readonly [option: string]: unknown };

/** The series that a source of the product makes of a file of the shared data. Errors: E_DATA_NOT_FOUND, the source's. */
export async function seriesIn({ kind, ...options }: Written): Promise<readonly Series[]> {
  checkPresent();
  const source = SOURCES[kind];
  if (!source) throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no source is called "${kind}"`, { where: kind });
  const { raw } = await source.load(source.options.parse(options), {
    resolve: (path) => join(SHARED, 'data', path),
    display: (path) => path,
    seed: 1,
  });
  if (raw.form === 'numbers') return raw.series;
  throw new Error(`${options.file} is text`);
}
