import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRunFolder } from '../../src/artifact/run-folder.ts';

const SCRIPT = join(import.meta.dirname, 'children/train.ts');
const HITS = Number(process.env.FORECAST_KILLS ?? 30);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kill-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Every file but run.json. */
function contentOf(path: string): Map<string, string> {
  const names = readdirSync(path).filter((name) => name !== 'run.json');
  return new Map(names.sort().map((name) => [name, readFileSync(join(path, name), 'base64')]));
}

function finish(path: string): void {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', SCRIPT, path], { encoding: 'utf8' });
  expect(stderr.replace(/^npm warn.*\n/gm, '')).toBe('');
  expect(status).toBe(0);
}

/** Starts the training and kills it `delay` ms after its first word; whether the kill hit. */
async function killed(path: string, delay: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  await Promise.race([once(child.stdout!, 'data'), exit]);
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  return (await exit)[1] === 'SIGKILL';
}

test(`killed ${HITS} times at any moment, a resumed run ends in the same bytes`, async () => {
  const whole = join(root, 'whole');
  finish(whole);
  const expected = contentOf(whole);
  expect([...expected.keys()]).toEqual(['history.json', 'identity.json', 'manifest.json', 'weights.safetensors']);
  let hits = 0;
  for (let round = 0; hits < HITS; round++) {
    const path = join(root, `run-${round}`);
    for (let again = 0; again < 5 && hits < HITS; again++) {
      if (await killed(path, ((round * 7 + again * 3) * 37) % 400)) hits++;
    }
    finish(path);
    expect(contentOf(path)).toEqual(expected);
    expect((await readRunFolder(path)).run.state).toBe('done');
    expect(existsSync(join(path, 'lock'))).toBe(false);
  }
});
