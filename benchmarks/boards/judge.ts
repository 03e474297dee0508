// One forecaster on one board: every setting on the validation part, the best of them on the test part where that may be looked at.
// In: a board, a contestant. Out: its row. Not here: the order of work (crew.ts), what is made of rows (accuracy.ts).

import { hasNetwork, labelOf } from '../../src/combine/member.ts';
import { settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Numbers, rowsOf, type Series } from '../../src/core/data.ts';
import { ForecastError } from '../../src/core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../../src/core/forecaster.ts';
import { joined } from '../../src/core/joined.ts';
import { openEngine } from '../../src/engines/index.ts';
import { backtest, type Track, type Walk } from '../../src/evaluate/backtest.ts';
import { windowShape } from '../../src/prepare/cutting.ts';
import { factsOf } from '../../src/prepare/open.ts';
import { type CalendarEntry, withCalendar } from '../../src/sources/calendar.ts';
import { modelForecaster } from '../../src/track/forecaster.ts';
import { trainOptions } from '../../src/track/outcome.ts';
import type { Asked, Board, Contestant, Figures, Part, Row, Setting } from './board.ts';
import { intervalFigures } from './interval.ts';

/** The row of a contestant; one that cannot be fitted has a reason instead of figures. */
export async function judge(board: Board, contestant: Contestant, asked: Asked): Promise<Row> {
  if (board.judge) return await board.judge(contestant, asked);
  const { look, say } = asked;
  const started = process.cpuUsage();
  const row = { forecaster: contestant.name, ours: true, ...(contestant.combination ? { combination: true } : {}) };
  const part = board.validation();
  const tried: { setting: string; error: number | null }[] = [];
  let best: Tried | null = null;
  let reason = 'its forecasts are not finite';
  for (const setting of contestant.settings) {
    say?.(`${board.name} ${label(setting, board.season)}`);
    const one = await attempt(board, setting, part);
    tried.push({ setting: label(setting, board.season), error: 'reason' in one ? null : one.error });
    if ('reason' in one) reason = one.reason;
    else if (one.error !== null && (best === null || one.error < (best.error as number))) best = one;
  }
  if (best === null) return { ...row, validation: null, test: null, seconds: secondsSince(started), tried, reason };
  say?.(`${board.name} ${label(best.setting, board.season)}: chosen`);
  const found = look ? await lookAt(board, best.setting, part, best.walked) : null;
  const own = seedsOf(best.walked, part, found);
  return {
    ...row,
    validation: best.figures,
    test: found?.figures ?? null,
    seconds: secondsSince(started),
    setting: label(best.setting, board.season),
    tried,
    ...(own.length > 0 ? { seeds: own } : {}),
  };
}

/** A setting on the validation part. */
interface Tried {
  readonly setting: Setting;
  readonly error: number | null;
  readonly figures: Figures;
  readonly walked: Walked;
}

/** Errors of the data are reasons; others are thrown. */
async function attempt(board: Board, setting: Setting, part: Part): Promise<Tried | { readonly reason: string }> {
  try {
    const walked = await walk(board, setting, part);
    const figures = part.score(walked.tracks);
    return { setting, figures, walked, error: figures[board.metrics[0] as string] ?? null };
  } catch (error) {
    if (error instanceof ForecastError) return { reason: error.message };
    throw error;
  }
}

/** The one look at the test part. */
async function lookAt(
  board: Board,
  setting: Setting,
  validation: Part,
  { tracks: errors, forecaster }: Walked,
): Promise<{ figures: Figures; walked: Walked; part: Part }> {
  const part = board.test();
  const walked = await walk(board, setting, part, forecaster);
  const figures = part.score(walked.tracks);
  if (!board.intervals) return { figures, walked, part };
  return { figures: { ...figures, ...intervalFigures(board, validation, errors, part, walked.tracks) }, walked, part };
}

interface Walked {
  readonly forecaster: NumberForecaster;
  readonly tracks: readonly Track[];
  /** The tracks of each member of an ensemble of seeds, in order; else none. */
  readonly seeds: ReadonlyMap<number, readonly Track[]>;
}

/** A forecaster fitted anew at every fold of a part, and asked at its origins; `before`: the one of an earlier part. */
async function walk(board: Board, setting: Setting, part: Part, before?: NumberForecaster): Promise<Walked> {
  const { forecaster: made, walks } = await madeFor(board, setting, part);
  const forecaster = board.fittedOnce ? (before ?? fittedOnce(made)) : made;
  const spread = seedsApart(forecaster);
  const request = (past: Series): FitRequest => ({
    until: past.length,
    validation: part.heldOut?.(past) ?? null,
    horizon: board.horizon,
    lead: 0,
    seed: 1,
  });
  const tracks = await backtest(spread.forecaster, walks, { horizon: board.horizon, lead: 0 }, { request });
  return { forecaster, tracks, seeds: spread.tracks(tracks) };
}

