// The run as one HTML page: verdict, forecast, scores, steps, folds, residuals, losses, data, config, and how to run it again.
// In: a Result and a ReportInput. Out: a document under MOST_BYTES, every foreign string escaped. Not here: charts (charts.ts), files.

import { decidingRows } from '../evaluate/score.ts';
import {
  coveragePlot,
  foldsPlot,
  forecastPlot,
  histogramPlot,
  lossPlot,
  residualsPlot,
  stepsPlot,
  wholePlot,
} from './charts.ts';
import { chance, count, counted, figure, figures, percent, unitFigures, visible } from './figures.ts';
import { levelsOf } from './levels.ts';
import { escaped, escapedLines } from './markup.ts';
import { bytesOf, type Cell, figureOf, folded, MOST_BYTES, page, paragraph, section, tableOf } from './page.ts';
import type { Panel, ReportInput } from './picture.ts';
import type { BacktestReport, ForecastRow, Result, TextAnswer } from './result.ts';
import { scorePart, skillCell } from './score-part.ts';
import { dataFacts, fitFacts, standing } from './terminal.ts';
import { metricLabel } from './verdict.ts';

/** Rows of a table at most; the files beside the report hold all. */
const MOST_ROWS = 100;
const MOST_CELLS = 2_000;
/** Rows of a forecast that is not folded away: it is what the page is for, and what is folded is not printed. */
const OPEN_ROWS = 24;

/** The page; with fewer panels and a shorter config where all would be too long for a mail. */
export function runPage(result: Result, input: ReportInput): string {
  const whole = pageOf(result, input);
  if (bytesOf(whole) <= MOST_BYTES) return whole;
  const config = `${input.config.slice(0, 20_000)}\n…`;
  const short = input.config.length > 20_000 ? { ...input, config } : input;
  const one = pageOf(result, { ...short, panels: input.panels.slice(0, 1) });
  return bytesOf(one) <= MOST_BYTES ? one : pageOf(result, { ...short, panels: [], losses: [] });
}

function pageOf(result: Result, input: ReportInput): string {
  const [first] = input.panels;
  return page(`${result.name}: ${result.fit.model}`, [
    head(result),
    section('Forecast', forecastPart(result, input.panels)),
    section('Text', result.text.flatMap(textPart)),
    section('Scores', scorePart(result)),
    section('Error by step', [figureOf(stepsPlot(result, first)), figureOf(coveragePlot(result))]),
    section('Folds', foldPart(result)),
    section('Residuals', residualPart(first, result.data.series > 1)),
    section('Combination', combinationPart(result)),
    section('Training', trainingPart(result, input)),
    section('Data', dataPart(result)),
    section('Run it again', again(result, input)),
  ]);
}

function head({ name, fit, engine, seed, verdict, decision, warnings }: Result): string {
  const facts = `${visible(fit.model)} · ${visible(engine.kind)} engine · seed ${seed}`;
  const own = decision.ship === fit.model ? '' : ' other';
  const warned = warnings.length === 0 ? '' : ` · ${counted(warnings.length, 'warning')}, see Data`;
  return [
    `<header><h1>${escaped(name, 80)}</h1>`,
    paragraph(`${facts}${warned}`, 'soft'),
    `<p class="verdict${own}">${escaped(wholeNumbers(verdict), 1200)}</p>`,
    `<p>Ship: <strong>${escaped(decision.ship, 60)}</strong></p></header>`,
  ].join('\n');
}

/** 4.2e-9 is not to be broken at its hyphen. */
function wholeNumbers(text: string): string {
  return text.replace(/(\de)-(?=\d)/g, '$1−');
}

