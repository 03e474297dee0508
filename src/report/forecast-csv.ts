// The forecast as a CSV file that spreadsheets open without running anything in it.
// In: forecast rows. Out: the file's text, numbers at full precision. Not here: writing it (artifact/).

import { levelsOf } from './levels.ts';
import type { Result } from './result.ts';

/** The text of the file; a string holds 512 MB at most. */
export function forecastCsv(result: Pick<Result, 'forecast'>): string {
  return [...csvLines(result)].join('');
}

/**
 * The file line by line. Columns series, target, step, time, value, and lower and upper of every level ("lower80", "upper80"); lines end with LF.
 * Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers are untouched.
 */
export function* csvLines(result: Pick<Result, 'forecast'>): Generator<string> {
  const levels = levelsOf(result.forecast);
  const header = ['series', 'target', 'step', 'time', 'value', ...levels.flatMap((l) => [`lower${l}`, `upper${l}`])];
  yield `${header.join(',')}\n`;
  for (const row of result.forecast) {
    const bounds = levels.flatMap((level) => [numberCell(row.lower?.[level]), numberCell(row.upper?.[level])]);
    const named = [textCell(row.series), textCell(row.target), String(row.step), textCell(row.time)];
    yield `${[...named, numberCell(row.value), ...bounds].join(',')}\n`;
  }
}

/** All levels of all rows, smallest first. */
function numberCell(value: number | undefined): string {
  if (value === undefined) return '';
  if (!Number.isFinite(value)) throw new Error(`the forecast holds ${value}`);
  return String(value);
}

function textCell(text: string): string {
  const safe = isFormula(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Full-width signs count too: some spreadsheets read them as their narrow twins. A plain number is a number. */
function isFormula(text: string): boolean {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?[0-9]+(?:\.[0-9]+)?$/.test(text);
}