/** What was fitted first answers ever after. */
function fittedOnce(inner: NumberForecaster): NumberForecaster {
  let first: Promise<FittedNumbers> | null = null;
  const fit: NumberForecaster['fit'] = async (series, request) => {
    first ??= inner.fit(series, request);
    return { ...(await first), dispose: () => {} };
  };
  return { name: inner.name, fit };
}

/** The forecaster as the product makes it from a config, and the series as it reads them: with a calendar where its recipe asks for one. */
async function madeFor(
  board: Board,
  { model, season = board.season, seasons }: Setting,
  part: Part,
): Promise<{ forecaster: NumberForecaster; walks: readonly Walk[] }> {
  const network = hasNetwork(model);
  const { written } = parseConfig({
    name: 'board',
    source: { kind: 'csv', file: 'board.csv' },
    model,
    // A network's recipe says in which blocks it forecasts.
    ...(network ? {} : { window: { horizon: board.horizon } }),
    predict: { horizon: board.horizon },
  });
  const known = seasons ? { season, seasons } : { season };
  const past = pastOf(part.walks);
  const facts = { ...factsOf({ raw: { form: 'numbers', series: past }, season }), ...known, positive: allAbove(past) };
  const config = settle(written, facts);
  const { engine } = await openEngine(config.engine.kind);
  const shape = windowShape(config, past[0] as Series);
  const forecaster = modelForecaster({ config, shape, ...known, engine, train: trainOptions(config) });
  const calendar = (network ? (config.source.calendar ?? []) : []) as readonly CalendarEntry[];
  return { forecaster, walks: dated(part.walks, calendar, Math.ceil(board.horizon / shape.horizon) * shape.horizon) };
}

/** What is known at the first origin of each series: nothing is decided by later rows. */
function pastOf(walks: readonly Walk[]): Series[] {
  return walks.map(({ series, folds }) =>
    rowsOf(series, 0, Math.min(...folds.map(({ origins }) => origins[0] as number))),
  );
}

function allAbove(past: readonly Series[]): boolean {
  return past.every(({ targets }) => targets.every(({ values }) => values.every((value) => value > 0)));
}

function dated(walks: readonly Walk[], calendar: readonly CalendarEntry[], ahead: number): readonly Walk[] {
  if (calendar.length === 0) return walks;
  const raw = { form: 'numbers', series: walks.map(({ series }) => series) } as const;
  const { series } = withCalendar({ raw, sha256: '', warnings: [], notes: [] }, calendar, ahead).raw as Numbers;
  return walks.map((walk, s) => ({ ...walk, series: series[s] as Series }));
}

/** A forecaster that also keeps what each member of an ensemble of seeds said. */
function seedsApart(inner: NumberForecaster): {
  forecaster: NumberForecaster;
  tracks: (all: readonly Track[]) => Map<number, Track[]>;
} {
  const said = new Map<number, Float64Array[]>();
  const kept = (fitted: FittedNumbers): FittedNumbers => {
    const { seeds } = fitted.state();
    if (!Array.isArray(seeds)) return fitted;
    return {
      ...fitted,
      forecast: async (series, request) => {
        const forecasts = await fitted.forecast(series, request);
        for (const [k, values] of (forecasts.parts ?? []).entries()) {
          const seed = seeds[k] as number;
          said.set(seed, [...(said.get(seed) ?? []), values]);
        }
        return forecasts;
      },
    };
  };
  const { fitPanel } = inner;
  const forecaster: NumberForecaster = {
    name: inner.name,
    fit: async (series, request) => kept(await inner.fit(series, request)),
    ...(fitPanel
      ? { fitPanel: async (panel, requests) => (await fitPanel.call(inner, panel, requests)).map(kept) }
      : {}),
  };
  // Of one series alone the answers come fold by fold; of several they are not told apart.
  const tracks = (all: readonly Track[]): Map<number, Track[]> => {
    if (all.length !== 1) return new Map();
    return new Map([...said].map(([seed, parts]) => [seed, [{ ...(all[0] as Track), values: joined(parts) }]]));
  };
  return { forecaster, tracks };
}

function seedsOf(walked: Walked, part: Part, found: { walked: Walked; part: Part } | null): NonNullable<Row['seeds']> {
  const of = (own: Part, tracks: readonly Track[] | undefined): Figures | null => (tracks ? own.score(tracks) : null);
  return [...walked.seeds.keys()].map((seed) => ({
    seed,
    validation: of(part, walked.seeds.get(seed)),
    test: found ? of(found.part, found.walked.seeds.get(seed)) : null,
  }));
}

/** A setting as it is told: the member's name, and its season where that is not the board's. */
function label({ model, season, seasons }: Setting, usual: number): string {
  const { kind, members, ...options } = model;
  const list = Array.isArray(members) ? ` of ${members.map((member) => labelOf(member)).join(', ')}` : '';
  const words = labelOf({ kind, ...options }) + list;
  if (seasons) return `${words}, seasons ${seasons.join(' and ')}`;
  return season === undefined || season === usual ? words : `${words}, season ${season}`;
}

/** Of processor time, which other work on the machine does not change. */
export function secondsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return Math.round((user + system) / 1e4) / 100;
}
