// Same config, data, seed and engine: the same bytes, wherever, whenever and however often it was stopped on the way.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Interrupted } from '../src/core/errors.ts';
import { type RunEvent, run } from '../src/run.ts';
import { fingerprints, workspace } from './support/workspace.ts';

const exec = promisify(execFile);
const space = workspace();
const MAIN = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

const series = space.write(
  'sine.yaml',
  `
name: sine
seed: 3
source: { kind: generated, series: sine, length: 200, period: 20, noise: 0.1 }
split: { validation: 0.2 }
encoder: { kind: standard }
window: { context: 20, horizon: 2 }
model: { kind: lstm-regressor, units: [8], dropout: 0.1 }
train: { epochs: 40, patience: 30 }
predict: { horizon: 5 }
`,
);

const text = space.write(
  'text.yaml',
  `
name: text
source: { kind: text, document: line, lines: [the cat sat on the mat, the dog sat on the cat, a cat saw a dog] }
split: { validation: 3 }
encoder: { kind: words }
window: { kind: prefixes, pad: none }
model: { kind: language-model, embedding: 6, layers: [{ kind: gru, units: 8 }, { kind: dropout, rate: 0.2 }] }
train: { epochs: 30, batch: 4 }
predict: { prompt: the cat, length: 8, sampler: temperature, temperature: 0.8 }
`,
);

