// The law against leaks: what was held out cannot have changed what was fitted.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../src/run.ts';
import { workspace } from './support/workspace.ts';

const ROWS = 120;
const space = workspace();

/** A seasonal series whose rows from `tamperedFrom` on are a thousand times as large. */
function csv(tamperedFrom: number): string {
  const rows = Array.from({ length: ROWS }, (_, t) => {
    const date = new Date(Date.UTC(2000, t, 1)).toISOString().slice(0, 10);
    const value = 100 + t + 20 * Math.sin((2 * Math.PI * t) / 12);
    return `${date},${(value * (t >= tamperedFrom ? 1000 : 1)).toFixed(4)}`;
  });
  return `date,sales\n${rows.join('\n')}\n`;
}

function config(encoder: string, training: string): string {
  return `
name: leak
source: { kind: csv, file: data.csv }
split: { validation: 12, test: 12 }
encoder: ${encoder}
window: { context: 12, horizon: 3 }
model: { kind: lstm-regressor, units: [4] }
train: { epochs: 3, ${training} }
predict: { horizon: 3 }
`;
}

async function fitted(name: string, data: string, yaml: string): Promise<Record<string, string>> {
  space.write(`${name}/data.csv`, data);
  const file = space.write(`${name}/leak.yaml`, yaml);
  const { folder } = await run(file, { out: join(space.path, name, 'run') });
  const read = (artifact: string): string => readFileSync(join(folder, artifact)).toString('base64');
  const optimizer = read('optimizer.safetensors');
  // What forecasts in the end was fitted on all rows where the config says so; what was judged never was.
  if (yaml.includes('refit: true')) return { weights: read('training-weights.safetensors'), optimizer };
  return { weights: read('weights.safetensors'), encoder: read('encoder.json'), optimizer };
}

describe.each([
  ['min-max', '{ kind: min-max }'],
  ['standard', '{ kind: standard }'],
  ['robust', '{ kind: robust }'],
  ['log, difference, standard', '[{ kind: log }, { kind: difference, lag: 12 }, { kind: standard }]'],
])('leakage with encoder %s', (name, encoder) => {
  const key = name.replaceAll(/[^a-z]/g, '');

  it('changing any test value changes nothing that is fitted, early stopping on', async () => {
    const yaml = config(encoder, 'patience: 2, refit: false');
    const clean = await fitted(`${key}-test-a`, csv(ROWS), yaml);
    const tampered = await fitted(`${key}-test-b`, csv(ROWS - 12), yaml);
    expect(tampered).toEqual(clean);
  });

  it('changing validation values too changes nothing that is fitted, early stopping off', async () => {
    const yaml = config(encoder, 'refit: false');
    const clean = await fitted(`${key}-val-a`, csv(ROWS), yaml);
    const tampered = await fitted(`${key}-val-b`, csv(ROWS - 24), yaml);
    expect(tampered).toEqual(clean);
  });

  it('nor does it where a second fit reads all rows: what was judged stands as it was', async () => {
    const yaml = config(encoder, 'refit: true');
    const clean = await fitted(`${key}-refit-a`, csv(ROWS), yaml);
    const tampered = await fitted(`${key}-refit-b`, csv(ROWS - 24), yaml);
    expect(tampered).toEqual(clean);
  });

  it('the probe can see: changing a training value changes the weights', async () => {
    const yaml = config(encoder, 'refit: false');
    const clean = await fitted(`${key}-train-a`, csv(ROWS), yaml);
    const tampered = await fitted(`${key}-train-b`, csv(ROWS - 36), yaml);
    expect(tampered.weights).not.toEqual(clean.weights);
  });
});

/** Sales a day with a promotion known in advance and the wind; rows from `tamperedFrom` on repeat after five days, not seven, and are larger. */
function sales(tamperedFrom: number): string {
  const rows = Array.from({ length: ROWS + 7 }, (_, t) => {
    const date = new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const promotion = t % 11 === 4 ? 1 : 0;
    if (t >= ROWS) return `${date},,${promotion},`;
    const other = t >= tamperedFrom;
    const wave = other ? 500 + 300 * Math.sin((2 * Math.PI * t) / 5) : 20 * Math.sin((2 * Math.PI * t) / 7);
    const value = 100 + wave + 15 * promotion + ((t * 31) % 17) / 3;
    return `${date},${value.toFixed(4)},${promotion},${(other ? 90 : 5) + ((t * 13) % 7)}`;
  });
  return `date,sales,promotion,wind\n${rows.join('\n')}\n`;
}

