// Window scales, lags, running free, a skip and carried state, as a config asks for them: run, stopped and resumed, used again.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, predict } from '../src/commands/stored.ts';
import { Interrupted } from '../src/core/errors.ts';
import { run } from '../src/run.ts';
import { fingerprints, workspace } from './support/workspace.ts';

const space = workspace();
const months = Array.from({ length: 72 }, (_, t) => {
  const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
  const value = t < 60 ? Math.exp(4 + t / 80 + 0.2 * Math.sin((t * Math.PI) / 6)).toFixed(2) : '';
  return `${date},${value},${t % 12 === 11 ? 1 : 0}`;
});
space.write('months.csv', `date,y,december\n${months.join('\n')}\n`);

const numbers = space.write(
  'numbers.yaml',
  `
name: numbers
seed: 3
source: { kind: csv, file: months.csv, time: date, target: y, future: [december] }
split: { validation: 8, test: 1 }
encoder: { kind: log }
window: { context: 8, horizon: 6 }
model:
  kind: lstm-regressor
  units: 6
  normalise: { kind: mean, count: 6, scale: deviation, clip: 20 }
  lags: [1, 12]
  freeRun: true
  warmup: 3
  skip: true
train: { epochs: 12, batch: 8, clip: 1, refit: false }
evaluate: { folds: 0 }
predict: { horizon: 10 }
`,
);
const words = 'the cat sat on the mat and the dog sat on the cat and a cat saw a dog on the mat ';
space.write('text.txt', words.repeat(12));
const text = space.write(
  'text.yaml',
  `
name: text
seed: 4
source: { kind: text, file: text.txt, document: whole }
split: { validation: 0.1 }
encoder: { kind: characters }
window: { context: 12, targets: every, stride: 12 }
model: { kind: language-model, embedding: 6, layers: [{ kind: lstm, units: 12 }], dropout: 0.1, carry: true }
train: { epochs: 9, batch: 4 }
predict: { prompt: the cat, length: 8 }
`,
);

describe.each([
  ['numbers', numbers],
  ['text', text],
])('%s', (name, config) => {
  it.each(['reference', 'wasm'])('runs on %s, forecasts, and ends in the same bytes twice', async (engine) => {
    const first = await run(config, { out: join(space.path, `${name}-${engine}-1`), engine });
    const second = await run(config, { out: join(space.path, `${name}-${engine}-2`), engine });
    expect(fingerprints(second.folder)).toEqual(fingerprints(first.folder));
    expect(first.text).not.toMatch(/NaN/);
  });

  it('stopped again and again and gone on with, a run ends in the same bytes', async () => {
    const whole = await run(config, { out: join(space.path, `${name}-whole`), engine: 'reference' });
    const out = join(space.path, `${name}-stopped`);
    let stops = 0;
    for (let attempt = 0; attempt < 100 && !existsSync(join(out, 'manifest.json')); attempt++) {
      const controller = new AbortController();
      let seen = 0;
      const outcome = await run(config, {
        out,
        engine: 'reference',
        signal: controller.signal,
        on: (event) => {
          if (event.kind === 'progress' && ++seen === 3) controller.abort();
        },
      }).catch((error: unknown) => error);
      if (outcome instanceof Interrupted) stops++;
      else if (outcome instanceof Error) throw outcome;
    }
    expect(stops).toBeGreaterThan(0);
    expect(fingerprints(out)).toEqual(fingerprints(whole.folder));
  });
});

it('a stored run forecasts what it forecast, past its free steps too', async () => {
  const { folder } = await run(numbers, { out: join(space.path, 'stored'), engine: 'reference' });
  const first = readFileSync(join(folder, 'forecast.csv'), 'utf8');
  expect(first.trim().split('\n')).toHaveLength(11);
  const again = await predict(folder);
  const shorter = await predict(folder, { horizon: 3 });
  const values = (csv: string) =>
    csv
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1]);
  expect(values(again.csv)).toEqual(values(first));
  expect(values(shorter.csv)).toEqual(values(first).slice(0, 3));
});

it('a stored text goes on from a carried state, the same each time', async () => {
  const { folder } = await run(text, { out: join(space.path, 'stored-text'), engine: 'reference' });
  const ask = { prompt: 'the dog sat', length: 20 };
  expect(await generate(folder, ask)).toEqual(await generate(folder, ask));
});