function forecastPart(result: Result, panels: readonly Panel[]): string[] {
  const { forecast, totals, data } = result;
  const targets = new Set(forecast.map(keyOf)).size;
  const left = targets - panels.length;
  const several = panels.length > 1;
  const drawn = (id: string, small: boolean): string[] =>
    panels.map((panel, i) => figureOf(forecastPlot(i === 0 ? id : `${id}-${i + 1}`, panel, result, small)));
  // One series deserves a look at all of it; on a telephone its forecast is drawn narrow, so that it is seen whole.
  const charts = several
    ? [`<div class="pair">${drawn('forecast', true).join('')}</div>`]
    : [
        ...drawn('forecast', false).map((chart) => `<div class="wide">${chart}</div>`),
        ...drawn('forecast-narrow', true).map((chart) => `<div class="narrow">${chart}</div>`),
        ...panels.map((panel) => figureOf(wholePlot('whole', panel))),
      ];
  const other = result.decision.ship !== result.fit.model && forecast.length > 0;
  return [
    other
      ? paragraph(`By ${result.fit.model}, the model of this run, which is not the forecaster to ship.`, 'soft')
      : '',
    ...charts,
    left > 0 && panels.length > 0
      ? paragraph(`Drawn: the first ${panels.length} of ${count(targets)}; all are in forecast.csv.`, 'soft')
      : '',
    totals.length > 0 ? totalTable(result) : '',
    targets > 1 ? seriesTable(result) : '',
    forecast.length > 0
      ? folded(
          `Forecast as a table (${counted(forecast.length, 'row')})`,
          forecastTable(forecast, data.series > 1),
          forecast.length <= OPEN_ROWS,
        )
      : '',
  ];
}

function keyOf({ series, target }: Pick<ForecastRow, 'series' | 'target'>): string {
  return `${series}\n${target}`;
}

function forecastTable(rows: readonly ForecastRow[], named: boolean): string {
  const shown = rows.slice(0, MOST_ROWS);
  const levels = levelsOf(rows);
  const columns = unitFigures(
    [
      shown.map((row) => row.value),
      ...levels.flatMap((level) => [shown.map((row) => row.lower?.[level]), shown.map((row) => row.upper?.[level])]),
    ],
    shown.map(keyOf),
  );
  const table = tableOf({
    head: ['forecast', 'time', 'value', ...levels.flatMap((level) => [`${level} % from`, 'to'])],
    left: [1],
    rows: shown.map((row, i) => [
      `${named ? `${visible(row.series, 24)} ` : ''}${visible(row.target, 30)}`,
      row.time,
      ...columns.map((column) => column[i] as string),
    ]),
  });
  return table + rest(rows.length, shown.length, 'forecast.csv');
}

function rest(all: number, shown: number, file: string): string {
  return all > shown ? paragraph(`… ${count(all - shown)} more in ${file}`, 'soft') : '';
}

/** What is needed until the end of the horizon. */
function totalTable({ totals, data }: Result): string {
  const shown = totals.slice(0, 20);
  const levels = levelsOf(shown);
  const columns = unitFigures(
    [
      shown.map((row) => row.value),
      ...levels.flatMap((level) => [shown.map((row) => row.lower[level]), shown.map((row) => row.upper[level])]),
    ],
    shown.map(keyOf),
  );
  const table = tableOf({
    head: ['sum of all steps', 'steps', 'value', ...levels.flatMap((level) => [`${level} % from`, 'to'])],
    rows: shown.map((row, i) => [
      data.series > 1 ? `${visible(row.series, 24)} ${visible(row.target, 30)}` : row.target,
      count(row.steps),
      ...columns.map((column) => column[i] as string),
    ]),
  });
  return table + rest(totals.length, shown.length, 'result.json');
}

function number(value: number | null | undefined, digits = 4): string {
  return typeof value === 'number' ? figure(value, digits) : '–';
}

