// What a run says and refuses of the inputs beside its targets: columns known up to the cutoff, columns known in advance, the calendar.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { predict } from '../../src/commands/stored.ts';
import type { ForecastError } from '../../src/core/errors.ts';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const ROWS = 90;
const space = workspace();
let made = 0;

type Row = readonly [day: string, y: number | '', promo: number | '', wind: number | ''];

/** Sales a day with a promotion known ten rows ahead and the wind, which nobody knows. */
function rowsOf(change: (row: Row, t: number) => Row = (row) => row, ahead = 10): Row[] {
  return Array.from({ length: ROWS + ahead }, (_, t) => {
    const day = new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const promo = t % 6 === 2 || t % 11 === 7 ? 1 : 0;
    const wind = 5 + ((t * 37) % 17) / 4;
    const y = 50 + 10 * Math.sin((2 * Math.PI * t) / 7) + 20 * promo + ((t * 29) % 13) / 6;
    const last = t >= ROWS;
    return change([day, last ? '' : Number(y.toFixed(3)), promo, last ? '' : wind], t);
  });
}

const csvOf = (rows: readonly Row[]): string =>
  `day,sales,promo,wind\n${rows.map((row) => row.join(',')).join('\n')}\n`;

interface Asked {
  readonly rows?: readonly Row[];
  readonly source?: string;
  readonly model?: string;
  readonly more?: string;
  readonly horizon?: number;
}

async function ran({
  rows = rowsOf(),
  source = 'future: [promo]',
  model = '{ kind: regression, means: [] }',
  more = '',
  horizon = 7,
}: Asked = {}) {
  const place = `run-${made++}`;
  space.write(`${place}/sales.csv`, csvOf(rows));
  const file = space.write(
    `${place}/sales.yaml`,
    `name: sales
source: { kind: csv, file: sales.csv, time: day, target: sales, season: 7${source === '' ? '' : `, ${source}`} }
split: { validation: 0 }
window: { context: 14, horizon: ${horizon} }
model: ${model}
engine: reference
train: { epochs: 2 }
predict: { horizon: ${horizon} }
evaluate: { folds: 2, step: 4 }
${more}`,
  );
  const outcome = await run(file, { out: join(space.path, place, 'run') });
  return { ...outcome, place };
}

async function refused(asked: Asked): Promise<string> {
  const error = await ran(asked).then(
    () => null,
    (failure: unknown) => failure as ForecastError,
  );
  if (error === null) return 'nothing was refused';
  return `${error.code} ${error.where}: ${error.message}. ${error.hint}`.replaceAll(space.path, '');
}

describe('what is known in advance', () => {
  it('is read by regression and by networks; the run says who reads what', async () => {
    const { result } = await ran();
    expect(result.data.notes).toContain('known in advance: promo, read by regression alone');
    expect(result.warnings.map(({ code }) => code)).not.toContain('W_INPUTS_UNUSED');
    const rows = await ran({
      source: 'future: [promo], past: [wind], calendar: [weekday]',
      model: '{ kind: lstm-regressor, units: [3] }',
    });
    expect(rows.result.data.notes).toEqual(
      expect.arrayContaining([
        'calendar: weekday (7 columns known in advance)',
        'known up to the cutoff: wind, read by lstm-regressor alone',
        'known in advance: promo, weekday, read by lstm-regressor alone',
      ]),
    );
  });

  it.each(['linear', 'average'])('is read by %s, too', async (kind) => {
    const members = kind === 'average' ? ', members: [theta, linear]' : '';
    const { result } = await ran({ model: `{ kind: ${kind}${members} }` });
    expect(result.data.notes).toContain(`known in advance: promo, read by ${kind} alone`);
    expect(result.warnings.map(({ code }) => code)).not.toContain('W_INPUTS_UNUSED');
    expect(await refused({ model: `{ kind: ${kind}${members} }`, rows: rowsOf((row) => row, 0) })).toMatch(
      /^E_DATA_FUTURE source.future: forecasting reads "promo" up to row 97 /,
    );
  });

  it.each([
    ['regression', '{ kind: regression, means: [] }'],
    ['linear', '{ kind: linear, context: 21 }'],
  ])('makes %s know a promotion it is told of: the mean error falls by more than half', async (kind, model) => {
    const error = (outcome: Awaited<ReturnType<typeof ran>>): number =>
      outcome.result.scores.find((row) => row.forecaster === kind && row.split === 'backtest')?.metrics.mae as number;
    const [told, untold] = [await ran({ model }), await ran({ model, source: '', rows: rowsOf((row) => row, 0) })];
    expect(error(told)).toBeLessThan(0.5 * error(untold));
  });

  it('a model that reads none of it is warned of', async () => {
    const { result } = await ran({
      model: '{ kind: theta }',
      source: 'future: [promo], past: [wind], calendar: [weekend]',
    });
    expect(result.warnings).toContainEqual({
      code: 'W_INPUTS_UNUSED',
      message: 'theta does not read wind, promo, weekend',
    });
  });

  it('a baseline that a verdict told to ship is not warned of: the command that the run says ends clean', async () => {
    const source = 'future: [promo], past: [wind], calendar: [weekend]';
    const { result } = await ran({ model: '{ kind: seasonal-naive }', source });
    expect(result.warnings).toEqual([]);
    expect(result.data.notes.join()).toContain('read by none of the contenders');
  });

  it('a combination reads what its members read', async () => {
    const { result } = await ran({ model: '{ kind: average, members: [theta, { kind: regression, means: [] }] }' });
    expect(result.data.notes).toContain('known in advance: promo, read by average alone');
    expect(result.warnings.map(({ code }) => code)).not.toContain('W_INPUTS_UNUSED');
  });

  it('several seeds of a network say how far they are apart', async () => {
    const { result } = await ran({ model: '{ kind: seeds, count: 2, model: { kind: lstm-regressor, units: [3] } }' });
    expect(result.fit.combination?.rule).toMatch(/forecasts \d+\.\d % apart$/);
  });
});

