// Forecasts changes instead of levels: each value minus the one `lag` steps before.
// In: one column. Out: an encoder that loses the first `lag` positions. Not here: choosing the lag from data.

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { NumberEncoder, NumberEncoderKind } from './encoder.ts';

export interface DifferenceOptions {
  readonly lag: number | 'season';
}

/** z[t] = x[t] − x[t − lag]. Errors: E_DATA_TOO_SHORT where the training part is not longer than the lag. */
export const difference: NumberEncoderKind<DifferenceOptions> = {
  kind: 'difference',
  form: 'numbers',
  summary: 'The change since the step before (lag 1) or since the same step of the last season (lag season).',
  options: z.strictObject({
    lag: z
      .union([z.number().int().min(1), z.literal('season')])
      .default(1)
      .describe('Steps back, a whole number of rows or "season" for the season of the series, default 1'),
  }),
  fit: (_, until, { lag }, { season, column }) => {
    const steps = lag === 'season' ? season : lag;
    if (until <= steps) {
      throw new ForecastError(
        'E_DATA_TOO_SHORT',
        `column "${column}" has ${until} training rows; a difference of lag ${steps} needs more than ${steps}`,
        {
          where: 'encoder.difference',
          hint: `use a lag ≤ ${Math.max(1, until - 1)} or more rows`,
        },
      );
    }
    return differenceEncoder(steps);
  },
  restore: (state) => differenceEncoder(state.lag as number),
};

function differenceEncoder(lag: number): NumberEncoder {
  return {
    state: { kind: 'difference', lag },
    skip: lag,
    encode: (values) => {
      const encoded = new Float64Array(values.length);
      for (let t = lag; t < values.length; t++) encoded[t] = (values[t] as number) - (values[t - lag] as number);
      return encoded;
    },
    decode: (forecast, history, cutoff) => {
      for (let h = 0; h < forecast.length; h++) {
        // Beyond the first lag steps the value a lag before is itself a forecast, already undone.
        const before = h < lag ? history[cutoff + h - lag] : forecast[h - lag];
        forecast[h] = (forecast[h] as number) + (before as number);
      }
    },
  };
}
