// The run as a page of the terminal: facts, scores beside the baselines, a chart, the forecast, the verdict.
// In: a Result, what to draw, and how wide. Out: text of about 30 lines, every foreign string escaped. Not here: colours (a callback), printing (cli/).

import type { CombinationReport } from '../combine/combination.ts';
import { decidingRows } from '../evaluate/score.ts';
import { METRICS } from '../metrics/index.ts';
import { chart } from './chart.ts';
import {
  chance,
  columns,
  count,
  counted,
  cutTo,
  figure,
  figures,
  percent,
  quoted,
  visible,
  widthOf,
  wrapped,
} from './figures.ts';
import { firstSteps, forecastLines } from './forecast-lines.ts';
import { plain, type Style, WIDTH } from './paint.ts';
import type { Picture } from './picture.ts';
import type { IntervalReport, Result, ScoreRow, TextAnswer } from './result.ts';
import { seasonFact } from './seasons.ts';
import { metricLabel } from './verdict.ts';

const NARROWEST = 40;
const LINES = 30;

/** How much is shown of what can be shortened; the first that leaves no more than LINES is taken, else the last. */
interface Sizes {
  /** Rows of the chart of one series. */
  readonly chart: number;
  /** Steps of the forecast. */
  readonly steps: number;
  /** Forecasters of the score table. */
  readonly scores: number;
}

const SIZES: readonly Sizes[] = [
  { chart: 7, steps: 5, scores: 8 },
  { chart: 6, steps: 4, scores: 8 },
  { chart: 5, steps: 3, scores: 8 },
  { chart: 5, steps: 3, scores: 5 },
  { chart: 4, steps: 3, scores: 4 },
];
/** Rows of the chart of the first of several series. */
const PANEL_HEIGHT = 5;
/** Characters of a note. */
const MOST_NOTE = 200;

/** The whole page, without a newline at the end; `width`: columns of the terminal. */
export function renderTerminal(
  result: Result,
  picture: Picture | null,
  style: Style = plain,
  width: number = WIDTH,
): string {
  const within = Math.max(NARROWEST, Math.min(WIDTH, width));
  let page = '';
  for (const sizes of SIZES) {
    page = pageOf(result, picture, style, within, sizes);
    if (page.split('\n').length <= LINES) break;
  }
  return page;
}

