// The text source: documents, line ends, encodings, and its refusals.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Text } from '../../src/core/data.ts';
import { failure, load, write } from './load.ts';

async function documents(content: string | Uint8Array, document?: string): Promise<readonly string[]> {
  const { raw } = await load('text', {
    file: write('story.txt', content),
    ...(document === undefined ? {} : { document }),
  });
  return (raw as Text).documents;
}

describe('documents', () => {
  const content = '\uFEFF\r\n  one two \r\nthree\r\n\r\n \r\nfour\rfive\n\n';
  test.each<[string, string[]]>([
    ['line', ['one two', 'three', 'four', 'five']],
    ['paragraph', ['  one two \nthree', 'four\nfive']],
    ['whole', ['  one two \nthree\n\n \nfour\nfive']],
  ])('%s', async (document, expected) => {
    expect(await documents(content, document)).toEqual(expected);
  });

  test('a line is the default', async () => {
    expect(await documents('a\nb\n')).toEqual(['a', 'b']);
  });

  test('LF, CRLF, CR, a byte-order mark and gzip change nothing', async () => {
    const line = fc.string({ maxLength: 20, unit: 'grapheme' }).map((text) => text.replace(/[\r\n\0\uFEFF]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('line', 'paragraph', 'whole'),
        async (lines, document) => {
          fc.pre(lines.some((text) => /\S/.test(text)));
          const plain = await documents(lines.join('\n'), document);
          for (const newline of ['\r\n', '\r'])
            expect(await documents(`\uFEFF${lines.join(newline)}`, document)).toEqual(plain);
          expect(await documents(gzipSync(lines.join('\n')), document)).toEqual(plain);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('lines in the config are the file that holds them', async () => {
    const lines = ['one two', '', 'three'];
    for (const document of ['line', 'paragraph', 'whole']) {
      const { raw } = await load('text', { lines, document });
      expect((raw as Text).documents).toEqual(await documents(lines.join('\n'), document));
    }
  });
});

test('a text is named after its file, and its sha256 is of the bytes', async () => {
  const loaded = await load('text', { file: write('my.story.txt', 'a b') });
  expect((loaded.raw as Text).id).toBe('my.story');
  expect(loaded.sha256).toBe(createHash('sha256').update('a b').digest('hex'));
  const inline = await load('text', { lines: ['a b'] });
  expect((await load('text', { lines: ['a b'] })).sha256).toBe(inline.sha256);
  expect((await load('text', { lines: ['a c'] })).sha256).not.toBe(inline.sha256);
});

describe('refusals', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['neither file nor lines', () => load('text', {}), 'E_CONFIG_CONFLICT source: neither file nor lines'],
    ['both', () => load('text', { file: 'a', lines: ['a'] }), 'E_CONFIG_CONFLICT source: both file and lines'],
    ['an empty file', () => documents(''), 'E_TEXT_EMPTY story.txt: holds no text'],
    ['blank lines', () => documents('\n \r\n\t\n', 'whole'), 'E_TEXT_EMPTY story.txt: holds no text'],
    ['blank lines in the config', () => load('text', { lines: [' '] }), 'E_TEXT_EMPTY source.lines: holds no text'],
    [
      'Latin-1',
      () => documents(Buffer.from('schön', 'latin1')),
      'E_CSV_ENCODING story.txt: byte 3 is 0xf6, not UTF-8; in windows-1252 it reads "schön"',
    ],
    [
      'a cut character',
      () => documents(Buffer.from('schö').subarray(0, 4)),
      'E_CSV_ENCODING story.txt: byte 3 is 0xc3, not UTF-8; in windows-1252 it reads "schÃ"',
    ],
    ['NUL', () => documents('ab\0'), 'E_CSV_ENCODING story.txt: byte 2 is NUL, which no text has'],
    ['a missing file', () => load('text', { file: 'absent.txt' }), 'E_DATA_NOT_FOUND absent.txt: no such file'],
    [
      'a device',
      () => load('text', { file: '/dev/zero' }),
      'E_DATA_NOT_FILE /dev/zero: is a pipe, a socket or a device, not a file',
    ],
    [
      'a large file',
      () => load('text', { file: write('large.txt', 'x'.repeat(99)), limits: { bytes: 98 } }),
      'E_DATA_TOO_LARGE large.txt: more than 98 bytes',
    ],
  ])('%s', async (_law, act, said) => {
    expect((await failure(act())).said).toBe(said);
  });

  test('a replacement character that stands in the text is no error', async () => {
    expect(await documents('a\uFFFDb')).toEqual(['a\uFFFDb']);
    expect((await failure(documents(Buffer.concat([Buffer.from('a\uFFFD'), Buffer.from([0xff])])))).said).toContain(
      'byte 4 is 0xff',
    );
  });
});
