// Several runs side by side.
// In: results with the folders they came from. Out: plain rows, or a table of them. Not here: reading the folders (artifact/).

import { decidingRows, PLAIN } from '../evaluate/score.ts';
import { columns, count, figure, figures, percent, quoted, visible } from './figures.ts';
import type { Result, ScoreRow } from './result.ts';

import { metricLabel } from './verdict.ts';

/** What of a result runs are compared by. */
export type Compared = Pick<
  Result,
  'name' | 'engine' | 'data' | 'fit' | 'scores' | 'decision' | 'verdict' | 'forecast' | 'text'
>;

export interface ComparedRun {
  readonly name: string;
  /** As given by the person; relative. */
  readonly folder: string;
  readonly result: Compared;
  /** Time the fit took; null where it is not known. */
  readonly seconds: number | null;
  /** Losses of the epochs, first to last, where they are known. */
  readonly losses?: readonly number[];
  /** Of a text, what its tokens are: errors compare only over the same ones. */
  readonly tokens?: string;
}

/** One run as `compare --json` prints it. */
export interface ComparedRow {
  readonly name: string;
  readonly folder: string;
  readonly model: string;
  readonly engine: string;
  readonly split: ScoreRow['split'] | null;
  readonly windows: number;
  /** The first metric all runs have, of the model; null where they share none or it is undefined. */
  readonly metric: string | null;
  readonly score: number | null;
  readonly skill: number | null;
  readonly ship: string;
  readonly parameters: number;
  readonly epochs: number;
  readonly seconds: number | null;
  readonly firstLoss: number | null;
  readonly lastLoss: number | null;
  /** Generated text, or the first forecast value: what the run answers. */
  readonly answer: string | number | null;
}

/** The runs as plain rows, in the order given. */
export function compareRuns(runs: readonly ComparedRun[]): ComparedRow[] {
  const metric = commonMetric(runs);
  return runs.map((run) => compared(run, metric));
}

/** The runs as a table; scores on different windows or data carry a note. */
export function compareTable(runs: readonly ComparedRun[]): string {
  const rows = compareRuns(runs);
  const metric = rows[0]?.metric ?? null;
  // Runs of one config have one name: then the folders tell them apart.
  const told = new Set(rows.map((row) => row.name)).size === rows.length;
  const scores = figures(rows.map(({ score }) => score));
  const table = columns(
    [
      [
        'run',
        'model',
        metric === null ? 'score' : metricLabel(metric),
        'skill',
        'parameters',
        'epochs',
        'seconds',
        'loss',
        'answer',
      ],
      ...rows.map((row, i) => [
        told ? visible(row.name, 24) : visible(row.folder, 40),
        visible(row.model, 20),
        scores[i] as string,
        row.skill === null ? '–' : percent(row.skill),
        count(row.parameters),
        count(row.epochs),
        row.seconds === null ? '–' : figure(row.seconds, 3),
        lossText(row),
        answerText(row.answer),
      ]),
    ],
    [0, 1, 8],
  );
  const mind = notes(runs, rows).flatMap((note) => ['', note]);
  return [...table, ...mind].join('\n');
}

function compared(run: ComparedRun, metric: string | null): ComparedRow {
  const { result } = run;
  const own = ownRow(result);
  return {
    name: run.name,
    folder: run.folder,
    model: result.fit.model,
    engine: result.engine.kind,
    split: own?.split ?? null,
    windows: own?.windows ?? 0,
    metric,
    score: metric === null ? null : (own?.metrics[metric] ?? null),
    skill: own?.skill ?? null,
    ship: result.decision.ship,
    parameters: result.fit.parameters,
    epochs: result.fit.epochs,
    seconds: Number.isFinite(run.seconds) ? run.seconds : null,
    firstLoss: run.losses?.[0] ?? null,
    lastLoss: run.losses?.at(-1) ?? result.fit.loss,
    answer: result.text[0]?.text ?? result.forecast[0]?.value ?? null,
  };
}

/** The model's own row among those that decide. */
function ownRow(result: Compared): ScoreRow | undefined {
  return decidingRows(result.scores).find((row) => row.forecaster === result.fit.model);
}

function commonMetric(runs: readonly ComparedRun[]): string | null {
  const kinds = runs.map((run) => Object.keys(decidingRows(run.result.scores)[0]?.metrics ?? {}));
  return kinds[0]?.find((kind) => kinds.every((own) => own.includes(kind))) ?? null;
}

/** First and last loss, as far as they are known. */
export function lossText({ firstLoss, lastLoss }: ComparedRow): string {
  if (lastLoss === null) return '–';
  return firstLoss === null ? figure(lastLoss, 3) : `${figure(firstLoss, 3)} → ${figure(lastLoss, 3)}`;
}

function answerText(answer: ComparedRow['answer']): string {
  if (answer === null) return '–';
  return typeof answer === 'number' ? figure(answer, 6) : quoted(answer, 32);
}

/** What last-value has on a run's windows: it knows no options, so that it differs only where rows, steps or the season errors are scaled by do. */
function plainScore({ result }: ComparedRun, metric: string | null): number | null {
  return decidingRows(result.scores).find((row) => row.forecaster === PLAIN)?.metrics[metric ?? ''] ?? null;
}

/** What makes the scores hard to compare, in one sentence; none where nothing does. */
export function notes(runs: readonly ComparedRun[], rows: readonly ComparedRow[]): string[] {
  const found: string[] = [];
  if (new Set(runs.map((run) => run.result.data.sha256)).size > 1) found.push('the runs are on different data');
  const plain = new Set(runs.flatMap((run) => plainScore(run, rows[0]?.metric ?? null) ?? []));
  if (new Set(rows.map((row) => `${row.split} ${row.windows}`)).size > 1 || plain.size > 1)
    found.push('the scores are on different windows');
  if (new Set(runs.flatMap(({ tokens }) => tokens ?? [])).size > 1)
    found.push('the tokens that are predicted are not the same, so their errors do not compare');
  if (rows.some((row) => row.split === 'train')) found.push('some scores are on what the model was trained on');
  return found.length === 0 ? [] : [`Mind: ${found.join('; ')}.`];
}
