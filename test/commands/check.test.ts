// A run's forecast held against what came: what is matched, what is said of the rest, and what the command does with it.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { predict } from '../../src/commands/stored.ts';
import { random } from '../../src/core/random.ts';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const root = join(import.meta.dirname, '..', '..');
const LOADER = join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs');
const MAIN = join(root, 'src', 'cli', 'main.ts');

const KNOWN = 96;
const month = (t: number): string => `${2010 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')}-01`;
/** Months with a season and noise, of two shops. */
const value = (shop: string, t: number): number => {
  const draw = random(t + 1, shop).normal();
  return (shop === 'north' ? 1 : 3) * (100 + 20 * Math.sin((2 * Math.PI * t) / 12) + draw);
};
const table = (rows: readonly (readonly [string, string, number | string])[], head = 'month,shop,sales'): string =>
  `${head}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
type Change = (y: number, shop: string, t: number) => number | string;
const rows = (from: number, until: number, change: Change = (y) => y, shops = ['north', 'south']) =>
  shops.flatMap((shop) =>
    Array.from(
      { length: until - from },
      (_, i) => [month(from + i), shop, change(value(shop, from + i), shop, from + i)] as const,
    ),
  );

const shops = join(space.path, 'run-shops');
const single = join(space.path, 'run-single');
const file = (name: string, text: string): string => space.write(name, text);
const checked = async (name: string, text: string, folder = shops) =>
  (await check(folder, { data: file(name, text) })).report;

beforeAll(async () => {
  file('shops.csv', table(rows(0, KNOWN)));
  file(
    'single.csv',
    table(rows(0, KNOWN, undefined, ['north']))
      .replaceAll(',north', '')
      .replace(',shop', ''),
  );
  const config = (source: string) => `
