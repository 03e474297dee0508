import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Checkpoints, checkpointsIn } from '../../src/artifact/checkpoints.ts';
import { fault, stateAt } from './sample.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function saved(epochs: number): Promise<Checkpoints> {
  const checkpoints = checkpointsIn(join(root, 'a'));
  for (let epoch = 1; epoch <= epochs; epoch++) await checkpoints.save(stateAt(epoch));
  return checkpoints;
}

/** A new file in its place: rewriting the old one waits for the disk. */
function replace(file: string, content: Uint8Array): void {
  rmSync(file, { force: true });
  writeFileSync(file, content);
}

test('the newest state comes back to the bit', async () => {
  await saved(3);
  const { state, warnings } = await checkpointsIn(join(root, 'a')).latest();
  expect(state).toEqual(stateAt(3));
  expect(Object.is(state?.optimizer.moments.get('lstm/kernel#m')?.data[0], -0)).toBe(true);
  expect(warnings).toEqual([]);
});

test('two checkpoints are kept, numbers go on', async () => {
  const checkpoints = await saved(11);
  expect(readdirSync(join(root, 'a'))).toEqual(['ckpt-000010', 'ckpt-000011']);
  await checkpoints.save(stateAt(12));
  expect(readdirSync(join(root, 'a'))).toEqual(['ckpt-000011', 'ckpt-000012']);
});

test('without checkpoints there is no state', async () => {
  expect(await checkpointsIn(join(root, 'none')).latest()).toEqual({ state: null, warnings: [] });
});

test('every flipped byte, every truncation and every missing file is detected, the one before is used', async () => {
  await saved(5);
  const whole = join(root, 'whole');
  cpSync(join(root, 'a'), whole, { recursive: true });
  let damages = 0;
  for (const name of readdirSync(join(whole, 'ckpt-000005'))) {
    const file = join(root, 'a', 'ckpt-000005', name);
    const content = readFileSync(file);
    const detected = async (): Promise<void> => {
      const { state, warnings } = await checkpointsIn(join(root, 'a')).latest();
      expect(state?.optimizer.steps).toBe(16);
      expect(warnings.map((warning) => warning.code)).toEqual(['W_CKPT_CORRUPT']);
      expect(warnings[0]?.message).toContain('ckpt-000005');
      expect(warnings[0]?.message).toContain('using ckpt-000004');
      damages++;
    };
    for (let at = 0; at < content.length; at += 11) {
      const flipped = Buffer.from(content);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      replace(file, flipped);
      await detected();
    }
    for (let length = 0; length < content.length; length += 37) {
      replace(file, content.subarray(0, length));
      await detected();
    }
    rmSync(file);
    await detected();
    replace(file, content);
  }
  expect(damages).toBeGreaterThan(200);
  expect((await checkpointsIn(join(root, 'a')).latest()).warnings).toEqual([]);
});

test('a manifest with other white space is not the one that was written', async () => {
  await saved(2);
  const manifest = join(root, 'a/ckpt-000002/manifest.json');
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8')} `);
  expect((await checkpointsIn(join(root, 'a')).latest()).warnings[0]?.message).toBe(
    'ckpt-000002 (manifest.json: is not as it was written), using ckpt-000001',
  );
});

test('where none is intact the run is corrupt', async () => {
  const checkpoints = await saved(2);
  for (const name of readdirSync(join(root, 'a'))) rmSync(join(root, 'a', name, 'state.json'));
  const error = await fault(checkpoints.latest());
  expect([error.code, error.exit]).toEqual(['E_RUN_CORRUPT', 7]);
});

test('a corrupt checkpoint does not push a good one out', async () => {
  await saved(5);
  writeFileSync(join(root, 'a/ckpt-000005/state.json'), '{}');
  const checkpoints = checkpointsIn(join(root, 'a'));
  await checkpoints.latest();
  await checkpoints.save(stateAt(5));
  expect(readdirSync(join(root, 'a'))).toEqual(['ckpt-000004', 'ckpt-000006']);
});

test('a state that holds NaN is not saved, the one before stays', async () => {
  const checkpoints = await saved(1);
  const bad = { ...stateAt(2), weights: new Map([['w', { shape: [1], data: Float64Array.of(Number.NaN) }]]) };
  expect((await fault(checkpoints.save(bad))).code).toBe('E_TRAIN_DIVERGED');
  await expect(checkpoints.save({ ...stateAt(2), firstLoss: Number.NaN })).rejects.toThrow('$.firstLoss is NaN');
  expect((await checkpoints.latest()).state).toEqual(stateAt(1));
});

test('what a killed save left is swept by the next one', async () => {
  const checkpoints = await saved(2);
  cpSync(join(root, 'a/ckpt-000002'), join(root, 'a/ckpt-000003.tmp'), { recursive: true });
  expect((await checkpoints.latest()).state).toEqual(stateAt(2));
  expect(readdirSync(join(root, 'a'))).toEqual(['ckpt-000001', 'ckpt-000002']);
});
