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
  const all = firstLines(bytes.toString('utf8', 0, 1 << 16));
  // A title above the names holds no delimiter.
  const names = all.findIndex((line) => DELIMITERS.some((delimiter) => countOutsideQuotes(line.trim(), delimiter) > 0));
  const lines = all.slice(Math.max(0, names));
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

/** Columns that stand apart by two blanks or more, as tables are printed. */
const APART = / {2,}/;

/**
 * How many columns the first lines show that stand apart by blanks, the least and the most; null where the first line holds a sign that
 * parts cells, or fewer than half of the lines hold such columns.
 */
export function columnsApart(bytes: Buffer): { readonly least: number; readonly most: number } | null {
  const lines = firstLines(bytes.toString('latin1', 0, 1 << 16));
  if (lines.length < 2 || /[,;\t|"]/.test(lines[0] as string)) return null;
  const counts = lines.map((line) => line.trim().split(APART).length);
  if ((counts[0] as number) < 2 || 2 * counts.filter((count) => count > 1).length <= counts.length) return null;
  return { least: Math.min(...counts), most: Math.max(...counts) };
}

/** The bytes with a tab where columns stand apart by blanks. */
export function tabbed(bytes: Buffer): Buffer {
  const plain = bytes.toString('latin1').replace(/^ +| +$/gm, '');
  return Buffer.from(plain.replace(/ {2,}/g, '\t'), 'latin1');
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

/**
 * The one of point and comma that does not part thousands where the other does; else a comma only where ";" separates the cells and some cell
 * is digits, comma, digits, and none has a decimal point.
 */
export function detectDecimal(
  delimiter: string,
  rows: readonly (readonly string[])[],
  thousands?: string | undefined,
): '.' | ',' {
  if (thousands === '.' || thousands === ',') return thousands === '.' ? ',' : '.';
  if (delimiter !== ';') return '.';
  const cells = rows.flat().map((cell) => cell.trim());
  const comma = cells.some((cell) => /^[^\p{L}\d,]{0,4}(?:\d+|\d{1,3}(?:[.\s'’]\d{3})+),\d+[^\d,]{0,8}$/u.test(cell));
  const point = cells.some((cell) => /^[^\p{L}\d.]{0,4}\d+\.\d+[^\d.]{0,8}$/u.test(cell));
  return comma && !point ? ',' : '.';
}

/** Whether the first lines, comments apart, are the @ lines that a .tsf file begins with. */
export function looksLikeTsf(bytes: Buffer): boolean {
  return /^(?:\s*#[^\n\r]*[\n\r]+)*\s*@(?:relation|attribute)\b/i.test(bytes.toString('latin1', 0, 1 << 14));
}
