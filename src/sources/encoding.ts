// Bytes as strict UTF-8, whatever they were written in: a mark or an option says what that is, and nothing is guessed.
// In: chunks of bytes. Out: chunks of UTF-8, or the position of the first byte that is none. Not here: parsing.

import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { ForecastError } from '../core/errors.ts';

/** Encodings beside UTF-8 that a file may be said to be in. */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'iso-8859-2',
  'iso-8859-15',
  'koi8-r',
  'macintosh',
  'shift_jis',
  'euc-jp',
  'gb18030',
  'big5',
  'euc-kr',
] as const;

export type Encoding = (typeof ENCODINGS)[number];

/**
 * The chunks as UTF-8. UTF-16 is told by its mark, or by the NUL beside every one of its first letters. What is UTF-8 already stays as it is,
 * whatever `said`: the next file of a series may have been saved better than the first. Throws E_CSV_ENCODING for bytes that are not what
 * they are said to be.
 */
export async function* asUtf8(
  chunks: AsyncIterable<Buffer>,
  said: Encoding | undefined,
  name: string,
): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | null | undefined;
  const decoded = (bytes?: Buffer): Buffer => {
    try {
      return Buffer.from(bytes ? decoder!.decode(bytes, { stream: true }) : decoder!.decode());
    } catch (cause) {
      const what = `is not ${decoder!.encoding} throughout`;
      throw new ForecastError('E_CSV_ENCODING', what, { where: name, hint: 'save the file as UTF-8', cause });
    }
  };
  for await (const chunk of chunks) {
    if (decoder === undefined) {
      const encoding = utf16Of(chunk) ?? (isPlain(chunk) ? 'utf-8' : (said ?? 'utf-8'));
      decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding, { fatal: true });
    }
    const bytes = decoder === null ? chunk : decoded(chunk);
    if (bytes.length > 0) yield bytes;
  }
  if (!decoder) return;
  const rest = decoded();
  if (rest.length > 0) yield rest;
}

/** Letters looked at where no mark tells of UTF-16. */
const LETTERS = 8;

function utf16Of(bytes: Buffer): Encoding | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes.length < 2 * LETTERS) return null;
  const zero = (at: number): boolean => Array.from({ length: LETTERS }).every((_, i) => bytes[2 * i + at] === 0);
  const letters = (at: number): boolean => Array.from({ length: LETTERS }).every((_, i) => bytes[2 * i + at] !== 0);
  if (zero(1) && letters(0)) return 'utf-16le';
  return zero(0) && letters(1) ? 'utf-16be' : null;
}

/** UTF-8 with more than ASCII in it: bytes of another encoding hardly ever look like that. */
function isPlain(bytes: Buffer): boolean {
  let end = bytes.length; // a character may be cut in two at the end of a chunk
  while (end > 0 && bytes.length - end < 3 && (bytes[end - 1] as number) >= 0x80) end--;
  const whole = bytes.subarray(0, end);
  return isUtf8(whole) && whole.some((byte) => byte >= 0x80);
}

/** Length of a UTF-8 byte-order mark at the start of a file: 3 or 0. */
export function bomLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Throws E_CSV_ENCODING naming the first bad byte; `offset` is where `bytes` start in the (inflated) file. */
export function checkUtf8(bytes: Buffer, offset: number, name: string): void {
  checkNul(bytes, offset, name);
  if (isUtf8(bytes)) return;
  const bad = firstBadByte(bytes);
  const what = `byte ${offset + bad} is 0x${(bytes[bad] as number).toString(16)}, not UTF-8`;
  throw new ForecastError('E_CSV_ENCODING', `${what}; in windows-1252 it reads ${JSON.stringify(wordAt(bytes, bad))}`, {
    where: name,
    hint: 'if that is right set source.encoding: "windows-1252"; else name another encoding there, or save the file as UTF-8',
  });
}

/** Throws E_CSV_ENCODING naming the first byte 0: text has none. */
export function checkNul(bytes: Buffer, offset: number, name: string): void {
  const nul = bytes.indexOf(0);
  if (nul < 0) return;
  throw new ForecastError('E_CSV_ENCODING', `byte ${offset + nul} is NUL, which no text has`, {
    where: name,
    hint: 'the file is damaged or no text: save or export it again as text in UTF-8',
  });
}

/** What stands around a byte, to the ends of its cell, as Windows wrote it in western Europe. */
function wordAt(bytes: Buffer, at: number): string {
  const ends = (byte: number | undefined): boolean =>
    byte === undefined || byte < 0x20 || ',;|"'.includes(String.fromCharCode(byte));
  let start = at;
  while (at - start < 20 && !ends(bytes[start - 1])) start--;
  let end = at + 1;
  while (end - at < 20 && !ends(bytes[end])) end++;
  // Not fatal, and not as a stream, Node 20 takes it for Latin-1.
  return new TextDecoder('windows-1252', { fatal: true }).decode(bytes.subarray(start, end), { stream: true }).trim();
}

/** Decoding writes U+FFFD for what is not UTF-8: the first one that the bytes do not spell out themselves is the place. */
function firstBadByte(bytes: Buffer): number {
  let at = 0;
  for (const character of bytes.toString('utf8')) {
    if (character === '\uFFFD' && !(bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd)) return at;
    at += Buffer.byteLength(character);
  }
  return at;
}
