// Every kind of bad input a person meets first: one clear error with the right exit status, and nothing written.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, predict } from '../src/commands/stored.ts';
import { type ErrorCode, ForecastError } from '../src/core/errors.ts';
import { run } from '../src/run.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();

const rows = (values: readonly (string | number)[]): string =>
  `date,sales\n${values.map((value, i) => `2024-01-${String(i + 1).padStart(2, '0')},${value}\n`).join('')}`;

const NUMBERS = Array.from({ length: 30 }, (_, i) => 10 + (i % 7));

const csv = (file: string, rest = ''): string => `
source: { kind: csv, file: ${file} }
window: { context: 4 }
model: { kind: lstm-regressor, units: [3] }
train: { epochs: 2 }
predict: { horizon: 2 }
${rest}`;

const words = (lines: string, rest = ''): string => `
source: { kind: text, lines: ${lines} }
encoder: { kind: words }
window: { kind: prefixes }
model: { kind: language-model, embedding: 3, layers: [{ kind: lstm, units: 3 }] }
train: { epochs: 2 }
predict: { length: 2${rest} }
`;

space.write('good.csv', rows(NUMBERS));
space.write('empty.csv', '');
space.write('header.csv', 'date,sales\n');
space.write('ragged.csv', rows(NUMBERS).replace('2024-01-07,16', '2024-01-07,16,17'));
space.write('word.csv', rows([...NUMBERS.slice(0, 5), 'twelve', ...NUMBERS.slice(6)]));
space.write('short.csv', rows(NUMBERS.slice(0, 5)));
space.write('hole.csv', rows([...NUMBERS.slice(0, 5), '', ...NUMBERS.slice(6)]));
space.write('disorder.csv', `${rows(NUMBERS)}2023-12-31,5\n`);
space.write('negative.csv', rows(NUMBERS.map((value) => value - 12)));
space.write('infinite.csv', rows([...NUMBERS.slice(0, 5), 'inf', ...NUMBERS.slice(6)]));
space.write('nan.csv', rows([...NUMBERS.slice(0, 5), 'NaN', ...NUMBERS.slice(6)]));
space.write('nothing.txt', '\n\n');

interface Case {
  readonly what: string;
  readonly config: string;
  readonly code: ErrorCode;
  readonly says: RegExp;
  readonly exit: number;
}

