// The M4 boards: 359 weekly and 414 hourly series, the official test parts of 13 weeks and 48 hours from one origin.
// In: the competition's files. Out: boards. Not here: its definitions of error (metrics/).

import { rowsOf, type Series } from '../../src/core/data.ts';
import type { Walk } from '../../src/evaluate/backtest.ts';
import type { Board, Figures, Part } from './board.ts';
import { box } from './box.ts';
import { seriesIn } from './data.ts';
import { answered, perSeries } from './score.ts';

interface Form {
  readonly name: 'Weekly' | 'Hourly';
  readonly horizon: number;
  readonly season: number;
  /** Rows before the end of the training part at which the validation part asks, the earliest first; one fit before it. */
  readonly origins: readonly number[];
  /** The published Naive2: what OWA divides by, on the validation part as well. */
  readonly naive2: { readonly smape: number; readonly mase: number };
}

const FORMS: readonly Form[] = [
  { name: 'Weekly', horizon: 13, season: 1, origins: [39, 26, 13], naive2: { smape: 9.161, mase: 2.777 } },
  { name: 'Hourly', horizon: 48, season: 24, origins: [120, 96, 72, 48], naive2: { smape: 18.383, mase: 2.395 } },
];

const METRICS = ['owa', 'smape', 'mase'];

/** m4-weekly or m4-hourly. */
export async function m4(group: string): Promise<Board[]> {
  const form = FORMS.find(({ name }) => group === `m4-${name.toLowerCase()}`) as Form;
  const rows = (part: string): Promise<readonly Series[]> =>
    seriesIn({ kind: 'rows', file: `benchmarks/m4/${form.name}-${part}` });
  const [train, test] = await Promise.all([rows('train.csv.gz'), rows('test.csv')]);
  const whole = train.map((series, s) => extended(series, test[s] as Series));
  const known = train.map(({ length }) => length);
  return [boardOf(group, form, whole, known)];
}

function boardOf(group: string, form: Form, whole: readonly Series[], known: readonly number[]): Board {
  const { horizon, season } = form;
  const past = whole.map((series, s) => rowsOf(series, 0, known[s] as number));
  const score =
    (walks: readonly Walk[]): Part['score'] =>
    (tracks) =>
      owa(perSeries(answered(walks, tracks, horizon), ['smape', 'mase'], season), form);
  const partOf = (walks: readonly Walk[]): Part => ({ walks, score: score(walks) });
  return {
    name: group,
    group,
    protocol: `${whole.length} series, ${horizon} steps from the end of each training part; sMAPE (0–200) and MASE (season ${season}) over steps, then series; OWA against the published Naive2. Validation: origins ${form.origins.join(', ')} rows before that end, fitted once before the first of them`,
    horizon,
    season,
    metrics: METRICS,
    contestants: box({
      season,
      horizon,
      seasons: form.name === 'Weekly' ? [52] : [24, 168],
      panel: true,
      positive: true,
    }),
    validation: () =>
      partOf(
        past.map((series, s) => ({
          series,
          folds: [{ from: 0, origins: form.origins.map((rows) => (known[s] as number) - rows) }],
        })),
      ),
    test: () => partOf(whole.map((series, s) => ({ series, folds: [{ from: 0, origins: [known[s] as number] }] }))),
    rolling: false,
    intervals: true,
    counts: { series: whole.length },
  };
}

function owa({ smape, mase }: Figures, { naive2 }: Form): Figures {
  const both = smape === null || mase === null || smape === undefined || mase === undefined;
  return {
    owa: both ? null : (smape / naive2.smape + mase / naive2.mase) / 2,
    smape: smape ?? null,
    mase: mase ?? null,
  };
}

function extended(series: Series, by: Series): Series {
  const { values, name } = series.targets[0] as Series['targets'][number];
  const more = (by.targets[0] as Series['targets'][number]).values;
  const all = new Float64Array(values.length + more.length);
  all.set(values);
  all.set(more, values.length);
  return { ...series, length: all.length, targets: [{ name, values: all }] };
}
