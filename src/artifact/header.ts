// The part of JSON that headers are made of, read strictly: duplicate keys are errors, objects are Maps, nesting is bounded.
// In: text. Out: plain values. Not here: what a header means (safetensors.ts).

export type HeaderValue = number | string | HeaderValue[] | Map<string, HeaderValue>;

const DEPTH = 8;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** Parses the whole of `text`: objects, lists, strings, numbers (no true, false, null). Errors: SyntaxError with the position. */
export function parseHeader(text: string): HeaderValue {
  const cursor = { text, at: 0 };
  const value = parseValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.at < text.length) throw unexpected(cursor);
  return value;
}

interface Cursor {
  readonly text: string;
  at: number;
}

function parseValue(cursor: Cursor, depth: number): HeaderValue {
  if (depth > DEPTH) throw new SyntaxError(`deeper than ${DEPTH} levels at ${cursor.at}`);
  skipSpace(cursor);
  const next = cursor.text[cursor.at];
  if (next === '{') return parseObject(cursor, depth);
  if (next === '[') return parseList(cursor, depth);
  if (next === '"') return parseString(cursor);
  return parseNumber(cursor);
}

function parseObject(cursor: Cursor, depth: number): Map<string, HeaderValue> {
  const object = new Map<string, HeaderValue>();
  cursor.at++;
  if (taken(cursor, '}')) return object;
  do {
    skipSpace(cursor);
    const key = parseString(cursor);
    if (object.has(key)) throw new SyntaxError(`duplicate key ${JSON.stringify(key.slice(0, 40))}`);
    if (!taken(cursor, ':')) throw unexpected(cursor);
    object.set(key, parseValue(cursor, depth + 1));
  } while (taken(cursor, ','));
  if (!taken(cursor, '}')) throw unexpected(cursor);
  return object;
}

function parseList(cursor: Cursor, depth: number): HeaderValue[] {
  const list: HeaderValue[] = [];
  cursor.at++;
  if (taken(cursor, ']')) return list;
  do list.push(parseValue(cursor, depth + 1));
  while (taken(cursor, ','));
  if (!taken(cursor, ']')) throw unexpected(cursor);
  return list;
}

function parseString(cursor: Cursor): string {
  if (cursor.text[cursor.at] !== '"') throw unexpected(cursor);
  let end = cursor.at + 1;
  while (end < cursor.text.length && cursor.text[end] !== '"') end += cursor.text[end] === '\\' ? 2 : 1;
  const literal = cursor.text.slice(cursor.at, end + 1);
  cursor.at = end + 1;
  return JSON.parse(literal) as string;
}

function parseNumber(cursor: Cursor): number {
  NUMBER.lastIndex = cursor.at;
  const found = NUMBER.exec(cursor.text)?.[0];
  if (found === undefined) throw unexpected(cursor);
  cursor.at += found.length;
  return Number(found);
}

function taken(cursor: Cursor, mark: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== mark) return false;
  cursor.at++;
  return true;
}

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at;
  cursor.at += SPACE.exec(cursor.text)?.[0].length ?? 0;
}

function unexpected(cursor: Cursor): SyntaxError {
  const found = cursor.text[cursor.at];
  return new SyntaxError(`unexpected ${found === undefined ? 'end' : JSON.stringify(found)} at ${cursor.at}`);
}
