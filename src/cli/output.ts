// The two streams: stdout carries the result, stderr everything else. A closed pipe is silence, a full disk is an error.
// Not here: what is said.

import { isAbsolute, relative } from 'node:path';
import { styleText } from 'node:util';
import { asArgument } from '../core/argument.ts';
import { EXIT } from '../core/errors.ts';

/** Exit status of a program whose reader went away: 128 + SIGPIPE. */
const CLOSED_PIPE = 141;

let broken: NodeJS.ErrnoException | null = null;
let pending = Promise.resolve();

process.stdout.on('error', (error) => {
  broken ??= error;
});
// Nowhere is left to complain where stderr itself is gone.
process.stderr.on('error', () => undefined);

/** Queues text for stdout; trouble is told by `closeOutput`. */
export function writeOutput(text: string): void {
  const written = new Promise<void>((done) => process.stdout.write(text, () => done()));
  pending = Promise.all([pending, written]).then(() => undefined);
}

/** Characters that are written at once. */
const PART = 1 << 20;

/** Queues a text that may be longer than a string can be. */
export function writePieces(pieces: Iterable<string>): void {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PART) continue;
    writeOutput(text);
    text = '';
  }
  if (text !== '') writeOutput(text);
}

export function writeJson(value: unknown): void {
  writePieces(linePieces(value));
}

/** The text of `JSON.stringify` and a newline, an item of an object's lists at a time. */
export function* linePieces(value: unknown): Generator<string> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
  if (entries.length === 0) return yield `${JSON.stringify(value)}\n`;
  let before = '{';
  for (const [key, item] of entries) {
    yield `${before}${JSON.stringify(key)}:`;
    if (Array.isArray(item)) yield* itemsOf(item);
    else yield JSON.stringify(item);
    before = ',';
  }
  yield '}\n';
}

function* itemsOf(list: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of list) {
    yield before + JSON.stringify(item ?? null);
    before = ',';
  }
  yield list.length > 0 ? ']' : '[]';
}

/** Waits until stdout has taken everything. null, or the exit status that its failure asks for. */
export async function closeOutput(): Promise<number | null> {
  await pending;
  if (broken === null) return null;
  if (broken.code === 'EPIPE') return CLOSED_PIPE;
  writeMessage(
    `forecast: error[E_IO_STDOUT] stdout: cannot be written (${broken.code ?? 'unknown'}). Hint: free the disk, or write elsewhere`,
  );
  return EXIT.output;
}

/** One line on stderr. */
export function writeMessage(line: string): void {
  process.stderr.write(`${line}\n`);
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Styled for stderr where colour is wanted: FORCE_COLOR, then the flag, then NO_COLOR, then whether it is a terminal. */
export function paint(style: Style, text: string, flag: boolean | undefined): string {
  return wantsColor(flag, process.env, process.stderr.isTTY === true)
    ? styleText(style, text, { validateStream: false })
    : text;
}

export function wantsColor(flag: boolean | undefined, env: NodeJS.ProcessEnv, terminal: boolean): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (flag !== undefined) return flag;
  const refused = env.NO_COLOR;
  if (refused !== undefined && refused !== '') return false;
  return terminal && env.TERM !== 'dumb';
}

/** Columns of the terminal that stdout is; null where it is none, or does not tell. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY === true && process.stdout.columns > 0 ? process.stdout.columns : null;
}

/** A path as one would type it here. */
export function shortPath(path: string): string {
  const way = relative(process.cwd(), path);
  return way === '' ? '.' : way.startsWith('..') || isAbsolute(way) ? path : way;
}

/** A path in a command that is to be typed: never an option, always one word. */
export function pathArgument(path: string): string {
  const shown = shortPath(path);
  return asArgument(shown.startsWith('-') ? `./${shown}` : shown);
}
