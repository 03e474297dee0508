// Rows too few for intervals: the note says why, and whatever it says would give some does.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { random } from '../../src/core/random.ts';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();

/** A long table of `count` series of so many months. */
function months(count: number, rows: number): string {
  const draw = random(7, 'few');
  const lines = Array.from({ length: count }, (_, s) =>
    Array.from({ length: rows }, (_, t) => {
      const month = `${2015 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')}-01`;
      return `s${s},${month},${(50 + 9 * Math.sin(t / 2) + draw.normal()).toFixed(2)}`;
    }),
  );
  return space.write(`months-${count}-${rows}.csv`, `id,month,y\n${lines.flat().join('\n')}\n`);
}

interface Told {
  readonly note: string | undefined;
  readonly intervals: boolean;
}

let runs = 0;

async function told(count: number, rows: number, config: object, set: readonly string[] = []): Promise<Told> {
  const source = { kind: 'csv', file: months(count, rows), id: 'id', time: 'month', target: 'y' };
  const options = { out: join(space.path, `out-${runs++}`), root: space.path, set };
  const { result } = await run({ name: 'few', source, ...config }, options);
  return {
    note: result.data.notes.find((note) => note.startsWith('no intervals')),
    intervals: result.forecast.every(({ lower }) => lower !== undefined),
  };
}

/** What a note says would help: settings, and rows. */
function helpsOf(note = ''): { settings: string[]; rows: number | null } {
  const [, list = ''] = note.split('there are some with ');
  const helps = list.split(', or ').filter((help) => help !== '');
  const rows = helps.find((help) => help.endsWith(' rows'));
  return {
    settings: helps.filter((help) => help !== rows).map((help) => help.replace(': ', '=')),
    rows: rows ? Number.parseInt(rows, 10) : null,
  };
}

const theta = { model: { kind: 'theta' } };
const CASES: [string, number, number, object][] = [
  ['less than two seasons', 12, 20, theta],
  ['less than two seasons, a long horizon', 12, 22, { ...theta, predict: { horizon: 6 } }],
  ['two seasons, and a horizon too long for them', 12, 28, { ...theta, predict: { horizon: 6 } }],
  ['one series of two seasons', 1, 26, theta],
  ['a written context', 12, 27, { ...theta, window: { context: 12, horizon: 6 } }],
  ['a test part', 12, 30, { ...theta, split: { test: 4 }, predict: { horizon: 2 } }],
  ['a network of the recipe', 2, 21, { model: { kind: 'lstm-regressor' }, train: { steps: 2, seeds: 1 } }],
];

describe('rows too few for intervals are told with what gives some', () => {
  test.each(CASES)('%s', async (_, count, rows, config) => {
    const { note, intervals } = await told(count, rows, config);
    expect(intervals).toBe(false);
    expect(note).toMatch(/^no intervals: \d+ rows allow no folds with season 12 and horizon \d+; there are some with /);
    const helps = helpsOf(note);
    for (const setting of helps.settings)
      expect((await told(count, rows, config, [setting])).intervals, setting).toBe(true);
    expect(helps.rows).not.toBeNull();
    expect((await told(count, helps.rows as number, config)).intervals, `${helps.rows} rows`).toBe(true);
  });
});

test('where folds were declined that is the reason', async () => {
  const { note } = await told(12, 60, { ...theta, evaluate: { folds: 0 } });
  expect(note).toBe('no intervals: evaluate.folds is 0; without that key there are some');
  expect(await told(12, 60, theta)).toEqual({ note: undefined, intervals: true });
});
