// The season of a frequency: after how many steps a calendar repeats. Not here: seasons inferred from the data.

import type { Frequency } from './time.ts';

/** Steps per season by calendar: 12 for months, 4 for quarters, 7 for days, 24 for hours, 5 for business days, 52 for weeks; 1 where there is none. */
export function seasonOf(frequency: Frequency): number {
  const per: Record<Frequency['unit'], number> = {
    index: 1,
    millisecond: 1,
    second: 60,
    minute: 1440,
    hour: 24,
    day: 7,
    'business-day': 5,
    week: 52,
    month: 12,
    quarter: 4,
    year: 1,
  };
  const season = per[frequency.unit] / frequency.count;
  return Number.isInteger(season) && season >= 1 ? season : 1;
}
