// The datasets as laws: every folder says what it holds, the bytes are the ones described, and the counts the presets rely on hold.
// Counted here from the bytes alone, with none of the program's own reading. Not here: loading them (sources), running presets.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../datasets/', import.meta.url);
const FOLDERS = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

function bytes(path: string): Buffer {
  return readFileSync(new URL(path, ROOT));
}

function text(path: string): string {
  return bytes(path).toString('utf8');
}

function dataFile(folder: string): string {
  const files = readdirSync(new URL(`${folder}/`, ROOT)).filter((name) => name !== 'README.md');
  expect(files).toHaveLength(1);
  return files[0] as string;
}

function wordsOf(document: string): string[] {
  return document
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}

function linesOf(path: string): string[] {
  return text(path)
    .split('\n')
    .filter((line) => line !== '');
}

/** Every start of a line and the word that follows it. */
function prefixSamples(lines: readonly string[]): { readonly prefix: string; readonly next: string }[] {
  return lines.flatMap((line) => {
    const words = wordsOf(line);
    return words.slice(1).map((next, i) => ({ prefix: words.slice(0, i + 1).join(' '), next }));
  });
}

/** What a language model learns from has to be long. */
const BOOKS: ReadonlySet<string> = new Set(['shakespeare']);

describe.each(FOLDERS)('%s', (folder) => {
  const readme = text(`${folder}/README.md`);

  it('has one data file, of the checksum its page names', () => {
    const file = dataFile(folder);
    const digest = createHash('sha256')
      .update(bytes(`${folder}/${file}`))
      .digest('hex');
    expect(readme).toContain(`\`${digest}\` ${file}`);
  });

  it('says where it comes from and on what terms', () => {
    expect(readme).toMatch(/\*\*Origin/);
    expect(readme).toMatch(/MIT|BSD 3-Clause|CC BY 4\.0|public domain/);
  });

  it('is small, UTF-8 without a mark, with LF line ends', () => {
    const data = bytes(`${folder}/${dataFile(folder)}`);
    expect(data.length).toBeLessThan(BOOKS.has(folder) ? 1_200_000 : 100_000);
    expect(data.includes(0x0d)).toBe(false);
    expect(Buffer.from(data.toString('utf8'), 'utf8').equals(data)).toBe(true);
    expect(data.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))).toBe(false);
  });
});

const TABLES: {
  readonly [folder: string]: {
    readonly rows: number;
    readonly first: string;
    readonly last: string;
    /** Rows after these that hold the future columns alone. */
    readonly beyond?: number;
  };
} = {
  'air-passengers': { rows: 144, first: '1949-01-01,112', last: '1960-12-01,432' },
  'bike-sharing': {
    rows: 731,
    first: '1,2011-01-01,1,0,1,0,6,0,2,0.344167,0.363625,0.805833,0.160446,331,654,985',
    last: '731,2012-12-31,1,1,12,0,1,1,2,0.215833,0.223487,0.5775,0.154846,439,2290,2729',
    beyond: 14,
  },
  co2: { rows: 741, first: '1958-03-01,315.70,314.44', last: '2020-04-01,416.18,413.35' },
  'many-stocks': { rows: 560, first: 'MSFT,Jan 1 2000,39.81', last: 'AAPL,Mar 1 2010,223.02' },
  nile: { rows: 100, first: '1871,1120', last: '1970,740' },
  'seattle-weather': {
    rows: 1461,
    first: '2012-01-01,0.0,12.8,5.0,4.7,drizzle',
    last: '2015-12-31,0.0,5.6,-2.1,3.5,sun',
  },
  'stock-close': { rows: 123, first: 'Jan 1 2000,1394.46', last: 'Mar 1 2010,1140.45' },
  'sunspots-yearly': { rows: 309, first: '1700,5', last: '2008,2.9' },
  'us-retail-sales': { rows: 293, first: '1992-01-01,146376', last: '2016-05-01,471421' },
};

