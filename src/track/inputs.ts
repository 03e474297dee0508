// Who reads the inputs beside the targets: said once a run, so that nobody believes a forecaster saw a price that it never looked at.
// In: the contenders and the columns. Out: a note, and a warning where the model reads none. Not here: reading them.

import { hasNetwork, readsAhead } from '../combine/member.ts';
import type { Choice, Config } from '../config/config.ts';
import type { Column, Series } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import { checkKnownAhead } from '../core/known-ahead.ts';
import { checkReach } from '../predict/number-network.ts';
import { windowShape } from '../prepare/cutting.ts';
import type { WindowShape } from '../window/window.ts';

/**
 * Refuses, before anything is fitted, a forecast that the columns of a series could not feed, or could only feed by knowing the answer; of
 * several series the first is named. Errors: E_DATA_FUTURE; E_DATA_COLUMN; for networks E_CONFIG_CONFLICT where past columns or a lead keep
 * blocks from being fed back.
 */
export function checkInputs(config: Config, panel: readonly Series[]): void {
  for (const series of panel) {
    const shape = windowShape(config, series);
    named(panel.length > 1 ? series.id : null, () => checkSeries(config.model, shape, series, config.predict.horizon));
  }
}

/** What `work` refuses, with the series it is about. */
function named(id: string | null, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ForecastError) || id === null) throw error;
    const { code, message, where, hint } = error;
    throw new ForecastError(code, `series ${JSON.stringify(id.slice(0, 40))}: ${message}`, {
      where,
      hint,
    });
  }
}

function checkSeries(model: Choice, shape: WindowShape, series: Series, horizon: number): void {
  checkAnswers(series);
  if (hasNetwork(model)) checkReach(shape, series, horizon);
  else if (readsAhead(model)) checkKnownAhead(series, series.length + shape.lead + horizon);
}

/**
 * A column "known in advance" that holds the target itself, row by row: every backtest would be perfect, and no forecast possible.
 * What the calendar made is known in advance for certain, whatever a short target looks like.
 */
function checkAnswers({ targets, future, length }: Series): void {
  for (const { name: target, values: answers } of targets) {
    if (answers.every((value) => value === answers[0])) continue;
    const inputs = future.filter(({ asIs }) => !asIs);
    const copy = inputs.find(({ values }) => answers.every((value, t) => t >= length || value === values[t]));
    const other = copy ?? inputs.find(({ values }) => isInOtherUnit(values, answers.subarray(0, length)));
    if (other === undefined) continue;
    throw new ForecastError(
      'E_DATA_COLUMN',
      `column "${other.name}" holds "${target}"${copy ? '' : ' in another unit'} in every row: the answer among the inputs`,
      {
        where: 'source.future',
        hint: `remove ${other.name}, or name it in source.past where it is known up to the forecast only`,
      },
    );
  }
}

/** What a line through two points may be missed by, of the largest value. */
const ROUNDING = 1e-9;

/**
 * Whether a column is a + b · the target, b ≠ 0. Columns of two values coincide by chance, and a target that rises by a step a row is that of
 * anything counted: neither is taken for a copy.
 */
function isInOtherUnit(values: Float64Array, answers: Float64Array): boolean {
  const rows = Float64Array.from(answers, (_, t) => t);
  return new Set(answers).size > 2 && isLineOf(values, answers) && !isLineOf(rows, answers);
}

function isLineOf(values: Float64Array, answers: Float64Array): boolean {
  const [x, y] = [answers[0] as number, values[0] as number];
  const at = answers.findIndex((value) => value !== x);
  const slope = ((values[at] as number) - y) / ((answers[at] as number) - x);
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (slope === 0 || !Number.isFinite(slope)) return false;
  return answers.every((value, t) => Math.abs((values[t] as number) - y - slope * (value - x)) <= ROUNDING * size);
}

