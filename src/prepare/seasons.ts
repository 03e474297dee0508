// The seasons of the data: written, or the period of their law, or the calendar's where the data do not contradict it, or found in the data.
// In: loaded data and the config as written. Out: the same data with their seasons. Not here: the test (evaluate/periodicity.ts).

import type { Config } from '../config/config.ts';
import { type Facts, isRecorded, settle } from '../config/defaults.ts';
import type { Written } from '../config/schema.ts';
import type { Loaded, Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import { cyclesOf, type Season, seasonOf } from '../core/season.ts';
import { holdsWhole, isSeason, type Period, periodsAt, periodsIn } from '../evaluate/periodicity.ts';
import { usualCalendar } from '../sources/calendar.ts';
import { holdOut, windowShape } from './cutting.ts';
import { usualRows } from './panel.ts';

/** Series looked at in a panel, evenly chosen, and newest rows, of one target and of all of them: more would tell nothing new. */
const MOST_SERIES = 64;
const MOST_ROWS = 32_768;
const ALL_ROWS = 131_072;
/** A calendar's season that repeats by less than this share of another one is not the series'. */
const BESIDE = 0.5;
/** A calendar's season that repeats by so much is not doubted. */
const CLEAR = 0.5;

/** What defaults depend on. The first season found counts, else what the source knows, else the calendar. */
export function factsOf({
  raw,
  season,
  seasons,
  positive,
  horizon,
}: Pick<Loaded, 'raw' | 'season' | 'seasons' | 'positive' | 'horizon'>): Facts {
  if (raw.form === 'text')
    return { form: 'text', season: 1, rows: raw.documents.reduce((sum, document) => sum + document.length, 0) };
  const [series] = raw.series;
  const usual = season ?? (series ? seasonOf(series.time.frequency) : 1);
  const rows = usualRows(raw.series, seasons?.[0]?.rows ?? usual);
  const [first] = seasons ?? [];
  const beside = {
    series: raw.series.length,
    positive: positive ?? false,
    calendar: yearly(series, first?.rows ?? usual),
    ...(horizon === undefined ? {} : { horizon }),
  };
  if (!first) return { form: 'numbers', season: usual, rows, ...beside };
  const cycle = usual > 1 && first.by !== 'written' ? usual : first.rows;
  return {
    form: 'numbers',
    season: first.rows,
    seasons: (seasons ?? []).map((one) => one.rows),
    cycle,
    rows,
    ...beside,
  };
}

/** Features of the calendar whose cycle is the season, where that is a year: the others were of no use to a network that reads its season. */
export function yearly(series: Series | undefined, season: number): readonly string[] {
  if (!series || series.time.stamps === null || season !== seasonOf(series.time.frequency)) return [];
  return usualCalendar(series.time.frequency).filter((name) => YEARLY.has(name));
}

const YEARLY: ReadonlySet<string> = new Set(['month', 'week-of-year']);

/**
 * Data with their seasons. Nothing that is held out is looked at: rows from the first validation or test target or the first origin of the
 * backtest on, whichever seasons are found.
 */
export function withSeasons(data: Loaded, written: Written): Loaded {
  if (data.raw.form === 'text') return data;
  const given = written.source.season as number | readonly number[] | undefined;
  if (given !== undefined) return withKnown(data, typeof given === 'number' ? [given] : given, 'written');
  if (!isRecorded(written)) return data.season === undefined ? data : withKnown(data, [data.season], 'law');
  const series = evenly(data.raw.series);
  const facts = factsOf(data);
  return { ...data, seasons: seasonsOf(series, untouched(written, facts, series), facts.season) };
}

function withKnown(data: Loaded, rows: readonly number[], by: Season['by']): Loaded {
  return { ...data, seasons: rows.map((season) => ({ rows: season, by, autocorrelation: null })) };
}

function evenly(all: readonly Series[]): readonly Series[] {
  if (all.length <= MOST_SERIES) return all;
  return Array.from({ length: MOST_SERIES }, (_, i) => all[Math.floor((i * all.length) / MOST_SERIES)] as Series);
}

/**
 * Rows of each series before everything that is held out; 0 where it is too short to be cut. Where there is no calendar the season found
 * decides the horizon and so the parts: they begin earliest under the longest horizon (a tenth of the rows) and the shortest context, or
 * under none, and as many folds as there can be.
 */
export function untouched(written: Written, facts: Facts, all: readonly Series[]): number[] {
  const { season, cycle = season, rows } = facts;
  const narrow: Written = { ...written, window: { ...written.window, context: written.window.context ?? 1 } };
  const cycles = cycle > 1 ? [cycle] : [1, Math.max(1, Math.floor(rows / 10))];
  const configs = cycles.flatMap((cycle) => {
    const widest = { ...facts, season: 1, cycle }; // few rows before the first fold: as many folds as there can be
    return [settle(written, widest), settle(narrow, widest)];
  });
  return all.map((series) => Math.min(...configs.map((config) => untouchedBy(config, series))));
}

function untouchedBy(config: Config, series: Series): number {
  const { folds, step } = config.evaluate;
  try {
    const { parts } = holdOut(config, windowShape(config, series), series.length);
    const end = parts.test ?? series.length;
    const origin = end - config.window.lead - config.predict.horizon + 1 - folds * step;
    return Math.max(0, Math.min(parts.validation ?? end, folds > 0 ? origin : end));
  } catch (error) {
    if (error instanceof ForecastError) return 0; // said by what cuts it to train on it
    throw error;
  }
}

/**
 * By the calendar where it has seasons: the shortest always, longer ones where the data show them. Where the data have nothing of the
 * shortest and another season instead, they contradict it, and that one stands alone; where there is no calendar, what they show.
 */
function seasonsOf(all: readonly Series[], known: readonly number[], usual: number): Season[] {
  const targets = all.flatMap((series, s) =>
    series.targets.map(({ values }) => ({ values, until: known[s] as number })),
  );
  const most = Math.min(MOST_ROWS, Math.floor(ALL_ROWS / targets.length));
  const traces = targets.map(({ values, until }) => values.subarray(Math.max(0, until - most), until));
  const cycles = usual > 1 ? cyclesOf(usual) : [];
  const looks = traces.map((values) => periodsAt(values, cycles));
  const calendar = cycles.map((rows, i) =>
    agreed(
      rows,
      looks.map((periods) => periods[i] ?? null),
    ),
  );
  const [first, ...longer] = calendar;
  const others = longer.filter(({ seen }) => seen).map(byCalendar);
  const isClear = first?.seen && (first.autocorrelation as number) >= CLEAR;
  if (first && isClear) return [byCalendar(first), ...others];
  const found = others.length > 0 ? others : searched(traces);
  if (!first || isContradicted(first, found)) return found;
  return [byCalendar(first), ...others];
}

/** What the traces say together of a season. */
interface Agreed {
  readonly rows: number;
  /** Whether half of those that can tell show it. */
  readonly seen: boolean;
  readonly autocorrelation: number | null;
}

function agreed(rows: number, periods: readonly (Period | null)[]): Agreed {
  const told = periods.filter((period) => period !== null);
  const shown = told.filter((period) => isSeason(period)).length;
  return {
    rows,
    seen: told.length > 0 && 2 * shown >= told.length,
    autocorrelation: told.length > 0 ? median(told.map(({ correlation }) => correlation)) : null,
  };
}

/** Whether rows are enough to tell that a calendar's season is little beside what was found, and no part of it. */
function isContradicted({ rows, seen, autocorrelation }: Agreed, [found]: readonly Season[]): boolean {
  if (autocorrelation === null || !found || (seen && holdsWhole(found.rows, rows))) return false;
  return autocorrelation < BESIDE * (found.autocorrelation ?? 0);
}

function byCalendar({ rows, autocorrelation }: Agreed): Season {
  return { rows, by: 'calendar', autocorrelation };
}

/** Seasons nobody named that half of the traces show: of the shortest, then of a longer one in those that show it. */
function searched(traces: readonly Float64Array[]): Season[] {
  const found = traces.map((values) => periodsIn(values));
  const first = common(found.map(([period]) => period ?? null));
  if (first === null) return [];
  const second = common(found.map(([, period]) => period ?? null));
  return second === null ? [first] : [first, second];
}

/** The lag that most of them share, within a twelfth of it, where half do. */
function common(periods: readonly (Period | null)[]): Season | null {
  const shown = periods.filter((period) => period !== null);
  const near = (lag: number): Period[] => shown.filter((period) => Math.abs(period.lag - lag) <= lag / 12);
  const [best] = shown.map(({ lag }) => near(lag)).sort((a, b) => b.length - a.length);
  if (!best || 2 * best.length < periods.length) return null;
  const rows = median(best.map(({ lag }) => lag));
  return { rows, by: 'data', autocorrelation: median(best.map(({ correlation }) => correlation)) };
}

/** Of an even count the lower one, so that it is one of the values. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number;
}
