// Targets that never change: odd, and said. In: series. Out: warnings. Not here: what is done about them.

import type { Series } from '../core/data.ts';
import type { Warning } from '../core/errors.ts';

/** One warning for all targets that hold one value in every row; the first three are named. */
export function constantWarnings(series: readonly Series[]): Warning[] {
  const constant = series.flatMap(({ id, targets }) =>
    targets
      .filter(({ values }) => values.length > 1 && values.every((value) => value === values[0]))
      .map((target) => `${JSON.stringify(target.name)} of ${JSON.stringify(id)} is ${target.values[0]} in every row`),
  );
  if (constant.length === 0) return [];
  const more = constant.length > 3 ? `, and ${constant.length - 3} more targets are constant` : '';
  return [{ code: 'W_CONSTANT_SERIES', message: `${constant.slice(0, 3).join(', ')}${more}` }];
}