async function judged(name: string, data: string, model: string): Promise<Record<string, unknown>> {
  space.write(`${name}/data.csv`, data);
  const yaml = `
name: leak-inputs
source: { kind: csv, file: data.csv, time: date, target: sales, past: [wind], future: [promotion], calendar: [weekday] }
split: { validation: 10, test: 10 }
model: ${model}
train: { epochs: 2, refit: false }
predict: { horizon: 4 }
evaluate: { folds: 2, step: 4 }
`;
  const { result, folder } = await run(space.write(`${name}/leak.yaml`, yaml), { out: join(space.path, name, 'run') });
  const { season, sha256: _, ...facts } = result.data;
  return {
    season,
    facts: JSON.stringify(facts),
    config: readFileSync(join(folder, 'config.yaml'), 'utf8'),
    fit: result.fit,
    scores: result.scores.filter(({ split }) => split !== 'test'),
    backtest: result.backtest,
  };
}

describe('leakage into what is inferred and judged', () => {
  it.each([
    ['a network', '{ kind: lstm-regressor, units: [3] }'],
    ['regression', 'regression'],
    ['auto', '{ kind: auto, members: [regression, theta, drift, ses, holt, mean] }'],
  ])(
    'changing any test value changes no season, default, fold, interval or validation score of %s',
    async (name, model) => {
      const key = name.replaceAll(/[^a-z]/g, '');
      const test = ROWS - 10 - 3; // the first row of the first test window's targets
      const clean = await judged(`${key}-inputs-a`, sales(ROWS), model);
      const tampered = await judged(`${key}-inputs-b`, sales(test), model);
      expect(tampered).toEqual(clean);
    },
  );

  it('nor do validation values change a season or a default', async () => {
    const clean = await judged('inputs-validation-a', sales(ROWS), 'regression');
    const tampered = await judged('inputs-validation-b', sales(ROWS - 26), 'regression');
    expect([tampered.season, tampered.config]).toEqual([clean.season, clean.config]);
    expect(tampered.scores).not.toEqual(clean.scores);
  });
});

describe('leakage in what nobody observed', () => {
  /** Rows of days; `absent` have no value. */
  const days = (absent: (t: number) => boolean): string =>
    `date,y\n${Array.from({ length: 90 }, (_, t) => {
      const date = new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10);
      return `${date},${absent(t) ? '' : 50 + 9 * Math.sin(t)}\n`;
    }).join('')}`;

  it.each([
    ['linear', 70, /^2 values among the rows held out lie on a line/],
    ['linear', 58, /^1 value among the rows held out lies on a line/], // the row before the first held out, on the way to it
    ['linear', 40, null],
    ['previous', 70, null],
    ['zero', 70, null],
  ])(
    'source.fill: %s of rows from %i on is told where a line tells of rows held out, and nowhere else',
    async (fill, from, told) => {
      const name = `filled-${fill}-${from}`;
      space.write(
        `${name}/data.csv`,
        days((t) => t === from || t === from + 1),
      );
      const source = { kind: 'csv', file: 'data.csv', season: 1, fill };
      const split = { validation: 30, test: 0 };
      const file = space.write(
        `${name}/x.yaml`,
        JSON.stringify({
          name,
          source,
          split,
          model: 'theta',
          predict: { horizon: 1 },
          evaluate: { folds: 2, step: 5 },
        }),
      );
      const { result } = await run(file, { out: join(space.path, name, 'run'), engine: 'reference' });
      const messages = result.warnings.filter(({ code }) => code === 'W_FILL_AHEAD').map(({ message }) => message);
      expect(messages).toEqual(told === null ? [] : [expect.stringMatching(told)]);
    },
  );
});

describe('leakage in text', () => {
  it('words that stand only in the held-out part are not in the vocabulary', async () => {
    const yaml = (lines: string): string => `
name: leak-text
source: { kind: text, lines: [${lines}] }
split: { validation: 3 }
encoder: { kind: words }
window: { kind: prefixes }
model: { kind: language-model, embedding: 4, layers: [{ kind: lstm, units: 4 }] }
train: { epochs: 2 }
predict: { prompt: one, length: 2 }
`;
    const learned = 'one two three four, two three one four, four one two three';
    const [a, b] = await Promise.all(
      ['five two six one', 'seven two eight one'].map(async (last, i) => {
        const file = space.write(`text-${i}/leak.yaml`, yaml(`${learned}, ${last}`));
        const { folder, result } = await run(file, { out: join(space.path, `text-${i}`, 'run') });
        expect(result.warnings.map(({ code }) => code)).toContain('W_UNKNOWN_TOKENS');
        return ['weights.safetensors', 'encoder.json'].map((name) =>
          readFileSync(join(folder, name)).toString('base64'),
        );
      }),
    );
    expect(a).toEqual(b);
  });
});
