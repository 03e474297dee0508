// Whether the targets of recorded data are above 0, so that a recipe may take their logarithms.
// In: loaded data and the config as written. Out: the same data with their signs. Nothing that is held out is looked at.

import { isRecorded } from '../config/defaults.ts';
import type { Written } from '../config/schema.ts';
import type { Loaded } from '../core/data.ts';
import { factsOf, untouched } from './seasons.ts';

/** Whether every target value of every series is above 0, as far as it may be known. */
export function withSigns(data: Loaded, written: Written): Loaded {
  if (data.raw.form === 'text' || !isRecorded(written)) return data;
  const { series } = data.raw;
  const known = untouched(written, factsOf(data), series);
  const positive = series.every(({ targets }, s) =>
    targets.every(({ values }) => {
      const seen = values.subarray(0, known[s]);
      return seen.length > 0 && seen.every((value) => value > 0);
    }),
  );
  return { ...data, positive };
}
