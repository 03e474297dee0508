// Series of too few rows to be judged: what forecasts them, fitted on all they have.
// In: the config's model, a short series. Out: something fitted that can forecast it. Not here: which series are short (panel.ts), their intervals (lenders.ts).

import { hasNetwork } from '../combine/member.ts';
import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers } from '../core/forecaster.ts';
import type { Calibration } from '../evaluate/intervals.ts';
import { pathId } from './forecast-rows.ts';
import { closedForm, modelForecaster, type Workshop } from './forecaster.ts';

/**
 * The config's model where the rows are enough to fit it and to forecast from; else, and in the place of a network, seasonal-naive.
 * `together`: the model fitted to this series along with others.
 */
export async function fitShort(
  workshop: Workshop,
  series: Series,
  request: FitRequest,
  together?: FittedNumbers,
): Promise<FittedNumbers> {
  if (!hasNetwork(workshop.config.model)) {
    try {
      const fitted = together ?? (await modelForecaster(workshop).fit(series, request));
      await fitted.forecast(series, {
        cutoffs: [series.length],
        horizon: request.horizon ?? 1,
        lead: request.lead ?? 0,
      });
      return fitted;
    } catch (error) {
      if (!(error instanceof ForecastError) || !error.code.startsWith('E_DATA_')) throw error;
    }
  }
  return await fitAnyway(series, request.seed, workshop.seasons ?? [workshop.season]);
}

/** What any series can be forecast by: its last season, or its last value where it has none yet. */
export async function fitAnyway(series: Series, seed: number, seasons: readonly number[]): Promise<FittedNumbers> {
  const request = { until: series.length, validation: null, seed };
  return await closedForm({ kind: 'seasonal-naive' }, { season: seasons[0] ?? 1, seasons }).fit(series, request);
}

/** Short series with a scale of their own. */
export function borrowers(short: readonly Series[], calibration: Calibration | null): number {
  return short.filter(({ id, targets }) => calibration?.scales.has(pathId(id, targets[0]?.name as string))).length;
}

/** Who forecasts the short series, and how many have intervals, told. */
export function shortNote(fits: readonly FittedNumbers[], borrowed: number): string[] {
  if (fits.length === 0) return [];
  const names = [...new Set(fits.map(({ name }) => name))];
  const counts = names.map((name) => `${fits.filter((fitted) => fitted.name === name).length} by ${name}`);
  const lent = `; intervals of ${borrowed} are borrowed from longer ones cut as short`;
  return [`series too short to be judged: ${counts.join(', ')}${borrowed > 0 ? lent : ''}`];
}
