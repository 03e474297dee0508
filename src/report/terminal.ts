// The run as a page of the terminal: facts, scores beside the baselines, a chart, the forecast, the verdict.
// In: a Result and what to draw. Out: text of about 30 lines and 80 to 100 columns, every foreign string escaped. Not here: colours (a callback), printing (cli/).

import type { CombinationReport } from '../combine/combination.ts';
import { decidingRows } from '../evaluate/score.ts';
import { METRICS } from '../metrics/index.ts';
import { chart } from './chart.ts';
import { columns, count, counted, figure, figures, percent, quoted, visible, widthOf } from './figures.ts';
import type { Picture } from './picture.ts';
import type { ForecastRow, IntervalReport, Result, ScoreRow, TextAnswer } from './result.ts';
import { seasonFact } from './seasons.ts';
import { metricLabel } from './verdict.ts';

/** Paints a piece of text by what it is; the identity where there is no colour. */
export type Style = (what: StyledPart, text: string) => string;
export type StyledPart =
  | 'title'
  | 'heading'
  | 'dim'
  | 'winner'
  | 'history'
  | 'forecast'
  | 'prompt'
  | 'verdict'
  | 'warning';

const WIDTH = 88;
const CHART_HEIGHT = 7;
/** Of the first of several series. */
const PANEL_HEIGHT = 5;
/** Characters of a note. */
const MOST_NOTE = 200;
const plain: Style = (_, text) => text;

