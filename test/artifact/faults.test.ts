// Kills and errors at the n-th call to the disk, by strace; FORECAST_SWEEP=1 visits every n, else a few are sampled.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'children/train.ts');
const CAN_TRACE = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const STRIDE = process.env.FORECAST_SWEEP ? 1 : 23;

/** The toy training of three epochs; one thread does all disk work, so that "the n-th call" is one call. */
function train(
  path: string,
  inject: readonly string[] = [],
): { status: number | null; signal: string | null; said: string } {
  const tracer = inject.length > 0 ? ['strace', '-f', '-qq', '-o', '/dev/null', ...inject] : [];
  const [command = '', ...rest] = [...tracer, process.execPath, '--import', 'tsx', SCRIPT, path, '3'];
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const { status, signal, stderr } = spawnSync(command, rest, { encoding: 'utf8', env });
  return { status, signal, said: stderr };
}

const contentOf = (path: string): string[][] =>
  readdirSync(path)
    .sort()
    .map((name) => [name, name === 'run.json' ? '' : readFileSync(join(path, name), 'base64')]);

/** Every call of a kind in turn, until the training makes fewer; how many points there were. */
function sweep(calls: string, action: string): number {
  const root = mkdtempSync(join(tmpdir(), 'faults-'));
  let points = 0;
  try {
    train(join(root, 'whole'));
    const expected = contentOf(join(root, 'whole'));
    for (let n = 1 + (action.length % STRIDE); ; n += STRIDE) {
      const path = join(root, `run-${n}`);
      const { status, signal, said } = train(path, [
        '-e',
        `trace=${calls}`,
        '-e',
        `inject=${calls}:${action}:when=${n}`,
      ]);
      if (status === 0 && signal === null) return points;
      points++;
      if (action.startsWith('error')) expect(said).toMatch(/E_(IO_WRITE|OUT_NOT_WRITABLE)/);
      expect([n, train(path).said.replace(/^npm warn.*\n/gm, '')]).toEqual([n, '']);
      expect([n, contentOf(path)]).toEqual([n, expected]);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test.skipIf(!CAN_TRACE)('files of a folder that is not in place yet are synced once each, by no rename', () => {
  const root = mkdtempSync(join(tmpdir(), 'calls-'));
  try {
    const log = join(root, 'calls');
    train(join(root, 'run'), ['-o', log, '-e', 'trace=openat,fsync,rename']);
    const calls = readFileSync(log, 'utf8').split('\n');
    const files = calls.filter((line) => line.includes(`${root}/run`) && line.includes('O_EXCL')).length;
    const folders = 3 * 3 + 8; // of three checkpoints, of the run
    expect(files).toBeGreaterThan(12);
    expect(calls.filter((line) => line.includes('fsync(')).length).toBeLessThanOrEqual(files + folders);
    expect(calls.filter((line) => line.includes('rename(') && line.includes('.tmp", ')).length).toBeLessThan(files / 3);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.skipIf(!CAN_TRACE).each([
  ['EROFS', /E_OUT_NOT_WRITABLE.*cannot be written: the file system is read-only/s],
  ['ENOSPC', /E_IO_WRITE.*no space left/s],
])('a folder that cannot be made for %s is no missing folder', (code, told) => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  try {
    const unfinished = join(root, 'unfinished');
    const { said } = train(root, ['-P', unfinished, '-e', `inject=mkdir:error=${code}`]);
    expect(said).toMatch(told);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.skipIf(!CAN_TRACE).each([
  ['identity.json', 4, 'while it trains'],
  ['files/manifest.json', 7, 'before the first of what is committed is moved'],
])('where unfinished/%s cannot be read after a kill at rename %i, %s, nothing is thrown away', (name, n) => {
  const root = mkdtempSync(join(tmpdir(), 'unread-'));
  try {
    const path = join(root, 'run');
    const unfinished = join(path, 'unfinished');
    const kept = (): string[] => readdirSync(unfinished, { recursive: true, encoding: 'utf8' }).sort();
    train(path, ['-e', 'trace=rename', '-e', `inject=rename:signal=KILL:when=${n}`]);
    const before = kept();
    expect(before).toContain(join(name));
    const { said } = train(path, ['-P', join(unfinished, name), '-e', 'inject=openat:error=EIO:when=1']);
    expect(said).toMatch(/E_IO_WRITE.*input\/output error/s);
    expect(kept()).toEqual(before);
    expect(train(path).status).toBe(0);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

const POINTS = [
  ['rename', 'signal=KILL'],
  ['fsync', 'signal=KILL'],
  ['unlink,rmdir', 'signal=KILL'],
  ['mkdir', 'signal=KILL'],
  ['fsync', 'error=EIO'],
  ['fsync', 'error=ENOSPC'],
  ['rename', 'error=EACCES'],
  ['mkdir', 'error=ENOSPC'],
] as const;

test.skipIf(!CAN_TRACE).each(POINTS)('%s with %s at any call: the next run ends in the same bytes', (calls, action) => {
  const points = sweep(calls, action);
  if (STRIDE === 1) expect(points).toBeGreaterThan(2);
});
