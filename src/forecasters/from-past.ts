// A number forecaster that is one formula over the values before a cutoff; nothing is kept from the fit.
// In: the formula. Out: the forecaster. Not here: any formula.

import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FittedNumbers, ForecastRequest, NumberForecaster } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';

/**
 * The formula for one column: what may be summed up once over values[0, last), then the forecast made at a cutoff (1 … last) for
 * `ahead` steps after the last known value, values[cutoff − 1]. It must read nothing at or after the cutoff.
 */
export type Formula = (values: Float64Array, last: number) => (cutoff: number, ahead: number) => number;

/** The forecaster of a formula. Errors: E_DATA_TOO_SHORT for a cutoff with nothing known before it. */
export function fromPast(kind: string, settings: JsonObject, formula: Formula): NumberForecaster {
  const fitted: FittedNumbers = {
    name: kind,
    forecast: async (series, request) => ({ values: forecastAll(series, request, formula) }),
    state: () => ({ kind, ...settings }),
    dispose: () => {},
  };
  return { name: kind, fit: async () => fitted };
}

function forecastAll(series: Series, { cutoffs, horizon, lead }: ForecastRequest, formula: Formula): Float64Array {
  const last = checkCutoffs(series, cutoffs);
  const targets = series.targets.length;
  const values = new Float64Array(cutoffs.length * horizon * targets); // (N, H, C)
  const formulas = series.targets.map((column: Column) => formula(column.values, last));
  for (let n = 0; n < cutoffs.length; n++) {
    const cutoff = cutoffs[n] as number;
    for (let c = 0; c < targets; c++) {
      const at = formulas[c] as ReturnType<Formula>;
      for (let h = 0; h < horizon; h++) values[(n * horizon + h) * targets + c] = at(cutoff, lead + h + 1);
    }
  }
  return values;
}

/** The latest cutoff. Errors: E_DATA_TOO_SHORT for a cutoff with nothing known before it or rows missing. */
export function checkCutoffs(series: Series, cutoffs: ArrayLike<number>): number {
  let last = 0;
  for (let n = 0; n < cutoffs.length; n++) {
    const cutoff = cutoffs[n] as number;
    if (!(cutoff >= 1 && cutoff <= series.length)) {
      throw new ForecastError(
        'E_DATA_TOO_SHORT',
        `no forecast at cutoff ${cutoff} of a series of ${series.length} rows`,
        {
          where: series.id,
          hint: 'at least one row must be known, and all rows before the cutoff',
        },
      );
    }
    last = Math.max(last, cutoff);
  }
  return last;
}
