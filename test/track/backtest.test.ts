// Rolling origins inside a run: what is judged, what intervals stand on, what the forecast was fitted on.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { predict } from '../../src/commands/stored.ts';
import { Interrupted } from '../../src/core/errors.ts';
import { random } from '../../src/core/random.ts';
import { configFor } from '../../src/prepare/table.ts';
import { type RunEvent, type RunOutcome, run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** 96 months with a trend, a season and noise; `after`: rows from there on are multiplied by 100. */
function monthly(name: string, after = Number.POSITIVE_INFINITY): string {
  const draw = random(3, 'monthly');
  const rows = Array.from({ length: 96 }, (_, t) => {
    const value = 100 + t + 20 * Math.sin((2 * Math.PI * t) / 12) + draw.normal();
    const month = `${2010 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')}`;
    return `${month},${t >= after ? 100 * value : value}`;
  });
  const file = join(space.path, `${name}.csv`);
  writeFileSync(file, `month,sales\n${rows.join('\n')}\n`);
  return file;
}

const config = (file: string, more: object = {}): object => ({
  name: 'months',
  source: { kind: 'csv', file },
  window: { context: 12, horizon: 6 },
  model: { kind: 'lstm-regressor', units: [4], normalise: 'last' },
  engine: { kind: 'reference' },
  train: { epochs: 3, rate: 0.01 },
  predict: { horizon: 6 },
  ...more,
});

const outcomes = new Map<string, RunOutcome>();
async function of(name: string, input: () => object): Promise<RunOutcome> {
  const known = outcomes.get(name) ?? (await run(input(), { out: join(space.path, `run-${name}`), root: space.path }));
  outcomes.set(name, known);
  return known;
}
const usual = (): Promise<RunOutcome> => of('usual', () => config(monthly('usual')));

describe('a run over a recorded series', () => {
  it('walks through five folds of the last fifth, and they decide where no test part is held out', async () => {
    const { result } = await usual();
    expect(result.backtest?.folds.map(({ origins }) => origins)).toEqual([2, 2, 2, 2, 2]);
    expect(result.backtest?.folds[0]?.until).toBe('2016-09');
    expect(result.decision.folds).toBe(5);
    expect(result.verdict).toContain('backtest window');
    expect(new Set(result.scores.map(({ split }) => split))).toEqual(new Set(['validation', 'backtest']));
    expect(result.backtest?.steps.every(({ values }) => values.length === 6)).toBe(true);
  });

  it('where a test part decides, its own windows say how much they overlap, not those of the folds', async () => {
    const apart = (stride: number) =>
      of(`apart-${stride}`, () =>
        config(monthly('usual'), { split: { validation: 12, test: 18 }, evaluate: { stride } }),
      );
    const [one, two] = [await apart(1), await apart(2)];
    expect(one.result.decision.p).not.toBeNull();
    expect(two.result.decision.p).toBe(one.result.decision.p);
  });

  it('forecasts with intervals at 80 and 95 %, around the value and the wider one outside, and for the sum', async () => {
    const { result } = await usual();
    expect(result.forecast).toHaveLength(6);
    for (const { value, lower, upper } of result.forecast) {
      const bounds = [lower?.['95'], lower?.['80'], value, upper?.['80'], upper?.['95']] as number[];
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
    }
    const [total] = result.totals;
    expect(total?.value).toBeCloseTo(
      result.forecast.reduce((sum, { value }) => sum + value, 0),
      9,
    );
    expect(total?.upper['80']).toBeGreaterThan(total?.value as number);
  });

  it('says how many errors an interval stands on, and warns of a level they cannot support', async () => {
    const { result } = await of('few', () =>
      config(monthly('few'), {
        evaluate: { folds: 2, step: 1, levels: [80, 95] },
        predict: { horizon: 2 },
        window: { context: 12, horizon: 2 },
      }),
    );
    const own = result.backtest?.intervals.find(({ forecaster }) => forecaster === 'lstm-regressor');
    expect(own?.levels.map(({ level, supported, known, needed }) => [level, supported, known, needed])).toEqual([
      [80, true, 4, 4],
      [95, false, 4, 19],
    ]);
    expect(result.warnings).toContainEqual({
      code: 'W_FEW_ERRORS',
      message: 'no 95 % interval: it needs 19 past errors, the backtest has 4',
    });
    expect(Object.keys(result.forecast[0]?.lower ?? {})).toEqual(['80']);
  });

  it('says that it has no intervals where there are no folds, asked for or for want of rows', async () => {
    const told = ({ result }: RunOutcome): boolean => result.data.notes.some((note) => /^no intervals: /.test(note));
    const drift = { model: { kind: 'drift' } };
    expect(told(await of('no-folds', () => config(monthly('no-folds'), { ...drift, evaluate: { folds: 0 } })))).toBe(
      true,
    );
    const rows = readFileSync(monthly('scarce'), 'utf8').split('\n').slice(0, 21).join('\n');
    writeFileSync(join(space.path, 'scarce.csv'), rows);
    const short = { source: { kind: 'csv', file: join(space.path, 'scarce.csv') }, predict: {}, window: {} };
    expect(told(await of('scarce', () => config('', { ...drift, ...short })))).toBe(true);
    expect(told(await of('calm', () => config(monthly('calm'), drift)))).toBe(false);
  });

  it('warns where intervals held far fewer errors than they promise, and nowhere else', async () => {
    const missed = ({ result }: RunOutcome): string[] =>
      result.warnings.filter(({ code }) => code === 'W_COVERAGE').map(({ message }) => message);
    const drift = (name: string, after?: number): object => config(monthly(name, after), { model: { kind: 'drift' } });
    expect(missed(await of('calm', () => drift('calm')))).toEqual([]);
    expect(missed(await of('jump', () => drift('jump', 90)))[0]).toMatch(/^80 % intervals held \d+ % of \d+ errors: /);
    // They are made of the rows before a test part, which knows more of a jump inside it.
    const tested = (name: string, after?: number): object =>
      config(monthly(name, after), { model: { kind: 'holt-winters' }, split: { validation: 12, test: 6 } });
    expect(missed(await of('calm-tested', () => tested('calm-tested')))).toEqual([]);
    expect(missed(await of('jump-tested', () => tested('jump-tested', 88)))).toEqual([
      '95 % intervals held 0 % of 6 errors of the test part: it is unlike the rows before it',
    ]);
  });

  it('what lies after a fold does not reach it: later rows a hundred times as large leave its scores alone', async () => {
    const [before, after] = [(await usual()).result, (await of('leak', () => config(monthly('leak', 93)))).result];
    // The last two folds reach rows 93 and later with their six steps.
    for (const k of [0, 1]) expect(after.backtest?.folds[k]?.scores).toEqual(before.backtest?.folds[k]?.scores);
    expect(after.backtest?.folds[4]?.scores).not.toEqual(before.backtest?.folds[4]?.scores);
  });

  it('forecasts from a second fit on all rows; predict gives the same rows, and training on starts before it', async () => {
    const refitted = await usual();
    const plain = await of('plain', () => config(monthly('usual'), { train: { epochs: 3, rate: 0.01, refit: false } }));
    expect(refitted.result.fit.refit?.samples).toBeGreaterThan(refitted.result.fit.samples);
    expect(plain.result.fit.refit).toBeUndefined();
    expect(refitted.result.forecast.map(({ value }) => value)).not.toEqual(
      plain.result.forecast.map(({ value }) => value),
    );
    const again = await predict(refitted.folder);
    expect(again.rows).toEqual(refitted.result.forecast);
    const bytes = (folder: string, name: string) => readFileSync(join(folder, name)).toString('hex');
    expect(bytes(refitted.folder, 'training-weights.safetensors')).toBe(bytes(plain.folder, 'weights.safetensors'));
    expect(bytes(refitted.folder, 'weights.safetensors')).not.toBe(bytes(plain.folder, 'weights.safetensors'));
    const [on, onPlain] = await Promise.all(
      [refitted, plain].map(({ folder }, i) =>
        run(config(monthly('usual'), { train: { epochs: 2, rate: 0.01, refit: false } }), {
          out: join(space.path, `on-${i}`),
          root: space.path,
          continueFrom: folder,
        }),
      ),
    );
    expect(on?.result.fit).toEqual(onPlain?.result.fit);
  });

  it('stopped again and again it gets through its fits, folds and second fit, and ends in the same bytes', async () => {
    const long = (): object => config(monthly('usual'), { train: { epochs: 12, rate: 0.01 } });
    const whole = await of('whole', long);
    const out = join(space.path, 'run-stopped');
    let stops = 0;
    for (; ; stops++) {
      expect(stops).toBeLessThan(20);
      const controller = new AbortController();
      const seen = new Set<string>();
      const stopAfter = (event: RunEvent): void => {
        if (event.kind !== 'progress') return;
        seen.add(`${event.series} ${event.progress.epoch}`);
        if (seen.size === 15) controller.abort();
      };
      const done = await run(long(), { out, root: space.path, signal: controller.signal, on: stopAfter }).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(Interrupted);
          return false;
        },
      );
      if (done) break;
    }
    expect(stops).toBeGreaterThan(2);
    for (const name of ['result.json', 'weights.safetensors', 'training-weights.safetensors', 'intervals.json'])
      expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(whole.folder, name), 'utf8'));
  });

  it('a closed form is fitted again on all rows too', async () => {
    const holt = (refit: boolean) =>
      of(`holt-${refit}`, () => config(monthly('usual'), { model: { kind: 'holt' }, train: { refit } }));
    const [again, once] = [await holt(true), await holt(false)];
    expect(again.result.forecast[0]?.value).not.toBe(once.result.forecast[0]?.value);
    expect((await predict(again.folder)).rows).toEqual(again.result.forecast);
  });

  it('more folds than the rows allow are refused with the number that fits', async () => {
    await expect(of('many', () => config(monthly('many'), { evaluate: { folds: 50, step: 2 } }))).rejects.toMatchObject(
      {
        code: 'E_DATA_TOO_SHORT',
        hint: 'folds: 32, or a smaller evaluate.step',
      },
    );
  });

  it('keeps forecasts and bounds whole and at or above 0 where that is asked for', async () => {
    const file = join(space.path, 'counts.csv');
    const draw = random(5, 'counts');
    const counts = Array.from({ length: 80 }, () => Math.max(0, Math.round(2 * draw.normal())));
    writeFileSync(file, `n\n${counts.join('\n')}\n`);
    const { result } = await of('counts', () =>
      config(file, { model: { kind: 'ses' }, predict: { horizon: 6, nonNegative: true, integer: true } }),
    );
    for (const { value, lower, upper } of result.forecast) {
      for (const bound of [value, lower?.['95'], upper?.['95']]) {
        expect(Number.isInteger(bound)).toBe(true);
        expect(bound).toBeGreaterThanOrEqual(0);
      }
    }
    expect(result.forecast[0]?.lower?.['95']).toBe(0);
  });

  it('rounds what is a little below 0 to 0, not to −0', async () => {
    const file = join(space.path, 'dips.csv');
    writeFileSync(file, `n\n${Array.from({ length: 40 }, (_, t) => (t % 2 === 0 ? 1 : -1.5)).join('\n')}\n`);
    const { result, folder } = await of('dips', () => config(file, { model: 'mean', predict: { integer: true } }));
    for (const { value } of result.forecast) expect(Object.is(value, 0)).toBe(true);
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).not.toMatch(/"value": -0\b/);
  });
});