/** One row a series and target: where it goes, and how well the model did on it. */
function seriesTable(result: Result): string {
  const groups = new Map<string, ForecastRow[]>();
  for (const row of result.forecast) {
    const key = keyOf(row);
    const own = groups.get(key);
    if (own) own.push(row);
    else groups.set(key, [row]);
  }
  const decisive = decidingRows(result.scores);
  const metric = Object.keys(decisive[0]?.metrics ?? {})[0];
  const scores = new Map(
    result.scores
      .filter(
        (row) => row.split === decisive[0]?.split && row.forecaster === result.fit.model && row.series !== undefined,
      )
      .map((row) => [row.series, row]),
  );
  const shown = [...groups.values()].slice(0, MOST_ROWS);
  const [starts = [], ends = []] = unitFigures(
    [shown.map((rows) => rows[0]?.value), shown.map((rows) => rows.at(-1)?.value)],
    shown.map((rows) => keyOf(rows[0] as ForecastRow)),
    4,
  );
  const judged = figures(shown.map((rows) => scores.get(rows[0]?.series)?.metrics[metric ?? '']));
  const table = tableOf({
    head: [
      'series',
      'first step',
      'value',
      'last step',
      'value',
      ...(metric && scores.size > 0 ? [metricLabel(metric), 'skill'] : []),
    ],
    left: [1, 3],
    rows: shown.map((rows, i): Cell[] => {
      const [first, last] = [rows[0] as ForecastRow, rows.at(-1) as ForecastRow];
      const score = scores.get(first.series);
      const judgement: Cell[] = metric && scores.size > 0 ? [judged[i] as string, skillCell(score?.skill ?? null)] : [];
      const name = result.data.series > 1 ? `${visible(first.series, 30)} ${visible(first.target, 24)}` : first.target;
      return [name, first.time, starts[i] as string, last.time, ends[i] as string, ...judgement];
    }),
  });
  return folded(
    `${counted(groups.size, 'forecast')}, one row each`,
    table + rest(groups.size, shown.length, 'forecast.csv'),
  );
}

function foldPart(result: Result): string[] {
  const { backtest } = result;
  if (!backtest) return [];
  const own = backtest.intervals.find(({ forecaster }) => forecaster === result.fit.model);
  const learned = backtest.history === null ? 'all rows before it' : `the ${counted(backtest.history, 'newest row')}`;
  const shape = {
    'flat-line': 'The model’s forecasts are a flat line.',
    'shifted-copy': 'The model’s forecasts repeat the last known value.',
  };
  return [
    paragraph(
      `Everything was fitted anew at each fold, from ${learned}.${own ? ` Intervals stand on ${standing(own, backtest.folds.length)}; how they held was judged fold by fold, by what was known before it.` : ''}`,
      'soft',
    ),
    paragraph(backtest.shape === null ? '' : (shape[backtest.shape] ?? '')),
    figureOf(foldsPlot(result)),
    folded('Folds as a table', foldTable(backtest)),
  ];
}

function foldTable({ folds }: BacktestReport): string {
  const names = Object.keys(folds[0]?.scores ?? {}).slice(0, 20);
  const values = names.map((name) => figures(folds.map(({ scores }) => scores[name])));
  const shown = folds.slice(0, Math.min(MOST_ROWS, Math.ceil(MOST_CELLS / (names.length + 2))));
  return tableOf({
    head: ['known until', 'forecasts', ...names.map((name) => visible(name, 28))],
    rows: shown.map(({ until, origins }, k) => [until, count(origins), ...values.map((column) => column[k] as string)]),
  });
}

function residualPart(panel: Panel | undefined, several: boolean): string[] {
  if (!panel) return [];
  const charts = [residualsPlot('residuals', panel, several), histogramPlot('sizes', panel, several)].map(figureOf);
  return charts.every((chart) => chart === '') ? [] : [`<div class="pair">${charts.join('')}</div>`];
}