describe('the calendar', () => {
  it('reaches every horizon that is asked for, also later and of new data', async () => {
    const { folder, place } = await ran({
      source: 'calendar: [weekday, { feature: holiday, dates: [04-01] }]',
      rows: rowsOf((row) => row, 0),
    });
    expect((await predict(folder, { horizon: 40 })).rows).toHaveLength(40);
    space.write(`${place}/new.csv`, csvOf(rowsOf((row) => row, 0).slice(0, 80)));
    const { rows } = await predict(folder, { data: join(space.path, place, 'new.csv'), horizon: 3 });
    expect(rows.map(({ time }) => time)).toEqual(['2024-03-21', '2024-03-22', '2024-03-23']);
  });

  it('is refused for rows without times, in one line', async () => {
    const place = `run-${made++}`;
    space.write(`${place}/plain.csv`, `a\n${Array.from({ length: 60 }, (_, t) => t % 7).join('\n')}\n`);
    const file = space.write(
      `${place}/plain.yaml`,
      'name: plain\nsource: { kind: csv, file: plain.csv, target: a, calendar: [month] }\nmodel: regression\n',
    );
    await expect(run(file, { out: join(space.path, place, 'run') })).rejects.toMatchObject({
      code: 'E_CONFIG_CONFLICT',
      where: 'source.calendar',
      message: 'rows without times have no calendar',
    });
  });

  it('of a year is refused with the reason', async () => {
    expect(await refused({ source: 'calendar: [weekday, year]' })).toMatch(
      /^E_CONFIG_CONFLICT .*sales.yaml:2:\d+ source.calendar\[?\.?1\]?: a year is no cycle but a trend, .*\. one of month, /,
    );
  });
});

