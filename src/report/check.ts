// How a forecast held, as a page of the terminal and as one sentence.
// In: the figures of a check. Out: text. Not here: the figures (../commands/check.ts).

import type { Holding } from '../evaluate/holding.ts';
import { columns, count, counted, figure, figures, percent, probability, visible, wrapped } from './figures.ts';
import { WIDTH } from './paint.ts';
import { metricLabel } from './verdict.ts';

export interface CheckFacts extends Holding {
  readonly run: string;
  readonly model: string;
  /** What the run said to ship. */
  readonly shipped: string;
  /** Values of the forecast that are known by now, of so many. */
  readonly known: number;
  readonly of: number;
  readonly series: number;
  readonly from: string | null;
  readonly until: string | null;
  /** Rows of the table that were of no use. */
  readonly before: number;
  readonly after: number;
  readonly beside: number;
  readonly missing: number;
  /** Times of the forecast without a value though a later one has one. */
  readonly untold: readonly string[];
  readonly unknown: readonly string[];
  readonly absent: readonly string[];
  /** Model and baselines on the known values, best first; `error` decides: in units of the backtest's errors where there are any. */
  readonly scores: readonly {
    readonly forecaster: string;
    readonly error: number;
    readonly metrics: { readonly [metric: string]: number | null };
  }[];
}

export interface CheckReport extends CheckFacts {
  readonly sentence: string;
}

/** What to do, in one sentence, with the figures behind it. */
export function sentenceOf(facts: CheckFacts): string {
  const known = `${count(facts.known)} of ${counted(facts.of, 'value')} known`;
  if (facts.status === 'refit-due') return `Refit due: ${reasons(facts).join('; ')} (${known})${better(facts)}.`;
  if (facts.status === 'hold')
    return `${facts.off ? 'The forecast is off by no more than chance gives' : 'The forecast holds'}: ${calm(facts).join(', ')} (${known})${better(facts)}.`;
  const why =
    facts.levels.length === 0 && facts.error === null
      ? 'the run had no backtest, so there are no intervals and no errors to expect'
      : 'so few values could fall anywhere by chance';
  return `Too early to tell: ${why} (${known})${better(facts)}.`;
}

function reasons({ causes, levels, error, bias }: CheckFacts): string[] {
  const worst = [...levels].sort((a, b) => a.p - b.p)[0];
  return causes.map((cause) => {
    if (cause === 'coverage' && worst)
      return `${count(worst.inside)} of ${count(worst.judged)} values lie inside their ${worst.level} % intervals, ${probability(worst.p)}`;
    if (cause === 'error' && error)
      return `errors are ${figure(error.ratio, 2)} times those of the backtest, ${probability(error.p)} among its ${counted(error.origins, 'forecast')}`;
    const { sums, mean } = bias;
    return `the forecast drifts ${mean > 0 ? 'above' : 'below'} what came: ${count((sums?.judged ?? 0) - (sums?.inside ?? 0))} of ${counted(sums?.judged ?? 0, 'sum')} left their ${sums?.level ?? 95} % interval`;
  });
}

function calm({ levels, error }: CheckFacts): string[] {
  const held = levels.map(({ level, inside, judged }) => `${percent(inside / judged)} inside the ${level} % intervals`);
  return error === null ? held : [...held, `errors ${figure(error.ratio, 2)} times those of the backtest`];
}

/** A baseline that was nearer is named: it costs nothing. */
function better({ scores, model }: CheckFacts): string {
  const best = scores[0];
  const own = scores.find(({ forecaster }) => forecaster === model);
  if (!best || !own || best.forecaster === model || !(best.error < own.error)) return '';
  const [mae, ours] = [best.metrics.mae ?? 0, own.metrics.mae ?? 0];
  return mae < ours
    ? `; ${best.forecaster} was nearer (MAE ${figure(mae)} against ${figure(ours)})`
    : `; ${best.forecaster} was nearer in units of the backtest's errors (${figure(best.error, 3)} against ${figure(own.error, 3)})`;
}

/** The page, without a newline at the end. */
export function renderCheck(report: CheckReport): string {
  const blocks = [head(report), scoreTable(report), levelTable(report), wrapped(report.sentence, WIDTH)];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

function head(report: CheckReport): string[] {
  const span = report.from === null ? '' : `, ${visible(report.from)} … ${visible(report.until ?? '')}`;
  const series = report.series > 1 ? ` of ${counted(report.series, 'series')}` : '';
  return [
    `${visible(report.run)} · ${visible(report.model)}`,
    `${count(report.known)} of ${counted(report.of, 'forecast value')} known by now${series}${span}`,
    ...leftOut(report),
  ];
}

/** What of the table was not of use, one line each. */
function leftOut({ before, after, beside, missing, untold, unknown, absent }: CheckReport): string[] {
  const names = (ids: readonly string[]): string =>
    ids
      .slice(0, 4)
      .map((id) => visible(id, 24))
      .join(', ') + (ids.length > 4 ? ', …' : '');
  return [
    ...(before + after > 0
      ? [`left out: ${counted(before, 'row')} before the forecast, ${count(after)} after it`]
      : []),
    ...(beside > 0 ? [`left out: ${counted(beside, 'row')} at times between the forecast's`] : []),
    ...(missing > 0 ? [`left out: ${counted(missing, 'missing value')}`] : []),
    ...(untold.length > 0 ? [`without a value: ${counted(untold.length, 'step')} (${names(untold)})`] : []),
    ...(unknown.length > 0
      ? [`left out: ${counted(unknown.length, 'series')} the run does not know (${names(unknown)})`]
      : []),
    ...(absent.length > 0 ? [`without a row: ${counted(absent.length, 'series')} (${names(absent)})`] : []),
  ];
}

function scoreTable({ scores }: CheckReport): string[] {
  const metrics = Object.keys(scores[0]?.metrics ?? {});
  const values = metrics.map((metric) => figures(scores.map((row) => row.metrics[metric])));
  return columns([
    ['on the known values', ...metrics.map(metricLabel)],
    ...scores.map(({ forecaster }, i) => [visible(forecaster, 28), ...values.map((column) => column[i] as string)]),
  ]);
}

function levelTable({ levels, error, bias }: CheckReport): string[] {
  const rows = levels.map(({ level, inside, judged, p }) => [
    `${level} % interval`,
    `${count(inside)} of ${count(judged)} inside`,
    percent(inside / judged),
    probability(p),
  ]);
  const ratio = error ? [['errors', `${figure(error.ratio, 3)} times the backtest's`, '', probability(error.p)]] : [];
  const { sums, signal } = bias;
  const drift = sums
    ? [
        [
          'sums of errors',
          `${count(sums.inside)} of ${count(sums.judged)} inside`,
          percent(sums.inside / sums.judged),
          probability(sums.p),
        ],
      ]
    : [];
  const tracking = signal === null ? [] : [['tracking signal', figure(signal, 3), '', '']];
  const all = [...rows, ...ratio, ...drift, ...tracking];
  return all.length === 0 ? [] : columns([['', 'what came', '', 'chance'], ...all], [0, 1]);
}
