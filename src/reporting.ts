// The HTML report and the charts of a run: what they need, put together, and the files they are.
// In: config, data, outcome and result. Out: named file contents, the same for the same run. Not here: drawing (report/), writing (run.ts).

import type { Config } from './config/config.ts';
import { renderConfig } from './config/render.ts';
import { gridOf } from './core/calendar.ts';
import type { Column, Raw, Series } from './core/data.ts';
import { chartFiles } from './report/charts.ts';
import type { Panel, ReportInput } from './report/picture.ts';
import type { Result } from './report/result.ts';
import { runPage } from './report/run-page.ts';
import { svgFile } from './report/svg.ts';
import { MOST_POINTS, thinnedRows } from './report/thin.ts';
import { DRAWN } from './track/held-out.ts';
import type { Outcome } from './track/outcome.ts';

const LEAST_ROWS = 72;

/** report.html and charts/*.svg. `folder`: the run folder as it is called by default. */
export function reportFiles(
  config: Config,
  raw: Raw,
  season: number,
  outcome: Outcome,
  result: Result,
  folder: string,
): Map<string, string> {
  const input: ReportInput = {
    panels: raw.form === 'text' ? [] : panelsOf(raw.series, config, season, outcome),
    losses: [...outcome.models].map(([series, { training }]) => ({ series, records: training.history })),
    config: renderConfig(config),
    folder,
  };
  const charts = [...chartFiles(result, input)].map(([name, plot]) => [name, svgFile(plot)] as const);
  return new Map([['report.html', runPage(result, input)], ...charts]);
}

function panelsOf(all: readonly Series[], config: Config, season: number, { held }: Outcome): Panel[] {
  return all
    .slice(0, DRAWN)
    .flatMap((series) => series.targets.map((target) => ({ series, target })))
    .slice(0, DRAWN)
    .map(({ series, target }) => {
      const paths = held.find((own) => own.series === series.id && own.target === target.name)?.paths ?? [];
      return panelOf(series, target, paths, config, season);
    });
}

function panelOf(
  series: Series,
  target: Column,
  paths: Panel['paths'],
  { predict, window }: Config,
  season: number,
): Panel {
  const { length } = series;
  const from = stretchFrom(length, predict.horizon, season, paths[0]?.start ?? length);
  const { stamps } = series.time;
  const rows = from === 0 ? [] : thinnedRows(target.values, 0, length);
  const end = length + window.lead + predict.horizon;
  return {
    series: series.id,
    target: target.name,
    length,
    from,
    values: [...target.values.subarray(from, length)],
    stamps: stamps && [...stamps.subarray(from, length), ...stampsAfter(series, end - length)],
    whole:
      from === 0
        ? null
        : {
            rows,
            values: rows.map((row) => target.values[row] as number),
            stamps: stamps && rows.map((row) => stamps[row] as number),
          },
    forecastFrom: length + window.lead,
    paths,
  };
}

/** Where the stretch drawn closely begins: long enough for the season and what was held out, short enough that the forecast can be seen. */
function stretchFrom(length: number, horizon: number, season: number, held: number): number {
  const shown = Math.max(LEAST_ROWS, 8 * horizon, 3 * season, Math.min(length - held + horizon, 12 * horizon));
  const most = Math.min(shown, MOST_POINTS);
  return length <= 2 * most ? Math.max(0, length - MOST_POINTS) : length - most;
}

/** Times of the rows after the last one known. */
function stampsAfter({ time, length }: Series, count: number): number[] {
  const known = time.stamps;
  if (known === null) return [];
  const last = length - 1;
  const grid = gridOf(time.frequency, known, last);
  return Array.from({ length: count }, (_, h) => known[length + h] ?? grid.stampAt(h + 1));
}