describe('tables', () => {
  it('every folder with a csv file is in the list of tables', () => {
    expect(FOLDERS.filter((folder) => dataFile(folder).endsWith('.csv'))).toEqual(Object.keys(TABLES).sort());
  });

  it.each(Object.entries(TABLES))('%s has the rows and columns its page describes', (folder, table) => {
    const [header, ...all] = linesOf(`${folder}/${dataFile(folder)}`) as [string, ...string[]];
    expect(all).toHaveLength(table.rows + (table.beyond ?? 0));
    const rows = all.slice(0, table.rows);
    expect([rows[0], rows.at(-1)]).toEqual([table.first, table.last]);
    const readme = text(`${folder}/README.md`);
    expect(readme).toContain(`**Rows:** ${table.rows.toLocaleString('en-US')}`);
    const columns = header.replaceAll('"', '').split(',');
    expect([...readme.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1])).toEqual(columns);
    for (const row of all) expect(row.split(',')).toHaveLength(columns.length);
  });

  it('bike-sharing: the count is the sum of its two kinds of users, so they cannot be inputs', () => {
    for (const row of linesOf('bike-sharing/day.csv').slice(1, 732)) {
      const [casual, registered, count] = row.split(',').slice(-3).map(Number) as [number, number, number];
      expect(casual + registered).toBe(count);
    }
  });

  it('bike-sharing: the rows beyond the data hold a calendar and nothing else', () => {
    const beyond = linesOf('bike-sharing/day.csv').slice(732);
    beyond.forEach((row, i) => {
      const cells = row.split(',');
      const day = new Date(Date.UTC(2013, 0, 1 + i));
      expect(cells[1]).toBe(day.toISOString().slice(0, 10));
      expect(Number(cells[6])).toBe(day.getUTCDay());
      expect(Number(cells[7])).toBe(day.getUTCDay() % 6 === 0 || cells[5] === '1' ? 0 : 1);
      expect(cells.slice(8).join('')).toBe('');
    });
  });

  it('co2: exactly the five months its page names are absent', () => {
    const stamps = new Set(
      linesOf('co2/co2.csv')
        .slice(1)
        .map((row) => row.slice(0, 7)),
    );
    const absent: string[] = [];
    for (let month = 1958 * 12 + 2; month <= 2020 * 12 + 3; month++) {
      const stamp = `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
      if (!stamps.has(stamp)) absent.push(stamp);
    }
    expect(absent).toEqual(['1958-06', '1958-10', '1964-02', '1964-03', '1964-04']);
  });
});

describe('texts', () => {
  it('ten-lines: 10 lines, 65 prefix samples, 66 ids, context 9', () => {
    const lines = linesOf('ten-lines/text.txt');
    expect(lines).toHaveLength(10);
    expect(prefixSamples(lines)).toHaveLength(65);
    expect(new Set(lines.flatMap(wordsOf)).size + 1).toBe(66);
    expect(Math.max(...lines.map((line) => wordsOf(line).length)) - 1).toBe(9);
  });

  it('greetings: 4 lines, 15 prefix samples, 11 ids, best possible loss 0.37 and accuracy 0.80', () => {
    const lines = linesOf('greetings/text.txt');
    const samples = prefixSamples(lines);
    expect(lines).toHaveLength(4);
    expect(samples).toHaveLength(15);
    expect(new Set(lines.flatMap(wordsOf)).size + 1).toBe(11);
    let loss = 0;
    let right = 0;
    for (const prefix of new Set(samples.map((sample) => sample.prefix))) {
      const followers = samples.filter((sample) => sample.prefix === prefix).map((sample) => sample.next);
      const counts = [...new Set(followers)].map((word) => followers.filter((other) => other === word).length);
      for (const count of counts) loss -= count * Math.log(count / followers.length);
      right += Math.max(...counts);
    }
    expect(loss / samples.length).toBeCloseTo(0.37, 2);
    expect(right / samples.length).toBe(0.8);
  });

  it('greetings: the prompt of the presets has one right next word', () => {
    const followers = prefixSamples(linesOf('greetings/text.txt')).filter((s) => s.prefix === 'good evening my');
    expect(followers.map((sample) => sample.next)).toEqual(['friend']);
  });

  it('shakespeare: the length, the lines and the characters its page names, every speech after its speaker', () => {
    const plays = text('shakespeare/plays.txt');
    expect(plays).toMatch(/^[\n -~]*$/);
    expect([plays.length, plays.split('\n').length - 1, new Set(plays).size]).toEqual([1_115_394, 40_000, 65]);
    const speeches = plays.trimEnd().split('\n\n');
    expect(speeches.filter((speech) => !/^[A-Z][\w ',.&-]*:(\n|$)/.test(speech)).length).toBeLessThan(
      0.01 * speeches.length,
    );
  });

  it('harbour-lines: 240 different lines of 13 words, every pronoun in agreement, no word first seen in the last fifth', () => {
    const lines = linesOf('harbour-lines/text.txt').map(wordsOf);
    expect(new Set(lines.map(String)).size).toBe(240);
    const known = new Set(lines.slice(0, 192).flat());
    const owner =
      /^the .*(fisherman|watchman|sailmaker|boatman|uncle) .* his |^the .*(fishwife|postwoman|girl|aunt|widow) .* her |^the .*(brothers|rowers|twins|cousins|neighbours) .* their /;
    for (const words of lines) {
      expect(words).toHaveLength(13);
      expect(words.filter((word) => /^(his|her|their)$/.test(word))).toHaveLength(1);
      expect(words.join(' ')).toMatch(owner);
      for (const word of words) expect(known).toContain(word);
    }
    expect(known.size).toBe(57);
  });

  it('short-paragraph: 54 words, 52 windows of three, 46 ids', () => {
    const words = wordsOf(text('short-paragraph/text.txt'));
    expect(words).toHaveLength(54);
    expect(words.length - 3 + 1).toBe(52);
    expect(new Set(words).size + 1).toBe(46);
  });

  it('one-sentence: 82 characters, 25 different, 42 windows of 40, and it begins with the prompt of 16', () => {
    const sentence = text('one-sentence/text.txt').replace(/\n$/, '');
    expect(sentence).toHaveLength(82);
    expect(new Set(sentence).size).toBe(25);
    expect(sentence.length - 40).toBe(42);
    expect(sentence.startsWith('Once upon a time')).toBe(true);
    expect(sentence).not.toContain('\n');
  });

  it('source-code: its page counts its characters', () => {
    const source = text('source-code/core.txt');
    expect(text('source-code/README.md')).toContain(`${source.length} characters, ${new Set(source).size} different`);
  });
});

describe('tunes', () => {
  const tunes = text('tunes/tunes.abc').trimEnd().split('\n\n');

  it('number 34, each with the same head and a name of its own', () => {
    expect(tunes).toHaveLength(34);
    tunes.forEach((tune, i) => {
      expect(tune).toMatch(/^X:\d+\nT:[^\n]+\nM:(6\/8|3\/4|4\/4)\nL:1\/8\nK:[A-G]m?\n/);
      expect(tune).toContain(`X:${i + 1}\n`);
    });
    expect(new Set(tunes.map((tune) => tune.split('\n')[1])).size).toBe(34);
  });

  it('every bar fills its metre', () => {
    const eighths: { readonly [metre: string]: number } = { '6/8': 6, '3/4': 6, '4/4': 8 };
    for (const tune of tunes) {
      const [, title, metre, , , ...music] = tune.split('\n') as [string, string, string, string, string, ...string[]];
      const bars = music.join('').split(/[|:]+/).filter(Boolean);
      expect(bars, title).toHaveLength(16);
      for (const bar of bars) expect(lengthOf(bar), `${title}: ${bar}`).toBe(eighths[metre.slice(2)]);
    }
  });
});

/** Length of a bar in unit notes: a note counts its number, or 1. */
function lengthOf(bar: string): number {
  expect(bar).toMatch(/^(?:[A-Ga-g][,']?\d?| )+$/);
  return [...bar.matchAll(/[A-Ga-g][,']?(\d?)/g)].reduce((sum, note) => sum + Number(note[1] || 1), 0);
}