/** Changes of a target that a column known in advance may leave untold, of their mean size, before it is taken for the target's shadow. */
const UNTOLD = 0.1;
/** Changes, and values of a column, from which on that is more than chance or a switch between states. */
const ENOUGH_CHANGES = 20;

/**
 * Said of a column "known in advance" that tells practically all the target's changes in its own row: the target with a little noise, or
 * rounded in another unit. What goes up and down with the season or with a switch tells changes too: a shadow also follows from season to season, and
 * takes many values.
 */
export function shadowWarnings(panel: readonly Series[], season: number): Warning[] {
  const [{ targets, future }] = panel as readonly [Series, ...Series[]];
  const lags = season > 1 ? [1, season] : [1];
  return future.flatMap(({ name, asIs }, f) => {
    if (asIs) return [];
    return targets.flatMap((target, c) => {
      const shadowed = panel.filter((series) => {
        const values = (series.future[f] as Column).values.subarray(0, series.length);
        const answers = (series.targets[c] as Column).values.subarray(0, series.length);
        return new Set(values).size >= ENOUGH_CHANGES && lags.every((lag) => untold(values, answers, lag) <= UNTOLD);
      });
      if (2 * shadowed.length <= panel.length) return [];
      const message = `"${name}" tells practically all of the changes of "${target.name}" in the same row: scores of what reads it are no forecasts', unless it is known before`;
      return [{ code: 'W_INPUT_TARGET', message } as const];
    });
  });
}

/** The share of the answers' changes over `lag` rows, by mean size, that the column's changes leave to a line through all; 1 where there are too few. */
function untold(values: Float64Array, answers: Float64Array, lag: number): number {
  const [x, y] = [changesOf(values, lag), changesOf(answers, lag)];
  if (y.length < ENOUGH_CHANGES) return 1;
  const slope = sumOf(x, (change, t) => change * (y[t] as number)) / sumOf(x, (change) => change * change);
  const left = sumOf(y, (change, t) => Math.abs(change - slope * (x[t] as number)));
  return left / sumOf(y, Math.abs);
}

/** Changes over `lag` rows, less their mean. */
function changesOf(values: Float64Array, lag: number): Float64Array {
  const changes = values.subarray(lag).map((value, t) => value - (values[t] as number));
  const mean = sumOf(changes, (change) => change) / changes.length;
  return changes.map((change) => change - mean);
}

function sumOf(values: Float64Array, term: (value: number, t: number) => number): number {
  return values.reduce((sum, value, t) => sum + term(value, t), 0);
}

/** Which contenders read which columns; nothing where there are none. */
export function toldInputs(
  model: Choice,
  baselines: readonly string[],
  { past, future }: Series,
): { readonly notes: readonly string[]; readonly warnings: readonly Warning[] } {
  const contenders = [model, ...baselines.map((kind) => ({ kind }))];
  const roles = [
    { what: 'known up to the cutoff', columns: past, reads: hasNetwork },
    { what: 'known in advance', columns: future, reads: readsAhead },
  ].filter(({ columns }) => columns.length > 0);
  const notes = roles.map(({ what, columns, reads }) => {
    const readers = contenders.filter(reads).map(({ kind }) => kind);
    const said = readers.length > 0 ? `read by ${readers.join(', ')} alone` : 'read by none of the contenders';
    return `${what}: ${namesOf(columns)}, ${said}`;
  });
  const unread = roles.filter(({ reads }) => !reads(model)).flatMap(({ columns }) => columns);
  if (unread.length === 0) return { notes, warnings: [] };
  const message = `${model.kind} does not read ${namesOf(unread)}`;
  return { notes, warnings: [{ code: 'W_INPUTS_UNUSED', message }] };
}

/** Names of columns, those of one feature of the calendar as one. */
function namesOf(columns: readonly Column[]): string {
  const names = columns.map(({ name, asIs }) => (asIs ? (/^[^= ]+/.exec(name) as RegExpExecArray)[0] : name));
  return [...new Set(names)].join(', ');
}