/** The whole page, without a newline at the end. */
export function renderTerminal(result: Result, picture: Picture | null, style: Style = plain): string {
  const blocks = [
    head(result, style),
    [...scoreTable(result, style), ...backtestLines(result, style)],
    picture === null ? [] : pictureLines(picture, style, result.data.series > 1 ? PANEL_HEIGHT : CHART_HEIGHT),
    result.data.series > 1 ? firstSteps(result.forecast, style) : forecastLines(result.forecast, style),
    result.text.flatMap((answer) => textLines(answer, style)),
    closing(result, style),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

/** The forecast alone, as `predict` shows it. */
export function renderForecast(rows: readonly ForecastRow[]): string {
  return forecastLines(rows, plain, 48, ' with --csv').join('\n');
}

/** Generated text alone and whole, as `generate` shows it. */
export function renderText(answers: readonly TextAnswer[]): string {
  return answers.map((answer) => textLines(answer, plain, Number.POSITIVE_INFINITY).join('\n')).join('\n\n');
}

function head(result: Result, style: Style): string[] {
  const { data, fit, engine } = result;
  const title = `${visible(result.name)} · ${visible(fit.model)}`;
  return [
    `${style('title', title)}${style('dim', ` · ${visible(engine.kind)} engine · seed ${result.seed}`)}`,
    // What was repaired is among the facts; why there are no intervals stands where they would.
    ...labelled('data', dataFacts({ ...data, notes: data.notes.filter((note) => !isWithout(note)) }), 3),
    ...labelled('fit', fitFacts(result)),
    ...combinationLines(result),
  ];
}

/** What a combination did: its rule, its members best first, and who was left out for which reason. */
function combinationLines({ fit: { combination } }: Result): string[] {
  if (!combination) return [];
  const { taken, tried, out } = combinationFacts(combination);
  const rule = wrapped(visible(combination.rule, 300), WIDTH - 6);
  return [
    ...rule.map((line, i) => `${(i === 0 ? 'rule' : '').padEnd(6)}${line}`),
    ...labelled('taken', taken),
    ...labelled('tried', tried),
    ...labelled('out', out),
  ];
}

/** Members with their errors and weights (where these differ), best first: taken, tried besides, and left out with the reason. */
function combinationFacts({ members }: CombinationReport): {
  readonly taken: string[];
  readonly tried: string[];
  readonly out: string[];
} {
  const sorted = [...members].sort((a, b) => (a.error ?? Number.MAX_VALUE) - (b.error ?? Number.MAX_VALUE));
  const taken = sorted.filter(({ weight }) => weight > 0);
  const equal = taken.every(({ weight }) => Math.abs(weight - (taken[0]?.weight ?? 0)) < 1e-9);
  const named = ({ member, error, weight }: CombinationReport['members'][number]): string => {
    const share = equal || weight === 0 ? '' : ` × ${percent(weight)}`;
    return `${visible(member, 60)}${error === null ? '' : ` ${figure(error)}`}${share}`;
  };
  return {
    taken: taken.map(named),
    tried: sorted.filter(({ weight, reason }) => weight === 0 && reason === null).map(named),
    out: sorted.flatMap((one) =>
      one.reason === null ? [] : [`${visible(one.member, 60)} (${visible(one.reason, 120)})`],
    ),
  };
}

/** What is known of the data, fact by fact. */
export function dataFacts(data: Result['data']): string[] {
  const span = data.start === null || data.end === null ? [] : [`${visible(data.start)} … ${visible(data.end)}`];
  const frequency = data.frequency === null ? [] : [visible(data.frequency)];
  const season = seasonFact(data.seasons ?? [{ rows: data.season ?? 1, by: 'written', autocorrelation: null }]);
  const series = data.series > 1 ? [counted(data.series, 'series')] : [];
  // Only series of numbers have a time axis; of text, the notes tell the size.
  const rows = data.frequency === null ? [] : [counted(data.rows, 'row')];
  return [
    ...series,
    ...rows,
    ...span,
    ...frequency,
    ...(season === '' ? [] : [season]),
    ...data.notes.map((n) => visible(n, MOST_NOTE)),
  ];
}

/** What the fit came to, fact by fact. */
export function fitFacts({ fit, fits }: Result): string[] {
  if (fit.parameters === 0 && fit.samples === 0) return []; // no network: a closed form, or a rule that says what was done
  const facts = [counted(fit.samples, 'window'), counted(fit.epochs, 'epoch')];
  if (fit.parameters > 0) facts.unshift(counted(fit.parameters, 'parameter'));
  if (fits !== undefined && fits.length > 1) facts.unshift(counted(fits.length, 'network'));
  if (fit.loss !== null) facts.push(`loss ${figure(fit.loss)}`);
  if (fit.validationLoss !== null) facts.push(`validation loss ${figure(fit.validationLoss)}`);
  if (fit.accuracy !== null) facts.push(`accuracy ${percent(fit.accuracy)}`);
  if (fit.stoppedEarly) facts.push('stopped early');
  return facts;
}

/** Facts joined by commas behind a label, long ones wrapped, on as many lines at most; how many are left out is said. */
function labelled(label: string, facts: readonly string[], most = 2): string[] {
  if (facts.length === 0) return [];
  const lines = [''];
  let shown = 0;
  for (const fact of facts) {
    const line = lines.at(-1) as string;
    const joined = line === '' ? fact : `${line}, ${fact}`;
    if (widthOf(joined) <= WIDTH - 6) lines[lines.length - 1] = joined;
    else {
      const own = wrapped(fact, WIDTH - 6);
      if (line === '') lines.pop();
      if (lines.length + own.length > most) break;
      lines.push(...own);
    }
    shown++;
  }
  if (shown < facts.length) lines[lines.length - 1] += `, … ${count(facts.length - shown)} more`;
  return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(6)}${line}`);
}

/** "28 held-out windows (test)": what scores of a split are over. */
export function scoredOver(windows: number, split: ScoreRow['split']): string {
  const [kind, note] = SPLIT_WORDS[split];
  return `${counted(windows, `${kind} window`)}${note}`;
}

const SPLIT_WORDS: { readonly [split in ScoreRow['split']]: readonly [kind: string, note: string] } = {
  backtest: ['backtest', ''],
  test: ['held-out', ' (test)'],
  validation: ['held-out', ' (validation)'],
  train: ['training', ': nothing was held out'],
};

/** Rows of the most honest split, pooled over the series, best first; the one to ship is marked. */
function scoreTable(result: Result, style: Style): string[] {
  const rows = decidingRows(result.scores);
  const first = rows[0];
  if (first === undefined) return [];
  const metrics = Object.keys(first.metrics).slice(0, 5);
  const sorted = bestFirst(rows, metrics[0] ?? '');
  const shown = sorted.filter((row, i) => i < 8 || row.forecaster === result.fit.model);
  const values = metrics.map((metric) => figures(shown.map((row) => row.metrics[metric])));
  const table = columns([
    [scoredOver(first.windows, first.split), ...metrics.map(metricLabel), 'skill'],
    ...shown.map((row, i) => [
      visible(row.forecaster, 28),
      ...values.map((column) => column[i] as string),
      row.skill === null ? '–' : percent(row.skill),
    ]),
  ]);
  const marked = shown.map((row, i) => {
    const line = table[i + 1] as string;
    return row.forecaster === result.decision.ship ? style('winner', `${line}  ◀ ship`) : line;
  });
  const hidden = sorted.length - shown.length;
  const more = hidden > 0 ? [style('dim', `… ${hidden} more in result.json`)] : [];
  return [style('heading', table[0] as string), ...marked, ...more];
}

/** How the model's intervals cover, and what they stand on. */
function backtestLines({ backtest, fit, data }: Result, style: Style): string[] {
  const without = data.notes.filter(isWithout).flatMap((note) => wrapped(visible(note, MOST_NOTE), WIDTH));
  if (without.length > 0) return without.map((line) => style('dim', line));
  const own = backtest?.intervals.find(({ forecaster }) => forecaster === fit.model);
  if (!backtest || !own) return [];
  const levels = own.levels.map(({ level, supported, coverage, judged, known, needed }, i) => {
    if (!supported) return `${level} % needs ${counted(needed, 'error')}, ${known} known`;
    if (coverage === null) return `${level} % not judged`;
    return `${level} % held ${percent(coverage)}${i === 0 ? ` of ${counted(judged, 'error')}` : ''}`;
  });
  const lines = [`intervals ${levels.join(', ')}`, `from ${standing(own, backtest.folds.length)}`];
  return lines.map((line) => style('dim', line));
}

/** Whether a note says why there are no intervals. */
function isWithout(note: string): boolean {
  return note.startsWith('no intervals: ');
}

/** What intervals stand on: forecasts, folds, and the level that their errors can support. */
export function standing({ points, pooledSteps, supports, levels }: IntervalReport, folds: number): string {
  const errors = `${counted(levels[0]?.known ?? 0, 'error')}${pooledSteps ? ' of all steps together' : ' a step'}`;
  return `${counted(points, 'forecast')} in ${counted(folds, 'fold')}: ${errors}, enough for levels up to ${supports} %`;
}

/** By a metric, undefined ones last. */
export function bestFirst(rows: readonly ScoreRow[], metric: string): ScoreRow[] {
  const sign = METRICS[metric]?.better === 'higher' ? -1 : 1;
  const rank = (row: ScoreRow): number => {
    const value = row.metrics[metric];
    return typeof value === 'number' ? sign * value : Number.MAX_VALUE;
  };
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

function pictureLines(picture: Picture, style: Style, height: number): string[] {
  const { values, times } = picture.history;
  const length = Math.min(values.length, Math.max(48, 4 * picture.forecast.length));
  const history = values.slice(values.length - length);
  // The forecast starts at the last known value, so that the two lines meet.
  const drawn = [history.at(-1) ?? Number.NaN, ...picture.forecast];
  const lines = [
    { name: 'history', start: 0, values: history },
    { name: 'forecast', start: length - 1, values: drawn },
  ];
  const painted = (line: string, text: string): string => style(line === 'forecast' ? 'forecast' : 'history', text);
  const drawing = chart({ lines, width: WIDTH, height, divider: length, style: painted });
  if (drawing === '') return [];
  const from = times[values.length - length];
  const until = times.at(-1);
  const span = from === undefined || until === undefined ? '' : `, ${visible(from)} … ${visible(until)}`;
  const caption = `${visible(picture.target)}: last ${count(length)} of ${count(picture.known)} values${span} ┊ forecast`;
  return [style('heading', caption), ...drawing.split('\n')];
}

/** The first step of the first series; of a target each, where there are few. */
function firstSteps(rows: readonly ForecastRow[], style: Style): string[] {
  const first = rows.filter(({ step }) => step === 1).slice(0, 4);
  return forecastLines(first, style, first.length, ' in forecast.csv', rows.length);
}

/** The first steps of the first series and target; what is left out of `all` is counted. */
function forecastLines(
  rows: readonly ForecastRow[],
  style: Style,
  limit = 5,
  place = ' in forecast.csv',
  all = rows.length,
): string[] {
  const first = rows[0];
  if (first === undefined) return [];
  const named = rows.some((row) => row.series !== first.series);
  const level = Object.keys(first.lower ?? {})[0];
  const shown = rows.slice(0, limit);
  const label = (row: ForecastRow): string => (named ? `${visible(row.series, 36)} ` : '') + visible(row.target, 30);
  const value = figures(
    shown.map((row) => row.value),
    6,
  );
  const bounds = level === undefined ? [] : boundColumns(shown, level);
  const header = ['forecast', 'time', 'value', ...(level === undefined ? [] : [`${level} % from`, 'to'])];
  const cells = shown.map((row, i) => [
    label(row),
    visible(row.time, 30),
    value[i] as string,
    ...bounds.map((column) => column[i] as string),
  ]);
  const table = columns([header, ...cells], [0, 1]);
  const more = all > limit ? [style('dim', `… ${count(all - limit)} more${place}`)] : [];
  return [style('heading', table[0] as string), ...table.slice(1), ...more];
}

function boundColumns(rows: readonly ForecastRow[], level: string): string[][] {
  const lower = rows.map((row) => row.lower?.[level]);
  const upper = rows.map((row) => row.upper?.[level]);
  return [figures(lower, 6), figures(upper, 6)];
}

function textLines(answer: TextAnswer, style: Style, limit = 6): string[] {
  const { prompt, text } = answer;
  const heading = prompt === '' ? 'text' : `text after ${quoted(prompt, 50)}`;
  const lines = text.split('\n').flatMap((line) => wrapped(visible(line, Number.MAX_SAFE_INTEGER), WIDTH - 2));
  const shown = lines.slice(0, limit).map((line) => `${style('dim', '│')} ${line}`);
  const more =
    lines.length > limit ? [style('dim', `… ${counted(lines.length - limit, 'more line')} in result.json`)] : [];
  return [style('heading', heading), ...shown, ...more, ...nextLine(answer, style)];
}

function nextLine({ next }: TextAnswer, style: Style): string[] {
  if (next.length === 0) return [];
  const tokens = next.map(({ token, probability }) => `${quoted(token, 20)} ${percent(probability)}`);
  return [`${style('dim', 'next')}  ${tokens.join(' · ')}`];
}

/** Breaks a line at spaces where it can, anywhere where it cannot, except within what is seen as one character. */
function wrapped(line: string, width: number): string[] {
  const characters = [...line];
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const end = endOfLine(characters, start, width);
    if (end === characters.length) return [...lines, characters.slice(start).join('')];
    const space = characters.lastIndexOf(' ', end);
    const atSpace = space - start > (end - start) / 2;
    lines.push(characters.slice(start, atSpace ? space : end).join(''));
    start = atSpace ? space + 1 : end;
  }
}

/** One past the last character that still fits into `width` columns, at least one after `start`. */
function endOfLine(characters: readonly string[], start: number, width: number): number {
  let end = start;
  for (let columns = 0; end < characters.length; end++) {
    columns += widthOf(characters[end] as string);
    if (columns > width) break;
  }
  if (end === characters.length) return end;
  while (end > start + 1 && joined(characters[end - 1] as string, characters[end] as string)) end--;
  return Math.max(end, start + 1);
}

/** Whether two code points belong to one character: accents, emoji of several people or of a skin tone. */
function joined(before: string, after: string): boolean {
  return before === '\u200d' || /[\p{M}\p{EMod}\u200d]/u.test(after);
}

function closing(result: Result, style: Style): string[] {
  const verdict = wrapped(visible(result.verdict, 600), WIDTH).map((line) => style('verdict', line));
  const { length } = result.warnings;
  const codes = [...new Set(result.warnings.map((warning) => visible(warning.code, 40)))].slice(0, 4).join(', ');
  return length === 0 ? verdict : [...verdict, style('warning', `${counted(length, 'warning')}: ${codes}`)];
}