describe('inputs that cannot be are refused in one line', () => {
  it('a horizon with too few rows known in advance', async () => {
    const said =
      'E_DATA_FUTURE source.future: forecasting reads "promo" up to row 102 (2024-04-11), it ends at row 100 (2024-04-09). append rows with the columns known in advance filled and the target empty, or forecast fewer steps';
    expect(await refused({ horizon: 12 })).toBe(said);
    expect(await refused({ horizon: 12, model: '{ kind: lstm-regressor, units: [3] }' })).toBe(said);
    expect(await refused({ horizon: 12, model: '{ kind: average, members: [drift, { kind: regression }] }' })).toBe(
      said,
    );
    expect(await refused({ horizon: 12, model: '{ kind: theta }' })).toBe('nothing was refused');
  });

  it('a series among several whose columns end too early, by its name', async () => {
    const place = `run-${made++}`;
    const rows = ['north', 'south'].flatMap((shop) =>
      rowsOf((row) => row, shop === 'north' ? 10 : 4).map((row) => [shop, ...row].join(',')),
    );
    space.write(`${place}/shops.csv`, `shop,day,sales,promo,wind\n${rows.join('\n')}\n`);
    const source = '{ kind: csv, file: shops.csv, id: shop, time: day, target: sales, future: [promo] }';
    const file = space.write(
      `${place}/shops.yaml`,
      `name: shops\nsource: ${source}\nmodel: regression\npredict: { horizon: 7 }\n`,
    );
    await expect(run(file, { out: join(space.path, place, 'run') })).rejects.toMatchObject({
      code: 'E_DATA_FUTURE',
      message: 'series "south": forecasting reads "promo" up to row 97 (2024-04-06), it ends at row 94 (2024-04-03)',
    });
  });

  it('a column that ends with the target', async () => {
    expect(await refused({ rows: rowsOf((row) => row, 0) })).toBe(
      'E_DATA_FUTURE source.future: forecasting reads "promo" up to row 97 (2024-04-06), it ends at row 90 (2024-03-30). append rows with the columns known in advance filled and the target empty, or forecast fewer steps; if nobody knows it in advance, name it in source.past',
    );
  });

  it('a column that nobody filled in to the end', async () => {
    const rows = rowsOf(([day, y, promo, wind], t) => [day, y, t >= 94 ? '' : promo, wind]);
    expect(await refused({ rows })).toBe(
      'E_DATA_FUTURE source.future: forecasting reads "promo" up to row 97 (2024-04-06), it ends at row 94 (2024-04-03). append rows with the columns known in advance filled and the target empty, or forecast fewer steps',
    );
    expect(await refused({ rows: rowsOf(), source: 'future: [promo, wind]' })).toMatch(
      /^E_DATA_FUTURE source.future: forecasting reads "wind" up to row 97 \(2024-04-06\), it ends at row 90 .* name it in source.past$/,
    );
  });

  it('a value missing among those of the horizon', async () => {
    const rows = rowsOf(([day, y, promo, wind], t) => [day, y, t === 93 ? '' : promo, wind]);
    expect(await refused({ rows })).toMatch(
      /^E_DATA_MISSING .*sales.csv:95 column "promo": the value is missing\. set source.fill: previous \(or linear, zero\)$/,
    );
  });

  it('rows still to come, where no column is known for them', async () => {
    expect(await refused({ source: '' })).toMatch(
      /^E_DATA_MISSING .*sales.csv:92 column "sales": .* rows still to come are read with what is known for them: set source.future: \["promo", "wind"\] or some of these;/,
    );
  });

  it('but never a column of the calendar, though the target looks like it', async () => {
    const weekends = rowsOf(([day], t) => [day, t % 7 > 4 ? 1 : 0, 0, 0], 0);
    expect(await refused({ rows: weekends, source: 'calendar: [weekend]' })).toBe('nothing was refused');
  });

  it('the target among the inputs, by its name or as a copy', async () => {
    expect(await refused({ source: 'future: [promo, sales]' })).toMatch(
      /^E_DATA_COLUMN .*sales.csv: column "sales" stands in source.target and source.future\. give each column one role$/,
    );
    expect(await refused({ source: 'past: [sales]' })).toMatch(
      /column "sales" stands in source.target and source.past/,
    );
    const copied = rowsOf(([day, y, , wind]) => [day, y, y === '' ? 7 : y, wind]);
    expect(await refused({ rows: copied })).toBe(
      'E_DATA_COLUMN source.future: column "promo" holds "sales" in every row: the answer among the inputs. remove promo, or name it in source.past where it is known up to the forecast only',
    );
  });

  it('the target in another unit, but no counter beside a target that rises by a step a row', async () => {
    const scaled = rowsOf(([day, y, , wind]) => [day, y, y === '' ? 7 : 1.21 * Number(y) - 3, wind]);
    expect(await refused({ rows: scaled })).toMatch(
      /^E_DATA_COLUMN source.future: column "promo" holds "sales" in another unit in every row: /,
    );
    const counted = rowsOf(([day, y, , wind], t) => [day, y === '' ? '' : 3 * t + 1, t, wind]);
    expect(await refused({ rows: counted })).toBe('nothing was refused');
  });

  it.each([
    ['the target in another unit, rounded', (y: number) => Math.round(1.21 * y), true],
    ['the target with a little noise', (y: number, t: number) => y + ((t * 41) % 19) / 12, true],
    ['what tells four fifths of its changes', (y: number, t: number) => y + ((t * 41) % 19) / 2, false],
    [
      'a season that is the target’s',
      (_: number, t: number) => 10 * Math.sin((2 * Math.PI * t) / 7) + ((t * 37) % 17) / 90,
      false,
    ],
  ])('warns of a shadow of the target known in advance, and of nothing else: %s', async (what, of, warned) => {
    const calm = /season/.test(what); // nothing but a season and noise
    const rows = rowsOf(([day, y, , wind], t) => {
      const sales = calm ? 50 + 10 * Math.sin((2 * Math.PI * t) / 7) + ((t * 29) % 13) / 90 : Number(y);
      return [day, y === '' ? '' : sales, y === '' ? 40 + (t % 9) : of(sales, t), wind];
    });
    const { result } = await ran({ rows });
    const told = result.warnings.filter(({ code }) => code === 'W_INPUT_TARGET').map(({ message }) => message);
    expect(told).toEqual(
      warned ? [expect.stringMatching(/^"promo" tells practically all of the changes of "sales" in the same row/)] : [],
    );
  });

  it('a column named twice, for one role or for two', async () => {
    expect(await refused({ source: 'future: [promo, promo]' })).toMatch(
      /^E_DATA_COLUMN .*: column "promo" stands twice in source.future\. name it once$/,
    );
    expect(await refused({ source: 'future: [promo], past: [promo]' })).toMatch(
      /column "promo" stands in source.past and source.future/,
    );
    expect(await refused({ source: 'future: [promo, day]' })).toMatch(
      /column "day" stands in source.time and source.future/,
    );
  });
});