describe('forecast backtest', () => {
  it('prints folds, steps and intervals of every forecaster', () => {
    const out = execFileSync(
      'node',
      [MAIN, 'backtest', monthly('cli'), '--set', 'train.epochs=2', '--folds', '3', '-q'],
      {
        cwd: space.path,
        encoding: 'utf8',
      },
    );
    expect(out).toMatch(/known until +forecasts +lstm-regressor/);
    expect(out.match(/^20\d\d-\d\d /gm)).toHaveLength(3);
    expect(out).toMatch(/steps ahead +1/);
    expect(out).toMatch(/seasonal-naive .*%/);
  });

  const walk = (config: string, ...more: string[]) =>
    spawnSync('node', [MAIN, 'backtest', join(import.meta.dirname, '..', '..', 'configs', config), '-q', ...more], {
      cwd: space.path,
      encoding: 'utf8',
    });

  it('a generated series is walked through five folds where its config says nothing of them', () => {
    const { status, stdout, stderr } = walk('counting.yaml', '--set', 'train.epochs=3', '--out', 'counted', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout).folds).toHaveLength(5);
  });

  it('a config that wants no folds, and one of text, are refused in one line', () => {
    const none = walk('counting.yaml', '--set', 'evaluate.folds=0', '--set', 'train.epochs=1', '--out', 'none');
    expect([none.status, none.stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(none.stderr).toContain('evaluate.folds: the config asks for no folds');
    const text = walk('next-word-rnn.yaml', '--set', 'train.epochs=1', '--out', 'text');
    expect([text.status, text.stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(text.stderr).toContain('text is judged on held-out tokens');
    expect(existsSync(join(space.path, 'text'))).toBe(false);
  });

  it('rows that allow no fold are refused before anything is trained or written', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `2024-01-0${i + 1},${i}\n`).join('');
    const config = await configFor(space.write('nine.csv', `day,y\n${rows}`));
    const out = join(space.path, 'nine');
    await expect(run(config, { walk: true, out })).rejects.toMatchObject({
      code: 'E_DATA_TOO_SHORT',
      message: '9 rows allow no fold: ten windows, and two seasons, come before the first one',
    });
    expect(existsSync(out)).toBe(false);
  });
});
