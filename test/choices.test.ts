// What a run's auto chose, taken by whatever uses the run: nothing is judged and nothing is trained a second time.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Judge from '../src/combine/judge.ts';
import { predict } from '../src/commands/stored.ts';
import type * as Engines from '../src/engines/index.ts';
import { type RunOutcome, run } from '../src/run.ts';
import type * as Training from '../src/train/train.ts';
import { workspace } from './support/workspace.ts';

const done = vi.hoisted(() => ({ judged: 0, trained: 0, opened: [] as string[] }));

vi.mock('../src/combine/judge.ts', async (original) => {
  const own = await original<typeof Judge>();
  const judge: typeof own.judge = (...of) => {
    done.judged++;
    return own.judge(...of);
  };
  return { ...own, judge };
});
vi.mock('../src/train/train.ts', async (original) => {
  const own = await original<typeof Training>();
  const train: typeof own.train = (...of) => {
    done.trained++;
    return own.train(...of);
  };
  return { ...own, train };
});
vi.mock('../src/engines/index.ts', async (original) => {
  const own = await original<typeof Engines>();
  const openEngine: typeof own.openEngine = (kind) => {
    done.opened.push(kind);
    return own.openEngine(kind);
  };
  return { ...own, openEngine };
});

const space = workspace();
const AIR = readFileSync(join(import.meta.dirname, '..', 'datasets/air-passengers/air-passengers.csv'), 'utf8');
// A hundred months, so that no row of a test part has a say.
const file = space.write('air.csv', AIR.split('\n').slice(0, 101).join('\n'));
space.write(
  'many.csv',
  `date,id,y\n${['a', 'b', 'c']
    .flatMap((id, k) =>
      Array.from({ length: 60 }, (_, t) => {
        const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
        return `${date},${id},${(100 * (k + 1) + t + 15 * Math.sin((Math.PI * t) / 6) + ((t * 7 + k) % 5)).toFixed(3)}`;
      }),
    )
    .join('\n')}\n`,
);

let runs = 0;
async function ran(model: object, more: object = {}): Promise<RunOutcome> {
  const name = `run-${runs++}`;
  const config = {
    name,
    source: { kind: 'csv', file: 'air.csv', time: 'ds', target: 'y' },
    model,
    window: { context: 6 },
    train: { epochs: 1, rate: 0.0001 },
    predict: { horizon: 6 },
    evaluate: { folds: 0 },
    engine: 'wasm',
    ...more,
  };
  return await run(space.write(`${name}.yaml`, JSON.stringify(config)), { out: join(space.path, name) });
}

const CHEAP = ['last-value', 'drift', 'mean', 'seasonal-naive', 'window-average', 'naive2', 'theta', 'ses'];
const NETWORK = { kind: 'lstm-regressor', units: [2] };

beforeEach(() => {
  Object.assign(done, { judged: 0, trained: 0, opened: [] });
});

describe('a run brought back', () => {
  it('has its networks and its choice: both from the folder, on its own data and on others', async () => {
    const { result, folder } = await ran({ kind: 'auto', how: 'mean', members: ['theta', 'drift', NETWORK] });
    expect(result.fit.combination?.members.every(({ weight }) => weight > 0)).toBe(true);
    expect(done.judged).toBeGreaterThan(0);
    expect(done.trained).toBeGreaterThan(5);
    Object.assign(done, { judged: 0, trained: 0, opened: [] });
    expect((await predict(folder)).rows).toEqual(result.forecast);
    expect((await predict(folder, { data: file })).rows).toEqual(result.forecast);
    expect(done).toEqual({ judged: 0, trained: 0, opened: ['wasm', 'wasm'] });
  });

  it('needs no engine where its choice was among closed forms, though a network was tried', async () => {
    const { result, folder } = await ran({ kind: 'auto', best: 2, members: ['theta', 'airline', NETWORK] });
    expect(result.fit.combination?.members[2]).toMatchObject({ weight: 0, error: expect.any(Number) });
    Object.assign(done, { judged: 0, trained: 0, opened: [] });
    expect((await predict(folder)).rows).toEqual(result.forecast);
    expect(done).toEqual({ judged: 0, trained: 0, opened: ['reference'] });
  });

  it.each([
    ['a mean of seven', { kind: 'auto', best: 7, members: CHEAP }],
    ['a median', { kind: 'auto', how: 'median', members: [...CHEAP, 'linear'] }],
    ['weighted', { kind: 'weighted', members: ['theta', 'drift', 'seasonal-naive'] }],
  ])('of many series is the same to the last bit: %s', async (_, model) => {
    const source = { kind: 'csv', file: 'many.csv', time: 'date', id: 'id', target: 'y' };
    const { result, folder } = await ran(model, { source });
    expect(result.forecast).toHaveLength(18);
    Object.assign(done, { judged: 0, trained: 0 });
    expect((await predict(folder)).rows).toEqual(result.forecast);
    expect(done).toMatchObject({ judged: 0, trained: 0 });
  });
});