describe.each([
  ['numbers', series],
  ['text', text],
])('determinism of %s', (name, config) => {
  it('the same seed twice gives the same bytes, another seed other weights', async () => {
    const first = await run(config, { out: join(space.path, `${name}-first`) });
    const second = await run(config, { out: join(space.path, `${name}-second`) });
    const other = await run(config, { out: join(space.path, `${name}-other`), seed: 99 });
    expect(fingerprints(second.folder)).toEqual(fingerprints(first.folder));
    expect(fingerprints(other.folder)['weights.safetensors']).not.toEqual(
      fingerprints(first.folder)['weights.safetensors'],
    );
  });

  it('time zone, language and working directory change nothing', async () => {
    const places = [
      { TZ: 'UTC', LANG: 'C', cwd: space.path },
      { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', cwd: import.meta.dirname },
      { TZ: 'America/New_York', LANG: 'de_DE.UTF-8', cwd: '/' },
    ];
    const prints = await Promise.all(
      places.map(async ({ cwd, ...env }, i) => {
        const out = join(space.path, `${name}-place-${i}`);
        await exec(process.execPath, [MAIN, 'run', config, '--out', out, '--quiet'], {
          cwd,
          env: { ...process.env, ...env },
        });
        return fingerprints(out);
      }),
    );
    expect(prints[1]).toEqual(prints[0]);
    expect(prints[2]).toEqual(prints[0]);
  });

  it('stopped at any step and gone on with, a run ends in the same bytes', async () => {
    const whole = await run(config, { out: join(space.path, `${name}-whole`) });
    const out = join(space.path, `${name}-stopped`);
    let stops = 0;
    for (let attempt = 0; attempt < 100; attempt++) {
      const controller = new AbortController();
      let seen = 0;
      const outcome = await run(config, {
        out,
        signal: controller.signal,
        on: (event) => {
          if (event.kind === 'progress' && ++seen === 3) controller.abort();
        },
      }).catch((error: unknown) => error);
      if (!(outcome instanceof Interrupted)) {
        if (outcome instanceof Error) throw outcome;
        break;
      }
      stops++;
    }
    expect(stops).toBeGreaterThan(3);
    expect(fingerprints(out)).toEqual(fingerprints(whole.folder));
  });

  it('a folder that was run is replayed to the same weights', async () => {
    const first = await run(config, { out: join(space.path, `${name}-origin`) });
    const again = await run(first.folder, { out: join(space.path, `${name}-replayed`) });
    expect(fingerprints(again.folder)).toEqual(fingerprints(first.folder));
  });
});

describe('what a config of recorded series leaves open is found again by a replay, whatever rows the first look took', () => {
  /** Months of two shops: `long` of one, `short` of the other, to the same end. */
  const table = (long: number, short: number): string => {
    const rows = ['month,shop,sales'];
    for (const [shop, months] of [
      ['north', long],
      ['south', short],
    ] as const) {
      for (let t = long - months; t < long; t++) {
        const wave = Math.sin((2 * Math.PI * t) / 12) + 0.7 * Math.sin(t * t);
        rows.push(
          `${2010 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')},${shop},${100 + t + 30 * wave}`,
        );
      }
    }
    return rows.join('\n');
  };

  it.each([
    { what: 'one series', model: 'theta', long: 96, short: 0 },
    { what: 'an uneven panel', model: 'theta', long: 96, short: 48 },
    { what: 'an uneven panel and a network', model: 'lstm-regressor', long: 96, short: 48 },
    { what: 'a series too short to be judged', model: 'lstm-regressor', long: 96, short: 14 },
    {
      what: 'a network in a combination',
      model: '{ kind: average, members: [lstm-regressor, theta] }',
      long: 96,
      short: 0,
    },
  ])('$what: $model', async ({ model, long, short }) => {
    const name = `open-${long}-${short}-${/\w+/.exec(model)?.[0]}`;
    space.write(`${name}.csv`, table(long, short));
    const config = space.write(
      `${name}.yaml`,
      `
source: { kind: csv, file: ${name}.csv, time: month, target: sales${short > 0 ? ', id: shop' : ''} }
model: ${model}
train: { steps: 10 }
`,
    );
    const first = await run(config, { out: join(space.path, name) });
    const again = await run(first.folder, { out: join(space.path, `${name}-again`) });
    expect(again.stored).toBe(false);
    expect(again.result).toEqual(first.result);
    expect(fingerprints(again.folder)).toEqual(fingerprints(first.folder));
  });
});

describe('stopped while it is judged', () => {
  const judged = `
source: { kind: generated, series: counting, length: 900 }
window: { context: 12 }
model: { kind: lstm-regressor, units: [8] }
engine: { kind: reference }
train: { steps: 1, batch: 4, refit: false }
`;

  it.each([
    { what: 'a run', trainings: 1, walk: false, held: 'split: { validation: 0, test: 800 }\nevaluate: { folds: 0 }' },
    {
      what: 'a backtest',
      trainings: 2,
      walk: true,
      held: 'split: { validation: 0 }\nevaluate: { folds: 1, step: 700 }',
    },
  ])('$what leaves the training that was, and nothing else', async ({ what, trainings, walk, held }) => {
    const config = space.write(`${what}.yaml`, judged + held);
    const out = join(space.path, what);
    const stop = new AbortController();
    let ended = 0;
    const on = (event: RunEvent): void => {
      // What follows the last epoch of the last training is being judged.
      if (event.kind === 'progress' && event.progress.step === event.progress.steps && ++ended === trainings)
        stop.abort();
    };
    await expect(run(config, { out, walk, signal: stop.signal, on })).rejects.toBeInstanceOf(Interrupted);
    expect(readdirSync(out)).toEqual(['unfinished']);
    const checkpoints = join(out, 'unfinished', 'checkpoints');
    const [kept = '', ...others] = readdirSync(checkpoints);
    expect(others).toEqual([]);
    const state = join(checkpoints, kept, 'ckpt-000001', 'state.json');
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ position: { epoch: 2, step: 0 } });
  });
});

describe('a killed process', () => {
  it('killed with SIGKILL again and again, a run still ends in the same bytes', async () => {
    const config = space.write(
      'slow.yaml',
      readFileSync(series, 'utf8').replace('epochs: 40, patience: 30', 'epochs: 400'),
    );
    const whole = await run(config, { out: join(space.path, 'kill-whole') });
    const out = join(space.path, 'kill-out');
    mkdirSync(join(space.path, 'kill'), { recursive: true });
    let kills = 0;
    for (let attempt = 0; attempt < 6; attempt++) {
      const child = spawn(process.execPath, [MAIN, 'run', config, '--out', out, '--quiet'], { stdio: 'ignore' });
      const killed = await new Promise<boolean>((settle) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), 250 + 150 * attempt);
        child.on('exit', (_, signal) => {
          clearTimeout(timer);
          settle(signal === 'SIGKILL');
        });
      });
      if (killed) kills++;
      else break;
    }
    await exec(process.execPath, [MAIN, 'run', config, '--out', out, '--quiet', '--resume']);
    expect(kills).toBeGreaterThan(0);
    expect(existsSync(join(out, 'manifest.json'))).toBe(true);
    expect(fingerprints(out)).toEqual(fingerprints(whole.folder));
  });
});
