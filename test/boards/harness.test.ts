// The harness on a small board of its own: what chooses, what is looked at, what is kept.

import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answerOf, figure, type Kept, keep, kept, missedBy } from '../../benchmarks/boards/accuracy.ts';
import { autoRatio, autoSummary } from '../../benchmarks/boards/auto.ts';
import type { Board, Contestant, Part, Row } from '../../benchmarks/boards/board.ts';
import { box } from '../../benchmarks/boards/box.ts';
import { judgeAll, missing, strangers } from '../../benchmarks/boards/crew.ts';
import { judge } from '../../benchmarks/boards/judge.ts';
import { appendLooks, readLooks } from '../../benchmarks/boards/looks.ts';
import { measuredIn } from '../../benchmarks/boards/measured.ts';
import { panel } from '../../benchmarks/boards/panels.ts';
import { parseArguments } from '../../benchmarks/boards/usage.ts';
import type { Series } from '../../src/core/data.ts';
import { random } from '../../src/core/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'boards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HORIZON = 4;
const SEASON = 4;

function seriesOf(id: string, values: Float64Array): Series {
  const time = { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'index' } as const;
  return { id, length: values.length, time, targets: [{ name: 'y', values }], past: [], future: [] };
}

/** Three series with a season and noise; the last rows, the test part, as `test` makes them. */
function small(test: (y: number) => number = (y) => y): Board {
  const series = [1, 2, 3].map((size) => {
    const noise = random(1, `noise ${size}`);
    const values = Float64Array.from(
      { length: 60 },
      (_, t) => size * (10 + 3 * Math.sin((t * Math.PI) / 2) + noise.next()),
    );
    return seriesOf(
      `s${size}`,
      values.map((y, t) => (t < 60 - HORIZON ? y : test(y))),
    );
  });
  const source = { kind: 'csv', file: 'none' };
  return panel({ name: 'small', source, horizon: HORIZON, season: SEASON, origins: [16, 12, 8, 4] }, series);
}

const naive: Contestant = {
  name: 'seasonal-naive',
  settings: [{ model: { kind: 'seasonal-naive', season: 3 } }, { model: { kind: 'seasonal-naive' } }],
  weight: 1,
};

