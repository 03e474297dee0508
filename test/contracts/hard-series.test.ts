// Every forecaster of numbers on series that people do have: refused in one line, or judged and forecast in finite numbers. Never a crash.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMBINATIONS } from '../../src/combine/index.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const made = (value: (t: number) => number, length = 48): number[] => Array.from({ length }, (_, t) => value(t));

/** Values by month. */
const SERIES: { readonly [what: string]: readonly number[] } = {
  'one row': [5],
  'two rows': [5, 6],
  'three rows': [5, 6, 7],
  'less than two seasons': made((t) => 10 + 3 * Math.sin(t / 2), 20),
  zeros: made(() => 0),
  'a constant': made(() => 7),
  'values below 0': made((t) => -5 + Math.sin(t)),
  'one spike among zeros': made((t) => (t === 30 ? 1e6 : 0)),
  'demand now and then': made((t) => (t % 7 === 0 ? 3 : 0)),
  'growth without measure': made((t) => Math.exp(2 * t)),
  'changes lost beside the level': made((t) => 1e15 + t),
  'nearly nothing': made((t) => 1e-300 * (1 + 0.01 * Math.sin(t))),
  'nearly too much': made((t) => 9e299 * (1 + 0.01 * Math.sin(t))),
};

const CHOICES: readonly (string | { readonly kind: string; readonly [option: string]: unknown })[] = [
  ...Object.keys(FORECASTERS).filter((kind) => FORECASTERS[kind]?.form === 'numbers'),
  ...Object.keys(COMBINATIONS).map((kind) => {
    if (kind === 'auto') return { kind, budget: '200ms' };
    if (kind === 'average' || kind === 'weighted') return { kind, members: ['ses', 'drift', 'theta'] };
    if (kind === 'seeds') return { kind, model: { kind: 'lstm-regressor', units: [2] }, count: 2 };
    return { kind, model: 'theta' };
  }),
  { kind: 'lstm-regressor', units: [2] },
];

/** Errors that say something about the series; anything else is a fault of ours. */
const ABOUT_THE_SERIES = ['E_DATA_TOO_SHORT', 'E_DATA_RANGE', 'E_TRAIN_DIVERGED'];

const csvOf = (values: readonly number[]): string =>
  `month,y\n${values.map((y, t) => `${1990 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')},${y}`).join('\n')}\n`;

/** Every number of a result that is none, by its path. */
function notFinite(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => notFinite(inner, `${path}.${key}`));
}

describe.each(Object.keys(SERIES))('%s', (what) => {
  const file = space.write(`${what.replaceAll(' ', '-')}.csv`, csvOf(SERIES[what] as number[]));
  it.each(CHOICES.map((choice) => [typeof choice === 'string' ? choice : JSON.stringify(choice), choice] as const))(
    'is forecast or refused by %s',
    async (name, choice) => {
      const out = join(space.path, `${what} ${name}`.replaceAll(/\W+/g, '-'));
      const config = { source: { kind: 'csv', file }, model: choice, train: { epochs: 2 }, evaluate: { step: 3 } };
      const found = await run(config, { out, root: space.path }).catch((error: unknown) => error);
      if (found instanceof Error) {
        expect(found).toBeInstanceOf(ForecastError);
        const { code, hint, message } = found as ForecastError;
        expect(ABOUT_THE_SERIES).toContain(code);
        expect(message).not.toMatch(/\n|NaN|Infinity|undefined/);
        expect(hint).toBeTruthy();
        return;
      }
      const { result } = found as Awaited<ReturnType<typeof run>>;
      expect(notFinite(result)).toEqual([]);
      expect(result.forecast.length).toBeGreaterThan(0);
      expect(result.verdict).not.toMatch(/NaN|Infinity|undefined/);
    },
  );
});
