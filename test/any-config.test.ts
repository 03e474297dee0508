// What the product promises of every config, held against configs drawn from seeds over all that a network has to do with. A failure names
// its seed: `anyConfig(seed)`. FUZZ=20 takes twenty times as many, SEED=1000 others.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { check } from '../src/commands/check.ts';
import { exportRun } from '../src/commands/export.ts';
import { generate, predict } from '../src/commands/stored.ts';
import { ForecastError, Interrupted } from '../src/core/errors.ts';
import { random } from '../src/core/random.ts';
import { MODELS } from '../src/models/index.ts';
import { type RunOutcome, run } from '../src/run.ts';
import { runtime } from './formats/runtime.ts';
import { tensorflow } from './formats/tensorflow.ts';
import { type AnyConfig, anyConfig } from './support/any/config.ts';
import { farthest } from './support/any/exported.ts';
import { fingerprints, workspace } from './support/workspace.ts';

const space = workspace();
const FIRST = Number(process.env.SEED ?? 49);
const COUNT = 40 * Number(process.env.FUZZ ?? 1);

/** A config, run once, in a folder of its own. */
interface Ran {
  readonly seed: number;
  readonly any: AnyConfig;
  readonly folder: string;
  readonly file: string;
  readonly first: RunOutcome;
  readonly bytes: Record<string, string>;
}

const told = { refused: 0, ran: 0 };

describe.each(Array.from({ length: COUNT }, (_, i) => FIRST + i))('config %i', (seed) => {
  it('runs, or is refused in one line; its run is used again as it was', async () => {
    const folder = join(space.path, String(seed));
    mkdirSync(folder);
    const any = anyConfig(seed);
    if (any.file) writeFileSync(join(folder, any.file[0]), any.file[1]);
    const file = join(folder, 'config.yaml');
    writeFileSync(file, JSON.stringify(any.config));
    const first = await run(file, { out: join(folder, 'run') }).catch(refused);
    if (first === null) return;
    told.ran++;
    const ran = { seed, any, folder, file, first, bytes: fingerprints(first.folder) };
    isTold(ran);
    await isReplayed(ran);
    await isSaidAgain(ran);
    await (LAWS[seed % LAWS.length] as (typeof LAWS)[number])(ran);
    rmSync(folder, { recursive: true });
  });
});

afterAll(() => {
  if (COUNT >= 20) expect(told.ran).toBeGreaterThan(told.refused); // else the laws speak of nothing
});

/** Null for an error that a person can act on; any other is thrown. */
function refused(error: unknown): null {
  if (!(error instanceof ForecastError) || error.code === 'E_BUG') throw error;
  told.refused++;
  expect(error.hint).toMatch(/\w/);
  expect(`${error.message} ${error.hint}`).not.toMatch(/\n|NaN|Infinity|\[object|E_BUG/);
  return null;
}

/** Numbers that are none, by their path. */
function notFinite(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => notFinite(inner, `${path}.${key}`));
}

/** No number that is none, forecasts within what was asked for, bounds around them. */
function isTold({ first: { result, text, config } }: Ran): void {
  expect(notFinite(result)).toEqual([]);
  expect(text).not.toMatch(/\bNaN\b|Infinity|\[object/);
  const { nonNegative, integer } = config.predict;
  for (const { value, lower = {}, upper = {} } of result.forecast) {
    const all = [value, ...Object.values(lower), ...Object.values(upper)];
    if (nonNegative) expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    if (integer) expect(all.filter((one) => !Number.isInteger(one) || Object.is(one, -0))).toEqual([]);
    for (const [level, bound] of Object.entries(lower)) {
      expect(bound).toBeLessThanOrEqual(value);
      expect(upper[level]).toBeGreaterThanOrEqual(value);
    }
  }
}

async function isReplayed({ first, folder, bytes }: Ran): Promise<void> {
  const again = await run(first.folder, { out: join(folder, 'replayed') });
  expect(fingerprints(again.folder)).toEqual(bytes);
}

/** By the stored run, from its own data and from a file that holds the same; and by fewer steps. */
async function isSaidAgain({ any, first, folder }: Ran): Promise<void> {
  const { forecast, text } = first.result;
  if (any.form === 'text') {
    if (text[0]) expect((await generate(first.folder)).answer).toEqual(text[0]);
    return;
  }
  expect((await predict(first.folder)).csv).toBe(readFileSync(join(first.folder, 'forecast.csv'), 'utf8'));
  const one = await predict(first.folder, { horizon: 1 });
  expect(ordered(one.rows)).toEqual(ordered(forecast.filter(({ step }) => step === 1)));
  if (!any.file) return;
  const given = await predict(first.folder, { data: join(folder, any.file[0]) });
  expect(ordered(given.rows)).toEqual(ordered(forecast));
}

/** A run tells short series last; which are short depends on how far is asked for, and of new data the table's order is kept. */
function ordered<Row extends { readonly series: string }>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (a.series < b.series ? -1 : a.series > b.series ? 1 : 0));
}

