// Configs made for tables: what the command line and what the file that is written say is the same run.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { init } from '../../src/commands/init.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { settle } from '../../src/config/defaults.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { holdOut, windowShape } from '../../src/prepare/cutting.ts';
import { factsOf, loadData, openConfig } from '../../src/prepare/open.ts';
import { configFor } from '../../src/prepare/table.ts';
import { plannedOrigins } from '../../src/track/backtest.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();

/** Rows of a table: a header, then one line a step. */
function table(name: string, header: string, rows: number, row: (i: number) => string): string {
  return space.write(name, `${header}\n${Array.from({ length: rows }, (_, i) => `${row(i)}\n`).join('')}`);
}

const day = (i: number): string => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
const hour = (i: number): string => new Date(Date.UTC(2020, 0, 1, i)).toISOString().slice(0, 19);

const PLAIN = table('plain.csv', 'day,y', 60, (i) => `${day(i)},${i + 1}`);
const SHOPS = table(
  'shops.csv',
  'shop,day,y,price',
  80,
  (i) => `${i < 40 ? 'a' : 'b'},${day(i % 40)},${i + 1},${i % 3}`,
);
const HOLES = table('holes.csv', 'day,% y,z', 60, (i) => `${day(i)},${i % 9 === 4 ? '' : i},${i}`);
const PARTS = table('parts.csv', 'year,quarter,y', 40, (i) => `${2000 + Math.floor(i / 4)},${(i % 4) + 1},${i}`);
const WEEKS = table('weeks.csv', 'day,y', 300, (i) => `${day(7 * i)},${(i % 52) + 1}`);
const MINUTES = table(
  'minutes.csv',
  'time,y',
  9000,
  (i) => `${new Date(Date.UTC(2020, 0, 1, 0, 5 * i)).toISOString().slice(0, 19)},${i % 288}`,
);
const HOURS = table('hours.csv', 'time,y', 3000, (i) => `${hour(i)},${i % 24}`);

describe("a preset made one's own", () => {
  it('stands beside another of the same data, never in the place of other data', async () => {
    const made = async (name: string): Promise<readonly string[]> =>
      (await init(name, { out: join(space.path, 'own', `${name}.yaml`) })).files.map((file) => basename(file));
    mkdirSync(join(space.path, 'own'));
    expect(await made('next-word-lstm')).toEqual(['next-word-lstm.yaml', 'text.txt']);
    expect(await made('next-word-rnn')).toEqual(['next-word-rnn.yaml']);
    const refused = await made('story').catch((error: unknown) => error as ForecastError);
    expect(refused).toMatchObject({
      code: 'E_USAGE',
      where: 'text.txt',
      hint: expect.stringContaining('another folder'),
    });
    expect(readdirSync(join(space.path, 'own')).sort()).toEqual([
      'next-word-lstm.yaml',
      'next-word-rnn.yaml',
      'text.txt',
    ]);
  });
});

