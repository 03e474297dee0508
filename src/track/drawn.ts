// Values that nobody observed, drawn on a line to one that came later (source.fill: linear), where they are held out: said, as they tell of the future.
// In: series and the first row of each that anything is judged on. Out: a warning. Not here: filling (sources/frame.ts).

import type { Series } from '../core/data.ts';
import type { Warning } from '../core/errors.ts';

/** `firsts`: by series; null where nothing of it is held out. */
export function drawnWarnings(series: readonly Series[], firsts: readonly (number | null)[]): Warning[] {
  let count = 0;
  for (const [s, { targets, past, future }] of series.entries()) {
    const first = firsts[s] ?? null;
    if (first === null) continue;
    for (const { drawn = [] } of [...targets, ...past, ...future])
      for (const row of drawn) if (row >= first - 1) count++;
  }
  if (count === 0) return [];
  const [values, lie] = count === 1 ? ['value', 'lies'] : ['values', 'lie'];
  const message = `${count} ${values} among the rows held out ${lie} on a line to one that came later (source.fill: linear): scores are better than forecasts can be, previous looks at nothing that comes`;
  return [{ code: 'W_FILL_AHEAD', message }];
}
