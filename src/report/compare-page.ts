// Several runs as one HTML page: the table, their losses and their forecasts side by side.
// In: results with the folders they came from. Out: a document under MOST_BYTES. Not here: reading the folders, the terminal's table (compare.ts).

import { type ComparedRow, type ComparedRun, compareRuns, lossText, notes } from './compare.ts';
import { count, figure, figures, percent, quoted, visible } from './figures.ts';
import { type Cell, figureOf, page, paragraph, section, tableOf } from './page.ts';
import type { ForecastRow } from './result.ts';
import { countAxis, lossAxis, valueAxis } from './scale.ts';
import type { Mark, Plot, Point, Tone } from './svg.ts';
import { thinnedRows } from './thin.ts';
import { metricLabel } from './verdict.ts';

/** Runs drawn in one chart: as many as there are colours. */
const DRAWN = 8;
const MOST_RUNS = 100;
const MOST_VERDICTS = 40;
const MOST_STEPS = 500;

/** The page. Losses and forecasts are drawn where at least two runs have them. */
export function comparePage(runs: readonly ComparedRun[]): string {
  const rows = compareRuns(runs);
  const names = namesOf(rows);
  const best = rows[0]?.metric ?? null;
  const left = runs.length - DRAWN;
  const more = left > 0 ? paragraph(`Drawn: the first ${DRAWN} of ${runs.length} runs.`, 'soft') : '';
  return page(`${runs.length} runs compared`, [
    '<header><h1>Runs compared</h1></header>',
    ...notes(runs, rows).map((note) => paragraph(note)),
    section('Scores', [scoreTable(rows.slice(0, MOST_RUNS), names, best)]),
    section('Loss', [figureOf(lossesPlot(runs, names)), more]),
    section('Forecasts', [figureOf(forecastsPlot(runs, names))]),
    section(
      'Verdicts',
      runs.slice(0, MOST_VERDICTS).flatMap((run, i) => verdictPart(run, rows[i] as ComparedRow, names[i] as string)),
    ),
  ]);
}

function verdictPart({ result }: ComparedRun, { answer }: ComparedRow, name: string): string[] {
  const said = typeof answer === 'string' ? `Generated: ${quoted(answer, 400)}` : '';
  return [paragraph(`${name}: ${visible(result.verdict, 600)}`), paragraph(said, 'soft')];
}

/** Runs of one config have one name: then the folders tell them apart. */
function namesOf(rows: readonly ComparedRow[]): string[] {
  const told = new Set(rows.map((row) => row.name)).size === rows.length;
  return rows.map((row) => visible(told ? row.name : row.folder, 40));
}

function scoreTable(rows: readonly ComparedRow[], names: readonly string[], metric: string | null): string {
  const scores = figures(rows.map(({ score }) => score));
  return tableOf({
    head: [
      'run',
      'model',
      metric === null ? 'score' : metricLabel(metric),
      'skill',
      'ship',
      'parameters',
      'epochs',
      'seconds',
      'loss',
    ],
    left: [1, 4],
    rows: rows.map((row, i): Cell[] => [
      names[i] as string,
      visible(row.model, 28),
      scores[i] as string,
      row.skill === null
        ? '–'
        : { text: percent(row.skill), as: row.skill > 0 ? 'good' : row.skill < 0 ? 'bad' : 'even' },
      visible(row.ship, 28),
      count(row.parameters),
      count(row.epochs),
      number(row.seconds, 3),
      lossText(row),
    ]),
  });
}

function number(value: number | null, digits = 4): string {
  return value === null ? '–' : figure(value, digits);
}

function lossesPlot(runs: readonly ComparedRun[], names: readonly string[]): Plot | null {
  const curves = runs.slice(0, DRAWN).flatMap(({ losses = [] }, i) => (losses.length > 1 ? [{ losses, i }] : []));
  if (curves.length < 2) return null;
  const marks = curves.map(({ losses, i }): Mark => {
    const points = thinnedRows(losses, 0, losses.length).map((row): Point => [row + 1, losses[row] as number]);
    return { kind: 'line', tone: String(i) as Tone, name: names[i] as string, points };
  });
  return {
    id: 'losses',
    title: 'Training loss by epoch',
    description: 'Losses compare where the runs share the loss and the encoding.',
    x: countAxis('epoch', 1, Math.max(...curves.map(({ losses }) => losses.length))),
    y: lossAxis(
      'loss',
      curves.flatMap(({ losses }) => losses),
    ),
    marks,
  };
}

/** What the runs say of the first target of the first run; others of them are of other things. */
function forecastsPlot(runs: readonly ComparedRun[], names: readonly string[]): Plot | null {
  const first = runs[0]?.result.forecast[0];
  if (!first) return null;
  const same = (row: ForecastRow): boolean => row.series === first.series && row.target === first.target;
  const curves = runs.slice(0, DRAWN).flatMap(({ result }, i) => {
    const rows = result.forecast.filter(same).slice(0, MOST_STEPS);
    return rows[0]?.time === first.time ? [{ rows, i }] : [];
  });
  if (curves.length < 2) return null;
  const marks = curves.map(({ rows, i }): Mark => {
    const points = rows.map((row): Point => [row.step, row.value]);
    return { kind: 'line', tone: String(i) as Tone, name: names[i] as string, points, dots: rows.length <= 24 };
  });
  return {
    id: 'forecasts',
    title: `Forecasts of ${visible(first.target, 60)}`,
    description: `From ${visible(first.time, 30)} on; runs of other series, targets or times are not drawn.`,
    x: countAxis('steps ahead', 1, Math.max(...curves.map(({ rows }) => rows.length))),
    y: valueAxis(
      visible(first.target, 30),
      curves.flatMap(({ rows }) => rows.map(({ value }) => value)),
    ),
    marks,
  };
}