const cases: readonly Case[] = [
  {
    what: 'a layer that reads backwards where every step is a target',
    config: csv('good.csv')
      .replace('units: [3]', 'units: [3], bidirectional: true')
      .replace('context: 4', 'context: 4, targets: every'),
    code: 'E_CONFIG_CONFLICT',
    says: /backwards/,
    exit: 2,
  },
  {
    what: 'an activation the cell does not know',
    config: csv('good.csv').replace('units: [3]', 'units: [3], cell: gru, activation: relu'),
    code: 'E_CONFIG_CONFLICT',
    says: /gru/,
    exit: 2,
  },
  {
    what: 'a horizon longer than the series',
    config: csv('good.csv').replace('horizon: 2', 'horizon: 40'),
    code: 'E_DATA_TOO_SHORT',
    says: /horizon 40 needs ≥ \d+ rows, has 30/,
    exit: 3,
  },
  {
    what: 'more folds than the rows allow',
    config: csv('good.csv', 'evaluate: { folds: 50 }'),
    code: 'E_DATA_TOO_SHORT',
    says: /50 folds of \d+ rows/,
    exit: 3,
  },
  {
    what: 'infinity among numbers',
    config: csv('infinite.csv'),
    code: 'E_DATA_NOT_NUMERIC',
    says: /infinite\.csv:7.*"inf" is not a number/,
    exit: 3,
  },
  { what: 'NaN', config: csv('nan.csv'), code: 'E_DATA_MISSING', says: /nan\.csv:7/, exit: 3 },
  {
    what: 'a typo in a key',
    config: csv('good.csv', 'trian: {}'),
    code: 'E_CONFIG_UNKNOWN_KEY',
    says: /trian/,
    exit: 2,
  },
  { what: 'a wrong type', config: csv('good.csv', 'seed: seven'), code: 'E_CONFIG_TYPE', says: /seven/, exit: 2 },
  {
    what: 'a value out of range',
    config: csv('good.csv', 'split: { validation: -1 }'),
    code: 'E_CONFIG_RANGE',
    says: /-1/,
    exit: 2,
  },
  {
    what: 'a horizon of 0',
    config: csv('good.csv').replace('horizon: 2', 'horizon: 0'),
    code: 'E_CONFIG_RANGE',
    says: /0/,
    exit: 2,
  },
  {
    what: 'a file that is not there',
    config: csv('none.csv'),
    code: 'E_DATA_NOT_FOUND',
    says: /no such|not found/i,
    exit: 3,
  },
  { what: 'an empty file', config: csv('empty.csv'), code: 'E_DATA_EMPTY', says: /empty|0 data rows/, exit: 3 },
  {
    what: 'a header and nothing else',
    config: csv('header.csv'),
    code: 'E_DATA_EMPTY',
    says: /0 data rows|empty/,
    exit: 3,
  },
  { what: 'a ragged row', config: csv('ragged.csv'), code: 'E_CSV_RAGGED', says: /2 fields.*3/, exit: 3 },
  { what: 'text among numbers', config: csv('word.csv'), code: 'E_DATA_NOT_NUMERIC', says: /twelve/, exit: 3 },
  { what: 'a missing cell', config: csv('hole.csv'), code: 'E_DATA_MISSING', says: /missing|empty/, exit: 3 },
  { what: 'rows out of order', config: csv('disorder.csv'), code: 'E_TIME_ORDER', says: /2023-12-31/, exit: 3 },
  {
    what: 'too few rows for the window',
    config: csv('short.csv'),
    code: 'E_DATA_TOO_SHORT',
    says: /needs ≥ \d+ rows, has 5/,
    exit: 3,
  },
  {
    what: 'negative values under log',
    config: csv('negative.csv', 'encoder: { kind: log }'),
    code: 'E_DATA_RANGE',
    says: /log|positive|sales/,
    exit: 3,
  },
  {
    what: 'a path that leaves the project',
    config: csv('../../etc/passwd'),
    code: 'E_PATH_OUTSIDE',
    says: /leaves|outside/,
    exit: 2,
  },
  { what: 'an address', config: csv("'http://127.0.0.1/x.csv'"), code: 'E_URL_DISABLED', says: /address|URL/, exit: 2 },
  {
    what: 'a diverging learning rate',
    config: csv('good.csv').replace('epochs: 2', 'epochs: 5, rate: 1e8'),
    code: 'E_TRAIN_DIVERGED',
    says: /epoch \d+.*kept/,
    exit: 4,
  },
  {
    what: 'a model larger than memory',
    config: csv('good.csv').replace('[3]', '[100000]'),
    code: 'E_LIMIT_MEMORY',
    says: /GiB/,
    exit: 2,
  },
  {
    what: 'an empty corpus',
    config: csv('x')
      .replace(/source:.*/, 'source: { kind: text, file: nothing.txt }')
      .replace('lstm-regressor, units: [3]', 'language-model, layers: [{ kind: lstm, units: 3 }]')
      .replace('predict: { horizon: 2 }', ''),
    code: 'E_TEXT_EMPTY',
    says: /empty|no /,
    exit: 3,
  },
  {
    what: 'a prompt with no known word',
    config: words('[one two three, two three one]', ', prompt: zebra quagga'),
    code: 'E_PROMPT_UNKNOWN',
    says: /zebra/,
    exit: 2,
  },
  {
    what: 'a model of text for numbers',
    config: csv('good.csv').replace('lstm-regressor, units: [3]', 'language-model, layers: [{ kind: lstm, units: 3 }]'),
    code: 'E_CONFIG_CONFLICT',
    says: /text|numbers/,
    exit: 2,
  },
];

