// How one file is written: its delimiter and its decimal sign, found on its first rows.
// In: the first bytes, or the first rows. Out: a delimiter, a decimal sign. Not here: reading cells.

/** In the order of preference where several explain the rows equally well. */
const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE_LINES = 100;

/**
 * The delimiter that occurs in the header and equally often in most of the first lines (quoted text apart); "," where none does,
 * which makes a table of one column.
 */
export function detectDelimiter(bytes: Buffer): string {
  const lines = firstLines(bytes.toString('utf8', 0, 1 << 16));
  let best = ',';
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const expected = countOutsideQuotes(lines[0] ?? '', delimiter);
    if (expected === 0) continue;
    const agreeing = lines.filter((line) => countOutsideQuotes(line, delimiter) === expected).length;
    const score = agreeing / lines.length + expected * 1e-6;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

function firstLines(sample: string): string[] {
  const lines = sample.split(/\r\n|\n|\r/);
  if (lines.length > 1) lines.pop();
  return lines.filter((line) => line.trim() !== '').slice(0, SAMPLE_LINES);
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) count++;
  }
  return count;
}

/** A decimal comma is assumed only where ";" separates the cells and some cell is digits, comma, digits, and none has a decimal point. */
export function detectDecimal(delimiter: string, rows: readonly (readonly string[])[]): '.' | ',' {
  if (delimiter !== ';') return '.';
  const cells = rows.flat().map((cell) => cell.trim());
  const comma = cells.some((cell) => /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/.test(cell));
  const point = cells.some((cell) => /^[+-]?\d+\.\d+$/.test(cell));
  return comma && !point ? ',' : '.';
}

/** Whether the first lines, comments apart, are the @ lines that a .tsf file begins with. */
export function looksLikeTsf(bytes: Buffer): boolean {
  return /^(?:\s*#[^\n\r]*[\n\r]+)*\s*@(?:relation|attribute)\b/i.test(bytes.toString('latin1', 0, 1 << 14));
}
