// The season of a frequency: after how many steps a calendar repeats, and what is known of the seasons of data.
// Not here: seasons found in the data (seasons.ts, evaluate/periodicity.ts).

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
  return Number.isInteger(season) ? season : 1;
}

/** A season of the data, and how it is known. */
export interface Season {
  readonly rows: number;
  /** `written` in the config, the period of the `law` that made the data, the `calendar`, or found in the `data` alone. */
  readonly by: 'written' | 'law' | 'calendar' | 'data';
  /** Autocorrelation of the changes at the season, of several series the middle one; null where it was not looked at, or rows are too few. */
  readonly autocorrelation: number | null;
}

/**
 * Steps after which the calendar repeats where it does so after `season`, the shortest first: a week beside a day, a year beside a week.
 * `season` alone where nothing else is usual.
 */
export function cyclesOf(season: number): readonly number[] {
  if (season === 7) return [7, 365];
  if (season === 5) return [5, 261];
  const hourly = season >= 24 && season !== 52 && season !== 60; // 52 weeks, 60 seconds
  return hourly ? [season, 7 * season] : [season];
}

/** Those of some seasons that hold whole ones of all before them, the shortest first: a week is made of days, a year not of weeks. */
export function wholeSeasons(seasons: readonly number[]): readonly number[] {
  const whole: number[] = [];
  for (const season of [...new Set(seasons)].sort((a, b) => a - b)) {
    if (season % (whole.at(-1) ?? season) === 0) whole.push(season);
  }
  return whole;
}
