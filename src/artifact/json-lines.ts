// A JSON file read back line by line: a string holds 512 MB at most, and the result of a large panel is more.
// In: the bytes of a text as `stableJson` lays it out. Out: its value, of an object the entries that are wanted. Not here: JSON itself, each line is parsed by the library.

import type { Json } from '../core/json.ts';

type Container = Json[] | { [key: string]: Json };

const NEWLINE = '\n'.charCodeAt(0);
const SPACE = ' '.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const LIST = { opens: '['.charCodeAt(0), closes: ']'.charCodeAt(0) };
const OBJECT = { opens: '{'.charCodeAt(0), closes: '}'.charCodeAt(0) };

/**
 * The value of a JSON text that breaks its lines behind brackets that open, values and their commas alone, as `stableJson` and
 * `JSON.stringify` do; no string is made that is longer than a line. `wanted`: keys of the outermost object, what stands on the lines under
 * others is passed over unread. Errors: SyntaxError where a line is no JSON or brackets are left open; that commas stand between values is
 * not checked.
 */
export function readLines(bytes: Uint8Array, wanted?: readonly string[]): Json {
  const whole: Json[] = [];
  const open: Container[] = [whole];
  /** Brackets open within an entry that nobody wants. */
  let passed = 0;
  for (const line of linesOf(bytes)) {
    if (passed > 0) passed += line.opens ? 1 : line.closes ? -1 : 0;
    else if (line.closes) open.pop();
    else {
      const holder = open.at(-1) ?? whole;
      const [key, value] = itemOf(line.text(), holder);
      const wants = open.length !== 2 || !wanted || Array.isArray(holder) || wanted.includes(key);
      if (wants) put(holder, key, value);
      if (line.opens && wants) open.push(value as Container);
      else if (line.opens) passed = 1;
    }
  }
  if (open.length === 1 && passed === 0 && whole.length === 1) return whole[0] as Json;
  throw new SyntaxError('brackets are left open, or there is more than one value');
}

interface Line {
  /** Ends with a bracket whose inside stands on the next lines. */
  readonly opens: boolean;
  /** Ends what such a bracket began. */
  readonly closes: boolean;
  /** Without indentation and comma; what it opens is closed at once. */
  text(): string;
}

function* linesOf(bytes: Uint8Array): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, next = 0; start < buffer.length; start = next + 1) {
    next = buffer.indexOf(NEWLINE, start);
    if (next < 0) next = buffer.length;
    let end = next;
    while (buffer[start] === SPACE) start++;
    if (buffer[end - 1] === COMMA) end--;
    if (start >= end) continue;
    const [first, last] = [buffer[start], buffer[end - 1]];
    const opens = last === LIST.opens || last === OBJECT.opens;
    const closes = first === LIST.closes || first === OBJECT.closes;
    const closing = opens ? (last === LIST.opens ? ']' : '}') : '';
    const from = start;
    yield { opens, closes, text: () => buffer.toString('utf8', from, end) + closing };
  }
}

/** The value of a line, and its key where it is held by an object. */
function itemOf(text: string, holder: Container): readonly [key: string, value: Json] {
  if (Array.isArray(holder)) return ['', JSON.parse(text)];
  const [entry, ...more] = Object.entries(JSON.parse(`{${text}}`) as { [key: string]: Json });
  if (entry && more.length === 0) return entry;
  throw new SyntaxError(`no entry of an object: ${text.slice(0, 40)}`);
}

function put(holder: Container, key: string, value: Json): void {
  if (Array.isArray(holder)) holder.push(value);
  // An assignment would make it the object's prototype.
  else if (key === '__proto__')
    Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
  else holder[key] = value;
}
