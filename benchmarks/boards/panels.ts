// The boards of many series: sales of 45 stores, turnover of 22 retail trades; the last weeks or months of all of them from one origin.
// In: long tables. Out: boards. Not here: who takes part (box.ts).

import { rowsOf, type Series } from '../../src/core/data.ts';
import type { Fold } from '../../src/evaluate/backtest.ts';
import type { Board, Part } from './board.ts';
import { box } from './box.ts';
import { seriesIn, type Written } from './data.ts';
import { answered, perSeries, pooled } from './score.ts';

interface Form {
  readonly name: string;
  readonly source: Written;
  readonly horizon: number;
  readonly season: number;
  /** Rows before the end of the past at which the validation part asks, each fitted anew. */
  readonly origins: readonly number[];
}

const FORMS: readonly Form[] = [
  {
    name: 'walmart',
    source: {
      kind: 'csv',
      file: 'retail/walmart-45-stores-weekly.csv',
      time: 'Date',
      id: 'Store',
      target: 'Weekly_Sales',
      format: 'dmy',
    },
    horizon: 12,
    season: 52,
    origins: [24, 12],
  },
  {
    name: 'aus-retail',
    source: {
      kind: 'csv',
      file: 'retail/aus-retail-turnover-monthly.csv',
      time: 'Month',
      id: ['State', 'Industry'],
      target: 'Turnover',
    },
    horizon: 24,
    season: 12,
    origins: [48, 42, 36, 30, 24],
  },
];

const METRICS = ['wape', 'mase'];

export async function panels(): Promise<Board[]> {
  return await Promise.all(FORMS.map(async (form) => panel(form, await seriesIn(form.source))));
}

/** The board of a form over its series. */
export function panel(form: Form, whole: readonly Series[]): Board {
  const { name, horizon, season } = form;
  const until = ({ length }: Series): number => length - horizon;
  const partOf = (of: readonly Series[], folds: (series: Series) => readonly Fold[]): Part => {
    const walks = of.map((series) => ({ series, folds: folds(series) }));
    return {
      walks,
      score: (tracks) => {
        const all = answered(walks, tracks, horizon);
        return { ...pooled(all, ['wape'], season), ...perSeries(all, ['mase'], season) };
      },
    };
  };
  return {
    name,
    group: 'panels',
    protocol: `The last ${horizon} rows of ${whole.length} series from one origin; WAPE of all errors together, MASE (season ${season}) over series. Validation: ${form.origins.length} origins before them, fitted anew at each`,
    horizon,
    season,
    metrics: METRICS,
    contestants: box({ season, horizon, seasons: [season], panel: true, positive: true, network: true, many: true }),
    validation: () =>
      partOf(
        whole.map((series) => rowsOf(series, 0, until(series))),
        ({ length }) => form.origins.map((rows) => ({ from: 0, origins: [length - rows] })),
      ),
    test: () => partOf(whole, (series) => [{ from: 0, origins: [until(series)] }]),
    rolling: false,
    intervals: false,
    counts: { series: whole.length },
  };
}
