import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashIdentity, openRunFolder, readRunFolder } from '../../src/artifact/run-folder.ts';
import { encodeTensors } from '../../src/artifact/safetensors.ts';
import { fault, identity, stateAt as state } from './sample.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

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

/** A finished run with one artifact, its folder closed. */
async function finished(path: string, content = 'first', of = identity(), options = {}): Promise<void> {
  const folder = await openRunFolder(path, of, options);
  await folder.write('result.json', content);
  await folder.write(`series/${content}.txt`, content);
  await folder.complete({ content });
  await folder.close();
}

test('the hash tells its parts apart and stands on nothing else', () => {
  const parts = { config: 'a', data: 'b', engine: 'c' };
  expect(hashIdentity(parts)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashIdentity({ ...parts })).toBe(hashIdentity(parts));
  expect(hashIdentity({ config: 'ab', data: '', engine: 'c' })).not.toBe(hashIdentity(parts));
});

test('equal runs leave equal bytes in every file but run.json', async () => {
  for (const name of ['a', 'b']) {
    const folder = await openRunFolder(join(root, name), identity());
    const files = [
      ['x.txt', 'x'],
      ['y.txt', 'y'],
    ] as const;
    for (const [file, content] of name === 'a' ? files : files.toReversed()) await folder.write(file, content);
    await folder.complete({ seconds: name.length, host: name });
    await folder.close();
  }
  for (const name of await readdir(join(root, 'a'))) {
    const [a, b] = await Promise.all([readFile(join(root, 'a', name)), readFile(join(root, 'b', name))]);
    expect([name, a.equals(b)]).toEqual([name, name !== 'run.json']);
  }
});

test('resume with another config, data or engine names the first difference', async () => {
  const stored = [
    'seed: 7',
    'model:',
    '  kind: lstm',
    '  units: [50]',
    'encoder:',
    '  - kind: log',
    '  - kind: standard',
    '',
    'train:',
    '  epochs: 32',
    '',
  ];
  const path = join(root, 'run');
  const config = stored.join('\n');
  await (await openRunFolder(path, identity(config))).close();
  const told = async (other: ReturnType<typeof identity>): Promise<string> => {
    const error = await fault(openRunFolder(path, other, { resume: true }));
    expect([error.code, error.exit]).toEqual(['E_RESUME_MISMATCH', 2]);
    return error.message;
  };
  const changed = (from: string, to: string): Promise<string> => told(identity(config.replace(from, to)));
  expect(await changed('epochs: 32', 'epochs: 64')).toBe('train.epochs 32 → 64');
  expect(await changed('seed: 7', 'seed: 8')).toBe('seed 7 → 8');
  expect(await changed('[50]', '[32]')).toBe('model.units [50] → [32]');
  expect(await changed('kind: standard', 'kind: min-max')).toBe('encoder.1.kind standard → min-max');
  expect(await changed('  epochs: 32', '  epochs: 32\n  batch: 8')).toBe('train.batch absent → 8');
  expect(await changed('  units: [50]\n', '')).toBe('model.units [50] → absent');
  expect(await changed('seed: 7', '# note\nseed: 7')).toBe('config differs in its layout');
  expect(await told(identity(config, 'e'.repeat(64)))).toBe('data sha256 differs (dddddddd → eeeeeeee)');
  expect(await told(identity(config, undefined, 'native'))).toBe('engine reference → native');
});

test('a forced run leaves the finished one readable until it is complete, then replaces it whole', async () => {
  const path = join(root, 'run');
  await finished(path);
  const other = identity('seed: 8\n');
  expect((await fault(openRunFolder(path, other))).code).toBe('E_RUN_EXISTS');
  const folder = await openRunFolder(path, other, { force: true });
  expect(folder.state).toBe('new');
  await folder.write('result.json', 'second');
  await folder.saveCheckpoint('s', state(1));
  expect((await readRunFolder(path)).text('result.json')).toBe('first');
  await folder.complete({});
  await folder.close();
  const stored = await readRunFolder(path);
  expect(stored.names).toEqual(['identity.json', 'result.json']);
  expect(stored.text('result.json')).toBe('second');
  expect((await readdir(path)).sort()).toEqual(['identity.json', 'manifest.json', 'result.json', 'run.json', 'series']);
});