describe('a contestant on a board', () => {
  it('stands with the setting that is best on the validation part, whatever the test part holds', async () => {
    const as = await judge(small(), naive, { look: true });
    const other = await judge(
      small((y) => 1000 - 7 * y),
      naive,
      { look: true },
    );
    expect(as.setting).toBe('seasonal-naive');
    expect(as.tried).toHaveLength(2);
    expect(other.setting).toBe(as.setting);
    expect(other.validation).toEqual(as.validation);
    expect(other.test).not.toEqual(as.test);
  });

  it('is fitted once for both parts where both hold out the same rows, and says what it says fitted twice', async () => {
    const [{ series } = { series: null }] = small().test().walks;
    const held = 40;
    const board: Board = {
      ...panel(
        { name: 'one', source: { kind: 'csv', file: 'none' }, horizon: HORIZON, season: SEASON, origins: [8, 4] },
        [series as Series],
      ),
    };
    const heldOut = (part: Part): Part => ({ ...part, heldOut: () => held });
    const parts = { validation: () => heldOut(board.validation()), test: () => heldOut(board.test()) };
    const ets: Contestant = { name: 'ets', settings: [{ model: { kind: 'ets' } }], weight: 1 };
    const [once, twice] = [
      await judge({ ...board, ...parts, fittedOnce: true }, ets, { look: true }),
      await judge({ ...board, ...parts }, ets, { look: true }),
    ];
    expect(once.test).toEqual(twice.test);
    expect(once.validation).toEqual(twice.validation);
    // Where the rows differ it is the first fit that speaks.
    const early = { ...board, validation: () => heldOut(board.validation()), fittedOnce: true };
    expect((await judge(early, ets, { look: true })).test).toEqual(once.test);
  });

  it('looks at no test part where it may not', async () => {
    const board: Board = {
      ...small(),
      test: () => {
        throw new Error('looked');
      },
    };
    expect((await judge(board, naive, { look: false })).test).toBeNull();
    await expect(judge(board, naive, { look: true })).rejects.toThrow('looked');
  });

  it('that cannot be fitted has the reason instead of figures', async () => {
    const row = await judge(
      small(),
      { name: 'mstl', settings: [{ model: { kind: 'holt-winters', season: 40 } }], weight: 1 },
      { look: true },
    );
    expect(row.validation).toBeNull();
    expect(row.reason).toContain('two seasons');
  });

  it('made of seeds tells the figures of each', async () => {
    const [series] = small()
      .test()
      .walks.map(({ series }) => series) as [Series];
    const one = panel(
      { name: 'one', source: { kind: 'csv', file: 'none' }, horizon: HORIZON, season: SEASON, origins: [8, 4] },
      [series],
    );
    const model = { kind: 'seeds', count: 3, model: { kind: 'lstm-regressor', units: [3] } };
    const row = await judge(one, { name: 'lstm', settings: [{ model }], weight: 1 }, { look: true });
    expect(row.seeds?.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    const figures = row.seeds?.map(({ test }) => test?.wape as number) as number[];
    expect(new Set(figures).size).toBe(3);
    // An average is never worse than the worst of those it is made of.
    expect(row.test?.wape as number).toBeLessThanOrEqual(Math.max(...figures));
  });

  it('has intervals that cover what is like the past, and do not cover what is not', async () => {
    const calm = await judge({ ...small(), intervals: true }, naive, { look: true });
    const wild = await judge({ ...small((y) => 10 * y), intervals: true }, naive, { look: true });
    expect(calm.test?.cover95).toBeGreaterThan(70);
    expect(wild.test?.cover95).toBe(0);
    expect(wild.test?.worst95).toBe(95);
    expect(wild.test?.near95).toBe(0);
    expect(calm.test?.msis95).toBeLessThan(wild.test?.msis95 as number);
  });
});

describe('a crew', () => {
  it('gives the rows of all contestants in their order, of some where some are named, long ones where they are asked for', async () => {
    const board = {
      ...small(),
      contestants: [naive, { ...naive, name: 'slow', long: true, weight: 9 }, { ...naive, name: 'last' }],
    };
    const names = async (only: string[] | null, full: boolean): Promise<string[]> => {
      const [one] = await judgeAll([board], { hands: 0, look: false, full, only: only && new Set(only) });
      return (one?.rows ?? []).map(({ forecaster }) => forecaster);
    };
    expect(await names(null, false)).toEqual(['seasonal-naive', 'last']);
    expect(await names(null, true)).toEqual(['seasonal-naive', 'slow', 'last']);
    expect(await names(['last'], true)).toEqual(['last']);
  });

  it('judges nobody whose row is known, and tells of each row as it comes', async () => {
    const board = { ...small(), contestants: [naive, { ...naive, name: 'last' }] };
    const file = join(folder, 'runs', 'abc.jsonl');
    const go = async (stop: boolean): Promise<string[]> => {
      const measured = measuredIn(file);
      const told: string[] = [];
      const crew = {
        hands: 0,
        look: false,
        only: null,
        full: false,
        known: (name: string, contestant: string) => measured.row(name, contestant, false),
        judged: (name: string, row: Row) => {
          measured.add({ board: name, look: false, seconds: told.length + 7, row });
          told.push(row.forecaster);
          if (stop) throw new Error('stopped');
        },
      };
      expect(missing(board, crew)).toEqual(stop ? ['seasonal-naive', 'last'] : ['last']);
      const [one] = await judgeAll([board], crew);
      expect(one?.rows.map(({ forecaster }) => forecaster)).toEqual(['seasonal-naive', 'last']);
      expect(one?.rows[0]?.validation).toEqual(one?.rows[1]?.validation);
      return told;
    };
    await expect(go(true)).rejects.toThrow('stopped');
    expect(measuredIn(file).seconds).toBe(7);
    expect(await go(false)).toEqual(['last']);
    appendFileSync(file, '{"board":"small","look"'); // cut off
    expect(measuredIn(file).row('small', 'last', false)?.forecaster).toBe('last');
    expect(measuredIn(file).row('small', 'last', true)).toBeNull(); // no look is none
    expect(measuredIn(null).row('small', 'last', false)).toBeNull();
  });

  it('knows who takes part on no board, before anything is judged or looked at', () => {
    expect(strangers([small()], new Set(['theta', 'tehta']))).toEqual(['tehta']);
    expect(strangers([small()], null)).toEqual([]);
  });

  it('every setting of the box can be fitted to a plain series with a season', async () => {
    const board = small();
    for (const contestant of box({
      season: SEASON,
      horizon: HORIZON,
      seasons: [SEASON],
      panel: true,
      positive: true,
    })) {
      const row = await judge(board, contestant, { look: false });
      expect([contestant.name, ...(row.tried ?? []).filter(({ error }) => error === null)]).toEqual([contestant.name]);
    }
  });
});

const about = { date: '2026-01-01', commit: 'abc', seconds: 1, machine: 'm', cores: 2, node: 'v20' };
const row = (forecaster: string, validation: number | null, test: number | null, more: Partial<Row> = {}): Row => ({
  forecaster,
  ours: true,
  validation: validation === null ? null : { wape: validation },
  test: test === null ? null : { wape: test },
  seconds: 1,
  ...more,
});

describe('ACCURACY.md', () => {
  const board = small();
  const of = (rows: readonly Row[]): Kept => kept(board, rows, about);

  it('answers with the least error on validation, not on test, and never with a peer', () => {
    const rows = [row('a', 2, 1), row('b', 1, 9), row('c', null, null), row('peer', 0.1, 0.1, { ours: false })];
    expect(answerOf({ metrics: ['wape'], rows })?.forecaster).toBe('b');
  });

  it('keeps test figures where a later run does not look, and says so', () => {
    expect(keep([of([row('a', 2, 1)])], true, false, folder)).toEqual([]);
    expect(keep([of([row('a', 3, null)])], false, false, folder)).toEqual(['small']);
    expect(readFileSync(join(folder, 'ACCURACY.md'), 'utf8')).toContain('| a ◀ | 2.000 |');
    expect(keep([of([row('a', 4, 5)])], true, false, folder)).toEqual([]);
    expect(readFileSync(join(folder, 'ACCURACY.md'), 'utf8')).toContain('| a ◀ | 4.000 |');
  });

  it('takes rows of a part of the box into a board that is there, says what they were measured at, and makes no board of them', () => {
    const later = { ...about, commit: 'def' };
    const peer = row('peer', null, 1, { ours: false });
    keep([of([row('a', 2, 1), row('b', 3, 2), peer])], true, false, folder);
    keep([kept(board, [row('b', 1, 4), row('c', 5, 6), peer], later)], true, true, folder);
    keep([kept({ ...board, name: 'other' }, [row('b', 1, 4)], later)], true, true, folder);
    const { boards } = JSON.parse(readFileSync(join(folder, 'accuracy.json'), 'utf8')) as { boards: Kept[] };
    expect(boards.map(({ name }) => name)).toEqual(['small']);
    expect(boards[0]?.about.commit).toBe('abc');
    expect(boards[0]?.rows.map(({ forecaster, test }) => [forecaster, test?.wape])).toEqual([
      ['a', 1],
      ['b', 4],
      ['c', 6],
      ['peer', 1],
    ]);
    expect(readFileSync(join(folder, 'ACCURACY.md'), 'utf8')).toContain(
      'Measured by themselves: b (2026-01-01, commit def), c (2026-01-01, commit def).',
    );
  });

  it('shows four digits that count', () => {
    expect([0.12345, 1.23456, 12.3456, 123.456, 1234.56, 0, null].map(figure)).toEqual([
      '0.1235',
      '1.235',
      '12.35',
      '123.5',
      '1235',
      '0',
      '–',
    ]);
  });

  it('says how far a goal is missed', () => {
    const goal = { board: 'x', metric: 'm', goal: 80 };
    expect(missedBy(goal, 80)).toBe(0);
    expect(missedBy(goal, 88)).toBeCloseTo(10);
    expect(missedBy({ ...goal, points: 2 }, 77)).toBeCloseTo(1);
    expect(missedBy({ ...goal, points: 2 }, 81.9)).toBe(0);
    expect(missedBy({ ...goal, least: true }, 85)).toBe(0);
    expect(missedBy({ ...goal, least: true }, 70)).toBe(10);
  });
});

describe('auto beside the best single forecaster', () => {
  const rows = [
    row('auto', 3, 8, { combination: true }),
    row('average', 1, 1, { combination: true }),
    row('a', 2, 9),
    row('b', 4, 4),
  ];

  it('counts rolling origins where there are five, else the test part; combinations and peers are no single forecasters', () => {
    const ratio = (rolling: boolean) =>
      autoRatio({ name: 'x', rolling, metric: 'wape' }, [...rows, row('peer', 0.1, 0.1, { ours: false })]);
    expect(ratio(true)).toMatchObject({ forecaster: 'a', ratio: 1.5 });
    expect(ratio(false)).toMatchObject({ forecaster: 'b', ratio: 2 });
    expect(autoRatio({ name: 'x', rolling: true, metric: 'wape' }, rows.slice(1))).toBeNull();
  });

  it('is a geometric mean, and the worst', () => {
    const one = (board: string, ratio: number) => ({ board, ratio, auto: ratio, best: 1, forecaster: 'a' });
    const summary = autoSummary([one('x', 2), one('y', 0.5), one('z', 1)]);
    expect(summary?.mean).toBeCloseTo(1);
    expect(summary?.worst.board).toBe('x');
    expect(autoSummary([])).toBeNull();
  });
});

describe('looks', () => {
  it('are lines that are only ever added', () => {
    const file = join(folder, 'looks.jsonl');
    const look = (board: string) => ({ date: '2026-01-01', commit: 'abc', board, forecasters: ['a'], why: 'to see' });
    appendLooks([look('x'), look('y')], file);
    appendLooks([look('z')], file);
    expect(readLooks(file).map(({ board }) => board)).toEqual(['x', 'y', 'z']);
  });

  it('that were taken are all readable', () => {
    for (const look of readLooks())
      expect(Object.keys(look)).toEqual(expect.arrayContaining(['date', 'commit', 'board', 'forecasters', 'why']));
  });
});

describe('npm run boards', () => {
  const groups = ['m4-weekly', 'classics'];
  const wrong = (...args: string[]) => (parseArguments(args, groups) as { wrong?: string }).wrong;

  it('asks why before it looks', () => {
    expect(wrong('classics')).toContain('--why');
    expect(wrong('classics', '--why', ' ')).toContain('--why');
    expect(wrong('classics', '--why', 'final figures')).toBeUndefined();
    expect(wrong('classics', '--no-test')).toBeUndefined();
  });

  it('refuses what there is not', () => {
    expect(wrong('m5', '--no-test')).toContain('"m5"');
    expect(wrong('--no-test')).toContain('which');
    expect(wrong('classics', '--fast')).toContain('--fast');
    expect(wrong('classics', '--no-test', '--hands', 'two')).toContain('--hands');
  });

  it('takes all groups by one word', () => {
    expect(parseArguments(['all', '--no-test', '--forecasters=a,b'], groups)).toMatchObject({
      groups,
      look: false,
      only: new Set(['a', 'b']),
    });
  });
});