describe('bad input', () => {
  it.each(cases)('$what is refused with $code, and nothing is written', async ({ what, config, code, says, exit }) => {
    const name = what.replaceAll(/[^a-z]+/gi, '-');
    const file = space.write(`${name}.yaml`, config);
    const out = join(space.path, 'runs', name);
    const before = readdirSync(space.path);
    const error = await run(file, { out: join(space.path, name) }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ForecastError);
    const refused = error as ForecastError;
    expect(refused.code).toBe(code);
    expect(refused.exit).toBe(exit);
    expect(`${refused.where ?? ''} ${refused.message}`).toMatch(says);
    expect(refused.message).not.toMatch(/\n/);
    expect(refused.hint).toBeTruthy();
    expect(refused.where).toBeTruthy();
    expect(existsSync(out)).toBe(false);
    // A diverged run keeps its last good weights; nothing else leaves anything.
    if (code !== 'E_TRAIN_DIVERGED') expect(readdirSync(space.path)).toEqual(before);
  });

  it('a constant series works, with a warning, and is forecast as it is', async () => {
    space.write('constant.csv', rows(NUMBERS.map(() => 7)));
    const { result } = await run(space.write('constant.yaml', csv('constant.csv')), {
      out: join(space.path, 'constant'),
    });
    expect(result.warnings.map(({ code }) => code)).toContain('W_CONSTANT_SERIES');
    for (const { value } of result.forecast) expect(value).toBeCloseTo(7, 1);
  });

  it('a season longer than the series is kept as it is written, and what it leaves undefined is null', async () => {
    const config = csv('good.csv').replace('good.csv', 'good.csv, season: 90');
    const { result } = await run(space.write('long-season.yaml', config), { out: join(space.path, 'long-season') });
    expect(result.data.seasons).toEqual([{ rows: 90, by: 'written', autocorrelation: null }]);
    expect(result.scores.every(({ metrics }) => metrics.mase === null)).toBe(true);
    expect(result.forecast.every(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it('a level that the errors known cannot support is left out with a warning', async () => {
    const config = csv('good.csv', 'evaluate: { levels: [50, 99.9], folds: 3 }');
    const { result } = await run(space.write('level.yaml', config), { out: join(space.path, 'level') });
    expect(result.warnings.map(({ code }) => code)).toContain('W_FEW_ERRORS');
    expect(Object.keys(result.forecast[0]?.lower ?? {})).toEqual(['50']);
  });

  it('held-out words that are all unknown leave nothing to score, and say so', async () => {
    const yaml = words('[the cat sat on the mat, the dog sat on the log, quick brown foxes jump]').replace(
      'encoder:',
      'split: { validation: 1 }\nencoder:',
    );
    const { result } = await run(space.write('unknown.yaml', yaml), { out: join(space.path, 'unknown') });
    expect(result.fit.validationLoss).toBeNull();
    expect(result.scores.every(({ windows, skill }) => windows === 0 && skill === null)).toBe(true);
    expect(result.warnings.map(({ code }) => code)).toContain('W_UNKNOWN_TOKENS');
  });

  it("another run's folder is refused, and left as it was", async () => {
    const out = join(space.path, 'taken');
    await run(space.write('first.yaml', csv('good.csv')), { out });
    const before = readdirSync(out);
    const second = run(space.write('second.yaml', csv('good.csv', 'seed: 5')), { out });
    await expect(second).rejects.toMatchObject({ code: 'E_RUN_EXISTS', exit: 6 });
    const resumed = run(space.write('second.yaml', csv('good.csv', 'seed: 5')), { out, resume: true });
    await expect(resumed).rejects.toMatchObject({ code: 'E_RESUME_MISMATCH', exit: 2 });
    expect(readdirSync(out)).toEqual(before);
  });

  it('numbers are not generated, text is not predicted', async () => {
    const numbers = await run(space.write('n.yaml', csv('good.csv')), { out: join(space.path, 'n') });
    const text = await run(space.write('t.yaml', words('[one two three, two three one]')), {
      out: join(space.path, 't'),
    });
    await expect(generate(numbers.folder, { prompt: 'one' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(predict(text.folder)).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(generate(text.folder, { prompt: 'one', temperature: 0 })).rejects.toMatchObject({
      code: 'E_CONFIG_RANGE',
    });
    await expect(predict(numbers.folder, { horizon: 0 })).rejects.toMatchObject({ code: 'E_CONFIG_RANGE' });
  });

  it('a quality gate that is not met is an error of its own', async () => {
    const gated = csv('good.csv', 'evaluate: { require: { skill: 0.9999 } }');
    const { gate } = await run(space.write('gate.yaml', gated), { out: join(space.path, 'gate') });
    expect(gate).toMatchObject({ code: 'E_GATE', exit: 9 });
    const again = await run(join(space.path, 'gate.yaml'), { out: join(space.path, 'gate') });
    expect([again.stored, again.gate?.code]).toEqual([true, 'E_GATE']);
    const open = await run(space.write('open.yaml', csv('good.csv')), { out: join(space.path, 'open') });
    expect(open.gate).toBeNull();
  });
});
