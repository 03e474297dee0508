// The ETTh1 boards: seven hourly series of a transformer, every window of the usual test part, four horizons.
// In: the file. Out: boards. Not here: who takes part (box.ts), but the settings of linear.

import { type Column, rowsOf, type Series } from '../../src/core/data.ts';
import type { Track, Walk } from '../../src/evaluate/backtest.ts';
import type { Board, Choice, Contestant, Part } from './board.ts';
import { box } from './box.ts';
import { seriesIn } from './data.ts';
import { poolOf } from './score.ts';

const TRAIN = 8640;
const VALIDATION = 11_520;
const END = 14_400;
const HORIZONS = [96, 192, 336, 720];
const SEASON = 24;

export async function etth1(): Promise<Board[]> {
  const [series] = (await seriesIn({
    kind: 'csv',
    file: 'benchmarks/ltsf/ETTh1.csv',
    time: 'date',
    target: ['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'],
  })) as [Series];
  const scaled = zScored(rowsOf(series, 0, END), TRAIN);
  return HORIZONS.map((horizon) => boardOf(scaled, horizon));
}

function boardOf(series: Series, horizon: number): Board {
  const partOf = (from: number, until: number): Part => {
    const origins = Array.from({ length: until - horizon - from + 1 }, (_, i) => from + i);
    const walk: Walk = { series: rowsOf(series, 0, until), folds: [{ from: 0, origins }] };
    const score = poolOf(walk, horizon, ['mse', 'mae'], SEASON);
    return {
      walks: [walk],
      heldOut: () => (from === VALIDATION ? TRAIN : null), // what is fitted never learns from the validation part
      score: (tracks) => score(tracks[0] as Track),
    };
  };
  const windows = END - VALIDATION - horizon + 1;
  return {
    name: `etth1-${horizon}`,
    group: 'etth1',
    protocol: `Rows ${TRAIN} / ${VALIDATION - TRAIN} / ${END - VALIDATION} for training, validation and test, scaled by the training part; every window of ${horizon} steps, all seven series, known rows before it; fitted once on the training part`,
    horizon,
    season: SEASON,
    metrics: ['mse', 'mae'],
    contestants: contestants(horizon),
    validation: () => partOf(TRAIN, VALIDATION),
    test: () => partOf(VALIDATION, END),
    fittedOnce: true,
    rolling: false,
    intervals: false,
    counts: { windows },
  };
}

function contestants(horizon: number): Contestant[] {
  const own = box({ season: SEASON, horizon, seasons: [24, 168], panel: true, positive: false });
  return own.map((contestant) =>
    contestant.name === 'linear' ? { ...contestant, settings: linear().map((model) => ({ model })) } : contestant,
  );
}

/** Squares, as the board counts; penalties, or the mean over some, by the validation part. */
function linear(): Choice[] {
  const of = (context: number, ridge: number | number[]): Choice => ({
    kind: 'linear',
    context,
    ridge,
    log: false,
    scale: 'none',
    loss: 'squares',
  });
  return [...[0.03, 0.1, 0.3, 1, 3, [0.1, 0.3, 1, 3]].map((ridge) => of(504, ridge)), of(336, 0.3), of(672, 0.3)];
}

/** Mean 0 and variance 1 over the first `rows`. */
function zScored(series: Series, rows: number): Series {
  const scaled = ({ name, values }: Column): Column => {
    let mean = 0;
    for (let t = 0; t < rows; t++) mean += (values[t] as number) / rows;
    let variance = 0;
    for (let t = 0; t < rows; t++) variance += (((values[t] as number) - mean) * ((values[t] as number) - mean)) / rows;
    const deviation = Math.sqrt(variance);
    return { name, values: values.map((value) => (value - mean) / deviation) };
  };
  return { ...series, targets: series.targets.map(scaled) };
}