describe('a config made for a table', () => {
  it.each<[string, string[]]>([
    [PLAIN, []],
    [SHOPS, ['source.target=y', 'source.id=shop', 'source.past=[price]']],
    [HOLES, ['source.target=% y', 'source.fill=linear', 'source.season=[7, 28]']],
    [HOLES, ['source.target=[z]', 'source.limits.rows=1000']],
    [PARTS, []],
    [PARTS, ['source.time=[year, quarter]']],
    [WEEKS, []],
  ])('and written by init reads the same series as the bare table: %s %j', async (path, set) => {
    const out = `${path}-${set.length}.yaml`;
    const { files } = await init(path, { out, set });
    const [written, bare] = [await openConfig(files[0]!), await configFor(path, { set })];
    expect((await loadData(written)).raw).toEqual((await loadData(bare)).raw);
    const { file, ...source } = written.written.source;
    expect({ ...bare.written.source, file }).toMatchObject(source);
    expect(written.written.split).toEqual(bare.written.split);
  });

  it.each([PLAIN, PARTS, WEEKS, HOURS, MINUTES])('stops by as many windows as it is judged by: %s', async (path) => {
    const { json } = await inspect(path);
    const [{ windows }] = json.parts as unknown as [
      { windows: { training: number; validation: number; test: number } },
    ];
    expect(windows.validation).toBe(windows.test);
    expect(windows.training).toBeGreaterThan(windows.test);
  });

  it('asks for no more folds than its rows allow, however many they are', async () => {
    const month = (i: number): string => `${2000 + Math.floor(i / 12)}-${(i % 12) + 1}`;
    for (const [step, last] of [
      [(i: number): string => day(7 * i), 230],
      [month, 130],
      [day, 90],
    ] as const) {
      for (let rows = 20; rows < last; rows += 7) {
        const path = table(`folds-${rows}.csv`, 'day,y', rows, (i) => `${step(i)},${i % 12}`);
        const opened = await configFor(path);
        const data = await loadData(opened);
        const config = settle(opened.written, factsOf(data));
        const [series] = data.raw.form === 'numbers' ? data.raw.series : [];
        if (!series) throw new Error('no series');
        const { parts } = holdOut(config, windowShape(config, series), rows);
        const { season } = factsOf(data);
        const origins = plannedOrigins(config, [{ series, end: parts.test ?? rows }], season);
        expect([rows, (origins?.[0] ?? []).length >= config.evaluate.folds]).toEqual([rows, true]);
      }
    }
  });

  it('is inspected with the network that all of its series have, once', async () => {
    const { text } = await inspect(SHOPS, { set: ['source.target=y'] });
    expect(text.match(/^series [ab]: 40 rows/gm)).toHaveLength(2);
    expect(text.match(/all trainable/g)).toHaveLength(1);
  });

  it('names every season that was found', async () => {
    const values = (i: number): number => (i % 24) * 10 + (Math.floor(i / 24) % 7 > 4 ? 90 : 0) + ((i * 7) % 11);
    const path = table('week.csv', 'y', 2400, (i) => `${values(i)}`);
    const { files } = await init(path, { out: `${path}.yaml` });
    expect(readFileSync(files[0]!, 'utf8')).toMatch(/: 2400 rows, season 24 and 168 \(found in the data/);
  });

  it('leaves the network open, whose steps do not grow with the rows', async () => {
    for (const path of [PLAIN, HOURS]) {
      const opened = await configFor(path);
      const data = await loadData(opened);
      expect(settle(opened.written, factsOf(data))).toMatchObject({ model: { units: [12] }, train: { steps: 200 } });
    }
  });

  it('is refused with a hint that can be typed', async () => {
    const error = await configFor(HOLES).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ForecastError);
    expect((error as ForecastError).hint).toContain(`(typed as --set 'source.target="% y"')`);
    await expect(configFor(HOLES, { set: ['source.target=z'] })).resolves.toBeDefined();
  });

  it('is refused with a hint that a shell takes back, quotes in it too', async () => {
    const path = space.write('swiss.csv', `day,y\n${"2024-01-01,1'000\n"}`);
    const error = await configFor(path).catch((thrown: unknown) => thrown);
    const typed = /\(typed as (.*)\)$/.exec((error as ForecastError).hint ?? '')?.[1] ?? '';
    const [, taken] = execFileSync('sh', ['-c', `printf '%s\n' ${typed}`], { encoding: 'utf8' }).split('\n');
    expect(taken).toBe(`source.thousands="'"`);
    await expect(configFor(path, { set: [taken as string] })).resolves.toBeDefined();
  });

  it.each([
    [
      '2024-01-01,a,1\n2024-01-02,a,2\n2024-01-01,b,3\n2024-01-02,b,4',
      '--set source.id=shop or --set source.order=sort',
    ],
    [
      '2024-01-01,a,1\n2024-01-02,a,2\n2024-01-03,a,2\n2024-01-05,a,3',
      '--set source.gaps=fill --set source.fill=previous or --set source.gaps=keep',
    ],
    ['2024-01-01,1,1\n2024-01-01,2,2\n2024-01-02,1,3', '--set source.target=v'],
    ['2024-01-01,a,1\n2024-01-02,a,\n2024-01-03,a,3', '--set source.fill=previous'],
    ['2024-01-01,1,1\n2024-01-02,1,2\n2024-01-03,2,3', '--set source.target=v'],
  ])('or with the very options, value and all: %j', async (rows, typed) => {
    const path = space.write(`refused-${rows.length}.csv`, `day,shop,v\n${rows}\n`);
    const error = (await configFor(path).catch((thrown: unknown) => thrown)) as ForecastError;
    expect(error.hint).toContain(`(typed as ${typed})`);
  });
});

