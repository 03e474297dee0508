// How far the columns of a series that are known in advance must reach, and what is said where they do not.
// In: a series, the row a forecast reads up to. Out: nothing, or an error. Not here: who reads them.

import { formatStamp, stampsUntil } from './calendar.ts';
import type { Series } from './data.ts';
import { ForecastError } from './errors.ts';

/**
 * Refuses a forecast that reads rows [0, needed) of the columns known in advance where one of them ends before. Errors: E_DATA_FUTURE,
 * which names the column, the row it ends at and the row that is needed, with their times where there are some.
 */
export function checkKnownAhead(series: Pick<Series, 'length' | 'future'> & Partial<Series>, needed: number): void {
  const short = series.future.find(({ values }) => values.length < needed);
  if (short === undefined) return;
  const known = short.values.length;
  const past = known <= series.length ? '; if nobody knows it in advance, name it in source.past' : '';
  throw new ForecastError(
    'E_DATA_FUTURE',
    `forecasting reads "${short.name}" up to row ${needed}${timeOf(series, needed)}, it ends at row ${known}${timeOf(series, known)}`,
    {
      where: 'source.future',
      hint: `append rows with the columns known in advance filled and the target empty, or forecast fewer steps${past}`,
    },
  );
}

/** " (2013-01-14)": when row number `row`, counted from 1, is. */
function timeOf({ time }: Partial<Series>, row: number): string {
  if (!time?.stamps?.length || row < 1) return '';
  return ` (${formatStamp(time, stampsUntil(time, row)[row - 1] as number)})`;
}
