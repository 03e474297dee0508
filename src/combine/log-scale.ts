// A forecaster that sees the logarithms of a series, its forecasts taken back by the exponential.
// In: a member, a series above 0. Out: forecasts in the series' own unit. Not here: other scales.

import * as z from 'zod';
import type { Column, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../core/forecaster.ts';
import { halfTheLeast } from '../forecasters/logarithms.ts';
import type { CombinationKind, CombineContext, Member } from './combination.ts';
import { single, spelled } from './member.ts';

export interface LogScaleOptions {
  readonly model: Member;
}

const KIND = 'log-scale';

/**
 * The median of a forecast, not its mean: exp undoes ln value by value. Values at or below 0 that come after the fit count as half the least it
 * knew. Errors: E_DATA_RANGE for those it is fitted on, those of the member.
 */
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
    const least = leastOf(series, request);
    return undone(await inner.fit(logarithms(series, least), request), least);
  };
  if (!inner.fitPanel) return { name: KIND, fit };
  return {
    name: KIND,
    fit,
    fitPanel: async (panel, requests) => {
      const least = panel.map((series, s) => leastOf(series, requests[s] as FitRequest));
      const told = panel.map((series, s) => logarithms(series, least[s] as Float64Array));
      const fits = (await inner.fitPanel?.(told, requests)) as readonly FittedNumbers[];
      return fits.map((fitted, s) => undone(fitted, least[s] as Float64Array));
    },
  };
}

function undone(fitted: FittedNumbers, least: Float64Array): FittedNumbers {
  return {
    name: KIND,
    inside: fitted,
    ...(fitted.firstCutoff === undefined ? {} : { firstCutoff: fitted.firstCutoff }),
    forecast: async (series, request) => {
      const { values } = await fitted.forecast(logarithms(series, least), request);
      for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i] as number);
      return { values };
    },
    state: () => ({ kind: KIND, model: fitted.state() }),
    dispose: () => fitted.dispose(),
  };
}

/** `least`: what a value without a logarithm counts as, by target. */
function logarithms(series: Series, least: Float64Array): Series {
  const targets = series.targets.map(
    ({ name, values }, c): Column => ({
      name,
      values: values.map((value) => Math.log(value > 0 ? value : (least[c] as number))),
    }),
  );
  return { ...series, targets };
}

/** By target. Errors: E_DATA_RANGE for a value at or below 0 among those fitted on. */
function leastOf({ targets }: Series, { until, validation }: FitRequest): Float64Array {
  return Float64Array.from(targets, ({ name, values }) => {
    const known = values.subarray(0, until);
    const t = known.findIndex((value) => !(value > 0));
    if (t < 0) return halfTheLeast(known.subarray(0, validation ?? until));
    throw new ForecastError('E_DATA_RANGE', `a logarithm needs values above 0, row ${t + 1} has ${known[t]}`, {
      where: name,
      hint: 'the member without log-scale',
    });
  });
}
