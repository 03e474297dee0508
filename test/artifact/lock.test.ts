import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../src/artifact/lock.ts';
import { fault } from './sample.ts';

const LOCK = pathToFileURL(join(import.meta.dirname, '../../src/artifact/lock.ts')).href;

let root = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Contender {
  readonly child: ChildProcess;
  /** The next line it says. */
  line(): Promise<string>;
}

/** A process that is ready to open the folder at a word. */
async function contender(path: string): Promise<Contender> {
  const script = join(import.meta.dirname, 'children/lock.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value ?? 'ended without a word';
  expect(await line()).toBe('ready');
  return { child, line };
}

/** All of them open the folder at once; what each says. */
async function race(contenders: readonly Contender[]): Promise<string[]> {
  for (const { child } of contenders) child.stdin?.write('go\n');
  return Promise.all(contenders.map((one) => one.line()));
}

async function finish({ child }: Contender): Promise<void> {
  const exit = once(child, 'exit');
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await exit;
}

const plant = (owner: object): void => writeFileSync(join(root, 'lock'), JSON.stringify(owner));
const owner = { nonce: '00112233aabbccdd', pid: process.pid, start: null, host: hostname() };

test('of twenty processes that start together exactly one wins', async () => {
  const path = join(root, 'run');
  const contenders = await Promise.all(Array.from({ length: 20 }, () => contender(path)));
  const lines = await race(contenders);
  expect(lines.filter((line) => line === 'won')).toHaveLength(1);
  const lost = lines.filter((line) => /^E_RUN_LOCKED another run works in this folder \(pid [0-9]+\)$/.test(line));
  expect(lost).toHaveLength(19);
});

test('the lock of a killed process is taken over by exactly one of ten', async () => {
  const path = join(root, 'run');
  const [first, ...rivals] = await Promise.all(Array.from({ length: 11 }, () => contender(path)));
  expect(await race([first!])).toEqual(['won']);
  const exit = once(first!.child, 'exit');
  first!.child.kill('SIGKILL');
  await exit;
  const lines = await race(rivals);
  expect(lines.filter((line) => line === 'won')).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('E_RUN_LOCKED'))).toHaveLength(9);
  await Promise.all(rivals.map(finish));
  expect(readdirSync(path)).toEqual(['unfinished']);
});

test.runIf(existsSync('/proc/thread-self'))(
  'a worker that is ended leaves no lock behind in its living process',
  async () => {
    const code = `import('tsx/esm/api').then(async ({ tsImport }) => {
    const { takeLock } = await tsImport(${JSON.stringify(LOCK)}, ${JSON.stringify(import.meta.url)});
    await takeLock(${JSON.stringify(root)});
    require('node:worker_threads').parentPort.postMessage('held');
    setInterval(() => {}, 1000);
  })`;
    const worker = new Worker(code, { eval: true });
    await once(worker, 'message');
    expect((await fault(takeLock(root))).code).toBe('E_RUN_LOCKED');
    await worker.terminate();
    await (await takeLock(root)).release();
    expect(readdirSync(root)).toEqual([]);
  },
);

test('a released lock leaves nothing and can be taken again, a held one cannot', async () => {
  const lock = await takeLock(root);
  const error = await fault(takeLock(root));
  expect([error.code, error.exit]).toEqual(['E_RUN_LOCKED', 6]);
  expect(error.message).toContain(`pid ${process.pid}`);
  await lock.release();
  expect(readdirSync(root)).toEqual([]);
  await (await takeLock(root)).release();
});

test('a recycled pid does not hold the lock: the process started at another time', async () => {
  plant({ ...owner, start: '1' });
  if (process.platform !== 'linux') return;
  const lock = await takeLock(root);
  await lock.release();
  expect(readdirSync(root)).toEqual([]);
});

test('a pid without a process does not hold the lock', async () => {
  plant({ ...owner, pid: 4194303 + 1 });
  await (await takeLock(root)).release();
  expect(readdirSync(root)).toEqual([]);
});

test('a lock of another host is respected, and named', async () => {
  plant({ ...owner, host: 'elsewhere', pid: 7 });
  const error = await fault(takeLock(root));
  expect(error.message).toContain('pid 7 on elsewhere');
  expect(readFileSync(join(root, 'lock'), 'utf8')).toContain('elsewhere');
});

test('a lock file that power loss emptied is taken over, and a loop of locks is told', async () => {
  writeFileSync(join(root, 'lock'), '');
  await (await takeLock(root)).release();
  expect(readdirSync(root)).toEqual([]);
  plant({ ...owner, pid: 4194304 });
  writeFileSync(join(root, `lock.${owner.nonce}`), JSON.stringify({ ...owner, pid: 4194304 }));
  expect((await fault(takeLock(root))).message).toBe('the lock files are damaged');
});

test('who was killed before it had written who it is leaves nothing either', async () => {
  writeFileSync(join(root, `lock.${owner.nonce}.tmp`), '');
  await (await takeLock(root)).release();
  expect(readdirSync(root)).toEqual([]);
});

test('a lock that is a folder is told, and left alone', async () => {
  mkdirSync(join(root, 'lock'));
  const error = await fault(takeLock(root));
  expect([error.code, error.message]).toEqual(['E_RUN_LOCKED', 'the lock files are damaged']);
  expect(error.hint).toContain('delete lock');
  expect(readdirSync(root)).toEqual(['lock']);
});