function pageOf(result: Result, picture: Picture | null, style: Style, width: number, sizes: Sizes): string {
  const several = result.data.series > 1;
  const blocks = [
    head(result, style, width),
    [...scoreTable(result, style, width, sizes.scores), ...backtestLines(result, style, width)],
    picture === null ? [] : pictureLines(picture, style, several ? PANEL_HEIGHT : sizes.chart, width),
    several || result.forecast.some(({ target }) => target !== result.forecast[0]?.target)
      ? firstSteps(result.forecast, style, width)
      : forecastLines(result.forecast, style, { limit: sizes.steps, width }),
    result.text.flatMap((answer) => textLines(answer, style, width)),
    closing(result, style, width),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

/** Generated text alone and whole, as `generate` shows it. */
export function renderText(answers: readonly TextAnswer[], style: Style = plain): string {
  return answers.map((answer) => textLines(answer, style, WIDTH, Number.POSITIVE_INFINITY).join('\n')).join('\n\n');
}

function head(result: Result, style: Style, width: number): string[] {
  const { data, fit, engine } = result;
  const title = `${visible(result.name)} · ${visible(fit.model)}`;
  const made = `${visible(engine.kind)} engine · seed ${result.seed}`;
  const inOne = widthOf(title) + widthOf(made) + 3 <= width;
  return [
    inOne ? `${style('title', title)}${style('dim', ` · ${made}`)}` : style('title', cutTo(title, width)),
    ...(inOne ? [] : [style('dim', made)]),
    // What was repaired is among the facts; why there are no intervals stands where they would.
    ...labelled('data', dataFacts({ ...data, notes: data.notes.filter((note) => !isWithout(note)) }), width, 3),
    ...labelled('fit', fitFacts(result), width),
    ...combinationLines(result, width),
  ];
}

/** What a combination did: its rule, its members best first, and who was left out for which reason. */
function combinationLines({ fit: { combination } }: Result, width: number): string[] {
  if (!combination) return [];
  const { taken, tried, out } = combinationFacts(combination);
  const rule = wrapped(visible(combination.rule, 300), width - 6);
  return [
    ...rule.map((line, i) => `${(i === 0 ? 'rule' : '').padEnd(6)}${line}`),
    ...labelled('taken', taken, width),
    ...labelled('tried', tried, width),
    ...labelled('out', out, width),
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
function labelled(label: string, facts: readonly string[], width: number, most = 2): string[] {
  if (facts.length === 0) return [];
  const room = width - 6;
  const lines: string[][] = [[]];
  let shown = 0;
  for (const fact of facts) {
    const line = lines.at(-1) as string[];
    if (widthOf([...line, fact].join(', ')) <= room) line.push(fact);
    else {
      const own = wrapped(fact, room).map((piece) => [piece]);
      if (line.length === 0) lines.pop();
      if (lines.length + own.length > most) break;
      lines.push(...own);
    }
    shown++;
  }
  const last = lines.at(-1) ?? [];
  const more = (): string[] => (shown < facts.length ? [`… ${count(facts.length - shown)} more`] : []);
  while (last.length > 1 && widthOf([...last, ...more()].join(', ')) > room) {
    last.pop();
    shown--;
  }
  last.push(...more());
  return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(6)}${line.join(', ')}`);
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
function scoreTable(result: Result, style: Style, width: number, most: number): string[] {
  const rows = decidingRows(result.scores);
  const first = rows[0];
  if (first === undefined) return [];
  const metrics = Object.keys(first.metrics).slice(0, 5);
  const sorted = bestFirst(rows, metrics[0] ?? '');
  const named = [result.fit.model, result.decision.ship];
  // To say that one is left out takes the line it would take.
  const some = sorted.filter((row, i) => i < most || named.includes(row.forecaster));
  const shown = sorted.length - some.length === 1 ? sorted : some;
  const lines = fitted(scoredOver(first.windows, first.split), shown, metrics, width - SHIP.length);
  const header = lines.slice(0, lines.length - shown.length).map((line) => style('heading', line));
  const marked = shown.map((row, i) => {
    const line = lines[header.length + i] as string;
    return row.forecaster === result.decision.ship ? style('winner', `${line}${SHIP}`) : line;
  });
  const hidden = sorted.length - shown.length;
  const more = hidden > 0 ? [style('dim', `… ${hidden} more in result.json`)] : [];
  return [...header, ...marked, ...more];
}

const SHIP = '  ◀ ship';

/** Scores as columns: a heading too long for the width takes a line of its own, then the last metrics are left out. */
function fitted(heading: string, rows: readonly ScoreRow[], metrics: readonly string[], width: number): string[] {
  const values = metrics.map((metric) => figures(rows.map((row) => row.metrics[metric])));
  const table = (corner: string, shown: number): string[] =>
    columns([
      [corner, ...metrics.slice(0, shown).map(metricLabel), 'skill'],
      ...rows.map((row, i) => [
        visible(row.forecaster, 28),
        ...values.slice(0, shown).map((column) => column[i] as string),
        row.skill === null ? '–' : percent(row.skill),
      ]),
    ]);
  const fits = (lines: readonly string[]): boolean => lines.every((line) => widthOf(line) <= width);
  const whole = table(heading, metrics.length);
  if (fits(whole)) return whole;
  for (let shown = metrics.length; shown > 1; shown--) {
    const lines = table('', shown);
    if (fits(lines)) return [heading, ...lines];
  }
  return [heading, ...table('', 1)];
}

/** How the model's intervals cover, and what they stand on. */
function backtestLines({ backtest, fit, data }: Result, style: Style, width: number): string[] {
  const without = data.notes.filter(isWithout).flatMap((note) => wrapped(visible(note, MOST_NOTE), width));
  if (without.length > 0) return without.map((line) => style('dim', line));
  const own = backtest?.intervals.find(({ forecaster }) => forecaster === fit.model);
  if (!backtest || !own) return [];
  const levels = own.levels.map(({ level, supported, coverage, judged, known, needed }, i) => {
    if (!supported) return `${level} % needs ${counted(needed, 'error')}, ${known} known`;
    if (coverage === null) return `${level} % not judged`;
    return `${level} % held ${percent(coverage)}${i === 0 ? ` of ${counted(judged, 'error')}` : ''}`;
  });
  const lines = [`intervals ${levels.join(', ')}`, `from ${standing(own, backtest.folds.length)}`];
  return lines.flatMap((line) => wrapped(line, width)).map((line) => style('dim', line));
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

function pictureLines(picture: Picture, style: Style, height: number, width: number): string[] {
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
  const drawing = chart({ lines, width, height, divider: length, style: painted });
  if (drawing === '') return [];
  const from = times[values.length - length];
  const until = times.at(-1);
  const range = from === undefined || until === undefined ? '' : `, ${visible(from)} … ${visible(until)}`;
  const since = from === undefined ? '' : ` since ${visible(from)}`;
  const told = `: last ${count(length)} of ${count(picture.known)} values`;
  const tail = [`${told}${range}`, `${told}${since}`, told].map((text) => `${text} ┊ forecast`);
  const name = visible(picture.target);
  const own = tail.find((text) => widthOf(name + text) <= width) ?? (tail[2] as string);
  const caption = cutTo(name, Math.max(4, width - widthOf(own))) + own;
  return [style('heading', caption), ...drawing.split('\n')];
}

function textLines(answer: TextAnswer, style: Style, width: number, limit = 6): string[] {
  const { prompt, text } = answer;
  const heading = prompt === '' ? 'text' : `text after ${quoted(prompt, 50)}`;
  const lines = text.split('\n').flatMap((line) => wrapped(visible(line, Number.MAX_SAFE_INTEGER), width - 2));
  const shown = lines.slice(0, limit).map((line) => `${style('dim', '│')} ${line}`);
  const more =
    lines.length > limit ? [style('dim', `… ${counted(lines.length - limit, 'more line')} in result.json`)] : [];
  return [style('heading', cutTo(heading, width)), ...shown, ...more, ...nextLines(answer, style, width)];
}

function nextLines({ next }: TextAnswer, style: Style, width: number): string[] {
  if (next.length === 0) return [];
  const tokens = next.map(({ token, probability }) => `${quoted(token, 20)} ${chance(probability)}`);
  const lines = wrapped(tokens.join(' · '), width - 6);
  return lines.map((line, i) => `${style('dim', (i === 0 ? 'next' : '').padEnd(6))}${line}`);
}

function closing(result: Result, style: Style, width: number): string[] {
  const verdict = wrapped(visible(result.verdict, 600), width).map((line) => style('verdict', line));
  const { length } = result.warnings;
  const codes = [...new Set(result.warnings.map((warning) => visible(warning.code, 40)))].slice(0, 4).join(', ');
  if (length === 0) return verdict;
  const warned = wrapped(`${counted(length, 'warning')}: ${codes}`, width);
  return [...verdict, ...warned.map((line) => style('warning', line))];
}
