// A forecaster that sees the logarithms of a series, its forecasts taken back by the exponential.
// In: a member, a series above 0. Out: forecasts in the series' own unit. Not here: other scales.

import * as z from 'zod';
import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../core/forecaster.ts';
import type { CombinationKind, CombineContext, Member } from './combination.ts';
import { single, spelled } from './member.ts';

export interface LogScaleOptions {
  readonly model: Member;
}

const KIND = 'log-scale';

/** The median of a forecast, not its mean: exp undoes ln value by value. Errors: E_DATA_RANGE for values at or below 0, those of the member. */
export const logScale: CombinationKind<LogScaleOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'A forecaster of the logarithms of a series; values must be above 0.',
  options: z.strictObject({
    model: single.describe('The forecaster of the logarithms, by kind and options, or the kind alone'),
  }),
  create: (options, context) => onLogarithms(options, context),
};

function onLogarithms({ model }: LogScaleOptions, context: CombineContext): NumberForecaster {
  const inner = context.create(spelled(model));
  const fit = async (series: Series, request: FitRequest): Promise<FittedNumbers> => {
    checkAbove(series, request.until);
    return undone(await inner.fit(logarithms(series), request));
  };
  if (!inner.fitPanel) return { name: KIND, fit };
  return {
    name: KIND,
    fit,
    fitPanel: async (panel, requests) => {
      for (const [s, series] of panel.entries()) checkAbove(series, (requests[s] as FitRequest).until);
      const fits = (await inner.fitPanel?.(panel.map(logarithms), requests)) as readonly FittedNumbers[];
      return fits.map(undone);
    },
  };
}

function undone(fitted: FittedNumbers): FittedNumbers {
  return {
    name: KIND,
    inside: fitted,
    ...(fitted.firstCutoff === undefined ? {} : { firstCutoff: fitted.firstCutoff }),
    forecast: async (series, request) => {
      let last = 0;
      for (let n = 0; n < request.cutoffs.length; n++) last = Math.max(last, request.cutoffs[n] as number);
      checkAbove(series, Math.min(last, series.length));
      const { cutoffs, horizon, lead, signal } = request;
      const { values } = await fitted.forecast(logarithms(series), { cutoffs, horizon, lead, signal });
      for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i] as number);
      return { values };
    },
    state: () => ({ kind: KIND, model: fitted.state() }),
    dispose: () => fitted.dispose(),
  };
}

/** Rows that are not known yet may be anything: what they have no logarithm of is NaN, and nobody looks at it. */
function logarithms(series: Series): Series {
  const targets = series.targets.map(
    ({ name, values }): Column => ({ name, values: values.map((value) => (value > 0 ? Math.log(value) : Number.NaN)) }),
  );
  return { ...series, targets };
}

function checkAbove(series: Series, until: number): void {
  for (const { name, values } of series.targets) {
    for (let t = 0; t < until; t++) {
      if ((values[t] as number) > 0) continue;
      throw new ForecastError('E_DATA_RANGE', `a logarithm needs values above 0, row ${t + 1} has ${values[t]}`, {
        where: name,
        hint: 'the member without log-scale',
      });
    }
  }
}
