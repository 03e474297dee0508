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
  if (texts.some((text) => text.includes('e'))) return powers(values, texts, digits);
  const decimals = decimalsOf(texts);
  if (decimals > 6) return texts;
  return values.map((value) => (typeof value === 'number' ? signed(value.toFixed(decimals)) : '–'));
}

/**
 * Columns of values in one unit for each of `keys` (series, targets), with the decimals that the largest of a key has at `digits`: what is near 0
 * beside it is known no better. Keys of like sizes share the decimals. Columns with powers of ten are written by themselves.
 */
export function unitFigures(
  table: readonly (readonly (number | null | undefined)[])[],
  keys: readonly string[],
  digits = 6,
): string[][] {
  const known = table.flatMap((column) =>
    column.flatMap((value, i) =>
      typeof value === 'number' && Number.isFinite(value) ? [{ key: keys[i] as string, value }] : [],
    ),
  );
  const largest = new Map<string, number>();
  for (const { key, value } of known) largest.set(key, Math.max(largest.get(key) ?? 0, Math.abs(value)));
  if ([...largest.values()].some((size) => figure(size, digits).includes('e')))
    return table.map((column) => figures(column, digits));
  const room = new Map(
    [...largest].map(([key, size]) => [key, Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(size || 1))))]),
  );
  const decimals = new Map<string, number>();
  for (const { key, value } of known) {
    const needed = decimalsOf([trimmed(value.toFixed(room.get(key)))]);
    decimals.set(key, Math.max(decimals.get(key) ?? 0, needed));
  }
  const [finest, coarsest] = [Math.max(0, ...room.values()), Math.min(20, ...room.values())];
  const alike = finest - coarsest <= ALIKE;
  const most = Math.max(0, ...decimals.values());
  const text = (value: number, key: string): string =>
    signed(value.toFixed(alike ? most : (decimals.get(key) ?? most)));
  return table.map((column) =>
    column.map((value, i) => (typeof value === 'number' ? text(value, keys[i] as string) : '–')),
  );
}

/** Decimals by which sizes may differ to be written alike: 98.1234 beside 1028.6 and 10000. */
const ALIKE = 2;

function decimalsOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.split('e')[0]?.split('.')[1]?.length ?? 0));
}

/** A column with powers of ten: its neighbours have them too, so that 190504526 does not stand above 1.143e9. */
function powers(values: readonly (number | null | undefined)[], texts: readonly string[], digits: number): string[] {
  const isLarge = values.some((value) => typeof value === 'number' && Math.abs(value) >= 1e9);
  const isSmall = texts.some((text) => text.includes('e-'));
  const takes = (value: number): boolean => {
    const size = Math.abs(value);
    return Number.isFinite(value) && size !== 0 && ((isLarge && size >= 1e4) || (isSmall && size < 1e-3));
  };
  const written = values.map((value) =>
    typeof value === 'number' && takes(value) ? trimmed(value.toExponential(digits - 1)) : null,
  );
  const decimals = decimalsOf(written.map((text) => text ?? ''));
  return values.map((value, i) =>
    written[i] === null ? (texts[i] as string) : signed((value as number).toExponential(decimals).replace('+', '')),
  );
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

/** A probability as a percentage that is never 0 where it is not: 31 %, < 0.1 %. */
export function chance(share: number): string {
  return share > 0 && percent(share) === percent(0) ? '< 0.1 %' : percent(share);
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

/** A line at most so wide on a terminal, cut where it is wider. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let shown = '';
  let taken = 1; // the ellipsis
  for (const character of text) {
    taken += widthOf(character);
    if (taken > width) break;
    shown += character;
  }
  return `${shown}…`;
}

/** A line broken at spaces where it can be (never before a %), anywhere where it cannot, except within what is seen as one character. */
export function wrapped(line: string, width: number): string[] {
  const characters = [...line];
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const end = endOfLine(characters, start, width);
    if (end === characters.length) return [...lines, characters.slice(start).join('')];
    const space = spaceBefore(characters, end, (start + end) / 2);
    lines.push(characters.slice(start, space ?? end).join(''));
    start = space === null ? end : space + 1;
  }
}

/** One past the last character that still fits into `width` columns, at least one after `start`. */
function endOfLine(characters: readonly string[], start: number, width: number): number {
  let end = start;
  for (let taken = 0; end < characters.length; end++) {
    taken += widthOf(characters[end] as string);
    if (taken > width) break;
  }
  if (end === characters.length) return end;
  while (end > start + 1 && isJoined(characters[end - 1] as string, characters[end] as string)) end--;
  return Math.max(end, start + 1);
}

/** The last space up to `end` and after `least` that no % follows; null where there is none. */
function spaceBefore(characters: readonly string[], end: number, least: number): number | null {
  for (let at = end; at > least; at--) if (characters[at] === ' ' && characters[at + 1] !== '%') return at;
  return null;
}

/** Whether two code points belong to one character: accents, emoji of several people or of a skin tone. */
function isJoined(before: string, after: string): boolean {
  return before === '\u200d' || /[\p{M}\p{EMod}\u200d]/u.test(after);
}

/** Columns a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
