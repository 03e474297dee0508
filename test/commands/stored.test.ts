// Complete runs used again from the command line: what is said about data that are other than the run's.

import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { predict } from '../../src/commands/stored.ts';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const table = (name: string, date: (i: number) => Date): string =>
  space.write(
    name,
    `date,y\n${Array.from({ length: 40 }, (_, i) => `${date(i).toISOString().slice(0, 10)},${i % 5}\n`).join('')}`,
  );
const months = table('months.csv', (i) => new Date(Date.UTC(2000, i, 1)));
const days = table('days.csv', (i) => new Date(Date.UTC(2000, 0, i + 1)));
const folder = join(space.path, 'run');

beforeAll(async () => {
  const config = `
source: { kind: csv, file: months.csv }
window: { context: 4 }
model: { kind: lstm-regressor, units: [2] }
train: { epochs: 1 }
predict: { horizon: 2 }
`;
  await run(space.write('config.yaml', config), { out: folder });
});

describe('predict', () => {
  it('takes a table where the run generated its series, and the targets the run inferred', async () => {
    const generated = `
source: { kind: generated, series: counting, length: 30 }
window: { context: 2 }
model: { kind: lstm-regressor, units: [2] }
train: { epochs: 1 }
`;
    const counted = await run(space.write('generated.yaml', generated), { out: join(space.path, 'generated') });
    const values = space.write('values.csv', 'value\n5\n6\n7\n8\n');
    expect((await predict(counted.folder, { data: values })).rows.map(({ time }) => time)).toEqual(['4']);
    const wider = space.write(
      'wider.csv',
      readFileSync(months, 'utf8')
        .replaceAll(/,(\w+)$/gm, ',$1,$1')
        .replace('date,y,y', 'date,y,extra'),
    );
    expect((await predict(folder, { data: wider })).rows.map(({ target }) => target)).toEqual(['y', 'y']);
  });

  it('does not ask for new data where they were given, and it is the old ones that a closed form needs', async () => {
    const config = 'source: { kind: csv, file: grown.csv }\nmodel: theta\npredict: { horizon: 2 }\n';
    const own = readFileSync(months, 'utf8');
    const grown = space.write('grown.csv', own);
    const made = await run(space.write('grown.yaml', config), { out: join(space.path, 'grown') });
    space.write('grown.csv', `${own}2003-05-01,0\n`);
    const hint = 'theta is fitted again on the data of the run: keep them as they were';
    const refused = { where: 'source', hint: expect.stringContaining(hint) };
    await expect(predict(made.folder, { data: grown })).rejects.toMatchObject({ ...refused, code: 'E_DATA_CHANGED' });
    renameSync(grown, join(space.path, 'newer.csv'));
    const gone = { where: 'grown.csv', hint: expect.stringContaining(hint), code: 'E_DATA_NOT_FOUND' };
    await expect(predict(made.folder, { data: join(space.path, 'newer.csv') })).rejects.toMatchObject(gone);
  });

  it.each(['lstm-regressor', 'ses', 'holt', 'theta', 'drift'])(
    '%s forecasts again what its run forecast',
    async (kind) => {
      const options = kind === 'lstm-regressor' ? '{ kind: lstm-regressor, units: [2] }' : `{ kind: ${kind} }`;
      const config = `
source: { kind: csv, file: months.csv }
split: { validation: 6, test: 6 }
window: { context: 4 }
model: ${options}
train: { epochs: 1 }
predict: { horizon: 3 }
`;
      const { result, folder: own } = await run(space.write(`${kind}.yaml`, config), { out: join(space.path, kind) });
      expect((await predict(own)).rows).toEqual(result.forecast);
      expect((await predict(own, { data: months })).rows).toEqual(result.forecast);
    },
  );

  it.each(['linear', 'regression', 'auto'])('%s says the same of tomorrow, however far is asked for', async (kind) => {
    const waves = Array.from(
      { length: 60 },
      (_, i) => 40 + i / 3 + 9 * Math.sin((2 * Math.PI * i) / 12) + ((i * 29) % 13),
    );
    const lines = waves.map((y, i) => `${new Date(Date.UTC(2000, i, 1)).toISOString().slice(0, 7)},${y.toFixed(2)}`);
    space.write('waves.csv', `date,y\n${lines.join('\n')}\n`);
    const config = `
source: { kind: csv, file: waves.csv }
model: { kind: ${kind} }
predict: { horizon: 6 }
evaluate: { folds: 2 }
`;
    const { result, folder: own } = await run(space.write(`far-${kind}.yaml`, config), {
      out: join(space.path, `far-${kind}`),
    });
    for (const horizon of [2, 15]) {
      const { rows } = await predict(own, { horizon });
      expect(rows).toHaveLength(horizon);
      const both = Math.min(6, horizon);
      expect(rows.slice(0, both)).toEqual(result.forecast.slice(0, both));
    }
  });

  it('gives intervals from new data too: a copy has the run’s own, ten times the values ten times as wide', async () => {
    const config = `
source: { kind: csv, file: months.csv }
model: { kind: holt }
predict: { horizon: 3 }
`;
    const { result, folder: own } = await run(space.write('intervals.yaml', config), { out: join(space.path, 'own') });
    expect(Object.keys(result.forecast[0]?.lower ?? {})).toContain('80');
    const text = readFileSync(months, 'utf8');
    const copied = (await predict(own, { data: space.write('copy.csv', text) })).rows;
    expect(copied.map(({ lower, upper }) => [lower, upper])).toEqual(
      result.forecast.map(({ lower, upper }) => [lower, upper]),
    );
    const larger = space.write('larger.csv', text.replaceAll(/,(\d)$/gm, ',$10'));
    for (const [h, { upper, value }] of (await predict(own, { data: larger })).rows.entries()) {
      const then = result.forecast[h] as (typeof result.forecast)[number];
      expect((upper?.['80'] ?? 0) - value).toBeCloseTo(10 * ((then.upper?.['80'] ?? 0) - then.value), 6);
    }
    const ahead = (
      await predict(own, { data: space.write('later.csv', text.trim().split('\n').slice(0, -2).join('\n')) })
    ).rows;
    expect(ahead.map(({ time }) => time)).toEqual(['2003-03-01', '2003-04-01', '2003-05-01']);
    expect(ahead.every(({ lower, upper, value }) => (lower?.['80'] ?? 0) < value && value < (upper?.['80'] ?? 0))).toBe(
      true,
    );
  });

  it.each([true, false])(
    'short series chose for themselves and have the intervals they had, refit %s',
    async (refit) => {
      const rows = (id: string, length: number, level: number): string[] =>
        Array.from({ length }, (_, i) => `${id},${1900 + 60 - length + i},${level + ((i * 7) % 5) + i / 9}`);
      for (const [name, lengths] of [
        ['one', [60, 9]],
        ['two', [60, 60, 9]],
      ] as const) {
        const table = lengths.flatMap((length, i) => rows(`s${i}`, length, 10 * (i + 1)));
        space.write(`${name}.csv`, `id,year,y\n${table.join('\n')}\n`);
        for (const model of ['{ kind: lstm-regressor, units: [2] }', '{ kind: auto, members: [drift, mean, ses] }']) {
          const config = `
source: { kind: csv, file: ${name}.csv, id: id, time: year, target: y }
split: { test: 4 }
window: { context: 6, horizon: 2 }
model: ${model}
train: { epochs: 1, refit: ${refit} }
predict: { horizon: 2 }
evaluate: { folds: 2 }
`;
          const out = join(space.path, `short-${name}-${model.slice(8, 12)}-${refit}`);
          const { result } = await run(space.write('short.yaml', config), { out });
          expect(result.warnings.map(({ code }) => code)).toContain('W_SERIES_SHORT');
          expect((await predict(out)).rows).toEqual(result.forecast);
        }
      }
    },
  );

  it('warns of data with other steps, and only of those', async () => {
    expect((await predict(folder, { data: months })).warnings).toEqual([]);
    const other = await predict(folder, { data: days });
    expect(other.rows).toHaveLength(2);
    expect(other.warnings).toMatchObject([
      { code: 'W_OTHER_FREQUENCY', message: expect.stringMatching(/daily.*monthly/) },
    ]);
  });

  it('says that new data are read as the run’s own where they are written otherwise', async () => {
    const text = readFileSync(months, 'utf8').replace(/,(\d+)\n$/, ',$$$1\n');
    await expect(predict(folder, { data: space.write('money.csv', text) })).rejects.toMatchObject({
      code: 'E_DATA_NOT_NUMERIC',
      hint: expect.stringMatching(/^new data are read as the run's own: .* \(set source\.unit: "\$"\)$/),
    });
  });

  it('says what to type where the data are not there', async () => {
    await expect(predict(folder, { data: join(space.path, 'none.csv') })).rejects.toMatchObject({
      code: 'E_DATA_NOT_FOUND',
      hint: 'check the path',
    });
    renameSync(months, `${months}.away`);
    await expect(predict(folder)).rejects.toMatchObject({
      code: 'E_DATA_NOT_FOUND',
      hint: expect.stringContaining('--data'),
    });
    renameSync(`${months}.away`, months);
  });
});