/** Each config is held against one of these. */
const LAWS: readonly ((ran: Ran) => Promise<void>)[] = [
  async function endsInTheSameBytesHoweverOftenStopped({ seed, folder, file, bytes }) {
    const draw = random(seed, 'stops');
    const out = join(folder, 'stopped');
    for (let attempt = 0; !existsSync(join(out, 'manifest.json')); attempt++) {
      const stop = new AbortController();
      const last = attempt < 12 ? 1 + draw.integer(6) : Number.POSITIVE_INFINITY;
      let seen = 0;
      const on = (): void => (++seen === last ? stop.abort() : undefined);
      const outcome = await run(file, { out, signal: stop.signal, on }).catch((error: unknown) => error);
      if (outcome instanceof Error && !(outcome instanceof Interrupted)) throw outcome;
    }
    expect(fingerprints(out)).toEqual(bytes);
  },

  async function isTheSameOnEveryEngine({ folder, file, first: { result } }) {
    const figures = ({ forecast, scores, fit }: typeof result): number[] =>
      forecast.length > 0
        ? forecast.map(({ value }) => value)
        : scores
            .filter(({ forecaster }) => forecaster === fit.model)
            .flatMap(({ metrics }) => Object.values(metrics).filter((value) => value !== null));
    const expected = figures(result);
    const size = Math.max(...expected.map(Math.abs), 1e-300);
    for (const engine of ['reference', 'wasm']) {
      const other = figures((await run(file, { out: join(folder, engine), engine })).result);
      expect(other).toHaveLength(expected.length);
      const apart = other.map((value, i) => Math.abs(value - (expected[i] as number)) / size);
      expect(Math.max(...apart), engine).toBeLessThan(1e-3);
    }
  },

  async function goesOnAndIsChecked({ any, folder, file, first }) {
    const goOn = (name: string): Promise<RunOutcome | null> =>
      run(file, { out: join(folder, name), continueFrom: first.folder }).catch((error: unknown) => {
        if (error instanceof ForecastError && error.code === 'E_RESUME_MISMATCH') return null;
        throw error;
      });
    const more = await goOn('more');
    expect(more === null).toBe(!MODELS[first.config.model.kind]);
    if (more) {
      expect(notFinite(more.result)).toEqual([]);
      expect(fingerprints((await goOn('as much'))?.folder as string)).toEqual(fingerprints(more.folder));
      if (any.form === 'numbers') expect((await predict(more.folder)).rows).toEqual(more.result.forecast);
    }
    const { forecast, data } = first.result;
    if (any.form === 'text' || data.frequency === null || /^\d+$/.test(forecast[0]?.time ?? '')) return;
    const { report } = await check(first.folder, { data: actuals(any, folder, forecast) });
    expect(report.known).toBe(forecast.length);
    expect(report.scores[0]?.error).toBeLessThan(1e-9);
    expect(notFinite(report)).toEqual([]);
  },

  async function isTheSameInOtherPrograms({ folder, first }) {
    if (!MODELS[first.config.model.kind]) return;
    for (const [to, program] of [['onnx', runtime] as const, ['tfjs', tensorflow] as const]) {
      const exported = await exportRun(first.folder, { to, out: join(folder, to) }).catch((error: unknown) => {
        if (to === 'tfjs' && error instanceof ForecastError && error.code === 'E_MODEL_LAYER') return null;
        throw error;
      });
      if (exported && program) expect(await farthest(first.folder, exported, program), to).toBeLessThan(1e-4);
    }
  },
];

/** A table in which everything came as it was forecast. */
function actuals({ config }: AnyConfig, folder: string, forecast: RunOutcome['result']['forecast']): string {
  const names = [...new Set(forecast.map(({ target }) => target))];
  const id = config.source.kind === 'csv' ? (config.source.id as string | undefined) : 'series';
  const several = new Set(forecast.map(({ series }) => series)).size > 1 || (id !== undefined && id !== 'series');
  const rows = new Map<string, (string | number)[]>();
  for (const { series, time, value } of forecast) {
    const key = `${series} ${time}`;
    const row = rows.get(key) ?? [...(several ? [series] : []), time];
    rows.set(key, [...row, value]);
  }
  const head = [...(several ? [id ?? 'series'] : []), 'time', ...names];
  const file = join(folder, 'actuals.csv');
  writeFileSync(file, `${[head, ...rows.values()].map((cells) => cells.join(',')).join('\n')}\n`);
  return file;
}