source: ${source}
model: { kind: seasonal-naive }
predict: { horizon: 6 }
`;
  await run(file('shops.yaml', config('{ kind: csv, file: shops.csv, id: shop }')), { out: shops });
  await run(file('single.yaml', config('{ kind: csv, file: single.csv }')), { out: single });
});

describe('check', () => {
  it('and a forecast from a file that is not there do not speak of a config', async () => {
    const refused = { code: 'E_DATA_NOT_FOUND', hint: 'check the path' };
    await expect(check(shops, { data: join(space.path, 'nowhere.csv') })).rejects.toMatchObject(refused);
    await expect(predict(shops, { data: join(space.path, 'nowhere.csv') })).rejects.toMatchObject(refused);
  });

  it('and a forecast from rows of a series nobody knew say what to do', async () => {
    const text = table(rows(0, KNOWN + 6, undefined, ['north', 'south', 'east']));
    await expect(predict(shops, { data: file('east.csv', text) })).rejects.toMatchObject({
      message: 'the run knows no series "east"',
      hint: 'take its rows out, or run the config anew on these data; it knows north, south',
    });
  });

  it('says what may be no value, or not over yet, in what came', async () => {
    const said = async (change: Change): Promise<string[]> => {
      const text = table(rows(KNOWN - 40, KNOWN + 4, change));
      const { warnings } = await check(shops, { data: file('odd.csv', text) });
      expect(warnings.every(({ message }) => !message.includes('source.'))).toBe(true); // there is no config to write into
      return warnings.map(({ code, message }) => `${code}: ${message.split(/[;:]/)[0]}`);
    };
    expect(await said((y) => y)).toEqual([]);
    const [standIn] = await said((y, shop, t) => (shop === 'south' && t === KNOWN + 1 ? -999 : y));
    expect(standIn).toMatch(/^W_STAND_IN: "sales" of "south" is -999 in 1 row, else \d/);
    const [last] = await said((y, shop, t) => (shop === 'north' && t === KNOWN + 3 ? 11 : y));
    expect(last).toMatch(/^W_LAST_ROW: "sales" of "north" falls from [\d.]+ to 11 in its last row, 2018-04-01$/);
  });

  it('holds a forecast that came true, beside the baselines, and says so', async () => {
    const report = await checked('true.csv', table(rows(KNOWN - 20, KNOWN + 9)));
    expect(report).toMatchObject({
      status: 'hold',
      known: 12,
      of: 12,
      series: 2,
      before: 40,
      after: 6,
      missing: 0,
      beside: 0,
    });
    expect(report).toMatchObject({ from: '2018-01-01', until: '2018-06-01', unknown: [], absent: [] });
    expect(report.levels.map(({ level, judged }) => [level, judged])).toEqual([
      [80, 12],
      [95, 12],
    ]);
    const names = report.scores.map(({ forecaster }) => forecaster);
    expect(names[0]).toBe('seasonal-naive');
    expect(names).toEqual(expect.arrayContaining(['last-value', 'mean', 'drift']));
    expect(report.sentence).toMatch(/^The forecast holds: .*12 of 12 values known/);
  });

  it('the same numbers whatever the order of the rows, and whatever else stands in the table', async () => {
    const text = table(rows(KNOWN, KNOWN + 6));
    const plain = await checked('plain.csv', text);
    const wide = text.split('\n').map((line, i) => (line === '' ? '' : `${line},${i === 0 ? 'note' : 'x'}`));
    expect(await checked('wide.csv', wide.join('\n'))).toEqual(plain);
    const [head, ...lines] = text.trim().split('\n');
    expect(await checked('turned.csv', [head, ...lines.reverse()].join('\n'))).toEqual(plain);
  });

  it('a refit is due where sales have moved away', async () => {
    const report = await checked('moved.csv', table(rows(KNOWN, KNOWN + 6, (y) => 2 * y)));
    expect(report.status).toBe('refit-due');
    expect(report.causes).toContain('coverage');
    expect(report.sentence).toMatch(/^Refit due: 0 of 12 values lie inside their 95 % intervals/);
  });

  it('one month of one shop is too early to tell', async () => {
    const report = await checked('early.csv', table(rows(KNOWN, KNOWN + 1, undefined, ['south'])));
    expect(report).toMatchObject({ status: 'too-early', known: 1, of: 12, absent: ['north'] });
    expect(report.sentence).toMatch(/^Too early to tell: /);
  });

  it('a horizon with gaps and missing cells is judged on what there is', async () => {
    const some = rows(KNOWN, KNOWN + 6, (y, shop, t) => (shop === 'north' && t === KNOWN + 1 ? '' : y)).filter(
      ([when, shop]) => !(shop === 'south' && when === month(KNOWN + 3)),
    );
    expect(await checked('gaps.csv', table(some))).toMatchObject({ known: 10, missing: 1, absent: [] });
  });

  it.each([
    [0, ['2018-02-01', '2018-04-01']],
    [1, ['2018-01-01', '2018-03-01', '2018-05-01']],
  ])('every second step from the %ith on is judged, and the steps between are named', async (first, untold) => {
    const some = rows(KNOWN, KNOWN + 6).filter(([when]) => Number(when.slice(5, 7)) % 2 === 1 - first);
    const { report, text } = await check(shops, { data: file('second.csv', table(some)) });
    expect(report).toMatchObject({ known: 6, of: 12, beside: 0, untold });
    expect(text).toContain(`without a value: ${untold.length} steps (${untold.join(', ')})`);
  });

  it('shops the run does not know are named and left out; where it knows none, that is an error', async () => {
    const more = table([...rows(KNOWN, KNOWN + 6), [month(KNOWN), 'east', 5]]);
    const report = await checked('more.csv', more);
    expect(report).toMatchObject({ known: 12, unknown: ['east'] });
    const east = file('east.csv', table([[month(KNOWN), 'east', 5]]));
    await expect(check(shops, { data: east })).rejects.toMatchObject({
      code: 'E_DATA_ACTUALS',
      message: 'the run knows none of its series (east)',
      hint: 'it knows north, south',
    });
  });

  it.each([
    [
      'only rows from before',
      table(rows(0, KNOWN)),
      /^no row tells a value of the forecast \(192 before the forecast\); its rows are of 2010-01-01 … 2017-12-01, the forecast of 2018-01-01 … 2018-\d\d-01$/,
    ],
    [
      'only rows from after',
      table(rows(KNOWN + 40, KNOWN + 43)),
      /\(6 after it\); its rows are of \S+ … \S+, the forecast of 2018-01-01 … 2018-\d\d-01$/,
    ],
    [
      'days where the forecast has months',
      table(
        Array.from(
          { length: 59 },
          (_, d) => [new Date(Date.UTC(2018, 0, 1 + d)).toISOString().slice(0, 10), 'north', 100] as const,
        ),
      ),
      /its rows are daily, the forecast's steps are monthly/,
    ],
    [
      'quarters where the forecast has months',
      table([-9, -6, -3, 0, 3].map((t) => [month(KNOWN + t), 'north', 300] as const)),
      /its rows are .*, the forecast's steps are monthly/,
    ],
    [
      'a month told twice',
      table([...rows(KNOWN, KNOWN + 2), [month(KNOWN), 'north', 7]]),
      /the time stands on line 2 too/,
    ],
    ['no column of shops', `month,sales\n${month(KNOWN)},1\n`, /shop/],
    ['no column of sales', `month,shop\n${month(KNOWN)},north\n`, /sales/],
    ['a cell that is no number', table([[month(KNOWN), 'north', 'many']]), /"many" is not a number/],
  ])('refuses %s in one line', async (what, text, message) => {
    const error = await check(shops, { data: file(`${what.replaceAll(' ', '-')}.csv`, text) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: expect.stringMatching(message), where: expect.stringContaining('.csv') });
  });

  it('a table without an id column is the one series of its run', async () => {
    const text = table(rows(KNOWN, KNOWN + 6, undefined, ['north']))
      .replaceAll(',north', '')
      .replace(',shop', '');
    expect(await checked('later.csv', text, single)).toMatchObject({ status: 'hold', known: 6, of: 6, series: 1 });
  });

  it('rows without times are counted from the first row of the run', async () => {
    const folder = join(space.path, 'run-rows');
    const draw = random(9, 'rows');
    const y = Array.from({ length: 80 }, () => 10 + draw.normal());
    file('rows.csv', `y\n${y.slice(0, 70).join('\n')}\n`);
    await run(
      file('rows.yaml', 'source: { kind: csv, file: rows.csv }\nmodel: { kind: mean }\npredict: { horizon: 5 }\n'),
      {
        out: folder,
      },
    );
    expect(await checked('longer.csv', `y\n${y.join('\n')}\n`, folder)).toMatchObject({
      known: 5,
      before: 70,
      after: 5,
      from: '70',
    });
    await expect(check(folder, { data: file('short.csv', `y\n${y.slice(70).join('\n')}\n`) })).rejects.toMatchObject({
      code: 'E_DATA_ACTUALS',
      hint: expect.stringContaining('the forecast begins at row 70'),
    });
  });

  it.each([
    ['first', 1],
    ['last', 3],
    ['mean', 2],
    ['sum', 4],
  ])('rows of one time are made one as the run makes them: %s', async (duplicates, value) => {
    const folder = join(space.path, `run-${duplicates}`);
    const days = (from: number, until: number, cells: readonly number[]): string =>
      Array.from({ length: until - from }, (_, i) =>
        cells
          .map((cell) => `${new Date(Date.UTC(2024, 0, 1 + from + i)).toISOString().slice(0, 10)},${cell}\n`)
          .join(''),
      ).join('');
    file('sales.csv', `day,y\n${days(0, 40, [1, 3])}`);
    const config = file(
      `${duplicates}.yaml`,
      `source: { kind: csv, file: sales.csv, duplicates: ${duplicates} }\nmodel: { kind: mean }\npredict: { horizon: 5 }\n`,
    );
    await run(config, { out: folder });
    const report = await checked('since.csv', `day,y\n${days(40, 45, [1, 3])}`, folder);
    expect(report).toMatchObject({ known: 5, of: 5 });
    expect(report.scores[0]?.metrics.mae).toBe(0);
    const other = await checked('apart.csv', `day,y\n${days(40, 45, [value + 1])}`, folder);
    expect(other.scores.find(({ forecaster }) => forecaster === 'mean')?.metrics.mae).toBe(1);
  });

  it('a run of text has nothing to check', async () => {
    const folder = join(space.path, 'run-text');
    file('words.txt', 'one two three one two three one two three\n');
    await run(
      file(
        'text.yaml',
        'source: { kind: text, file: words.txt }\nmodel: { kind: bigram }\nencoder: [words]\nwindow: { context: 1 }\n',
      ),
      { out: folder },
    );
    await expect(check(folder, { data: join(space.path, 'shops.csv') })).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

describe('forecast check', () => {
  const forecast = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', LOADER, MAIN, 'check', ...args], {
      cwd: space.path,
      encoding: 'utf8',
    });
    return { status, out: stdout, err: stderr };
  };

  it('prints the page and ends well even where a refit is due; with --require it is exit 9', () => {
    file('doubled.csv', table(rows(KNOWN, KNOWN + 6, (y) => 2 * y)));
    const told = forecast('run-shops', '--data', 'doubled.csv');
    expect({ status: told.status, err: told.err }).toEqual({ status: 0, err: '' });
    expect(told.out).toMatch(/12 of 12 forecast values known by now of 2 series, 2018-01-01 … 2018-06-01/);
    expect(told.out).toMatch(/95 % interval +0 of 12 inside/);
    const gate = forecast('run-shops', '--data', 'doubled.csv', '--require', '--json');
    expect(gate.status).toBe(9);
    expect(JSON.parse(gate.out)).toMatchObject({ status: 'refit-due', known: 12 });
    expect(gate.err).toMatch(
      /^forecast: error\[E_GATE\] run-shops: Refit due: .* Hint: run the config again on all rows\n$/,
    );
  });

  it('asks for the table where none is named', () => {
    const { status, err } = forecast('run-shops');
    expect({ status, err }).toEqual({
      status: 2,
      err: 'forecast: error[E_USAGE]: no table of what came is named. Hint: add --data actuals.csv\n',
    });
  });
});
