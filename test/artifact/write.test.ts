import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markOf } from '../../src/artifact/manifest.ts';
import { seal } from '../../src/artifact/sealed.ts';
import { encoded, writeAtomic } from '../../src/artifact/write.ts';
import { fault } from './sample.ts';

const CHILD = join(import.meta.dirname, 'children/write.ts');
const NODE = `${process.execPath} --import tsx ${CHILD}`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'write-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function shell(script: string): { status: number | null; said: { code?: string; message?: string; where?: string } } {
  const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  return { status, said: stdout.trim() === '' ? {} : JSON.parse(stdout.trim().split('\n').at(-1) as string) };
}

const can = (command: string): boolean => spawnSync('sh', ['-c', command]).status === 0;
const CAN_MOUNT = can('unshare -rm sh -c "mount -t tmpfs -o size=1m none /mnt"');
const CAN_DROP = can('setpriv --reuid 65534 --clear-groups true');
const CAN_TRACE = can('strace -o /dev/null true');

test('the file holds the content, whatever stood there, and nothing else is left', async () => {
  const path = join(root, 'a.txt');
  for (const content of ['first', 'second, longer', '', 'é∞\u0000']) {
    await writeAtomic(path, content);
    expect(readFileSync(path, 'utf8')).toBe(content);
  }
  await writeAtomic(path, Uint8Array.of(0, 255, 128));
  expect([...readFileSync(path)]).toEqual([0, 255, 128]);
  expect(readdirSync(root)).toEqual(['a.txt']);
});

test('a leftover of a killed write is replaced, a planted link is not followed', async () => {
  const victim = join(root, 'victim');
  writeFileSync(victim, 'precious');
  spawnSync('ln', ['-s', victim, join(root, 'a.txt.tmp')]);
  await writeAtomic(join(root, 'a.txt'), 'content');
  expect(readFileSync(victim, 'utf8')).toBe('precious');
  expect(statSync(join(root, 'a.txt')).size).toBe(7);
});

test.skipIf(!can('command -v mkfifo'))(
  'a pipe or a device is refused and stays, also at the end of a link',
  async () => {
    const pipe = join(root, 'pipe');
    spawnSync('mkfifo', [pipe]);
    symlinkSync(pipe, join(root, 'link'));
    for (const name of ['pipe', 'link']) {
      const { code, message } = await fault(writeAtomic(join(root, name), 'x'));
      expect([code, message]).toEqual([
        'E_OUT_NOT_WRITABLE',
        'cannot be written: it is a pipe, a socket or a device, not a file',
      ]);
    }
    expect(statSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(root).sort()).toEqual(['link', 'pipe']);
  },
);

test('a sealed folder that cannot be written leaves nothing', async () => {
  const files = new Map([
    ['a', 'a file'],
    ['a/b', 'below it'],
  ]);
  expect((await fault(seal(join(root, 'sealed'), files))).code).toBe('E_OUT_NOT_WRITABLE');
  expect(readdirSync(root)).toEqual([]);
});

test('a missing folder and a folder in the way are named by relative paths', async () => {
  const missing = await fault(writeAtomic(join(root, 'no/where/a.txt'), 'x'));
  expect(missing.code).toBe('E_OUT_NOT_WRITABLE');
  expect(missing.exit).toBe(5);
  expect(missing.where?.startsWith('/')).toBe(false);
  mkdirSync(join(root, 'folder'));
  expect((await fault(writeAtomic(join(root, 'folder'), 'x'))).code).toBe('E_OUT_NOT_WRITABLE');
  expect(readdirSync(root)).toEqual(['folder']);
});

test.skipIf(!CAN_MOUNT)('a full disk is told with its figures, the old file stays whole (tmpfs of 1 MiB)', () => {
  const script = `mount -t tmpfs -o size=1m none ${root} && ${NODE} ${root}/w.bin 1000 && ${NODE} ${root}/w.bin 3000000;
    status=$?; [ "$(stat -c %s ${root}/w.bin)" = 1000 ] && [ "$(ls ${root})" = w.bin ] || status=99; exit $status`;
  const { status, said } = shell(`unshare -rm sh -c '${script}'`);
  expect(said.code).toBe('E_IO_WRITE');
  expect(said.message).toMatch(/^no space left \(wrote (9|10)[0-9]{5} of 3000000\)$/);
  expect(status).toBe(5);
});

test('a file size limit is told with its figures, the old file stays whole (ulimit -f)', () => {
  const path = join(root, 'w.bin');
  writeFileSync(path, 'old');
  const { status, said } = shell(`ulimit -f 100; ${NODE} ${path} 3000000`);
  expect(said.code).toBe('E_IO_WRITE');
  expect(said.message).toMatch(/^file size limit reached \(wrote [0-9]+ of 3000000\)$/);
  expect(status).toBe(5);
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(root)).toEqual(['w.bin']);
});

test.skipIf(!CAN_DROP)('a folder without permission is refused (not as root)', () => {
  chmodSync(root, 0o555);
  const { status, said } = shell(`TSX_DISABLE_CACHE=1 setpriv --reuid 65534 --clear-groups ${NODE} ${root}/w.bin 10`);
  expect(said.code).toBe('E_OUT_NOT_WRITABLE');
  expect(status).toBe(5);
});

test.skipIf(!CAN_TRACE)('an I/O error at any call leaves the old file whole and no other', () => {
  const path = join(root, 'w.bin');
  const faults = [
    'write,pwrite64:EIO',
    'fsync:EIO',
    'fsync:ENOSPC',
    'rename,renameat,renameat2:EACCES',
    'openat:EMFILE',
  ];
  for (const fault of faults) {
    const [calls, errno] = fault.split(':');
    writeFileSync(path, 'old');
    const inject = `-P ${path}.tmp -e inject=${calls}:error=${errno}:when=1`;
    const { status, said } = shell(`strace -f -qq -o /dev/null ${inject} ${NODE} ${path} 10`);
    expect([fault, status, said.code?.startsWith('E_')]).toEqual([fault, 5, true]);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['w.bin']);
  }
});

test('a text that comes in parts is the file the whole text is, and has its mark', async () => {
  const pieces = Array.from({ length: 3000 }, (_, i) => `${i} – é 🙂 `.repeat(50));
  const parts = encoded(pieces);
  expect(parts.length).toBeGreaterThan(1);
  await writeAtomic(join(root, 'parts'), parts);
  expect(readFileSync(join(root, 'parts'), 'utf8') === pieces.join('')).toBe(true);
  expect(markOf(parts)).toEqual(markOf(pieces.join('')));
});
