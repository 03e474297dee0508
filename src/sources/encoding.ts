// Strict UTF-8: a byte-order mark is dropped, everything else must be well formed and free of NUL.
// In: bytes and where they start. Out: nothing, or the position of the first bad byte. Not here: parsing.

import { isUtf8 } from 'node:buffer';
import { ForecastError } from '../core/errors.ts';

/** Length of a UTF-8 byte-order mark at the start of a file: 3 or 0. Throws E_CSV_ENCODING for UTF-16 marks. */
export function bomLength(bytes: Buffer, name: string): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw badByte(name, 0, 'a UTF-16 mark');
  }
  return 0;
}

/** Throws E_CSV_ENCODING naming the first bad byte; `offset` is where `bytes` start in the (inflated) file. */
export function checkUtf8(bytes: Buffer, offset: number, name: string): void {
  checkNul(bytes, offset, name);
  if (isUtf8(bytes)) return;
  const bad = firstBadByte(bytes);
  throw badByte(name, offset + bad, `0x${(bytes[bad] as number).toString(16)}, not UTF-8`);
}

/** Throws E_CSV_ENCODING naming the first byte 0: text has none, whatever its encoding. */
export function checkNul(bytes: Buffer, offset: number, name: string): void {
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw badByte(name, offset + nul, 'NUL');
}

function badByte(name: string, position: number, what: string): ForecastError {
  return new ForecastError('E_CSV_ENCODING', `byte ${position} is ${what}`, {
    where: name,
    hint: 'save the file as UTF-8',
  });
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
