// Series of a panel that hold no value, left out and said; holes between values, filled or refused. For files of one series a line.
// In: named values with their line. Out: those that hold some. Not here: reading.

import { ForecastError, type Warning } from '../core/errors.ts';
import { bridged, type Policies } from './frame.ts';

export interface NamedLine {
  readonly id: string;
  readonly line: number;
  readonly values: Float64Array;
}

/** Those that hold a value, and a warning that names the others. Errors: E_DATA_MISSING where none does. */
export function withValues<Line extends NamedLine>(
  all: readonly Line[],
  file: string,
  hint: string,
): { readonly known: Line[]; readonly warnings: Warning[] } {
  const holds = ({ values }: Line): boolean => values.some((value) => !Number.isNaN(value));
  const known = all.filter(holds);
  if (known.length === all.length) return { known, warnings: [] };
  if (known.length === 0) {
    throw new ForecastError('E_DATA_MISSING', `none of ${all.length} series has a value`, { where: file, hint });
  }
  const empty = all.filter((line) => !holds(line));
  const named = empty.slice(0, 3).map(({ id, line }) => `${JSON.stringify(id.slice(0, 40))} (line ${line})`);
  const more = empty.length > 3 ? ` and ${empty.length - 3} more` : '';
  const have = empty.length === 1 ? 'has' : 'have';
  const message = `${named.join(', ')}${more} of ${all.length} series ${have} no value: left out`;
  return { known, warnings: [{ code: 'W_SERIES_LEFT_OUT', message }] };
}

/** Missing values filled in place; how many. `cell` names one by its index. Errors: E_DATA_MISSING where they are refused. */
export function fillHoles(values: Float64Array, fill: Policies['fill'], cell: (index: number) => string): number {
  const hole = values.findIndex(Number.isNaN);
  if (hole < 0) return 0;
  if (fill !== 'refuse') return bridged(values, fill);
  const others = values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0) - 1;
  const more = others > 0 ? `, and ${others} more of this series` : '';
  throw new ForecastError('E_DATA_MISSING', `the value is missing${more}`, {
    where: cell(hole),
    hint: 'set source.fill: previous (or linear, zero)',
  });
}

/** Two lines of one id. To be thrown. */
export function sameId(id: string, other: number, where: string, hint: string): ForecastError {
  return new ForecastError(
    'E_DATA_DUPLICATE',
    `series ${JSON.stringify(id.slice(0, 40))} stands on line ${other} too`,
    {
      where,
      hint,
    },
  );
}