describe('a table of several series', () => {
  const LONG = 'shop,day,y,kind';
  const stacked = (i: number): string => `${i < 40 ? 'a' : 'b'},${day(i % 40)},${i + 1},${i < 40 ? 'x' : 'z'}`;
  const beside = (i: number): string => `${i % 2},${day(i >> 1)},${i + 1},x`;

  it.each([
    ['one below the other', table('stacked.csv', LONG, 80, stacked), ['shop', 'kind'], ['a / x', 'b / z']],
    ['by time', table('beside.csv', LONG, 80, beside), ['shop', 'kind'], ['0 / x', '1 / x']],
  ])('is read by the columns that name them, %s', async (_, path, id, names) => {
    const set = ['source.target=y'];
    const opened = await configFor(path, { set });
    expect(opened.written.source.id).toEqual(id);
    const { raw } = await loadData(opened);
    expect(raw.form === 'numbers' && raw.series.map((one) => one.id)).toEqual(names);
    const { files } = await init(path, { set, out: `${path}.yaml` });
    expect(readFileSync(files[0]!, 'utf8')).toContain(`id: ["${id.join('", "')}"]`);
  });

  it('is refused for what is wrong with its cells, its times being right', async () => {
    const path = table('ahead.csv', LONG, 80, (i) => (i % 40 === 39 ? stacked(i).replace(/,\d+,/, ',,') : stacked(i)));
    const error = (await configFor(path, { set: ['source.target=y'] }).catch((e) => e)) as ForecastError;
    expect(error.code).toBe('E_DATA_MISSING');
    const set = ['source.target=y', 'source.fill=linear'];
    await expect(configFor(path, { set })).resolves.toMatchObject({ written: { source: { id: ['shop', 'kind'] } } });
  });

  it.each([
    ['their parts have gaps', (i: number) => `${i % 3 === 0 ? 'a' : 'b'},${day(i >> 1)},${i},x`, []],
    ['every part is a few rows', (i: number) => `${i >> 1},${day(i % 2)},${i},x`, []],
    ['gaps are kept, so that anything would do', stacked, ['source.gaps=keep']],
  ])('is refused as before where %s', async (name, row, set) => {
    const path = table(`${name.replace(/\W/g, '')}.csv`, LONG, 80, row);
    const error = (await configFor(path, { set: ['source.target=y', ...set] }).catch((e) => e)) as ForecastError;
    expect(error.code).toMatch(/^E_TIME_(ORDER|DUPLICATE)$/);
    expect(error.hint).toContain('source.id');
  });
});

describe('a table that is not there', () => {
  it.each([
    ['none.csv', 'E_DATA_NOT_FOUND', 'check the path'],
    ['https://name:word@example.org/a.csv', 'E_URL_DISABLED', 'download'],
  ])('is refused as what it is: %s', async (table, code, hint) => {
    const error = (await configFor(table).catch((thrown: unknown) => thrown)) as ForecastError;
    expect(error).toMatchObject({ code });
    expect(error.hint).toContain(hint);
    expect(`${error.where} ${error.message}`).not.toContain('word');
  });
});

describe('init', () => {
  it('refuses what it would not write', async () => {
    await expect(init(PLAIN, { set: ['train.epochs=5'] })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(init('counting', { set: ['source.length=5'] })).rejects.toMatchObject({ code: 'E_USAGE' });
    const { files } = await init(PLAIN, { out: join(space.path, 'plain.yaml') });
    expect(readFileSync(files[0]!, 'utf8')).toContain('made from plain.csv');
  });
});

it('a preset whose data cannot be written beside it leaves no config that lacks them', async () => {
  const folder = join(space.path, 'full');
  const inTheWay = join(folder, 'air-passengers.csv.tmp');
  mkdirSync(inTheWay, { recursive: true });
  await expect(init('air-passengers', { out: join(folder, 'own.yaml') })).rejects.toBeInstanceOf(ForecastError);
  expect(readdirSync(folder)).toEqual(['air-passengers.csv.tmp']);
  rmdirSync(inTheWay);
  // A name no file can have: the data that were written first go again.
  await expect(init('air-passengers', { out: join(folder, 'x'.repeat(300)) })).rejects.toBeInstanceOf(ForecastError);
  expect(readdirSync(folder)).toEqual([]);
});

it('a table and a config may be called by a name of two lines', async () => {
  const path = table('two\nlines.csv', 'day,y', 60, (i) => `${day(i)},${i + 1}`);
  const { files } = await init(path, { out: join(space.path, 'two\nlines.yaml') });
  const [written, bare] = [await openConfig(files[0]!), await configFor(path)];
  expect((await loadData(written)).raw).toEqual((await loadData(bare)).raw);
});
