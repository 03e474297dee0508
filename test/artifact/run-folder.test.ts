import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashIdentity, type Identity, openRunFolder, readRunFolder } from '../../src/artifact/run-folder.ts';
import type { ForecastError } from '../../src/core/errors.ts';
import type { TrainState } from '../../src/train/state.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const identity = (config = 'train:\n  epochs: 32\n', data = 'd'.repeat(64)): Identity => {
  const parts = { config, data, engine: 'reference' };
  return { hash: hashIdentity(parts), ...parts };
};

const state = (epoch: number): TrainState => ({
  position: { epoch, step: 0, lossSum: 0.1 + 0.2, correct: 0, weight: 3 },
  weights: new Map([['a', { shape: [2], data: Float64Array.of(1 / 3, epoch) }]]),
  optimizer: { steps: epoch, moments: new Map([['a#m', { shape: [2], data: Float64Array.of(-0, 5e-324) }]]) },
  history: [],
  best: null,
  firstLoss: 0.7,
});

const fault = (work: Promise<unknown>): Promise<ForecastError> =>
  work.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: ForecastError) => error,
  );

test('a completed run reads back as it was written, and is done for the same identity', async () => {
  const path = join(root, 'run');
  const folder = await openRunFolder(path, identity());
  expect(folder.state).toBe('new');
  await folder.write('result.json', '{"a": 1}\n');
  await folder.write('series/x.bin', Uint8Array.of(1, 2, 3));
  await folder.saveCheckpoint('s', state(1));
  await folder.complete({ seconds: 3 });
  await folder.close();
  expect((await readdir(path)).sort()).toEqual(['identity.json', 'manifest.json', 'result.json', 'run.json', 'series']);
  const run = await readRunFolder(path);
  expect(run.json('result.json')).toEqual({ a: 1 });
  expect(run.run).toEqual({ seconds: 3, state: 'done' });
  const again = await openRunFolder(path, identity());
  expect(again.state).toBe('done');
  await again.close();
  expect((await fault(openRunFolder(path, identity('train:\n  epochs: 64\n'), { resume: true }))).message).toBe(
    'train.epochs 32 → 64',
  );
});

test('an interrupted run gives its newest checkpoint back to the bit', async () => {
  const path = join(root, 'run');
  const folder = await openRunFolder(path, identity());
  for (const epoch of [1, 2, 3]) await folder.saveCheckpoint('any id / at all', state(epoch));
  await folder.leave('interrupted', { seconds: 1 });
  await folder.close();
  expect((await fault(readRunFolder(path))).code).toBe('E_RUN_INCOMPLETE');
  const again = await openRunFolder(path, identity());
  expect(again.state).toBe('interrupted');
  expect(await again.latestCheckpoint('any id / at all')).toEqual({ state: state(3), warnings: [] });
  await again.close();
});

test('a folder of another run, or of no run, is refused', async () => {
  const path = join(root, 'run');
  await (await openRunFolder(path, identity())).close();
  expect((await fault(openRunFolder(path, identity('x: 1\n')))).code).toBe('E_RUN_EXISTS');
  await writeFile(join(root, 'mine.txt'), 'mine');
  expect((await fault(openRunFolder(root, identity(), { force: true }))).code).toBe('E_RUN_EXISTS');
  expect(await readFile(join(root, 'mine.txt'), 'utf8')).toBe('mine');
});
