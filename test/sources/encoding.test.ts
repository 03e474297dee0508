// Tables and texts that are not saved as UTF-8: read where it is known how, else refused; never wrong letters.

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { failure, load, loadCsv, onlySeries, valuesOf, write } from './load.ts';

const TABLE = `Tag\tUmsätze\n${Array.from({ length: 9 }, (_, i) => `2024-01-0${i + 1}\t${i + 1}\n`).join('')}`;
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

describe('UTF-16 is read as it is', () => {
  test.each<[string, Buffer]>([
    ['little-endian with a mark, as Excel saves Unicode text', Buffer.from(`\uFEFF${TABLE}`, 'utf16le')],
    ['big-endian with a mark', bigEndian(`\uFEFF${TABLE}`)],
    ['little-endian without a mark', Buffer.from(TABLE.replace('Umsätze', 'sold'), 'utf16le')],
    ['big-endian without a mark', bigEndian(TABLE.replace('Umsätze', 'sold'))],
    ['packed', gzipSync(Buffer.from(`\uFEFF${TABLE}`, 'utf16le'))],
  ])('%s', async (law, bytes) => {
    const series = await onlySeries(bytes);
    expect(series.targets[0]?.name).toBe(law.includes('without') ? 'sold' : 'Umsätze');
    expect(valuesOf(series)).toEqual(NUMBERS);
  });

  test('of any length, letters across the ends of chunks too', async () => {
    const rows = Array.from({ length: 90_000 }, (_, i) => `${i}\t${'ä'.repeat(i % 7)}😀\n`).join('');
    const series = await onlySeries(Buffer.from(`\uFEFFx\tword\n${rows}`, 'utf16le'), { target: 'x' });
    expect(series.length).toBe(90_000);
    expect(series.targets[0]?.values[89_999]).toBe(89_999);
  });

  test('in a text', async () => {
    const file = write('story.txt', Buffer.from('\uFEFFEs war schön\n', 'utf16le'));
    expect((await load('text', { file })).raw).toMatchObject({ documents: ['Es war schön'] });
  });
});

describe('another encoding is read where it is named', () => {
  test.each([
    ['windows-1252', Buffer.from(TABLE, 'latin1'), 'Umsätze'],
    ['windows-1252', Buffer.from('day\tin \x80\n2024-01-01\t1\n', 'latin1'), 'in €'],
    [
      'windows-1251',
      Buffer.concat([Buffer.from('day\t'), Buffer.from([0xd6, 0xe5, 0xed, 0xe0]), Buffer.from('\n2024-01-01\t1\n')]),
      'Цена',
    ],
    [
      'shift_jis',
      Buffer.concat([Buffer.from('day\t'), Buffer.from([0x94, 0x84, 0x8f, 0xe3]), Buffer.from('\n2024-01-01\t1\n')]),
      '売上',
    ],
  ])('%s', async (encoding, bytes, name) => {
    expect((await onlySeries(bytes, { encoding })).targets[0]?.name).toBe(name);
  });

  test('and a later file in UTF-8 is read as UTF-8 all the same', async () => {
    expect((await onlySeries(TABLE, { encoding: 'windows-1252' })).targets[0]?.name).toBe('Umsätze');
    expect((await onlySeries(`\uFEFF${TABLE}`, { encoding: 'windows-1252' })).targets[0]?.name).toBe('Umsätze');
  });

  test('the checksum is of the bytes on disk', async () => {
    const bytes = Buffer.from(`\uFEFF${TABLE}`, 'utf16le');
    expect((await loadCsv(bytes)).sha256).not.toBe((await loadCsv(TABLE)).sha256);
  });
});

test('bytes of no known encoding are shown as they would read, with a setting to paste', async () => {
  const { said, hint } = await failure(loadCsv(Buffer.from('Tag;Größe in \x80\n', 'latin1')));
  expect(said).toBe('E_CSV_ENCODING x.csv: byte 6 is 0xf6, not UTF-8; in windows-1252 it reads "Größe in €"');
  expect(hint).toContain('set source.encoding: "windows-1252"');
});
