// Intervals for series too short to be judged: long ones are cut as short, forecast as these are, and lend how far that was off.
// In: judged and short series, the model's intervals. Out: the intervals with a scale for every short series. Not here: the scale (evaluate/borrowed.ts).

import { hasNetwork } from '../combine/member.ts';
import { rowsOf, type Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest } from '../core/forecaster.ts';
import { borrowedRatios, differenceOf, LEAST_ROWS, LENDERS, type Lender } from '../evaluate/borrowed.ts';
import type { Calibration } from '../evaluate/intervals.ts';
import { errorsAt } from '../evaluate/score.ts';
import { fitTogether } from './fitting.ts';
import { pathId } from './forecast-rows.ts';
import type { Workshop } from './forecaster.ts';
import { fitShort } from './short.ts';

/** Series that lend at most. */
const MOST = 120;

/** `known`: rows of each judged series that may be looked at. `request`: of a fit to the end of a series. */
export async function withBorrowed(
  calibration: Calibration,
  short: readonly Series[],
  judged: readonly { readonly series: Series; readonly known: number }[],
  workshop: Workshop,
  request: (series: Series) => FitRequest,
): Promise<Calibration> {
  const { season } = workshop;
  const scales = new Map(calibration.scales);
  const times = new Map(calibration.levels.map(({ level }) => [level, new Map<string, number>()]));
  const lent = new Map<number, readonly (readonly Lender[])[]>();
  for (const { id, targets, length } of short) {
    const rows = roundRows(length);
    if (!lent.has(rows)) lent.set(rows, await lendersOf(rows, judged, workshop, request));
    for (const [c, { name, values }] of targets.entries()) {
      const ratios = borrowedRatios(lent.get(rows)?.[c] ?? [], calibration, season);
      const difference = differenceOf(values, rows, season);
      if (ratios === null || difference === null) continue;
      scales.set(pathId(id, name), difference);
      for (const [level, ratio] of ratios) times.get(level)?.set(pathId(id, name), ratio);
    }
  }
  const levels = calibration.levels.map((own) => ({ ...own, times: times.get(own.level) as Map<string, number> }));
  return short.length > 0 ? { ...calibration, scales, levels } : calibration;
}

/** Down to 1, 2, 3, 4, 6, 8, 12, 16, 24 …: few lengths are tried, none of them longer than the series. */
function roundRows(length: number): number {
  let rows = 1;
  while (2 * rows <= length) rows *= 2;
  return 1.5 * rows <= length ? Math.floor(1.5 * rows) : rows;
}

/** By target: judged series cut to so many rows before their newest horizon; none where that is too few of them, or rows to fit them by. */
async function lendersOf(
  rows: number,
  judged: readonly { readonly series: Series; readonly known: number }[],
  workshop: Workshop,
  request: (series: Series) => FitRequest,
): Promise<Lender[][]> {
  const { horizon } = workshop.config.predict;
  const { lead } = workshop.shape;
  const all = judged.map(({ series, known }) => ({ series, origin: known - horizon - lead }));
  const long = all.filter(({ origin }) => origin >= rows);
  if (rows < LEAST_ROWS || long.length < LENDERS) return [];
  const picked = long.filter((_, s) => s % Math.ceil(long.length / MOST) === 0);
  const cuts = picked.map(({ series, origin }) => rowsOf(series, origin - rows, origin));
  const pasts = [...all.map(({ series, origin }) => rowsOf(series, 0, origin)), ...cuts];
  const network = hasNetwork(workshop.config.model); // never trained on what is short
  const together = network ? null : await fitTogether(workshop, pasts, pasts.map(request)).catch(tooFewRows);
  if (together === undefined) return [];
  const lenders: Lender[][] = (judged[0]?.series.targets ?? []).map(() => []);
  for (const [i, { series, origin }] of picked.entries()) {
    const cut = cuts[i] as Series;
    const fitted = await fitShort(workshop, cut, request(cut), together?.[all.length + i]);
    const { values } = await fitted.forecast(cut, { cutoffs: [rows], horizon, lead });
    for (const [c, errors] of errorsAt(series, { origins: [origin], values }, horizon, lead).entries())
      lenders[c]?.push({ values: (cut.targets[c] as Series['targets'][number]).values, errors });
    fitted.dispose();
  }
  return lenders;
}

function tooFewRows(error: unknown): undefined {
  if (!(error instanceof ForecastError) || !error.code.startsWith('E_DATA_')) throw error;
}
