// A forecast as a table of the terminal: its first steps, or the first step of several series.
// In: forecast rows, how many and how wide. Out: lines. Not here: the page around them (terminal.ts).

import { columns, count, cutTo, unitFigures, visible, widthOf } from './figures.ts';
import { levelsOf } from './levels.ts';
import { plain, type Style, WIDTH } from './paint.ts';
import type { ForecastRow } from './result.ts';

/** The forecast alone, as `predict` shows it. */
export function renderForecast(rows: readonly ForecastRow[], style: Style = plain): string {
  return forecastLines(rows, style, { limit: 48, place: ' with --csv' }).join('\n');
}

/** The first step of the first series or targets. */
export function firstSteps(rows: readonly ForecastRow[], style: Style, width: number): string[] {
  const first = rows.filter(({ step }) => step === 1).slice(0, 4);
  return forecastLines(first, style, { limit: first.length, all: rows.length, width });
}

interface Shown {
  readonly limit: number;
  /** Where the others are. */
  readonly place?: string;
  /** Of how many rows. */
  readonly all?: number;
  readonly width?: number;
}

/** The first steps of the first series and target; what is left out of `all` is counted. */
export function forecastLines(
  rows: readonly ForecastRow[],
  style: Style,
  { limit, place = ' in forecast.csv', all = rows.length, width = WIDTH }: Shown,
): string[] {
  const first = rows[0];
  if (first === undefined) return [];
  const named = rows.some((row) => row.series !== first.series);
  const [level] = levelsOf(rows);
  const shown = rows.slice(0, limit);
  const label = (row: ForecastRow): string => (named ? `${visible(row.series, 36)} ` : '') + visible(row.target, 30);
  const [value = [], ...bounds] = unitFigures(
    [shown.map((row) => row.value), ...(level === undefined ? [] : boundsOf(shown, level))],
    shown.map((row) => `${row.series}\n${row.target}`),
  );
  const facts = (inner: readonly (readonly string[])[]): string[] =>
    columns(
      [
        ['time', 'value', ...(inner.length === 0 ? [] : [`${level} % from`, 'to'])],
        ...shown.map((row, i) => [
          visible(row.time, 30),
          value[i] as string,
          ...inner.map((column) => column[i] as string),
        ]),
      ],
      [0],
    );
  const room = (lines: readonly string[]): number => width - 2 - Math.max(...lines.map(widthOf));
  const whole = facts(bounds);
  // Names give way first, then the intervals.
  const right = room(whole) >= SHORTEST ? whole : facts([]);
  const most = Math.max(SHORTEST, room(right));
  const table = columns(
    right.map((line, i) => [cutTo(i === 0 ? 'forecast' : label(shown[i - 1] as ForecastRow), most), line]),
    [0, 1],
  );
  const more = all > limit ? [style('dim', `… ${count(all - limit)} more${place}`)] : [];
  return [style('heading', table[0] as string), ...table.slice(1), ...more];
}

/** Columns that a name keeps: those of "forecast" above it. */
const SHORTEST = 8;

function boundsOf(rows: readonly ForecastRow[], level: string): (number | undefined)[][] {
  return [rows.map((row) => row.lower?.[level]), rows.map((row) => row.upper?.[level])];
}
