// The scores of a run's page: forecasters by metrics, what these mean, and how intervals held.
// In: a Result. Out: pieces of markup. Not here: the sections around them (run-page.ts).

import { decidingRows } from '../evaluate/score.ts';
import { METRICS } from '../metrics/index.ts';
import { figures, percent, visible } from './figures.ts';
import { type Cell, folded, paragraph, tableOf } from './page.ts';
import type { IntervalReport, Result, ScoreRow } from './result.ts';
import { bestFirst, scoredOver } from './terminal.ts';
import { metricLabel } from './verdict.ts';

/** Forecasters and metrics shown at most. */
const MOST_ROWS = 40;
const MOST_METRICS = 12;

/** Forecasters by metrics, best first, with skill; then how the intervals of each held in the backtest. */
export function scorePart(result: Result): string[] {
  const rows = decidingRows(result.scores);
  const first = rows[0];
  if (!first) return [];
  const others = [...new Set(result.scores.map((row) => row.split))].filter((split) => split !== first.split);
  return [
    paragraph(`${scoredOver(first.windows, first.split)}; skill is the gain over the best baseline.`, 'soft'),
    scoreTable(result, rows),
    meanings(result, rows),
    reasons(rows),
    ...others.map((split) => {
      const own = result.scores.filter((row) => row.split === split && row.series === undefined);
      return own.length === 0 ? '' : folded(scoredOver(own[0]?.windows ?? 0, split), scoreTable(result, own));
    }),
    ...intervalPart(result, rows),
  ];
}

/** A share of an error that is saved, or added. */
export function skillCell(skill: number | null): Cell {
  return skill === null ? '–' : { text: percent(skill), as: skill > 0 ? 'good' : skill < 0 ? 'bad' : 'even' };
}

function scoreTable(result: Result, rows: readonly ScoreRow[]): string {
  const metrics = metricsOf(rows);
  const sorted = bestFirst(rows, metrics[0] ?? '').slice(0, MOST_ROWS);
  const values = metrics.map((metric) => figures(sorted.map((row) => row.metrics[metric])));
  return tableOf({
    head: ['forecaster', ...metrics.map(metricLabel), 'skill'],
    marked: sorted.findIndex((row) => row.forecaster === result.decision.ship),
    rows: sorted.map((row, i): Cell[] => [
      nameOf(row.forecaster, result),
      ...values.map((column) => column[i] as string),
      skillCell(row.skill),
    ]),
  });
}

function metricsOf(rows: readonly ScoreRow[]): string[] {
  return Object.keys(rows[0]?.metrics ?? {}).slice(0, MOST_METRICS);
}

function nameOf(forecaster: string, { decision }: Result): string {
  return forecaster === decision.ship ? `${visible(forecaster, 36)} ◀ ship` : visible(forecaster, 40);
}

/** What the columns are, for who has not met them. */
function meanings({ decision }: Result, rows: readonly ScoreRow[]): string {
  const told = metricsOf(rows).flatMap((metric) => {
    const summary = METRICS[metric]?.summary;
    if (summary === undefined) return [];
    return [`${metricLabel(metric)}: ${summary.charAt(0).toLowerCase()}${summary.slice(1).replace(/\.$/, '')}`];
  });
  if (decision.p !== null) told.push('p: how often chance alone would give such a lead');
  return paragraph(told.join('; '), 'soft');
}

function reasons(rows: readonly ScoreRow[]): string {
  const said = new Map(rows.flatMap((row) => Object.entries(row.reasons ?? {})));
  const lines = [...said].map(([metric, reason]) => `No ${metricLabel(metric)}: ${reason}`);
  return paragraph(lines.slice(0, 6).join('; '), 'soft');
}

/** Of the backtest, whatever part the scores above are of. */
function intervalPart(result: Result, rows: readonly ScoreRow[]): string[] {
  const intervals = result.backtest?.intervals ?? [];
  const levels = (intervals[0]?.levels ?? []).map(({ level }) => level);
  if (levels.length === 0) return [];
  const sorted = bestFirst(rows, metricsOf(rows)[0] ?? '').flatMap(({ forecaster }) => {
    const own = intervals.find((candidate) => candidate.forecaster === forecaster);
    return own ? [own] : [];
  });
  const shown = (sorted.length > 0 ? sorted : intervals).slice(0, MOST_ROWS);
  const cells = levels.flatMap((level) => intervalColumns(shown, level));
  const table = tableOf({
    head: ['intervals', ...levels.flatMap((level) => [`${level} % held`, `MSIS ${level}`])],
    marked: shown.findIndex(({ forecaster }) => forecaster === result.decision.ship),
    rows: shown.map((row, i) => [nameOf(row.forecaster, result), ...cells.map((column) => column[i] as string)]),
  });
  return [
    '<h3>How intervals held</h3>',
    paragraph(
      'Share of the backtest’s values inside, each fold judged by the errors known before it; MSIS: mean scaled interval score, of width and misses together, smaller is better.',
      'soft',
    ),
    table,
  ];
}

function intervalColumns(rows: readonly IntervalReport[], level: number): [held: string[], msis: string[]] {
  const own = rows.map((row) => row.levels.find((candidate) => candidate.level === level));
  const scores = figures(
    own.map((one) => (one?.supported ? one.msis : null)),
    3,
  );
  const held = own.map((one) => {
    if (one && !one.supported) return `needs ${one.needed} errors`;
    return one?.coverage === undefined || one.coverage === null ? '–' : percent(one.coverage);
  });
  return [held, scores];
}