test.each([
  ['result.json', 'result.json', 'it is a folder', () => mkdir],
  ['series/x.txt', 'series', 'something of that name is in its place', () => (at: string) => writeFile(at, '')],
])(
  'what stands in the way of %s is named, and once it is moved away the run is complete',
  async (name, at, why, how) => {
    const path = join(root, 'run');
    const folder = await openRunFolder(path, identity());
    await folder.write(name, 'kept');
    await how()(join(path, at));
    const error = await fault(folder.complete({}));
    expect(error).toMatchObject({ code: 'E_OUT_NOT_WRITABLE', message: `cannot be written: ${why}` });
    expect(error.where).toMatch(new RegExp(`run.${name.replace('/', '.')}$`));
    await folder.close();
    await rm(join(path, at), { recursive: true });
    const again = await openRunFolder(path, identity());
    expect(again.state).toBe('done');
    await again.close();
    expect((await readRunFolder(path)).text(name)).toBe('kept');
  },
);

test('a commit cut short after any of its moves reads as the new run, and the next opening finishes it', async () => {
  const path = join(root, 'run');
  const made = join(root, 'made');
  await finished(path);
  await finished(made, 'second', identity('seed: 8\n'));
  const names = ['identity.json', 'result.json', 'series/second.txt', 'run.json', 'manifest.json'];
  const pending = join(path, 'unfinished/files');
  await cp(made, pending, { recursive: true });
  for (let moved = 0; moved <= names.length; moved++) {
    const at = join(root, `cut-${moved}`);
    await cp(path, at, { recursive: true });
    for (const name of names.slice(0, moved)) {
      await mkdir(dirname(join(at, name)), { recursive: true });
      await rename(join(at, 'unfinished/files', name), join(at, name));
    }
    const stored = await readRunFolder(at);
    expect([moved, stored.text('result.json'), stored.run.content]).toEqual([moved, 'second', 'second']);
    const folder = await openRunFolder(at, identity('seed: 8\n'));
    expect(folder.state).toBe('done');
    await folder.close();
    expect((await readRunFolder(at)).names).toEqual(['identity.json', 'result.json', 'series/second.txt']);
  }
});

test('every flipped byte, every cut and every missing file of a finished run is told', async () => {
  const path = join(root, 'run');
  await finished(path);
  for (const name of (await readRunFolder(path)).names.concat('manifest.json')) {
    const file = join(path, name);
    const content = await readFile(file);
    const damaged = [content.subarray(0, -1), Buffer.concat([content, Buffer.from(' ')])];
    for (let at = 0; at < content.length; at += 5) {
      const flipped = Buffer.from(content);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 7));
      damaged.push(flipped);
    }
    for (const bytes of damaged) {
      await rm(file);
      await writeFile(file, bytes);
      const error = await fault(readRunFolder(path));
      expect([error.code, error.exit]).toEqual(['E_RUN_CORRUPT', 7]);
      if (name !== 'manifest.json') expect(error.message).toContain(name);
    }
    await rm(file);
    expect((await fault(readRunFolder(path))).code).toBe(
      name === 'manifest.json' ? 'E_RUN_NOT_FOUND' : 'E_RUN_CORRUPT',
    );
    await writeFile(file, content);
  }
  await rm(join(path, 'result.json'));
  expect((await fault(openRunFolder(path, identity()))).code).toBe('E_RUN_CORRUPT');
  await finished(path, 'again', identity(), { force: true });
  expect((await readRunFolder(path)).text('result.json')).toBe('again');
});

test('a manifest that points out of the folder, or at a link, is not followed', async () => {
  const path = join(root, 'run');
  await finished(path);
  const manifest = join(path, 'manifest.json');
  const text = await readFile(manifest, 'utf8');
  for (const name of ['../secret', '/etc/hostname', 'a/../../secret', '', '..']) {
    await writeFile(manifest, text.replace('"result.json"', JSON.stringify(name)));
    expect((await fault(readRunFolder(path))).message).toContain('manifest.json');
  }
  await writeFile(manifest, text);
  await rename(join(path, 'result.json'), join(root, 'elsewhere'));
  spawnSync('ln', ['-s', join(root, 'elsewhere'), join(path, 'result.json')]);
  expect((await fault(readRunFolder(path))).message).toBe('result.json is not a regular file');
});

