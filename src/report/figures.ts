// How values and strings look in reports: short numbers, shares, one-line escaped text, columns.
// In: values from a result. Out: plain text. Not here: what is said (terminal.ts, verdict.ts).

/** Characters that move the cursor, break the line or turn the reading direction. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text of others on one line: control characters appear as escapes, long text is cut. */
export function visible(text: string, limit = 60): string {
  // Two units a character at most: what lies beyond is cut anyway.
  const near = text.length > limit ? text.slice(0, 2 * limit + 2) : text;
  const line = near.replace(UNSAFE, escapeOf);
  return line.length > limit ? `${[...line].slice(0, limit - 1).join('')}…` : line;
}

/** The same in quotation marks. */
export function quoted(text: string, limit = 60): string {
  return `"${visible(text, limit)}"`;
}

function escapeOf(character: string): string {
  const short: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A number to `digits` significant digits, without trailing zeros: 0.7134, 1 234.5 as 1235, 1.2e-9. */
export function figure(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return signed(trimmed(value.toExponential(digits - 1)));
  const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return signed(trimmed(value.toFixed(Math.min(decimals, 20))));
}

/** The p of a test: p 0.031; below 0.001 what the test itself takes for granted says no more than that. */
export function probability(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p ${figure(p, 2)}`;
}

/** The numbers of one column with the same decimals, as many as the one that needs most; –: no number. */
export function figures(values: readonly (number | null | undefined)[], digits = 4): string[] {
  const texts = values.map((value) => (typeof value === 'number' ? figure(value, digits) : '–'));
  const decimals = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
  if (decimals > 6 || texts.some((text) => text.includes('e'))) return texts;
  return values.map((value) => (typeof value === 'number' ? signed(value.toFixed(decimals)) : '–'));
}

/** A whole number in groups of three: 1,234,567. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A share as a percentage of two digits at least: 31 %, 0.4 %, −4 %. */
export function percent(share: number): string {
  const exact = share * 100;
  const size = Math.abs(exact);
  // 99.97 % must not read as all of it.
  const value = size > 99.4 && size < 100 ? Math.trunc(exact * 10) / 10 : exact;
  const decimals = size === 0 || (size >= 10 && value === exact) ? 0 : 1;
  return `${signed(trimmed(value.toFixed(decimals)))} %`;
}

/** "1 window", "28 windows". */
export function counted(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 || word === 'series' ? '' : 's'}`;
}

function trimmed(text: string): string {
  const [mantissa, exponent] = text.split('e');
  const short = mantissa?.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa;
  return exponent === undefined ? (short ?? '') : `${short}e${exponent.replace('+', '')}`;
}

/** A true minus sign, and no minus before zero. */
function signed(text: string): string {
  return Number(text) === 0 ? text.replace(/^-/, '') : text.replace(/^-/, '−');
}

/** Rows as columns: the first one to the left, the others to the right, two spaces between them. */
export function columns(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
        return left.includes(i) ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Columns a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
