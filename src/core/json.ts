// Plain JSON values: what specs, states, histories and reports are made of, and the one way they become text.
// In: a plain value. Out: text that is the same for the same value, or an Error that names what is no JSON. Not here: reading or writing files.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * The text of a JSON file: two spaces a level, keys in the order given, lists of plain values on one line, a newline at the end.
 * `width`: objects that fit into so many characters stand on one line too (rows of a large table take half the bytes); default none do.
 * Numbers are the shortest that read back to the same bits (−0 included); properties that are undefined are left out.
 * Errors: an Error naming the path where a value is NaN, ±∞ or no JSON at all, which `JSON.stringify` would write as null.
 */
export function stableJson(value: unknown, width = 0): string {
  return `${textOf(value, '$', '', width)}\n`;
}

/**
 * The text of `stableJson` piece by piece, an item of what is long at a time: the result of a large panel is hundreds of megabytes, and a
 * string holds 512. Errors: as `stableJson`.
 */
export function* jsonPieces(value: object, width = 0): Generator<string> {
  yield* piecesOf(value, '$', '', width);
  yield '\n';
}

function* piecesOf(value: unknown, path: string, indent: string, width: number): Generator<string> {
  const inner = `${indent}  `;
  if (isTable(value)) yield* rowsOf(value, path, indent, width);
  else if (!isLong(value, width)) yield textOf(value, path, indent, width);
  else {
    let before = `{\n${inner}`;
    for (const [key, item] of entriesOf(value)) {
      yield `${before}${JSON.stringify(key)}: `;
      yield* piecesOf(item, `${path}.${key}`, inner, width);
      before = `,\n${inner}`;
    }
    yield `\n${indent}}`;
  }
}

function* rowsOf(list: readonly unknown[], path: string, indent: string, width: number): Generator<string> {
  const inner = `${indent}  `;
  let before = `[\n${inner}`;
  for (const [i, item] of list.entries()) {
    yield `${before}${textOf(item, `${path}[${i}]`, inner, width)}`;
    before = `,\n${inner}`;
  }
  yield `\n${indent}]`;
}

/** A list that stands on several lines, and what holds it too. */
function isTable(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.some((item) => item !== null && typeof item === 'object');
}

/** Characters of an entry and of what stands before the next, at least: `"": 0, `. */
const LEAST_ENTRY = 7;

/** An object that stands on several lines, whatever its entries are. */
function isLong(value: unknown, width: number): value is object {
  if (!isPlainObject(value)) return false;
  const entries = entriesOf(value);
  return entries.length * LEAST_ENTRY > width || entries.some(([, item]) => isTable(item) || isLong(item, width));
}

function entriesOf(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, item]) => item !== undefined);
}

function textOf(value: unknown, path: string, indent: string, width: number): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value, path);
  if (Array.isArray(value)) return listText(value, path, indent, width);
  if (isPlainObject(value)) return objectText(value, path, indent, width);
  throw new Error(`${path} is not a JSON value: ${Object.prototype.toString.call(value)}`);
}

function numberText(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new Error(`${path} is ${value}, which JSON cannot hold`);
  return Object.is(value, -0) ? '-0' : String(value);
}

function listText(list: readonly unknown[], path: string, indent: string, width: number): string {
  const inner = `${indent}  `;
  const items = Array.from(list, (item, i) => textOf(item, `${path}[${i}]`, inner, width));
  if (items.length === 0) return '[]';
  const flat = list.every((item) => item === null || typeof item !== 'object');
  return flat ? `[${items.join(', ')}]` : `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
}

function objectText(object: object, path: string, indent: string, width: number): string {
  const inner = `${indent}  `;
  const entries = entriesOf(object);
  if (entries.length === 0) return '{}';
  const items = entries.map(([key, item]) => `${JSON.stringify(key)}: ${textOf(item, `${path}.${key}`, inner, width)}`);
  const line = `{ ${items.join(', ')} }`;
  if (line.length <= width && !line.includes('\n')) return line;
  return `{\n${inner}${items.join(`,\n${inner}`)}\n${indent}}`;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value with the keys of its objects in one order: `kind` first, then by name; absent options are left out. */
export function ordered<Value>(value: Value): Value;
export function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => ordered(item));
  if (!isPlainObject(value)) return value;
  const entries = entriesOf(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item)]));
}

const rank = (key: string): number => (key === 'kind' ? 0 : 1);