test('what is no run is told apart: nothing there, some folder, an unfinished run', async () => {
  expect((await fault(readRunFolder(join(root, 'none')))).code).toBe('E_RUN_NOT_FOUND');
  expect((await fault(readRunFolder(root))).message).toBe('is not a run folder');
  await (await openRunFolder(join(root, 'run'), identity())).close();
  const error = await fault(readRunFolder(join(root, 'run')));
  expect([error.code, error.hint]).toEqual(['E_RUN_INCOMPLETE', 'run its config again with --resume']);
});

test('run.json tells how a run stands', async () => {
  const path = join(root, 'run');
  const standing = async (): Promise<unknown> => JSON.parse(await readFile(join(path, 'unfinished/run.json'), 'utf8'));
  for (const as of ['interrupted', 'diverged', 'failed'] as const) {
    const folder = await openRunFolder(path, identity());
    expect(await standing()).toEqual({ state: 'running' });
    await folder.saveCheckpoint('a', state(1));
    await folder.leave(as, { seconds: 1 });
    await folder.close();
    expect(await standing()).toEqual({ seconds: 1, state: as });
  }
});

test('a run that failed before anything was learned leaves nothing, not even the folders it made', async () => {
  const deep = join(root, 'made/for/run');
  const folder = await openRunFolder(deep, identity(), { parents: true });
  await folder.write('forecast.csv', 'x');
  await folder.leave('failed');
  await folder.close();
  await expect(stat(join(root, 'made'))).rejects.toThrow('ENOENT');
});

test('where one of several artifacts fails, the others have ended, and what is left of them goes', async () => {
  const path = join(root, 'run');
  const folder = await openRunFolder(path, identity());
  const files = Array.from({ length: 20 }, (_, i) => [i === 0 ? 'lock' : `f/${i}`, 'x'.repeat(100000)] as const);
  await expect(folder.writeAll(files)).rejects.toThrow('cannot be the name of an artifact');
  expect((await readdir(join(path, 'unfinished/files/f'))).length).toBe(19);
  await folder.leave('failed');
  expect(await readdir(path)).toEqual(['lock']);
  await folder.close();
});

test('a missing parent is created only where asked for, and a file in the way is told', async () => {
  const deep = join(root, 'no/where/run');
  expect((await fault(openRunFolder(deep, identity()))).code).toBe('E_OUT_NOT_WRITABLE');
  await (await openRunFolder(deep, identity(), { parents: true })).close();
  expect((await stat(deep)).isDirectory()).toBe(true);
  await writeFile(join(root, 'file'), '');
  expect((await fault(openRunFolder(join(root, 'file'), identity()))).code).toBe('E_OUT_NOT_WRITABLE');
});

test('artifacts have names inside the folder, and none of ours', async () => {
  const folder = await openRunFolder(join(root, 'run'), identity());
  for (const name of ['../x', '/x', 'a//b', 'a/./b', '', 'run.json', 'manifest.json', 'unfinished/x', 'lock'])
    await expect(folder.write(name, 'x')).rejects.toThrow('cannot be the name of an artifact');
  await folder.close();
});

test('a finished series of many is kept, its checkpoints go, a damaged one counts as not finished', async () => {
  const path = join(root, 'run');
  const folder = await openRunFolder(path, identity());
  await folder.saveCheckpoint('a/../b', state(1));
  const result = { json: { loss: 0.5 }, tensors: state(1).weights };
  await folder.saveSeries('a/../b', result);
  await folder.saveSeries('a/../b', { ...result, json: { loss: 0.25 } });
  expect(await folder.loadSeries('a/../b')).toEqual({ ...result, json: { loss: 0.25 } });
  expect(await folder.loadSeries('other')).toBeNull();
  expect((await folder.latestCheckpoint('a/../b')).state).toBeNull();
  await folder.close();
  const [key = ''] = await readdir(join(path, 'unfinished/series'));
  await writeFile(join(path, 'unfinished/series', key, 'tensors.safetensors'), encodeTensors(new Map()));
  const again = await openRunFolder(path, identity());
  expect(await again.loadSeries('a/../b')).toBeNull();
  await again.close();
});

test('temp files of killed writes are removed when the folder is opened', async () => {
  const path = join(root, 'run');
  await finished(path);
  await writeFile(join(path, 'result.json.tmp'), 'half');
  await (await openRunFolder(path, identity())).close();
  expect(await readdir(path)).not.toContain('result.json.tmp');
});
