// The seasons of the data and how they are known, in words.
// In: seasons. Out: one short line. Not here: finding them (seasons.ts at the root).

import type { Season } from '../core/season.ts';
import { figure } from './figures.ts';

/** Below this a calendar's season is not to be seen in the data. */
const SEEN = 0.1;

/** "season 24 and 168 (calendar, autocorrelation 0.89 and 0.6)"; empty where there is none. */
export function seasonFact(seasons: readonly Season[]): string {
  const shown = seasons.filter(({ rows }) => rows > 1);
  const [first] = shown;
  if (!first) return '';
  const rows = together(shown.map((season) => String(season.rows)));
  const how = { written: '', law: '', calendar: 'calendar', data: 'found in the data' }[first.by];
  const strengths = shown.flatMap(({ autocorrelation }) => (autocorrelation === null ? [] : [autocorrelation]));
  const weak = strengths.length > 0 && strengths.every((strength) => strength < SEEN);
  const strength =
    strengths.length === 0
      ? []
      : [weak ? 'not seen in the data' : `autocorrelation ${together(strengths.map((value) => figure(value, 2)))}`];
  const reasons = [...(how === '' ? [] : [how]), ...strength].join(', ');
  return `season ${rows}${reasons === '' ? '' : ` (${reasons})`}`;
}

function together(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
