// Where and when a measurement is made, and whether the machine is quiet enough for one. In: nothing. Out: facts; a refusal.

import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { ENGINES } from '../src/engines/index.ts';
import { type About, QUIET } from './report.ts';

export const ROOT: string = join(import.meta.dirname, '..');

/** The load now; ends the process where it is too high for figures to mean anything, unless forced. */
export function startQuiet(force: boolean): number {
  const load = loadavg()[0] as number;
  if (load <= QUIET || force) return load;
  console.error(
    `the machine has other work: its load average is ${load.toFixed(2)}, more than ${QUIET}.\n` +
      'Wait, or write --force: the figures are then marked as those of a loaded machine.',
  );
  process.exit(1);
}

export async function about(load: number, quick: boolean, realTime = false): Promise<About> {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    instructions: await instructions(),
    node: process.version,
    commit: commit(),
    quick,
    load: [load, loadavg()[0] as number],
    realTime,
  };
}

/** What the native engine says it computes with. */
export async function instructions(): Promise<string> {
  const state = await ENGINES.native?.available();
  return state?.ok ? (state.detail.split(',')[0] as string) : 'no native engine';
}

/** The commit, and whether what is measured, which lies in these `places`, differs from it. */
export function commit(places: readonly string[] = ['src', 'scripts', 'package-lock.json']): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout?.trim() ?? '';
  const changed = git('status', '--porcelain', '--', ...places) !== '';
  return `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed ? ' and changes' : ''}`;
}