/** Who is in it, by how much, and who is not, and why. */
function combinationPart({ fit: { combination } }: Result): string[] {
  if (!combination) return [];
  const members = [...combination.members].sort(
    (a, b) => b.weight - a.weight || (a.error ?? Number.MAX_VALUE) - (b.error ?? Number.MAX_VALUE),
  );
  const shown = members.slice(0, MOST_ROWS);
  const errors = figures(shown.map(({ error }) => error));
  const table = tableOf({
    head: ['member', 'error', 'weight', 'left out because'],
    left: [3],
    rows: shown.map(({ member, weight, reason }, i) => [
      visible(member, 60),
      errors[i] as string,
      weight === 0 ? '–' : percent(weight),
      reason ?? '',
    ]),
  });
  return [paragraph(combination.rule), table, rest(members.length, shown.length, 'result.json')];
}

/** Nothing for what is not trained. */
function trainingPart(result: Result, { losses }: ReportInput): string[] {
  if (result.fit.samples === 0 && losses.length === 0) return [];
  return [paragraph(fitFacts(result).join(' · ')), figureOf(lossPlot(losses)), fitTable(result)];
}

function fitTable({ fits, data }: Result): string {
  if (!fits || fits.length < 2) return '';
  const shown = fits.slice(0, MOST_ROWS);
  const table = tableOf({
    head: [data.series > 1 ? 'series' : 'network', 'parameters', 'windows', 'epochs', 'loss', 'validation loss'],
    rows: shown.map((fit) => [
      fit.series,
      count(fit.parameters),
      count(fit.samples),
      count(fit.epochs),
      number(fit.loss),
      number(fit.validationLoss),
    ]),
  });
  return folded(counted(fits.length, 'network'), table + rest(fits.length, shown.length, 'result.json'));
}

function textPart({ prompt, text, next }: TextAnswer): string[] {
  const start = text.startsWith(prompt) ? prompt : '';
  const given = start === '' ? '' : `<mark>${escapedLines(start, 2000)}</mark>`;
  return [
    `<pre>${given}${escapedLines(text.slice(start.length))}</pre>`,
    start === '' ? '' : paragraph('Marked: the prompt.', 'soft'),
    next.length === 0 ? '' : `<h3>Likeliest next tokens</h3>${nextTable(next)}`,
  ];
}

function nextTable(next: TextAnswer['next']): string {
  return tableOf({
    head: ['token', 'probability'],
    rows: next.slice(0, 20).map(({ token, probability }) => [`"${visible(token, 40)}"`, chance(probability)]),
  });
}

function dataPart(result: Result): string[] {
  const { data, warnings, engine } = result;
  const shown = warnings
    .slice(0, 50)
    .map(({ code, message }) => `<li><strong>${escaped(code, 40)}</strong> ${escaped(message, 400)}</li>`);
  const more = warnings.length - shown.length;
  return [
    paragraph(dataFacts(data).join(' · ')),
    paragraph(`sha256 ${data.sha256}`, 'soft'),
    paragraph(`${engine.kind} engine: ${engine.reason}`, 'soft'),
    shown.length === 0
      ? ''
      : `<h3>${counted(warnings.length, 'warning')}</h3><ul class="warning">${shown.join('\n')}</ul>`,
    more > 0 ? paragraph(`… ${count(more)} more in result.json`, 'soft') : '',
  ];
}

function again(result: Result, { config, folder }: ReportInput): string[] {
  const { data, seed, engine, decision, fit, forecast } = result;
  const other = decision.ship !== fit.model && forecast.length > 0 && /^[\w-]+$/.test(decision.ship);
  return [
    '<pre>forecast run . --out ../again</pre>', // wherever the run stands: the page is the same in every folder
    paragraph(
      `Typed in the run’s folder, where this page stands (by default ${folder}). The same config, data (sha256 ${data.sha256.slice(0, 12)}…), seed (${seed}) and engine (${engine.kind}) end in the same bytes.`,
      'soft',
    ),
    other ? `<pre>forecast run . --set model=${decision.ship} --out ../ship</pre>` : '',
    other ? paragraph(`The forecast by ${decision.ship}, the forecaster to ship.`, 'soft') : '',
    `<h3>config.yaml, every default spelled out</h3><pre>${escapedLines(config, 66_000)}</pre>`,
  ];
}
